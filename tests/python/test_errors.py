#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Thr.Error and its like as exceptions."""

from decimal import Decimal
from fractions import Fraction

from common import Gio, GLib, TestCase, Thr, main


class Mistakes(TestCase):
    """What would be noticed too late is refused where it is written."""

    def test_set_exit(self):
        with self.assertRaisesRegex(TypeError, "ShutdownMode, not 'drain'"):
            Thr.set_exit("drain")

    def test_spawn(self):
        with self.assertRaisesRegex(TypeError, "a coroutine is needed, not 3"):
            Thr.spawn(3)

    def test_time_outs_that_are_none(self):
        manager = Thr.ThreadManager()
        thread = manager.do_async(lambda thread: None)
        worker = Thr.Worker(Thr.wait_forever)
        halt = Thr.ShutdownMode.HALT
        takers = {
            "join": thread.join,
            "result": thread.result,
            "halt": manager.halt,
            "wait_idle": manager.wait_idle,
            "shutdown_async": lambda timeout: manager.shutdown_async(halt, timeout),
            "sleep": Thr.sleep,
            "wait_event": lambda timeout: Thr.wait_event("NAME", timeout),
            "wait_thread": lambda timeout: Thr.wait_thread(worker, timeout),
            "wait_until": lambda timeout: Thr.wait_until(bool, timeout),
            "get": Thr.Defer().get,
            "later": lambda timeout: Thr.later(print, timeout=timeout),
            "pub": lambda timeout: Thr.Channel().pub("NAME", timeout=timeout),
            "wait": lambda timeout: Thr.wait([thread], timeout),
            "as_completed": lambda timeout: list(Thr.as_completed([thread], timeout)),
            "set_exit": lambda timeout: Thr.set_exit(halt, timeout),
            "shutdown": lambda timeout: Thr.shutdown(halt, timeout),
        }
        for name, take in takers.items():
            for timeout in "soon", [1], 1j:
                with self.subTest(name, timeout=timeout):
                    with self.assertRaisesRegex(TypeError, "a time-out is a number of seconds"):
                        take(timeout)
            with self.subTest(name), self.assertRaisesRegex(ValueError, "NaN"):
                take(float("nan"))
            if name in ("join", "result", "wait_idle", "sleep", "wait_event", "get"):
                for timeout in float("-inf"), -1e300, -(10**400), -1:
                    with self.subTest(name, timeout=timeout):
                        with self.assertRaisesRegex(Thr.Error, "is negative"):
                            take(timeout)
        # None of them has begun what it refused.
        self.assertTrue(manager.started)
        for timeout in 60, float("inf"), 10**400, Decimal(60), Fraction(60):
            self.assertTrue(thread.join(timeout))
        for timeout in float("nan"), Decimal("nan"):
            with self.assertRaisesRegex(ValueError, "NaN"):
                thread.join(timeout)

    def test_executors_of_what_is_no_manager(self):
        for thing in 3, "name", Thr.ThreadManager:
            with self.assertRaisesRegex(TypeError, "thread_limit=…"):
                Thr.Executor(thing)


class Errors(TestCase):
    def test_is_an_exception_class(self):
        self.assertTrue(issubclass(Thr.Error, GLib.Error))
        with self.assertRaises(Thr.Error) as caught:
            Thr.ThreadManager().run()
        error = caught.exception
        self.assertIs(type(error), Thr.NoThreadsFoundError)
        self.assertTrue(error.matches(Thr.Error.NO_THREADS_FOUND))
        self.assertTrue(error.matches(Thr.Error, Thr.Error.NO_THREADS_FOUND))
        self.assertTrue(error.matches(Thr.error_quark(), Thr.Error.NO_THREADS_FOUND))
        self.assertTrue(error.matches("thr-error-quark", Thr.Error.NO_THREADS_FOUND))
        self.assertFalse(error.matches(Thr.Error.STOPPED))
        self.assertFalse(error.matches(Gio.io_error_quark(), Thr.Error.NO_THREADS_FOUND))
        self.assertIn("NoThreadsFoundError", repr(error))

    def test_codes_are_attributes(self):
        for name in "FAILED", "HALTED", "STOPPED", "TIMED_OUT", "WOULD_DEADLOCK", "EXCEPTION":
            error = Thr.Error("why", code=getattr(Thr.Error, name))
            self.assertTrue(error.matches(getattr(Thr.Error, name)), name)
            self.assertEqual(error.message, "why")

    def test_a_class_for_a_code(self):
        for cls, code in (
            (Thr.HaltedError, Thr.Error.HALTED),
            (Thr.StoppedError, Thr.Error.STOPPED),
            (Thr.TimedOutError, Thr.Error.TIMED_OUT),
            (Thr.WouldDeadlockError, Thr.Error.WOULD_DEADLOCK),
            (Thr.AbandonedError, Thr.Error.ABANDONED),
            (Thr.NoThreadsFoundError, Thr.Error.NO_THREADS_FOUND),
            (Thr.ThreadLimitReachedError, Thr.Error.THREAD_LIMIT_REACHED),
            (Thr.ThreadsAlreadyRunningError, Thr.Error.THREADS_ALREADY_RUNNING),
            (Thr.ThreadManagerAlreadyRunningError, Thr.Error.MANAGER_ALREADY_RUNNING),
        ):
            with self.subTest(cls.__name__):
                error = cls("why")
                self.assertIsInstance(error, Thr.Error)
                self.assertTrue(error.matches(Thr.Error, code))
                self.assertEqual(cls.__module__, "gi.repository.Thr")
        self.assertTrue(issubclass(Thr.TimedOutError, TimeoutError))

    def test_errors_of_others_stay_as_they_are(self):
        with self.assertRaises(GLib.Error) as caught:
            thread = Thr.thread_manager.do_async(
                lambda thread: Gio.File.new_for_path("/nowhere").load_contents(None)
            )
            thread.result(60)
        self.assertNotIsInstance(caught.exception, Thr.Error)
        self.assertTrue(
            caught.exception.matches(Gio.io_error_quark(), Gio.IOErrorEnum.NOT_FOUND)
        )

    def test_no_exception_to_be_caught_by_chance(self):
        for cls in Thr.ThreadHalted, Thr.WorkerExit:
            self.assertTrue(issubclass(cls, BaseException))
            self.assertFalse(issubclass(cls, Exception))

    def test_a_wait_for_itself(self):
        thread = Thr.thread_manager.do_async(lambda thread: thread.join())
        self.assertIsInstance(thread.exception(60), Thr.WouldDeadlockError)

    def test_what_c_does_not_know(self):
        """It is told otherwise there; here it is the very exception."""

        class Bare(GLib.Error):
            def __init__(self):
                pass

        def fail(*args):
            raise failure

        for failure in (
            GLib.Error("a\0b"),
            GLib.Error("\udc80"),
            GLib.Error(None),
            GLib.Error(5),
            GLib.Error("why", None, 1),
            GLib.Error("why", "", 1),
            GLib.Error("why", "domain", 2**40),
            GLib.Error("why", "domain", "code"),
            Bare(),
        ):
            with self.subTest(getattr(failure, "args", None), kind=type(failure)):
                self.assertIs(Thr.thread_manager.do_async(fail).exception(60), failure)
                worker = Thr.Worker(fail, print_traceback=False)
                self.assertIs(worker.start().join(60).err, failure)
                defer = Thr.Defer()
                self.assertTrue(defer.reject(failure))
                with self.assertRaises(GLib.Error) as caught:
                    defer.get(60)
                self.assertIs(caught.exception, failure)


if __name__ == "__main__":
    main()

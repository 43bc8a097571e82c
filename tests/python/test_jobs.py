#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Jobs: what becomes of a function, its result and its failure."""

import functools
import gc
import traceback

from common import GLib, Gate, Gio, TestCase, Thr, main, poll_until, run_until, threading, time

SOON = 20  # seconds, for a machine that is busy


class OwnError(Exception):
    pass


def fail(*args):
    raise OwnError("something of our own")


class Arguments(TestCase):
    def test_the_function_gets_the_job_first(self):
        got = []
        thread = Thr.thread_manager.do_async(
            lambda *args, **kwargs: got.append((args, kwargs)), [1, "two"], {"three": 3}
        )
        thread.join(SOON)
        self.assertEqual(got, [((thread, 1, "two"), {"three": 3})])
        self.assertIs(got[0][0][0], thread)

    def test_without_the_job(self):
        function = lambda *args, **kwargs: (args, kwargs)  # noqa: E731
        for args, kwargs in ((), None), ([1], None), ((), {"a": 1}), ([1, 2], {"a": 1}):
            thread = Thr.thread_manager.do_async(function, args, kwargs, give_thread=False)
            self.assertEqual(thread.result(SOON), (tuple(args), kwargs or {}))

    def test_runs_on_another_thread(self):
        ident = Thr.thread_manager.do_async(lambda thread: threading.get_ident()).result(SOON)
        self.assertNotEqual(ident, self.home)

    def test_what_is_no_function(self):
        for what in None, 5, "name", []:
            with self.assertRaisesRegex(TypeError, "a function is needed, not"):
                Thr.thread_manager.do_async(what)
        with self.assertRaises(TypeError):
            Thr.thread_manager.do_async()
        with self.assertRaisesRegex(TypeError, "on_sucess"):
            Thr.thread_manager.do_async(print, on_sucess=print)
        with self.assertRaisesRegex(TypeError, "on_end"):
            Thr.thread_manager.do_async(print, on_end=5)

    def test_a_coroutine_function(self):
        async def work(thread):
            pass

        thread = Thr.thread_manager.do_async(work)
        with self.assertRaisesRegex(TypeError, "work is a coroutine function"):
            thread.result(SOON)

    def test_arguments_that_do_not_fit(self):
        for args, kwargs in ([1, 2], None), ([], {"unknown": 1}):
            thread = Thr.thread_manager.do_async(lambda thread: None, args, kwargs)
            self.assertIsInstance(thread.exception(SOON), TypeError)

    def test_arguments_of_the_wrong_kind(self):
        for args, kwargs in (5, None), ((), 5):
            with self.assertRaisesRegex(TypeError, "fn_(kw)?args"):
                Thr.thread_manager.do_async(print, args, kwargs)

    def test_names(self):
        def work(thread):
            return thread.name

        self.assertEqual(Thr.thread_manager.do_async(work).result(SOON), "work")
        self.assertEqual(Thr.thread_manager.do_async(work, name="other").result(SOON), "other")

    def test_priority(self):
        manager = Thr.ThreadManager(thread_limit=1)
        gate, order = Gate(), []
        manager.do_async(lambda thread: gate.wait())
        for priority in 1, 3, 2:
            manager.do_async(
                order.append, [priority], give_thread=False, priority=priority, name="job"
            )
        gate.open()
        manager.wait_idle(SOON)
        ascending = sorted(order)
        self.assertIn(order, (ascending, ascending[::-1]))
        self.assertEqual(manager.do_async(lambda job: job.priority, priority=7).result(SOON), 7)

    def test_cancellable(self):
        cancellable = Gio.Cancellable()
        manager = Thr.ThreadManager(thread_limit=1)
        gate, ran = Gate(), []
        first = manager.do_async(lambda thread: gate.wait())
        second = manager.do_async(ran.append, cancellable=cancellable)
        cancellable.cancel()
        gate.open()
        with self.assertRaises(GLib.Error) as caught:
            second.join(SOON)
        self.assertTrue(
            caught.exception.matches(Gio.io_error_quark(), Gio.IOErrorEnum.CANCELLED)
        )
        self.assertTrue(first.result(SOON))
        self.assertEqual(ran, [])


class Outcome(TestCase):
    def test_success(self):
        told = []
        thread = Thr.thread_manager.do_async(
            lambda thread: {"a": 1},
            on_success=lambda result: told.append(("success", result, threading.get_ident())),
            on_fail=lambda failure: told.append(failure),
            on_end=lambda: told.append(("end", threading.get_ident())),
        )
        run_until(lambda: thread.execution_state == "CLOSED")
        self.assertEqual(told, [("success", {"a": 1}, self.home), ("end", self.home)])
        self.assertIs(told[0][1], thread.result())
        self.assertEqual(thread.finished_with, "RETURNED")
        self.assertIsNone(thread.exception())

    def test_failure_is_the_same_everywhere(self):
        told = []
        thread = Thr.thread_manager.do_async(
            fail,
            on_success=told.append,
            on_fail=told.append,
            on_end=lambda: told.append("end"),
        )
        thread.connect("failed", lambda job, error: told.insert(0, error))
        with self.assertRaises(OwnError) as caught:
            thread.result(SOON)
        failure = caught.exception
        self.assertEqual(told[1:], [failure, "end"])
        self.assertIs(told[0], failure)
        self.assertIs(told[1], failure)
        self.assertIs(thread.exception(), failure)
        self.assertIs(thread.get_error(), failure)
        with self.assertRaises(OwnError) as caught:
            thread.join()
        self.assertIs(caught.exception, failure)
        self.assertEqual(thread.finished_with, "EXCEPTION")

    def test_traceback(self):
        def deeper():
            fail()

        failure = Thr.thread_manager.do_async(lambda thread: deeper()).exception(SOON)
        names = [frame.name for frame in traceback.extract_tb(failure.__traceback__)]
        self.assertEqual(names[-2:], ["deeper", "fail"])

    def test_any_exception(self):
        for raised in (
            KeyError("key"), SystemExit(3), KeyboardInterrupt(), GeneratorExit(), StopIteration(5),
            GLib.Error("of glib", "some-domain", 7), Thr.StoppedError("stop"), Thr.WorkerExit("x"),
            OwnError("\0", "\udc80"), type("Odd", (Exception,), {"__str__": lambda self: 1 / 0})(),
        ):

            def work(thread):
                raise raised

            with self.subTest(type(raised).__name__):
                thread = Thr.thread_manager.do_async(work)
                self.assertIs(thread.exception(SOON), raised)
                with self.assertRaises(type(raised)):
                    thread.join()

    def test_callbacks_may_fail(self):
        told = []
        self.expected_unhandled = 4
        def bad(*args):
            raise OwnError

        for function, error in (lambda thread: 1, None), (fail, OwnError):
            thread = Thr.thread_manager.do_async(
                function, on_success=bad, on_fail=bad, on_end=lambda: told.append(1) or bad()
            )
            run_until(lambda: thread.execution_state == "CLOSED")
        self.assertEqual(told, [1, 1])

    def test_callbacks_set_later(self):
        told = []
        gate = Gate()
        thread = Thr.thread_manager.do_async(lambda thread: gate.wait() and b"result")
        thread.set_on_success(told.append)
        thread.set_on_end(lambda: told.append("end"))
        gate.open()
        thread.join(SOON)
        self.assertEqual(told, [b"result", "end"])
        thread = Thr.thread_manager.do_async(lambda thread: fail())
        thread.set_on_fail(told.append)
        thread.exception(SOON)
        run_until(lambda: len(told) == 3)
        self.assertIsInstance(told[2], OwnError)

    def test_callbacks_taken_back(self):
        told = []
        gate = Gate()
        thread = Thr.thread_manager.do_async(lambda thread: gate.wait())
        for set_callback in thread.set_on_success, thread.set_on_fail, thread.set_on_end:
            set_callback(lambda *args: told.append(args))
            set_callback(None)
            with self.assertRaisesRegex(TypeError, "on_.* is a function, not 1"):
                set_callback(1)
        gate.open()
        thread.join(SOON)
        run_until(lambda: thread.execution_state == "CLOSED")
        self.assertEqual(told, [])

    def test_result_given_by_the_function_itself(self):
        thread = Thr.thread_manager.do_async(lambda thread: thread.return_value([1]))
        self.assertEqual(thread.result(SOON), [1])
        thread = Thr.thread_manager.do_async(lambda thread: thread.return_string("text"))
        self.assertEqual(thread.result(SOON), "text")

        def give(thread):
            gate.wait()
            thread.return_value([2])

        gate, told = Gate(), []
        thread = Thr.thread_manager.do_async(give, on_success=told.append)
        future = thread.as_future()
        gate.open()
        self.assertEqual((thread.result(SOON), future.result(SOON), told), ([2], [2], [[2]]))

    def test_time_outs(self):
        gate = Gate()
        thread = Thr.thread_manager.do_async(lambda thread: gate.wait())
        for wait in thread.join, thread.result, thread.exception:
            begun = time.monotonic()
            with self.assertRaises(TimeoutError) as caught:
                wait(0.05)
            self.assertGreater(time.monotonic() - begun, 0.04)
            self.assertIsInstance(caught.exception, Thr.TimedOutError)
            with self.assertRaises(Thr.TimedOutError):
                wait(0)
        gate.open()
        self.assertTrue(thread.join())
        self.assertTrue(thread.result(float("inf")))
        with self.assertRaises(Thr.Error):
            thread.join(-1)

    def test_manual(self):
        thread = Thr.ThreadManager().do_manual("by hand")
        self.assertEqual(thread.execution_state, "RUNNING")
        thread.return_value({"a"})
        self.assertEqual(thread.result(SOON), {"a"})
        failure = OwnError()
        thread = Thr.ThreadManager().do_manual()
        thread.return_error(failure)
        self.assertIs(thread.exception(SOON), failure)
        with self.assertRaises(Thr.Error):
            thread.return_value(1)
        with self.assertRaises(Thr.Error):
            thread.return_error(ValueError("too late"))
        self.assertIs(thread.exception(), failure)
        with self.assertRaisesRegex(TypeError, "an exception is needed, not 'text'"):
            thread.return_error("text")

    def test_sliced(self):
        manager = Thr.ThreadManager()
        told = []

        def generator(thread):
            for number in range(5):
                told.append(threading.get_ident())
                yield
            return {"n": number}

        self.assertEqual(manager.do_sliced(generator).result(SOON), {"n": 4})
        self.assertEqual(told, [self.home] * 5)
        steps = [True, True, False]
        thread = manager.do_sliced(lambda thread: steps.pop(0), on_end=lambda: told.append("end"))
        self.assertIsNone(thread.result(SOON))
        self.assertEqual((steps, told[-1]), ([], "end"))
        self.assertIsInstance(manager.do_sliced(fail).exception(SOON), OwnError)
        # However it comes by its generator.
        self.assertIsNone(manager.do_sliced(functools.partial(generator)).exception(SOON))
        thread = manager.do_sliced(lambda thread: generator(thread))
        self.assertEqual(thread.result(SOON), {"n": 4})

        async def coroutine(thread):
            pass

        thread = manager.do_sliced(coroutine)
        with self.assertRaisesRegex(TypeError, "coroutine is a coroutine function.*generator"):
            thread.result(SOON)
        with self.assertRaisesRegex(TypeError, "a function is needed"):
            manager.do_sliced(1)
        with self.assertRaisesRegex(TypeError, "on_end is a function"):
            manager.do_sliced(told.append, on_end=1)
        self.assertEqual(manager.n_running + manager.n_queued, 0)


class State(TestCase):
    def test_is_equal_to_its_name(self):
        seen = []
        gate = Gate()
        thread = Thr.ThreadWrapper(lambda thread: gate.wait(), on_end=lambda: None)
        self.assertEqual(thread.execution_state, "CREATED")
        self.assertEqual(thread.execution_state, Thr.ExecutionState.CREATED)
        self.assertNotEqual(thread.execution_state, "RUNNING")
        self.assertNotEqual(thread.execution_state, "created")
        self.assertNotEqual(thread.execution_state, Thr.ExecutionState.RUNNING)
        self.assertEqual(str(thread.execution_state), "CREATED")
        self.assertEqual({thread.execution_state: 1}[Thr.ExecutionState.CREATED], 1)
        thread.connect("notify::execution-state", lambda *_: seen.append(thread.execution_state))
        Thr.thread_manager.submit(thread)
        poll_until(lambda: thread.execution_state == "RUNNING")
        gate.open()
        run_until(lambda: thread.execution_state == "CLOSED")
        self.assertEqual(seen, ["RUNNING", "RETURNED", "FINISHING", "CLOSED"])

    def test_polled_without_a_main_loop(self):
        thread = Thr.thread_manager.do_async(lambda thread: 1)
        latest = time.monotonic() + SOON
        while thread.execution_state in ("CREATED", "RUNNING"):
            self.assertLess(time.monotonic(), latest)

    def test_status(self):
        class Status:
            pass

        seen = []
        for status in 0.5, 3, "text", None, 2**80, b"x\0", [1], {"a": 1}, Status():

            def work(thread):
                thread.status = status

            thread = Thr.thread_manager.do_async(work)
            thread.connect("notify::status", lambda job, _: seen.append(job.status))
            thread.join(SOON)
            self.assertEqual(thread.status, status)
            self.assertEqual(type(thread.status), type(status))
            if status is not None:
                self.assertIs(type(seen[-1]), type(status))

    def test_what_it_says_of_itself(self):
        thread = Thr.thread_manager.do_async(lambda thread: setattr(thread, "message", "hm"))
        thread.join(SOON)
        self.assertRegex(thread.ident, r"^thr-\d+$")
        self.assertEqual(thread.message, "hm")
        thread.progress = 0.5
        self.assertEqual(thread.progress, 0.5)
        self.assertLessEqual(thread.created_at, thread.started_at)
        self.assertLessEqual(thread.started_at, thread.ended_at)
        self.assertFalse(thread.halted)
        self.assertIn(thread.ident, repr(thread))
        self.assertIs(Thr.thread_manager, thread.manager or Thr.thread_manager)

    def test_pause_and_resume(self):
        steps = []
        running = Gate()

        def work(thread):
            running.open()
            while len(steps) < 3:
                thread.checkpoint()
                if stop.is_set():
                    steps.append(1)

        stop = Gate()
        thread = Thr.thread_manager.do_async(work)
        running.wait()
        thread.pause()
        self.assertTrue(thread.paused)
        stop.open()
        time.sleep(0.05)
        self.assertLess(len(steps), 3)
        thread.resume()
        self.assertFalse(thread.paused)
        thread.join(SOON)
        self.assertEqual(len(steps), 3)

    def test_cancel_is_seen_at_a_checkpoint(self):
        running = Gate()

        def work(thread):
            running.open()
            while True:
                thread.checkpoint()

        thread = Thr.thread_manager.do_async(work)
        running.wait()
        thread.cancel()
        with self.assertRaises(GLib.Error) as caught:
            thread.join(SOON)
        self.assertTrue(
            caught.exception.matches(Gio.io_error_quark(), Gio.IOErrorEnum.CANCELLED)
        )

    def test_cancel_does_not_interrupt(self):
        gate = Gate()
        thread = Thr.thread_manager.do_async(lambda thread: gate.wait() and "whole")
        thread.cancel()
        gate.open()
        poll_until(lambda: thread.finished_with != "CREATED")
        thread.exception(SOON)


class Unhandled(TestCase):
    """A failure that nobody looked at goes to threading.excepthook."""

    def reported(self, count=1):
        self.expected_unhandled = count
        poll_until(lambda: len(self.unhandled) >= count)
        return [args.exc_value for args in self.unhandled]

    def test_is_reported(self):
        def work(thread):
            fail()

        Thr.thread_manager.do_async(work)
        failure, = self.reported()
        self.assertIs(self.unhandled[0].exc_type, OwnError)
        names = [frame.name for frame in traceback.extract_tb(self.unhandled[0].exc_traceback)]
        self.assertEqual(names[-2:], ["work", "fail"])

    def test_is_reported_with_no_main_loop(self):
        # At once when the handle is dropped: no collection of garbage is needed.
        gc.disable()
        self.addCleanup(gc.enable)
        thread = Thr.thread_manager.do_async(fail)
        while thread.execution_state in ("CREATED", "RUNNING"):
            pass
        self.assertEqual(self.unhandled, [])
        del thread
        run_until(lambda: self.unhandled)
        self.assertEqual(len(self.reported()), 1)

    def test_is_not_reported_while_somebody_may_look(self):
        thread = Thr.thread_manager.do_async(fail)
        latest = time.monotonic() + SOON
        while thread.finished_with == "CREATED" and time.monotonic() < latest:
            pass
        self.assertEqual(self.unhandled, [])
        self.assertIsInstance(thread.exception(), OwnError)

    def test_is_not_reported_when_it_was_handled(self):
        def join(thread):
            with self.assertRaises(OwnError):
                thread.join(SOON)

        def result(thread):
            with self.assertRaises(OwnError):
                thread.result(SOON)

        def exception(thread):
            self.assertIsInstance(thread.exception(SOON), OwnError)

        def callback(thread):
            got = []
            thread.set_on_fail(got.append)
            run_until(lambda: got)

        def signal(thread):
            got = []
            thread.connect("failed", lambda *args: got.append(args))
            run_until(lambda: got)

        def wait_async(thread):
            got = []
            thread.wait_async(None, lambda source, result: got.append(result))
            run_until(lambda: got)
            with self.assertRaises(OwnError):
                thread.wait_finish(got[0])

        def spawned(thread):
            got = []

            async def work():
                try:
                    await thread
                except OwnError as error:
                    got.append(error)

            Thr.spawn(work())
            run_until(lambda: got)

        def future(thread):
            self.assertIsInstance(thread.as_future().exception(SOON), OwnError)

        for handle in join, result, exception, callback, signal, wait_async, spawned, future:
            with self.subTest(handle.__name__):
                thread = Thr.thread_manager.do_async(lambda thread: fail())
                handle(thread)
                del thread
                gc.collect()
                Thr.thread_manager.wait_idle(SOON)
                self.assertEqual(self.unhandled, [])

    def test_is_not_reported_when_it_was_ended(self):
        manager = Thr.ThreadManager(thread_limit=1)
        running = Gate()

        def work(thread):
            running.open()
            while True:
                thread.checkpoint()

        first = manager.do_async(work)
        manager.do_async(fail).cancel()
        manager.do_async(fail).halt()
        manager.do_async(fail)
        running.wait()
        manager.stop()
        first.halt()
        del first
        manager.wait_idle(SOON)
        gc.collect()

    def test_sys_exit_is_quiet(self):
        import sys

        thread = Thr.thread_manager.do_async(lambda thread: sys.exit(3))
        poll_until(lambda: thread.execution_state == "CLOSED")
        del thread
        self.assertEqual(Thr.thread_manager.do_async(lambda thread: 5).result(SOON), 5)

    def test_of_each_kind_of_job(self):
        manager = Thr.ThreadManager()
        manager.do_sliced(fail)
        manager.do_manual().return_error(OwnError())
        self.assertTrue(all(isinstance(error, OwnError) for error in self.reported(2)))

    def test_handler_of_the_manager(self):
        got = []
        manager = Thr.ThreadManager()
        manager.connect("unhandled-error", lambda *args: got.append(args) or True)
        manager.do_async(fail)
        run_until(lambda: got)


if __name__ == "__main__":
    main()

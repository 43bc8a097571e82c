#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The break points of workers, and what is done at them; what is left of all."""

import gc
import os
import signal
import subprocess
import textwrap
import unittest.mock
import weakref

from common import (
    DEADLINE, GLib, GObject, Gate, Thr, WorkerCase, fail_with, finish, main, poll_until, run_until,
    sys, threading, time, unittest,
)
from gi.overrides._thr import interrupts


def in_worker(function, *args):
    """What the function gives, or raises, in a worker."""
    error, result = Thr.wait_thread(Thr.create_worker(function, *args, print_traceback=False))
    if error is not None:
        raise error
    return result


def in_thread(function):
    """The same in a thread that is nobody's, and in a job."""
    with Thr.Executor() as executor:
        yield executor.submit(function).result(DEADLINE)
    outcome = []
    thread = threading.Thread(target=lambda: outcome.append(function()))
    thread.start()
    thread.join(DEADLINE)
    yield outcome[0]


class Waits(WorkerCase):
    def test_by_type(self):
        child = Thr.Worker(lambda: "result")

        def task():
            begun = time.monotonic()
            self.assertIsNone(Thr.wait(0.02))
            self.assertIsNone(Thr.wait(0))
            self.assertGreaterEqual(time.monotonic() - begun, 0.02)
            here = Thr.current().fire("A", 1).fire("B", 2).fire("C", 3)
            self.assertEqual(here.wait("A"), 1)
            self.assertEqual(Thr.wait(lambda event: event.data == 2), 2)
            self.assertEqual(Thr.wait("C", timeout=DEADLINE, target=here), 3)
            self.assertEqual(Thr.wait(child.start()), (None, "result"))
            self.assertEqual(here.wait(Thr.async_(lambda: "task")), "task")
            defer = Thr.Defer()
            Thr.later(defer.resolve, "defer")
            return Thr.wait(defer)

        self.assertEqual(in_worker(task), "defer")
        with self.assertRaises(TypeError):
            Thr.wait(object())

    def test_many(self):
        gate = Gate()
        jobs = [
            Thr.thread_manager.do_async(lambda: None, give_thread=False),
            Thr.thread_manager.do_async(gate.wait, give_thread=False),
        ]
        done, not_done = Thr.wait(jobs, return_when="FIRST_COMPLETED", timeout=DEADLINE)
        self.assertEqual((done, not_done), ({jobs[0]}, {jobs[1]}))
        gate.open()
        for many in jobs, tuple(jobs), set(jobs), [job.as_future() for job in jobs]:
            self.assertEqual(Thr.wait(many, DEADLINE), (set(many), set()))

    def test_time_is_over(self):
        for wait in (
            lambda: Thr.wait_event("X", 0.001),
            lambda: Thr.wait_event("X", timeout=0),
            lambda: Thr.wait_until(lambda event: True, timeout=0.001),
            lambda: Thr.wait_until(lambda event: True, 0),
            lambda: Thr.sleep(0.001),
            lambda: Thr.update(),
        ):
            self.assertIsNone(in_worker(wait))
        with self.assertRaises(Thr.Error) as caught:
            Thr.sleep(-1)
        self.assertTrue(caught.exception.matches(Thr.Error.INVALID_ARGUMENT))

    def test_data_of_what_was_waited_for(self):
        data = object()
        worker = self.make(lambda: [Thr.wait_event("X"), Thr.wait_until(lambda event: True)])
        worker.start().fire("X", data).fire("Y", [5])
        first, second = worker.join(DEADLINE).ret
        self.assertIs(first, data)
        self.assertEqual(second, [5])

    def test_target(self):
        other = self.make()

        def task():
            Thr.current().fire("X", "mine").fire("X", "other's", target=other)
            return Thr.wait_event("X", target=other)

        self.assertEqual(in_worker(task), "other's")

    def test_failing_condition(self):
        failure = ValueError("in the condition")

        def task():
            Thr.current().fire("X").fire("Y")
            with self.assertRaises(ValueError) as caught:
                Thr.wait_until(fail_with(failure))
            self.assertIs(caught.exception, failure)
            return Thr.wait_until(lambda event: event.name == "Y" and "yes")

        self.assertIsNone(in_worker(task))
        with self.assertRaises(TypeError):
            Thr.wait_until("X")

    def test_wait_forever(self):
        worker = self.make(Thr.wait_forever)
        seen = []
        worker.listen("X")(lambda event: seen.append(Thr.current()))
        finish(worker.start().fire("X"))
        self.assertEqual(seen, [worker])

    def test_deadlock(self):
        def task():
            Thr.wait_thread(Thr.current())

        with self.assertRaises(Thr.WouldDeadlockError):
            in_worker(task)

    def test_threads_without_worker(self):
        def work():
            self.assertIsNone(Thr.current())
            self.assertFalse(Thr.is_main())
            Thr.sleep(0.001)
            Thr.update()
            self.assertIsNone(Thr.wait_event("X", 0))
            self.assertEqual(Thr.wait(Thr.create_worker(lambda: 5)), (None, 5))
            here = Thr.await_(lambda: Thr.current())
            self.assertIsInstance(here, Thr.Async)
            defer = Thr.Defer()
            Thr.create_worker(defer.resolve, 7)
            return defer.get(DEADLINE)

        self.assertEqual(list(in_thread(work)), [7, 7])

    def test_long_waits(self):
        # Those of the main thread are done in slices, of which nobody knows.
        def answer():
            Thr.sleep(0.3)
            home.fire("ANSWER", 5)
            home.fire("ANSWER", 6)
            defer.resolve(7)
            Thr.sleep(0.3)
            raise Thr.TimedOutError("mine")

        home, defer = Thr.current(), Thr.Defer()
        worker = Thr.create_worker(answer, print_traceback=False)
        self.assertEqual(Thr.wait_event("ANSWER"), 5)
        self.assertEqual(Thr.wait_until(lambda event: event.name == "ANSWER", DEADLINE), 6)
        self.assertEqual(defer.get(), 7)
        error, _ = Thr.wait_thread(worker)
        self.assertEqual(error.message, "mine")
        self.assertIs(worker.join().err, error)
        self.assertIs(Thr.wait_thread(worker, DEADLINE)[0], error)
        with self.assertRaises(Thr.TimedOutError) as caught:
            Thr.await_(fail_with(error))
        self.assertIs(caught.exception, error)
        defer = Thr.Defer()
        defer.reject(error)
        with self.assertRaises(Thr.TimedOutError) as caught:
            defer.get()
        self.assertIs(caught.exception, error)

        begun = time.monotonic()
        Thr.sleep(0.3)
        self.assertIsNone(Thr.wait_event("X", 0.3))
        with self.assertRaises(Thr.TimedOutError):
            self.make().start().join(0.3)
        self.assertGreaterEqual(time.monotonic() - begun, 0.9)

    def test_halt(self):
        # What ends a job ends the worker that is on top of it.
        begun = Gate()

        def loop(*args):
            begun.open()
            while True:
                pass

        def in_overlay():
            Thr.Worker(loop).start_overlay()

        for function in in_overlay, loop:
            begun.clear()
            thread = Thr.thread_manager.do_async(function, give_thread=False)
            begun.wait()
            thread.halt()
            with self.assertRaises(Thr.Error) as caught:
                thread.join(DEADLINE)
            self.assertTrue(caught.exception.matches(Thr.Error.HALTED))

    def test_main_loop_goes_on(self):
        # A wait of the main thread iterates its context.
        seen = []
        GLib.idle_add(lambda: seen.append(Thr.is_main()))
        Thr.wait(Thr.create_worker(lambda: Thr.wait("GO", timeout=0.05)))
        self.assertEqual(seen, [True])

    def test_glib_in_a_worker(self):
        # Its context is the thread's own.
        def task():
            source = GLib.timeout_source_new(1)
            source.set_callback(lambda *args: Thr.current().fire("TIMER"))
            source.attach(GLib.MainContext.get_thread_default())
            Thr.wait("TIMER", timeout=DEADLINE)
            source.destroy()
            return True

        self.assertTrue(in_worker(task))


class Interrupted(WorkerCase):
    def test_as_a_wait_begins_or_ends(self):
        """signal.signal() first has handled what came before it."""

        def late(number, handler):
            steps.append(handler)
            if len(steps) == step:
                signal.getsignal(number)(number, sys._getframe(1))
            return signal.signal(number, handler)

        for step in 1, 2:
            steps = []
            thread = Thr.thread_manager.do_async(lambda thread: 1)
            with self.subTest(step), unittest.mock.patch.object(interrupts, "signal", late):
                with self.assertRaises(KeyboardInterrupt):
                    thread.join(DEADLINE)
                self.assertIs(signal.getsignal(signal.SIGINT), signal.default_int_handler)
                # Outside of a wait there is nobody to be told.
                self.assertFalse(interrupts.note())
                self.assertTrue(thread.join(DEADLINE))


class Later(WorkerCase):
    def test_later(self):
        def task():
            seen = []

            def add(*args, **kwargs):
                seen.append((args, kwargs, Thr.current()))
                times.append(time.monotonic())

            here = Thr.current()
            times = [time.monotonic()]
            Thr.later(add, 1, timeout=0.02, b=2)
            here.later(add)
            self.assertEqual(seen, [])
            Thr.wait("EXECUTE")
            Thr.wait("EXECUTE")
            self.assertCountEqual(seen, [((), {}, here), ((1,), {"b": 2}, here)])
            return times[-1] - times[0]

        self.assertGreaterEqual(in_worker(task), 0.02)

    def test_stop(self):
        def task():
            seen = []
            pending = Thr.later(seen.append, "stopped", timeout=0.01)
            self.assertIs(pending.stop(), pending)
            Thr.later(seen.append, "not stopped", timeout=0.02)
            Thr.wait("EXECUTE")
            return seen

        self.assertEqual(in_worker(task), ["not stopped"])

    def test_any_name_of_an_argument(self):
        seen = []
        worker = self.make().start()
        named = {"worker": 1, "heard": 2, "function": 3, "event": 4}
        worker.later(lambda **kwargs: seen.append(kwargs), **named)
        worker.later(Thr.exit)
        worker.join(DEADLINE)
        self.assertEqual(seen, [named])

    def test_from_elsewhere(self):
        seen = []
        worker = self.make().start()

        @worker.later
        def pending():
            seen.append(Thr.current())
            Thr.Worker.main().later(seen.append, "home")

        run_until(lambda: len(seen) == 2)
        self.assertEqual(seen, [worker, "home"])
        pending.stop()  # too late, and no harm
        with self.assertRaises(TypeError):
            worker.later("X")

    def test_failure(self):
        failure = ValueError("later")
        heard = []
        worker = self.make().start()
        worker.listen("LISTENER_ERROR")(lambda event: heard.append(event.data))
        worker.later(fail_with(failure))
        worker.later(Thr.exit, timeout=0.001)
        worker.join(DEADLINE)
        self.assertEqual(heard, [failure])
        self.expect_report(failure)


class Thing:
    """What can be looked for by a weak reference."""


def leave_worker(thing):
    worker = Thr.Worker(lambda *args: (thing, args) if worker else None)
    worker.start(thing).join(DEADLINE)
    yield worker
    yield worker._thr_task


def leave_listener(thing):
    worker = Thr.Worker()

    @worker.listen("X")
    def listener(event):
        return worker, thing

    @worker.listen("Y", once=True)
    def unheard(event):
        return worker, thing

    finish(worker.start().fire("X", thing))
    yield from (worker, listener, unheard)


def leave_unstarted(thing):
    worker = Thr.Worker(lambda: (worker, thing))
    yield worker
    yield worker.listen("X")(lambda event: worker)


def leave_failure(thing):
    class Failing(Thr.Worker):
        def run(self, argument):
            self.argument = argument
            raise ValueError(argument)

    worker = Failing(print_traceback=False).start(thing)
    assert Thr.wait(worker)[0].args == (thing,)
    yield worker


def leave_later(thing):
    worker = Thr.Worker().start()

    def later(argument):
        return worker

    worker.later(later, thing)
    worker.later(later, thing, timeout=DEADLINE)
    worker.later(later, thing, timeout=DEADLINE).stop()
    finish(worker)
    yield from (worker, later)


def leave_family(thing):
    parent = Thr.Worker().start()
    child = Thr.Worker(lambda: Thr.wait("X"), parent=parent).start()
    parent.broadcast("X", thing)
    child.join(DEADLINE)
    child.bubble("Y", [thing, child])
    finish(parent)
    yield from (parent, child)


def leave_main_listener(thing):
    def listener(event):
        return thing

    Thr.listen(listener, "X")
    Thr.unlisten(listener)
    Thr.current().listen(listener, "X", once=True)
    Thr.current().fire("X", thing)
    Thr.update()
    yield listener


class Leaks(WorkerCase):
    def test_leaks(self):
        for case in (
            leave_worker, leave_listener, leave_unstarted, leave_failure, leave_later,
            leave_family, leave_main_listener,
        ):
            with self.subTest(case=case.__name__):
                thing = Thing()
                left = [weakref.ref(thing)]
                for each in case(thing):
                    is_object = isinstance(each, GObject.Object)
                    left.append(each.weak_ref() if is_object else weakref.ref(each))
                del thing, each

                def is_gone():
                    gc.collect()
                    return not [ref for ref in left if ref() is not None]

                poll_until(is_gone)

    def test_threads(self):
        in_worker(threading.current_thread)
        before = len(threading.enumerate())
        for _ in range(20):
            in_worker(threading.current_thread)
        self.assertEqual(len(threading.enumerate()), before)


AT_EXIT = {
    "waiting": """
        @Thr.create_worker
        def worker():
            begun.set()
            try:
                Thr.wait_forever()
            finally:
                print("cleaned")
        begun.wait()
    """,
    "without a function": """
        worker = Thr.Worker().start()
        worker.listen(print, "X")
        worker.later(print, timeout=100)
    """,
    "subclass": """
        class Waiting(Thr.Worker):
            def run(self):
                self.wait_forever()
        worker = Waiting().start()
    """,
    "unstarted": """
        worker = Thr.Worker(print)
        worker.listen("X")(lambda event: worker)
    """,
    "time.sleep": "Thr.set_exit(HALT, 0.1); worker = Thr.create_worker(time.sleep, 100)",
    "busy": """
        Thr.set_exit(HALT, 0.1)
        @Thr.create_worker
        def worker():
            while True:
                pass
    """,
    "flooded": """
        @Thr.create_worker
        def worker():
            while True:
                Thr.wait("X")
        for i in range(5000):
            worker.fire("X", [i])
    """,
    "family": """
        def parent(depth):
            if depth > 0:
                Thr.create_worker(parent, depth - 1, daemon=depth % 2 == 0)
            begun.set()
            Thr.wait_forever()
        Thr.create_worker(parent, 4)
        begun.wait()
    """,
    "pending": """
        defer, channel = Thr.Defer(), Thr.Channel()
        worker = Thr.create_worker(defer.get)
        events = channel.__aiter__()
        channel.subscribe(print)
        channel.pub("X", [1])
        resolver = Thr.Defer().dup_resolver()
        Thr.Defer().reject(ValueError())
        task = Thr.async_(Thr.wait_forever)
    """,
    "drained": """
        Thr.set_exit(Thr.ShutdownMode.DRAIN, None)
        @Thr.create_worker
        def worker():
            Thr.sleep(0.05)
            print("cleaned")
    """,
    "main loop": """
        from gi.repository import GLib
        loop = GLib.MainLoop()
        worker = Thr.create_worker(Thr.wait_forever)
        GLib.timeout_add(10, sys.exit, 0)
        loop.run()
    """,
}


INTERRUPTED = (
    "Thr.wait_forever()",
    "Thr.sleep(100)",
    "Thr.wait_event('X')",
    "Thr.wait_until(lambda event: False)",
    "Thr.wait_thread(worker)",
    "worker.join()",
    "Thr.Defer().get()",
    "Thr.async_(Thr.wait_forever).get()",
    "Thr.Worker().start_overlay()",
    "Thr.current().later(Thr.wait_forever); Thr.wait_forever()",
    "Thr.current().later(lambda: [i for i in iter(int, 1)]); Thr.wait_forever()",
)


class AtExit(unittest.TestCase):
    PROLOGUE = (
        "import gi, sys, threading, time\n"
        "gi.require_version('Thr', '1.0')\n"
        "from gi.repository import Thr\n"
        "HALT = Thr.ShutdownMode.HALT\n"
        "begun = threading.Event()\n"
    )

    def run_program(self, program):
        return subprocess.run(
            [sys.executable, "-c", self.PROLOGUE + textwrap.dedent(program)],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            encoding="utf-8",
            timeout=DEADLINE,
            env={**os.environ, "PYTHONWARNINGS": ""},
        )

    def test_interrupted(self):
        """Ctrl+C in the waits of the main thread."""
        for wait in INTERRUPTED:
            with self.subTest(wait=wait):
                ended = self.run_program(
                    f"""
                    import os, signal
                    worker = Thr.create_worker(Thr.wait_forever)
                    def interrupt():
                        time.sleep(0.05)
                        os.kill(os.getpid(), signal.SIGINT)
                    try:
                        threading.Thread(target=interrupt).start()
                        {wait}
                    except KeyboardInterrupt:
                        print("interrupted")
                    """
                )
                self.assertEqual((ended.stdout, ended.stderr), ("interrupted\n", ""))

    def test_interrupted_in_what_the_library_calls(self):
        """There an exception would be printed, and forgotten."""
        for timeout in 60, 0.2:
            ended = self.run_program(
                f"""
                import signal
                glue = {{"__name__": "gi.overrides.glue", "signal": signal, "once": [1]}}
                exec("def called(job): once and signal.raise_signal(once.pop() and 2)", glue)
                Thr.add_interrupter(glue["called"])
                manager = Thr.ThreadManager()
                manager.do_async(lambda job: begun.set() or time.sleep(0.5))
                begun.wait()
                try:
                    manager.halt({timeout})
                except KeyboardInterrupt:
                    print("interrupted")
                """
            )
            self.assertEqual((ended.stdout, ended.stderr), ("interrupted\n", ""))

    def test_interrupted_before_a_long_callback(self):
        ended = self.run_program(
            """
            import signal
            glue = {"__name__": "gi.overrides.glue", "signal": signal}
            exec("def called(result): signal.raise_signal(signal.SIGINT)", glue)
            manager = Thr.ThreadManager(thread_limit=1)
            manager.do_async(lambda job: 1, on_success=glue["called"])
            manager.do_async(
                lambda job: 2,
                on_success=lambda result: [time.sleep(0.01) for each in iter(int, 1)],
                on_end=lambda: print("end"),
            )
            try:
                manager.wait_idle(60)
            except KeyboardInterrupt:
                print("interrupted")
            """
        )
        self.assertEqual((ended.stdout, ended.stderr), ("end\ninterrupted\n", ""))

    def test_at_exit(self):
        for name, program in AT_EXIT.items():
            with self.subTest(name=name):
                ended = self.run_program(program)
                self.assertEqual((ended.returncode, ended.stderr), (0, ""))
                if "cleaned" in program:
                    self.assertEqual(ended.stdout, "cleaned\n")


if __name__ == "__main__":
    main()

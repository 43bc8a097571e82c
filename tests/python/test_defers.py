#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Defers and asynchronous tasks."""

import asyncio
import gc
import unittest.mock
import weakref

from common import (
    DEADLINE, GLib, GObject, Gate, Gio, TestCase, Thr, fail_with, main, poll_until, run_until,
    threading,
)


class Defers(TestCase):
    def test_resolve(self):
        for value in 5, None, object(), [1], b"x", 2**70, "text", ValueError("a value"):
            defer = Thr.Defer()
            self.assertTrue(defer.is_pending())
            self.assertTrue(defer.resolve(value))
            self.assertFalse(defer.resolve("late"))
            self.assertFalse(defer.reject(ValueError("late")))
            self.assertEqual(defer.get(), value)
            if not isinstance(value, (int, str)):
                self.assertIs(defer.get(), value)

    def test_value_of_c(self):
        # What is boxed belongs to the defer; what one has of it lives longer.
        defer = Thr.Defer()
        defer.resolve(GObject.Value(GLib.Bytes, GLib.Bytes.new(b"of C")))
        got = [defer.get() for _ in range(3)]
        del defer
        gc.collect()
        self.assertEqual([each.get_data() for each in got], [b"of C"] * 3)

    def test_reject(self):
        failure = KeyError("the very one")
        defer = Thr.Defer()
        self.assertTrue(defer.reject(failure))
        self.assertFalse(defer.reject(ValueError("late")))
        self.assertFalse(defer.resolve(5))
        for _ in range(2):
            with self.assertRaises(KeyError) as caught:
                defer.get()
            self.assertIs(caught.exception, failure)
        with self.assertRaises(TypeError):
            Thr.Defer().reject("no exception")
        defer = Thr.Defer()
        defer.reject(GLib.Error.new_literal(Gio.io_error_quark(), "gone", 1))
        with self.assertRaises(GLib.Error) as caught:
            defer.get()
        self.assertTrue(caught.exception.matches(Gio.io_error_quark(), 1))

    def test_in_other_threads(self):
        def ask(answer):
            defer = Thr.Defer()
            Thr.create_worker(answer, defer)
            return defer.get(DEADLINE)

        def resolve(defer):
            Thr.sleep(0.001)
            defer.resolve(self)

        failure = ValueError("the very one")
        for run in (lambda f, *args: f(*args)), Thr.await_:
            self.assertIs(run(ask, resolve), self)
            with self.assertRaises(ValueError) as caught:
                run(ask, lambda defer: defer.reject(failure))
            self.assertIs(caught.exception, failure)

    def test_events_are_processed(self):
        def task():
            here, defer = Thr.current(), Thr.Defer()
            Thr.listen("ANSWER")(lambda event: defer.resolve(event.data))
            here.fire("ANSWER", 42)
            return defer.get()

        self.assertEqual(Thr.wait(Thr.create_worker(task)), (None, 42))

    def test_ask_the_main_thread(self):
        # The seed's: a question to whoever runs the window.
        def question(on_finished):
            on_finished((threading.get_ident(), "OK"))

        def task():
            defer = Thr.Defer()
            Thr.Worker.main().later(question, on_finished=defer.resolve)
            return defer.get()

        self.assertEqual(Thr.wait(Thr.create_worker(task)), (None, (self.home, "OK")))

    def test_stop(self):
        begun = Gate()

        def task():
            begun.open()
            Thr.Defer().get()

        worker = Thr.create_worker(task)
        begun.wait()
        worker.stop().join(DEADLINE)
        self.assertIsNone(worker.err)

    def test_timeout(self):
        for timeout in 0, 0.001:
            with self.assertRaises(Thr.TimedOutError):
                Thr.Defer().get(timeout)
        self.assertTrue(issubclass(Thr.TimedOutError, TimeoutError))

    def test_resolver(self):
        for reject in False, True:
            defer = Thr.Defer()
            answer = ValueError("the very one")
            resolver = defer.dup_resolver()
            Thr.create_worker(resolver.reject if reject else resolver.resolve, answer)
            if reject:
                with self.assertRaises(ValueError) as caught:
                    defer.get(DEADLINE)
                self.assertIs(caught.exception, answer)
            else:
                self.assertIs(defer.get(DEADLINE), answer)
            self.assertFalse(resolver.resolve("late"))
            self.assertFalse(resolver.reject(KeyError("late")))

    def test_abandoned(self):
        defer = Thr.Defer()
        resolver = defer.dup_resolver()
        del resolver
        with self.assertRaises(Thr.AbandonedError):
            defer.get(DEADLINE)

    def test_race(self):
        # Of many answers in many threads the first one counts, and is itself.
        for _ in range(50):
            defer = Thr.Defer()
            failures = [ValueError(f"answer {i}") for i in range(4)]
            won = [Thr.async_(defer.reject, failure) for failure in failures]
            won = [each.get() for each in won]
            self.assertEqual(sum(won), 1)
            with self.assertRaises(ValueError) as caught:
                defer.get()
            self.assertIs(caught.exception, failures[won.index(True)])

    def test_two_at_once(self):
        """Both reject by a resolver that knows of no rejection yet."""
        from gi.overrides._thr import defers

        class Late(defers._Rejection):
            def __init__(self):
                super().__init__()
                if not failures:
                    failures.append(ValueError("first"))
                    told.append(resolver.reject(failures[0]))

        failures, told = [], []
        defer = Thr.Defer()
        resolver = defer.dup_resolver()
        del defer._thr_rejection, resolver._thr_rejection  # as of those that were made in C
        with unittest.mock.patch.object(defers, "_Rejection", Late):
            told.append(resolver.reject(ValueError("second")))
        self.assertEqual(told, [True, False])
        rejection = resolver._thr_rejection
        self.assertIs(rejection.exception, failures[0])

    def test_nothing_is_kept(self):
        class Thing:
            pass

        for answer in (
            lambda defer, thing: defer.resolve(thing),
            lambda defer, thing: defer.reject(ValueError(thing)),
            lambda defer, thing: defer.dup_resolver().reject(ValueError(thing)),
        ):
            thing, defer = Thing(), Thr.Defer()
            answer(defer, thing)
            try:
                defer.get()
            except ValueError:
                pass
            gone, defer_gone = weakref.ref(thing), defer.weak_ref()
            del thing, defer
            gc.collect()
            if gone() is not None:
                poll_until(lambda: gone() is None and defer_gone() is None)


class Awaiting(TestCase):
    def runs(self):
        """Ways to run a coroutine."""

        def run_in_main_loop(coroutine):
            pending = Thr.spawn(coroutine)
            run_until(pending.done)
            return pending.result()

        def run_in_job(coroutine):
            with Thr.Executor() as executor:
                return executor.submit(asyncio.run, coroutine).result(DEADLINE)

        yield asyncio.run
        yield run_in_main_loop
        yield run_in_job
        yield lambda coroutine: Thr.await_(asyncio.run, coroutine)

    def test_await(self):
        async def ask(value):
            defer = Thr.Defer()
            Thr.create_worker(lambda: Thr.sleep(0.001) or defer.resolve(value))
            self.assertIs(await defer.get_async(), value)
            self.assertIs(await defer.get_async(), value)
            return await defer

        for run in self.runs():
            self.assertIs(run(ask(self)), self)

    def test_reject(self):
        async def ask(failure):
            defer = Thr.Defer()
            Thr.create_worker(defer.reject, failure)
            with self.assertRaises(KeyError) as caught:
                await defer.get_async()
            return caught.exception

        failure = KeyError("the very one")
        for run in self.runs():
            self.assertIs(run(ask(failure)), failure)

    def test_abandoned(self):
        async def ask():
            with self.assertRaises(Thr.AbandonedError):
                await Thr.Defer().get_async()

        for run in self.runs():
            run(ask())

    def test_cancel(self):
        async def ask():
            defer = Thr.Defer()
            asking = asyncio.ensure_future(self.wait_for(defer))
            await asyncio.sleep(0)
            asking.cancel()
            with self.assertRaises(asyncio.CancelledError):
                await asking
            # That one did not want it any more; the defer is as it was.
            self.assertTrue(defer.resolve(5))
            return await defer

        self.assertEqual(asyncio.run(ask()), 5)

    @staticmethod
    async def wait_for(defer):
        return await defer

    def test_callback(self):
        defer = Thr.Defer()
        outcome = []

        def finished(source, result, *user_data):
            outcome.append((source, source.get_finish(result), user_data))

        self.assertIsNone(defer.get_async(None, finished, 1))
        defer.resolve([5])
        run_until(lambda: outcome)
        self.assertEqual(outcome, [(defer, [5], (1,))])

        cancellable = Gio.Cancellable()
        failures = []

        def cancelled(source, result):
            try:
                source.get_finish(result)
            except GLib.Error as error:
                failures.append(error)

        Thr.Defer().get_async(cancellable, cancelled)
        defer = Thr.Defer()
        defer.get_async(cancellable, cancelled)
        cancellable.cancel()
        run_until(lambda: len(failures) == 2)
        self.assertTrue(failures[1].matches(Gio.io_error_quark(), Gio.IOErrorEnum.CANCELLED))


class Tasks(TestCase):
    def test_get(self):
        task = Thr.async_(lambda a, b=0: [a, b, Thr.is_main()], 1, b=2)
        self.assertIsInstance(task, Thr.Async)
        self.assertIsInstance(task, Thr.Worker)
        self.assertEqual(task.get(), [1, 2, False])
        self.assertIs(task.get(), task.get())
        self.assertIsNone(Thr.async_(lambda: None).get())
        self.assertIsNone(task.parent)
        self.assertTrue(task.is_daemon())

    def test_failure(self):
        failure = KeyError("the very one")
        task = Thr.Async(fail_with(failure)).start()
        for _ in range(2):
            with self.assertRaises(KeyError) as caught:
                task.get()
            self.assertIs(caught.exception, failure)
        self.assertEqual(Thr.wait_thread(task), (failure, None))
        with self.assertRaises(KeyError) as caught:
            Thr.await_(fail_with(failure))
        self.assertIs(caught.exception, failure)

    def test_decorators(self):
        @Thr.async_
        def first():
            return 1

        @Thr.async_("a", b="b")
        def second(a, b):
            return a + b

        @Thr.await_
        def third():
            return 3

        @Thr.await_(4)
        def fourth(number):
            return number

        self.assertEqual((first.get(), second.get(), third, fourth), (1, "ab", 3, 4))
        with self.assertRaises(TypeError):
            Thr.Async(5)

    def test_await_processes_events(self):
        def task():
            seen = []
            Thr.later(seen.append, 1)
            Thr.await_(lambda: Thr.sleep(0.01))
            return seen

        self.assertEqual(Thr.wait(Thr.create_worker(task)), (None, [1]))

    def test_timeout(self):
        gate = Gate()
        task = Thr.async_(gate.wait)
        with self.assertRaises(Thr.TimedOutError):
            task.get(0.001)
        gate.open()
        self.assertTrue(task.get(DEADLINE))

    def test_stopping_the_waiter_stops_it(self):
        begun = Gate()

        def blocking():
            begun.open()
            Thr.wait_forever()

        task = Thr.Async(blocking)
        worker = Thr.create_worker(lambda: task.start().get())
        begun.wait()
        worker.stop().join(DEADLINE)
        task.join(DEADLINE)
        self.assertFalse(task.is_running())

    def test_again(self):
        task = Thr.Async(lambda number: [number])
        for number in range(3):
            task.start(number)
            self.assertEqual(task.get(), [number])
            task.join(DEADLINE)

    def test_many(self):
        tasks = [Thr.async_(lambda number: number**2, number) for number in range(50)]
        self.assertEqual([task.get() for task in tasks], [number**2 for number in range(50)])


if __name__ == "__main__":
    main()

#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Jobs as concurrent.futures knows them."""

import asyncio
import concurrent.futures
import gc
import traceback
import unittest.mock
import weakref

from common import Gate, TestCase, Thr, main, threading, time
from gi.overrides._thr import futures
from gi.overrides._thr.completion import wait

SOON = 20  # seconds, for a machine that is busy


class Submitting(TestCase):
    def setUp(self):
        super().setUp()
        self.manager = Thr.ThreadManager(thread_limit=2)
        self.executor = Thr.Executor(self.manager)

    def test_is_an_executor(self):
        self.assertIsInstance(self.executor, concurrent.futures.Executor)
        future = self.executor.submit(pow, 2, exp=5)
        self.assertIsInstance(future, concurrent.futures.Future)
        self.assertEqual(future.result(SOON), 32)
        self.assertIsNone(future.exception())
        self.assertTrue(future.done())
        self.assertEqual(Thr.Executor().submit(lambda: 1).result(SOON), 1)

    def test_keyword_arguments_of_any_name(self):
        future = self.executor.submit(dict, self=1, fn=2, thread=3)
        self.assertEqual(future.result(SOON), {"self": 1, "fn": 2, "thread": 3})

    def test_failure(self):
        def deeper():
            raise ValueError("why")

        future = self.executor.submit(deeper)
        failure = future.exception(SOON)
        names = [frame.name for frame in traceback.extract_tb(failure.__traceback__)]
        self.assertIn("deeper", names)
        with self.assertRaises(ValueError) as caught:
            future.result()
        self.assertIs(caught.exception, failure)

    def test_map(self):
        self.assertEqual(list(self.executor.map(pow, range(10), range(10))), [
            number**number for number in range(10)
        ])
        self.assertEqual(list(self.executor.map(str, range(3), chunksize=3)), ["0", "1", "2"])
        results = self.executor.map(divmod, [1, 1, 1], [1, 0, 1])
        self.assertEqual(next(results), (1, 0))
        with self.assertRaises(ZeroDivisionError):
            next(results)
        gate = Gate()
        results = self.executor.map(lambda wait: wait and gate.wait(), [False, True], timeout=0.2)
        self.assertIs(next(results), False)
        with self.assertRaises(concurrent.futures.TimeoutError):
            next(results)
        gate.open()

    def submit_until_shut(self, executor, n_jobs):
        """Jobs that end only once the executor is being shut down."""

        def open_when_shut():
            latest = time.monotonic() + SOON
            while not executor._is_shut and time.monotonic() < latest:
                time.sleep(0.001)
            gate.open()

        gate = Gate()
        return [executor.submit(open_when_shut), *(
            executor.submit(gate.wait) for _ in range(n_jobs)
        )]

    def test_shutdown(self):
        futures = self.submit_until_shut(self.executor, 5)
        self.executor.shutdown()
        self.assertTrue(all(future.done() for future in futures))
        with self.assertRaises(RuntimeError):
            self.executor.submit(pow, 2, 5)
        # The manager is somebody else's.
        self.assertEqual(self.manager.do_async(lambda thread: 1).result(SOON), 1)

    def test_shutdown_in_between(self):
        """After it nothing begins any more, however far submit() had come."""
        executor = self.executor
        called, before = [], dict(futures.pending)

        class Late:
            @property
            def __name__(self):
                executor.shutdown()
                return "late"

            def __call__(self):
                called.append(True)

        with self.assertRaises(RuntimeError):
            executor.submit(Late())
        self.manager.wait_idle(SOON)
        self.assertEqual((called, futures.pending), ([], before))

    def test_halted_while_it_submits(self):
        before = dict(futures.pending)
        halted = unittest.mock.Mock(side_effect=Thr.ThreadHalted)
        with self.assertRaises(Thr.ThreadHalted):
            with unittest.mock.patch.object(Thr.ThreadManager, "submit", halted), self.executor:
                self.executor.submit(print)
        self.assertEqual((self.executor._futures, futures.pending), (set(), before))

    def test_shutdown_without_waiting(self):
        gate = Gate()
        futures = [self.executor.submit(gate.wait) for _ in range(5)]
        self.executor.shutdown(wait=False)
        self.assertFalse(any(future.done() for future in futures))
        gate.open()
        self.assertTrue(all(future.result(SOON) for future in futures))

    def test_shutdown_and_cancel(self):
        gate, running = Gate(), [Gate(), Gate()]
        first = [self.executor.submit(lambda g=g: g.open() or gate.wait()) for g in running]
        for each in running:
            each.wait()
        rest = [self.executor.submit(gate.wait) for _ in range(5)]
        self.executor.shutdown(wait=False, cancel_futures=True)
        self.assertTrue(all(future.cancelled() for future in rest))
        gate.open()
        self.assertTrue(all(future.result(SOON) for future in first))

    def test_context(self):
        with self.executor as executor:
            futures = self.submit_until_shut(executor, 1)
        self.assertTrue(all(future.done() for future in futures))

    def test_results_are_not_kept(self):
        class Own:
            pass

        future = self.executor.submit(Own)
        reference = weakref.ref(future.result(SOON))
        self.manager.wait_idle(SOON)
        del future
        gc.collect()
        self.assertIsNone(reference())

    def test_cancel(self):
        gate, running = Gate(), [Gate(), Gate()]
        first = [self.executor.submit(lambda g=g: g.open() or gate.wait()) for g in running]
        for each in running:
            each.wait()
        told = []
        pending = self.executor.submit(told.append, "ran")
        pending.add_done_callback(lambda future: told.append(future.cancelled()))
        self.assertTrue(first[0].running())
        self.assertFalse(first[0].cancel())
        self.assertTrue(pending.cancel())
        self.assertTrue(pending.cancelled())
        with self.assertRaises(concurrent.futures.CancelledError):
            pending.result(SOON)
        gate.open()
        self.assertTrue(first[0].result(SOON))
        self.manager.wait_idle(SOON)
        self.assertEqual(told, [True])

    def test_callbacks(self):
        told, gate = [], Gate()
        future = self.executor.submit(gate.wait)
        future.add_done_callback(told.append)
        gate.open()
        future.result(SOON)
        future.add_done_callback(told.append)
        self.assertEqual(told, [future, future])

    def test_time_out(self):
        gate = Gate()
        future = self.executor.submit(gate.wait)
        for wait in future.result, future.exception:
            with self.assertRaises(concurrent.futures.TimeoutError):
                wait(0.05)
        gate.open()
        self.assertTrue(future.result(SOON))

    def test_manager_ends(self):
        for end in self.manager.stop, self.manager.halt:
            running = Gate()

            def spin():
                running.open()
                while True:
                    pass

            first = self.executor.submit(spin)
            running.wait()
            rest = [self.executor.submit(spin) for _ in range(4)]
            end()
            first.thread.halt()
            for future in rest:
                future.thread.halt()
            for future in [first, *rest]:
                self.assertIsInstance(future.exception(SOON), Thr.Error)
            late = self.executor.submit(spin)
            self.assertIsInstance(late.exception(SOON), Thr.StoppedError)
            self.manager.start()

    def test_run_in_executor(self):
        async def work():
            loop = asyncio.get_running_loop()
            return await asyncio.gather(
                *(loop.run_in_executor(self.executor, pow, 2, n) for n in range(20))
            )

        self.assertEqual(asyncio.run(work()), [2**n for n in range(20)])


class OfJobs(TestCase):
    def test_as_future(self):
        gate = Gate()
        thread = Thr.thread_manager.do_async(lambda thread: gate.wait() and [1])
        future = thread.as_future()
        self.assertIs(thread.as_future(), future)
        gate.open()
        self.assertEqual(future.result(SOON), [1])
        self.assertEqual(thread.as_future().result(SOON), [1])

    def test_of_a_failure(self):
        thread = Thr.thread_manager.do_async(lambda thread: 1 // 0)
        self.assertIsInstance(thread.as_future().exception(SOON), ZeroDivisionError)
        self.assertIs(thread.as_future().exception(SOON), thread.exception())

    def test_of_a_manual_job(self):
        thread = Thr.thread_manager.do_manual()
        begun = time.monotonic()
        future = thread.as_future()
        self.assertLess(time.monotonic() - begun, 0.5)
        thread.return_value("value")
        thread.join(SOON)
        self.assertEqual(future.result(SOON), "value")

    def test_of_a_manual_job_with_nobody_at_home(self):
        failure = ValueError("why")
        for end, outcome in (
            (lambda thread: thread.return_value([1]), ([1], None)),
            (lambda thread: thread.return_error(failure), (None, failure)),
            (lambda thread: thread.cancel(), None),
        ):
            thread = Thr.ThreadManager().do_manual()
            future = thread.as_future()
            ending = threading.Thread(target=end, args=[thread])
            ending.start()
            self.assertEqual(wait([thread], SOON), ({thread}, set()))
            ending.join(SOON)
            if outcome is None:
                self.assertIsInstance(future.exception(0), concurrent.futures.CancelledError)
            else:
                failed = future.exception(0)
                self.assertEqual((None if failed else future.result(0), failed), outcome)

    def test_at_every_moment(self):
        # Settled with nobody at home, whenever it is asked for.
        for step in range(1500):
            thread = Thr.thread_manager.do_async(lambda thread, number: number, [step])
            for _ in range(step % 97 * 11):
                pass
            future = thread.as_future()
            done, _ = concurrent.futures.wait([future], SOON)
            self.assertEqual([each.result() for each in done], [step])

    def test_made_while_the_job_begins_and_ends(self):
        # All of that between a look at its state and the future being there to be seen.
        manager = Thr.ThreadManager(thread_limit=1)
        gate = Gate()
        manager.do_async(lambda thread: gate.wait())
        thread = manager.do_async(lambda thread: "value")

        class Late(dict):
            def __setitem__(self, address, future):
                gate.open()
                while not futures.has_ended(thread):
                    time.sleep(0.001)
                super().__setitem__(address, future)

        with unittest.mock.patch.object(futures, "pending", Late()):
            future = thread.as_future()
        done, _ = concurrent.futures.wait([future], SOON)
        self.assertEqual([each.result() for each in done], ["value"])

    def test_made_while_the_job_ends(self):
        # The job's thread settles it before who has made it says that it has begun.
        thread = Thr.thread_manager.do_async(lambda thread: 1)
        thread.join()
        future = type(thread.as_future())(thread)
        future.settle(1, None)
        with self.assertNoLogs("concurrent.futures"):
            self.assertTrue(future.begin())
        self.assertEqual(future.result(), 1)

    def test_from_another_thread(self):
        got = []

        def work():
            for number in range(100):
                thread = Thr.thread_manager.do_async(lambda thread: number)
                got.append(thread.as_future().result(SOON) == number)

        thread = threading.Thread(target=work)
        thread.start()
        thread.join(SOON)
        self.assertEqual(got, [True] * 100)

    def test_wait(self):
        gate = Gate()
        slow = Thr.thread_manager.do_async(lambda thread: gate.wait())
        quick = Thr.thread_manager.do_async(lambda thread: 1)
        future = Thr.Executor().submit(lambda: 2)
        things = [slow, quick, future]
        done, not_done = wait(things, SOON, concurrent.futures.FIRST_COMPLETED)
        self.assertTrue(done and done <= {quick, future})
        done, not_done = wait([quick, future], SOON)
        self.assertEqual((done, not_done), ({quick, future}, set()))
        done, not_done = wait(things, 0.05)
        self.assertEqual((done, not_done), ({quick, future}, {slow}))
        gate.open()
        self.assertEqual(wait(things, SOON)[0], set(things))
        with self.assertRaisesRegex(TypeError, "jobs and futures are needed, not 1"):
            wait([1], SOON)
        with self.assertRaisesRegex(ValueError, "return_when"):
            wait(things, SOON, "SOME_COMPLETED")
        self.assertEqual(wait([]), (set(), set()))

    def test_wait_delivers(self):
        """What ends only at home, or because of what is called there."""
        manager = Thr.ThreadManager(thread_limit=2)
        manual = manager.do_manual()
        sliced = manager.do_sliced(lambda thread: (each for each in range(3)))
        job = manager.do_async(lambda thread: 1, on_success=manual.return_value)
        things = [job, manual, sliced]
        self.assertEqual(wait(things, SOON), (set(things), set()))
        manual = manager.do_manual()
        job = manager.do_async(lambda thread: 1, on_success=manual.return_value)
        self.assertEqual(list(Thr.as_completed([manual, job], SOON)), [job, manual])

    def test_wait_for_the_first_failure(self):
        gate = Gate()
        manager = Thr.ThreadManager(thread_limit=2)
        slow = manager.do_async(lambda thread: gate.wait())
        quick = manager.do_async(lambda thread: 1)
        fails = manager.do_async(lambda thread: 1 // 0)
        done, not_done = wait([slow, quick, fails], SOON, concurrent.futures.FIRST_EXCEPTION)
        self.assertEqual((done, not_done), ({quick, fails}, {slow}))
        gate.open()
        self.assertEqual(wait([slow, quick], SOON, "FIRST_EXCEPTION"), ({slow, quick}, set()))

    def test_wait_in_vain(self):
        manager = Thr.ThreadManager(thread_limit=1)

        def work(thread):
            queued = manager.do_async(lambda thread: "on top of it")
            wait([queued, thread], SOON)

        with self.assertRaises(Thr.WouldDeadlockError):
            manager.do_async(work).result(SOON)

    def test_wait_again_and_again(self):
        stuck = Thr.thread_manager.do_manual()
        callbacks = stuck.as_future()._done_callbacks
        n_callbacks = len(callbacks)
        for _ in range(10):
            self.assertEqual(wait([stuck], 0.001), (set(), {stuck}))
        self.assertEqual(len(callbacks), n_callbacks)
        stuck.return_value(None)
        self.assertEqual(wait([stuck], SOON), ({stuck}, set()))

    def test_as_completed(self):
        gate = Gate()
        slow = Thr.thread_manager.do_async(lambda thread: gate.wait())
        rest = [Thr.thread_manager.do_async(lambda thread: 1) for _ in range(4)]
        rest.append(Thr.Executor().submit(lambda: 2))
        came = []
        for thing in Thr.as_completed([slow, *rest], SOON):
            came.append(thing)
            if len(came) == 5:
                gate.open()
        self.assertIs(came[-1], slow)
        self.assertEqual(set(came), {slow, *rest})
        stuck = Thr.thread_manager.do_manual()
        with self.assertRaises(concurrent.futures.TimeoutError):
            list(Thr.as_completed([stuck], 0.05))
        stuck.return_value(None)
        stuck.join(SOON)


if __name__ == "__main__":
    main()

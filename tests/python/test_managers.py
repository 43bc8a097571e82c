#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Managers: a queue of jobs, a list and a mapping of them."""

import re

from common import GLib, Gate, Gio, TestCase, Thr, main, time

SOON = 20  # seconds, for a machine that is busy


class Properties(TestCase):
    def test_are_given_to_the_constructor(self):
        manager = Thr.ThreadManager(name="mine", thread_limit=3)
        self.assertEqual((manager.name, manager.thread_limit), ("mine", 3))
        manager.name, manager.thread_limit = "other", 5
        self.assertEqual((manager.name, manager.thread_limit), ("other", 5))
        self.assertIsInstance(Thr.thread_manager, Thr.ThreadManager)
        self.assertIs(Thr.ThreadManager.get_default(), Thr.thread_manager)

    def test_limits_that_are_none(self):
        for limit in 0, -1, 2**31, "3", 1.5:
            with self.subTest(limit), self.assertRaisesRegex(ValueError, "positive number"):
                Thr.ThreadManager(thread_limit=limit)
            manager = Thr.ThreadManager()
            with self.subTest(limit), self.assertRaisesRegex(ValueError, "positive number"):
                manager.thread_limit = limit

    def test_uid(self):
        uid = Thr.thread_manager.uid
        self.assertEqual(uid, Thr.thread_manager.uid)
        self.assertNotEqual(uid, Thr.ThreadManager().uid)
        self.assertRegex(uid, r"^\w+(-\w+){5}$")
        for delimiter in "-", "_", "::":
            made = Thr.thread_manager.generate_uid(delimiter)
            self.assertRegex(made, f"^[0-9A-Za-z]+({re.escape(delimiter)}[0-9A-Za-z]+){{5}}$")
        self.assertRegex(Thr.thread_manager.generate_uid(delimiter="."), r"\.")
        uids = {Thr.thread_manager.generate_uid() for _ in range(100)}
        self.assertEqual(len(uids), 100)


class Queue(TestCase):
    def test_append_and_run(self):
        manager = Thr.ThreadManager()
        got = []
        thread = manager.append(lambda *args, **kwargs: got.append((args, kwargs)), [1], {"a": 2})
        self.assertEqual((thread.execution_state, manager.n_queued), ("CREATED", 1))
        manager.run()
        thread.join(SOON)
        self.assertEqual(got, [((1,), {"a": 2})])

    def test_append_a_job(self):
        manager = Thr.ThreadManager()
        thread = Thr.ThreadWrapper(lambda thread: thread.ident)
        with self.assertRaisesRegex(TypeError, "already"):
            manager.append(thread, name="other")
        self.assertIs(manager.append(thread), thread)
        manager.run()
        self.assertEqual(thread.result(SOON), thread.ident)
        with self.assertRaises(Thr.Error):
            manager.append(thread)

    def test_append_thread(self):
        manager = Thr.ThreadManager()
        got = []
        self.assertIs(manager.append_thread(got.append, (1,), {}), True)
        self.assertIs(manager.append_thread(got.append, args=(2,)), True)
        self.assertIs(manager.append_thread("no function"), False)
        manager.run()
        manager.wait_idle(SOON)
        self.assertEqual(sorted(got), [1, 2])
        manager.stop()
        self.assertIs(manager.append_thread(got.append, (3,)), False)

    def test_run_with_nothing(self):
        with self.assertRaises(Thr.NoThreadsFoundError) as caught:
            Thr.ThreadManager().run()
        self.check(caught.exception, Thr.Error.NO_THREADS_FOUND)

    def check(self, error, code):
        self.assertIsInstance(error, Thr.Error)
        self.assertIsInstance(error, GLib.Error)
        self.assertTrue(error.matches(Thr.error_quark(), code))
        self.assertTrue(str(error.message))

    def test_run_with_too_many(self):
        manager = Thr.ThreadManager(thread_limit=1)
        gate = Gate()
        for _ in range(3):
            manager.append(gate.wait)
        with self.assertRaises(Thr.ThreadLimitReachedError) as caught:
            manager.run()
        self.check(caught.exception, Thr.Error.THREAD_LIMIT_REACHED)
        with self.assertRaises(Thr.ThreadsAlreadyRunningError) as caught:
            manager.run()
        self.check(caught.exception, Thr.Error.THREADS_ALREADY_RUNNING)
        gate.open()
        manager.halt()

    def test_watch(self):
        manager = Thr.ThreadManager()
        manager.watch()
        with self.assertRaises(Thr.ThreadManagerAlreadyRunningError) as caught:
            manager.watch()
        self.check(caught.exception, Thr.Error.MANAGER_ALREADY_RUNNING)
        self.assertEqual(manager.append(lambda: 5).result(SOON), 5)
        manager.stop_listening()
        left = manager.append(lambda: 6)
        self.assertEqual(left.execution_state, "CREATED")
        manager.run()
        self.assertEqual(left.result(SOON), 6)

    def test_stop(self):
        manager = Thr.ThreadManager(thread_limit=1)
        gate, running = Gate(), Gate()
        first = manager.do_async(lambda thread: running.open() or gate.wait())
        running.wait()
        queued = manager.do_async(lambda thread: None)
        manager.stop()
        with self.assertRaises(Thr.StoppedError):
            queued.result(SOON)
        with self.assertRaises(Thr.StoppedError):
            manager.do_async(lambda thread: None).result(SOON)
        gate.open()
        self.assertTrue(first.result(SOON))
        manager.start()
        self.assertEqual(manager.do_async(lambda thread: 1).result(SOON), 1)

    def test_halt(self):
        manager = Thr.ThreadManager(thread_limit=2)
        running = Gate()

        def work(thread):
            running.open()
            while True:
                pass

        jobs = [manager.do_async(work) for _ in range(4)]
        running.wait()
        self.assertTrue(manager.halt())
        for job in jobs:
            self.assertIsInstance(job.exception(SOON), (Thr.HaltedError, Thr.StoppedError))

    def test_halt_in_vain(self):
        manager = Thr.ThreadManager()
        gate, running = Gate(), Gate()
        manager.do_async(lambda thread: running.open() or gate.wait(), name="stubborn")
        running.wait()
        with self.assertRaisesRegex(Thr.TimedOutError, "stubborn"):
            manager.halt(0.05)
        gate.open()
        manager.wait_idle(SOON)

    def test_wait_idle(self):
        manager = Thr.ThreadManager()
        gate = Gate()
        manager.do_async(lambda thread: gate.wait())
        self.assertTrue(manager.busy)
        with self.assertRaises(Thr.TimedOutError):
            manager.wait_idle(0.05)
        gate.open()
        manager.wait_idle(SOON)
        self.assertFalse(manager.busy)


class Collection(TestCase):
    def setUp(self):
        super().setUp()
        self.manager = Thr.ThreadManager(thread_limit=1)
        self.gate = Gate()
        self.jobs = [self.manager.do_async(lambda thread: self.gate.wait()) for _ in range(5)]
        self.addCleanup(self.manager.wait_idle, SOON)
        self.addCleanup(self.gate.open)

    def test_is_a_mapping(self):
        idents = [job.ident for job in self.jobs]
        self.assertEqual(self.manager.keys(), idents)
        self.assertEqual(self.manager.values(), self.jobs)
        self.assertEqual(self.manager.items(), list(zip(idents, self.jobs)))
        for ident, job in zip(idents, self.jobs):
            self.assertIs(self.manager[ident], job)
            self.assertIs(self.manager.get(ident), job)
            self.assertIn(ident, self.manager)
        for unknown in "thr-0", "", "other":
            self.assertNotIn(unknown, self.manager)
            self.assertIs(self.manager.get(unknown, "default"), "default")
            with self.assertRaises(KeyError):
                self.manager[unknown]

    def test_is_a_list(self):
        self.assertIsInstance(self.manager, Gio.ListModel)
        self.assertEqual(len(self.manager), 5)
        self.assertEqual(list(self.manager), self.jobs)
        self.assertIs(self.manager[0], self.jobs[0])
        self.assertIs(self.manager[-1], self.jobs[-1])
        self.assertEqual(self.manager[1:3], self.jobs[1:3])
        self.assertIs(self.manager.get(2), self.jobs[2])
        with self.assertRaises(IndexError):
            self.manager[5]
        self.assertIn(self.jobs[3], self.manager)
        self.assertNotIn(Thr.ThreadWrapper(print), self.manager)
        self.assertNotIn(None, self.manager)
        self.assertNotIn(5, self.manager)
        self.assertTrue(Thr.ThreadManager())

    def test_jobs_leave_when_they_are_closed(self):
        self.gate.open()
        self.manager.wait_idle(SOON)
        self.assertEqual((len(self.manager), self.manager.keys()), (0, []))


class Context(TestCase):
    def test_drains(self):
        draining = Gate()
        with Thr.ThreadManager() as manager:
            # The main thread alone opens it, as soon as it waits.
            jobs = [manager.do_async(lambda thread: draining.wait() and 1) for _ in range(10)]
            manager.do_sliced(lambda thread: draining.open())
        self.assertEqual([job.result(0) for job in jobs], [1] * 10)
        with self.assertRaises(Thr.StoppedError):
            manager.do_async(lambda thread: None).result(SOON)

    def test_halts_on_an_exception(self):
        running = Gate()

        def work(thread):
            running.open()
            while True:
                pass

        with self.assertRaises(ZeroDivisionError):
            with Thr.ThreadManager() as manager:
                job = manager.do_async(work)
                running.wait()
                1 // 0
        self.assertIsInstance(job.exception(SOON), Thr.HaltedError)

    def test_nested(self):
        with Thr.ThreadManager() as outer, Thr.ThreadManager() as inner:
            first = outer.do_async(lambda thread: 1)
            second = inner.do_async(lambda thread: first.result() + 1)
        self.assertEqual((first.result(), second.result()), (1, 2))

    def test_inside_a_job(self):
        def work(thread):
            with Thr.ThreadManager() as manager:
                jobs = [manager.do_async(lambda thread: 1) for _ in range(5)]
            return sum(job.result() for job in jobs)

        self.assertEqual(Thr.thread_manager.do_async(work).result(SOON), 5)


class Waits(TestCase):
    """The main thread waits in slices: longer waits than one of them."""

    def test_what_would_never_end_is_refused(self):
        manager = Thr.ThreadManager()
        thread = manager.do_manual()
        with self.assertRaises(Thr.WouldDeadlockError):
            manager.wait_idle()
        thread.return_value(1)
        self.assertTrue(manager.wait_idle())

    def test_longer_than_a_slice(self):
        for wait in "wait_idle", "halt":
            with self.subTest(wait):
                manager = Thr.ThreadManager()
                manager.do_async(time.sleep, (0.6,), give_thread=False, on_fail=repr)
                self.assertTrue(getattr(manager, wait)(SOON))
                self.assertFalse(manager.busy)

    def test_time_out(self):
        gate = Gate()
        manager = Thr.ThreadManager()
        thread = manager.do_async(gate.wait, give_thread=False, on_fail=repr)
        for wait in manager.wait_idle, manager.halt, thread.join:
            begun = time.monotonic()
            with self.subTest(wait), self.assertRaises(Thr.TimedOutError):
                wait(0.6)
            self.assertGreaterEqual(time.monotonic() - begun, 0.6)
        gate.open()
        manager.wait_idle()

    def test_a_failure_that_looks_like_a_time_out(self):
        failure = Thr.TimedOutError("mine")

        def fail():
            time.sleep(0.6)
            raise failure

        thread = Thr.thread_manager.do_async(fail, give_thread=False)
        with self.assertRaises(Thr.TimedOutError) as caught:
            thread.join(SOON)
        self.assertIs(caught.exception, failure)

    def test_halt_asks_once(self):
        """A callback that starts the manager again is not undone."""
        manager = Thr.ThreadManager()
        again = []

        def start_again():
            manager.start()
            again.append(manager.do_async(lambda: time.sleep(0.6) or 7, give_thread=False))

        running = Gate()

        def work(thread):
            running.open()
            while True:
                thread.checkpoint()

        manager.do_async(work, on_fail=repr, on_end=start_again)
        running.wait()
        self.assertTrue(manager.halt(SOON))
        self.assertEqual(again[0].result(), 7)


if __name__ == "__main__":
    main()

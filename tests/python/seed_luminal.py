# SPDX-License-Identifier: LGPL-2.1-or-later
"""Counterparts of the third system: a queue with a limit, and threads to be halted.

Where its document describes a member with an underscore, the row shows what is public
here and does the same.
"""

import threading

from common import Gate, GLib, TestCase, Thr, poll_until, time
from seed import counterpart

NAMES = """
    TracedThread TracedThread.__run TracedThread.start TracedThread.halt TracedThread.halted
    TracedThread.globaltrace TracedThread.localtrace
    ThreadManager ThreadManager.append_thread ThreadManager.stop ThreadManager.halt
    ThreadManager.run ThreadManager.watch ThreadManager.stop_listening
    ThreadManager.thread_limit
    ThreadManager._generate_uid ThreadManager._clean_threads ThreadManager._stop_threads
    ThreadManager._start_threads ThreadManager._watch ThreadManager._flag_request
    ThreadManager._requested_threads ThreadManager._running_threads
    ThreadManager._currently_watching
    NoThreadsFoundError ThreadLimitReachedError ThreadsAlreadyRunningError
    ThreadManagerAlreadyRunningError
""".split()

DEADLINE = 60


class TracedThread(TestCase):
    @counterpart("TracedThread", "TracedThread.start", "TracedThread.__run")
    def test_runs(self):
        ran = []
        thread = Thr.TracedThread(
            target=lambda *args, **kwargs: ran.append((args, kwargs)), args=(1,), kwargs={"a": 2}
        )
        self.assertIsInstance(thread, threading.Thread)
        thread.start()
        thread.join(DEADLINE)
        self.assertEqual(ran, [((1,), {"a": 2})])

    @counterpart("TracedThread.halt", "TracedThread.halted")
    def test_halt(self):
        began, ended = Gate(), []

        def endless():
            try:
                began.open()
                while True:
                    pass
            finally:
                ended.append(True)

        thread = Thr.TracedThread(target=endless)
        self.assertFalse(thread.halted)
        thread.start()
        began.wait()
        thread.halt()
        thread.join(DEADLINE)
        self.assertFalse(thread.is_alive())
        self.assertTrue(thread.halted)
        self.assertEqual(ended, [True])

    @counterpart("TracedThread.globaltrace", "TracedThread.localtrace")
    def test_traces(self):
        began, events = Gate(), set()

        class Tracing(Thr.TracedThread):
            def globaltrace(self, frame, event, arg):
                events.add(("global", event))
                return super().globaltrace(frame, event, arg)

            def localtrace(self, frame, event, arg):
                events.add(("local", event))
                return super().localtrace(frame, event, arg)

        def endless():
            began.open()
            while True:
                pass

        thread = Tracing(target=endless)
        thread.start()
        began.wait()
        thread.halt()
        thread.join(DEADLINE)
        self.assertFalse(thread.is_alive())
        self.assertLessEqual({("global", "call"), ("local", "line")}, events)


class ThreadManager(TestCase):
    def setUp(self):
        super().setUp()
        self.gate = Gate()
        self.manager = Thr.ThreadManager(thread_limit=2)
        self.addCleanup(self.gate.open)

    @counterpart("ThreadManager._generate_uid")
    def test_generate_uid(self):
        uids = {self.manager.generate_uid() for _ in range(100)}
        self.assertEqual(len(uids), 100)
        for uid in uids:
            self.assertEqual(len({len(group) for group in uid.split("-")}), 1)
            self.assertEqual(len(uid.split("-")), 6)
        self.assertEqual(len(self.manager.generate_uid("_").split("_")), 6)
        self.assertNotEqual(self.manager.uid, Thr.ThreadManager().uid)

    @counterpart(
        "ThreadManager",
        "ThreadManager.append_thread",
        "ThreadManager.run",
        "ThreadManager._requested_threads",
        "ThreadManager._running_threads",
        "ThreadManager._clean_threads",
    )
    def test_run(self):
        ran = []
        for number in range(2):
            self.assertIs(
                self.manager.append_thread(
                    lambda *args, **kwargs: (self.gate.wait(), ran.append((args, kwargs))),
                    (number,),
                    {"key": number},
                ),
                True,
            )
        self.assertIs(self.manager.append_thread("not a function"), False)
        self.assertEqual((self.manager.n_queued, self.manager.n_running), (2, 0))
        self.manager.run()
        poll_until(lambda: self.manager.n_running == 2)
        self.assertEqual(self.manager.n_queued, 0)
        self.gate.open()
        self.manager.wait_idle(DEADLINE)
        self.assertEqual(sorted(ran, key=str), [((0,), {"key": 0}), ((1,), {"key": 1})])
        # What has ended needs no cleaning.
        poll_until(lambda: len(self.manager) == 0)

    @counterpart("NoThreadsFoundError")
    def test_nothing_to_run(self):
        with self.assertRaises(Thr.NoThreadsFoundError) as caught:
            self.manager.run()
        self.assertIsInstance(caught.exception, GLib.Error)

    @counterpart(
        "ThreadLimitReachedError", "ThreadManager._start_threads", "ThreadManager.thread_limit"
    )
    def test_limit(self):
        for _ in range(3):
            self.manager.append_thread(self.gate.wait)
        with self.assertRaises(Thr.ThreadLimitReachedError):
            self.manager.run()
        poll_until(lambda: self.manager.n_running == self.manager.thread_limit == 2)
        self.assertEqual(self.manager.n_queued, 1)
        self.gate.open()

    @counterpart("ThreadsAlreadyRunningError")
    def test_already_running(self):
        self.manager.append_thread(self.gate.wait)
        self.manager.run()
        self.manager.append_thread(self.gate.wait)
        with self.assertRaises(Thr.ThreadsAlreadyRunningError):
            self.manager.run()

    @counterpart(
        "ThreadManager.watch",
        "ThreadManager._watch",
        "ThreadManager._currently_watching",
        "ThreadManagerAlreadyRunningError",
        "ThreadManager.stop_listening",
    )
    def test_watch(self):
        ran = []
        self.manager.watch()
        with self.assertRaises(Thr.ThreadManagerAlreadyRunningError):
            self.manager.watch()
        for number in range(10):  # far beyond the limit
            self.manager.append_thread(ran.append, (number,))
        self.manager.wait_idle(DEADLINE)
        self.assertEqual(sorted(ran), list(range(10)))
        self.manager.stop_listening()
        self.manager.append_thread(ran.append, ("later",))
        self.assertEqual(self.manager.n_queued, 1)
        self.manager.watch()
        self.manager.wait_idle(DEADLINE)
        self.assertEqual(ran[-1], "later")

    @counterpart("ThreadManager.stop", "ThreadManager._flag_request")
    def test_stop(self):
        threads = [self.manager.append(self.gate.wait) for _ in range(3)]
        with self.assertRaises(Thr.ThreadLimitReachedError):
            self.manager.run()
        poll_until(lambda: self.manager.n_running == 2)
        self.manager.stop()
        self.assertFalse(self.manager.started)
        self.assertIsInstance(threads[2].exception(), Thr.StoppedError)
        self.gate.open()
        self.assertEqual([thread.result() for thread in threads[:2]], [True, True])

    @counterpart("ThreadManager.halt", "ThreadManager._stop_threads")
    def test_halt(self):
        def endless():
            began.append(True)
            while True:
                pass

        began = []
        threads = [self.manager.append(endless) for _ in range(2)]
        self.manager.run()
        poll_until(lambda: len(began) == 2)
        begin = time.monotonic()
        self.manager.halt(DEADLINE)
        self.assertLess(time.monotonic() - begin, DEADLINE)
        self.assertEqual(self.manager.n_running, 0)
        for thread in threads:
            self.assertIsInstance(thread.exception(), Thr.HaltedError)

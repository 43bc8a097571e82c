#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""TracedThread: a threading.Thread that can be halted."""

from common import Gate, TestCase, Thr, main, sys, threading, time, unittest

SOON = 10  # seconds, for a machine that is busy


class Spin:
    """A function that runs until it is halted, and keeps how that was."""

    def __init__(self):
        self.running = Gate()
        self.cleaned = False
        self.raised = None

    def __call__(self):
        try:
            self.running.open()
            while True:
                pass
        except BaseException as error:
            self.raised = type(error)
            raise
        finally:
            self.cleaned = True


class Traced(TestCase):
    def end(self, thread):
        thread.join(SOON)
        self.assertFalse(thread.is_alive())

    def test_is_a_thread(self):
        got = []
        thread = Thr.TracedThread(
            target=lambda *args, **kwargs: got.append((args, kwargs)),
            args=(1, 2),
            kwargs={"three": 3},
            name="one",
            daemon=True,
        )
        self.assertIsInstance(thread, threading.Thread)
        self.assertEqual((thread.name, thread.daemon, thread.halted), ("one", True, False))
        self.assertFalse(thread.is_alive())
        thread.start()
        self.end(thread)
        self.assertEqual(got, [((1, 2), {"three": 3})])
        self.assertFalse(thread.halted)
        with self.assertRaises(RuntimeError):
            thread.start()

    def test_starts_once(self):
        spin = Spin()
        thread = Thr.TracedThread(target=spin)
        thread.start()
        spin.running.wait()
        with self.assertRaises(RuntimeError):
            thread.start()
        self.assertTrue(thread.is_alive())
        thread.halt()
        self.end(thread)

    def test_halt(self):
        spin = Spin()
        thread = Thr.TracedThread(target=spin)
        thread.start()
        spin.running.wait()
        thread.halt()
        self.assertTrue(thread.halted)
        self.end(thread)
        self.assertTrue(spin.cleaned)
        self.assertIs(spin.raised, Thr.ThreadHalted)

    def test_halt_is_quick(self):
        took = []
        for _ in range(10):
            spin = Spin()
            thread = Thr.TracedThread(target=spin)
            thread.start()
            spin.running.wait()
            begun = time.monotonic()
            thread.halt()
            self.end(thread)
            took.append(time.monotonic() - begun)
        self.assertLess(sorted(took)[5], 0.05, took)

    def test_halt_twice_and_after_the_end(self):
        spin = Spin()
        thread = Thr.TracedThread(target=spin)
        thread.start()
        spin.running.wait()
        thread.halt()
        thread.halt()
        self.end(thread)
        thread.halt()
        self.assertTrue(thread.halted)

    def test_halt_before_the_start(self):
        ran = []
        thread = Thr.TracedThread(target=ran.append, args=(1,))
        thread.halt()
        thread.start()
        self.end(thread)
        self.assertEqual(ran, [])

    def test_halt_at_any_moment(self):
        # Whatever it is doing when it is hit, it ends, and quietly.
        for step in range(300):
            thread = Thr.TracedThread(target=lambda: sum(range(50 * (step % 20))))
            thread.start()
            for _ in range(step % 37 * 10):
                pass
            thread.halt()
            self.end(thread)

    def test_failure_is_reported_as_of_any_thread(self):
        self.expected_unhandled = 1
        thread = Thr.TracedThread(target=lambda: 1 // 0)
        thread.start()
        self.end(thread)
        self.assertIs(self.unhandled[0].exc_type, ZeroDivisionError)
        self.assertIs(self.unhandled[0].thread, thread)

    def test_subclass_with_its_own_run(self):
        class Own(Thr.TracedThread):
            def __init__(self):
                super().__init__()
                self.spin = Spin()

            def run(self):
                super().run()
                self.spin()

        thread = Own()
        thread.start()
        thread.spin.running.wait()
        thread.halt()
        self.end(thread)
        self.assertIs(thread.spin.raised, Thr.ThreadHalted)
        self.assertNotIn("run", vars(thread))

    def test_instance_with_its_own_run(self):
        spin = Spin()
        thread = Thr.TracedThread()
        thread.run = spin
        thread.start()
        spin.running.wait()
        self.assertIs(thread.run, spin)
        thread.halt()
        self.end(thread)
        self.assertIs(spin.raised, Thr.ThreadHalted)

    def test_is_not_traced_without_need(self):
        tracing = []
        thread = Thr.TracedThread(target=lambda: tracing.append(sys.gettrace()))
        thread.start()
        self.end(thread)
        self.assertEqual(tracing, [None])

    def test_the_base_trace_functions(self):
        thread = Thr.TracedThread()
        self.assertEqual(thread.globaltrace(None, "call", None), thread.localtrace)
        self.assertIsNone(thread.globaltrace(None, "line", None))
        self.assertEqual(thread.localtrace(None, "line", None), thread.localtrace)
        thread.halt()
        self.assertEqual(thread.localtrace(None, "return", None), thread.localtrace)
        with self.assertRaises(Thr.ThreadHalted):
            thread.localtrace(None, "line", None)

    def test_localtrace_of_a_subclass(self):
        # As it is written where there is nothing but sys.settrace() to halt with.
        class Own(Thr.TracedThread):
            lines = 0

            def localtrace(self, frame, event, arg):
                self.lines += event == "line"
                if self.halted and event == "line":
                    raise SystemExit
                return self.localtrace

        spin = Spin()
        thread = Own(target=spin)
        thread.start()
        spin.running.wait()
        thread.halt()
        self.end(thread)
        self.assertGreater(thread.lines, 3)
        self.assertIs(spin.raised, SystemExit)
        self.assertTrue(spin.cleaned)

    @unittest.skipUnless(hasattr(sys, "_current_exceptions"), "Python is too old to tell")
    def test_clean_up_after_a_trace_function_is_not_cut_short(self):
        class Own(Thr.TracedThread):
            def localtrace(self, frame, event, arg):
                if self.halted and event == "line":
                    raise SystemExit
                return self.localtrace

        running, cleaned = Gate(), []

        def work():
            try:
                running.open()
                while True:
                    time.monotonic()
            finally:
                until = time.monotonic() + 0.3
                while time.monotonic() < until:
                    pass
                cleaned.append(True)

        thread = Own(target=work)
        thread.start()
        running.wait()
        thread.halt()
        self.end(thread)
        self.assertEqual(cleaned, [True])

    def test_globaltrace_of_a_subclass(self):
        class Own(Thr.TracedThread):
            def __init__(self, **kwargs):
                super().__init__(**kwargs)
                self.called = []

            def globaltrace(self, frame, event, arg):
                self.called.append((event, frame.f_code.co_name))
                return super().globaltrace(frame, event, arg)

        spin = Spin()
        thread = Own(target=spin)
        thread.start()
        spin.running.wait()
        thread.halt()
        self.end(thread)
        self.assertIn(("call", "__call__"), thread.called)
        self.assertIs(spin.raised, Thr.ThreadHalted)
        self.assertTrue(spin.cleaned)

    def test_trace_function_of_an_instance(self):
        seen = []

        def localtrace(frame, event, arg):
            seen.append(event)
            return localtrace

        thread = Thr.TracedThread(target=lambda: None)
        thread.localtrace = localtrace
        thread.start()
        self.end(thread)
        self.assertIn("line", seen)

    def test_one_whose_trace_functions_halt_nothing(self):
        class Own(Thr.TracedThread):
            def globaltrace(self, frame, event, arg):
                return None

        spin = Spin()
        thread = Own(target=spin)
        thread.start()
        spin.running.wait()
        thread.halt()
        self.end(thread)
        self.assertIs(spin.raised, Thr.ThreadHalted)

    def test_in_a_call_that_blocks(self):
        running = Gate()

        def work():
            running.open()
            time.sleep(0.2)
            reached.append(True)

        reached = []
        thread = Thr.TracedThread(target=work)
        thread.start()
        running.wait()
        thread.halt()
        self.end(thread)
        self.assertEqual(reached, [])

    def test_watched_by_a_job_that_is_halted(self):
        # They have nothing to do with each other.
        spin, running = Spin(), Gate()
        thread = Thr.TracedThread(target=spin)
        thread.start()
        spin.running.wait()

        def work(job):
            running.open()
            while thread.is_alive():
                time.sleep(0.01)

        job = Thr.thread_manager.do_async(work)
        running.wait()
        job.halt()
        with self.assertRaises(Thr.HaltedError):
            job.join(SOON)
        self.assertTrue(thread.is_alive())
        thread.halt()
        self.end(thread)


if __name__ == "__main__":
    main()

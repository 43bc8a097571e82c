#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Functions are stopped by halt()."""

import contextlib

from common import Gate, HaltingCase, Thr, main, threading, time

SOON = 20  # seconds, for a machine that is busy


class Stops(HaltingCase):
    def test_is_no_exception_to_be_caught_by_chance(self):
        self.assertTrue(issubclass(Thr.ThreadHalted, BaseException))
        self.assertFalse(issubclass(Thr.ThreadHalted, Exception))

    def test_an_endless_loop_at_once(self):
        took = []
        for _ in range(21):
            thread = self.spin()
            begun = time.monotonic()
            thread.halt()
            self.assert_halted(thread)
            took.append(time.monotonic() - begun)
        # The most of them: the machine may have something else to do.
        self.assertLess(sorted(took)[15], 0.05, took)

    def test_what_is_raised(self):
        seen = []

        def work(thread, running):
            try:
                running.open()
                while True:
                    pass
            except Exception:
                seen.append("Exception")
            except Thr.ThreadHalted as error:
                seen.append(error)
                raise

        thread, running = self.begin(work)
        running.wait()
        thread.halt()
        self.assert_halted(thread)
        self.assertEqual([type(error) for error in seen], [Thr.ThreadHalted])
        self.assertIs(thread.exception().__cause__, seen[0])
        self.assertEqual(thread.finished_with, "EXCEPTION")

    def test_callbacks_are_told(self):
        told = []

        def work(running):
            running.open()
            while True:
                pass

        running = Gate()
        thread = self.manager.do_async(
            work,
            [running],
            give_thread=False,
            on_success=told.append,
            on_fail=told.append,
            on_end=lambda: told.append("end"),
        )
        running.wait()
        thread.halt()
        self.assert_halted(thread)
        self.assertIs(type(told[0]), Thr.HaltedError)
        self.assertEqual(told[1:], ["end"])

    def test_blocks_are_left(self):
        left = []

        @contextlib.contextmanager
        def context():
            try:
                yield
            finally:
                left.append("context")

        class Manager:
            def __enter__(self):
                pass

            def __exit__(self, kind, error, traceback):
                left.append(kind)

        lock = threading.Lock()

        def work(thread, running):
            try:
                with lock, context(), Manager():
                    running.open()
                    while True:
                        pass
            finally:
                left.append("finally")

        thread, running = self.begin(work)
        running.wait()
        thread.halt()
        self.assert_halted(thread)
        self.assertEqual(left, [Thr.ThreadHalted, "context", "finally"])
        self.assertFalse(lock.locked())

    def test_generators_and_callbacks_of_c(self):
        def endless():
            while True:
                yield 1

        for loop in (
            lambda: sum(endless()),
            lambda: sorted([2, 1], key=lambda item: sum(endless())),
            lambda: [item for item in endless() if item > 2],
            lambda: max(map(lambda item: item, endless())),
        ):

            def work(thread, running):
                running.open()
                loop()

            thread, running = self.begin(work)
            running.wait()
            thread.halt()
            self.assert_halted(thread)

    def test_the_thread_serves_the_next_job(self):
        idents = set()
        manager = Thr.ThreadManager(thread_limit=1)
        for _ in range(20):

            def work(thread, running):
                idents.add(threading.get_ident())
                running.open()
                while True:
                    pass

            thread, running = self.begin(work, manager)
            running.wait()
            thread.halt()
            self.assert_halted(thread)
            self.assertEqual(manager.do_async(lambda thread: 7).result(SOON), 7)
        self.assertLess(len(idents), 20)

    def test_when_a_blocking_call_returns(self):
        reached = []

        def work(thread, running):
            running.open()
            time.sleep(0.3)
            reached.append("after")

        thread, running = self.begin(work)
        running.wait()
        begun = time.monotonic()
        thread.halt()
        self.assert_halted(thread)
        self.assertGreater(time.monotonic() - begun, 0.25)
        self.assertEqual(reached, [])

    def test_in_a_long_blocking_call(self):
        # It was due for a second hit long before it could be given the first.
        ends = []

        def work(thread, running):
            try:
                running.open()
                time.sleep(2.2)
            finally:
                time.sleep(0.01)
                for _ in range(100_000):
                    pass
                ends.append(True)

        thread, running = self.begin(work)
        running.wait()
        thread.halt()
        self.assert_halted(thread)
        self.assertEqual(ends, [True])


class Patience(HaltingCase):
    def test_one_that_swallows_it(self):
        hits = []

        def work(thread, running):
            running.open()
            while len(hits) < 3:
                try:
                    while True:
                        time.monotonic()
                except Thr.ThreadHalted:
                    hits.append(time.monotonic())
            return "all swallowed"

        thread, running = self.begin(work)
        running.wait()
        thread.halt()
        self.assertEqual(thread.result(SOON), "all swallowed")
        for first, second in zip(hits, hits[1:]):
            self.assertGreater(second - first, 0.99)
            self.assertLess(second - first, 3)

    def test_never_while_it_is_handled(self):
        # In each of these it takes longer than the second of patience.
        def busy():
            until = time.monotonic() + 2.5
            while time.monotonic() < until:
                pass
            return True

        class Manager:
            def __init__(self, done):
                self.done = done

            def __enter__(self):
                pass

            def __exit__(self, *args):
                self.done.append(busy())

        def in_finally(done):
            try:
                while True:
                    time.monotonic()
            finally:
                done.append(busy())

        def in_except(done):
            try:
                while True:
                    time.monotonic()
            except BaseException:
                done.append(busy())
                raise

        def in_exit(done):
            with Manager(done):
                while True:
                    time.monotonic()

        def with_another_exception(done):
            try:
                while True:
                    time.monotonic()
            finally:
                try:
                    1 // 0
                except ZeroDivisionError:
                    done.append(busy())

        def in_a_generator(done):
            def generate():
                try:
                    while True:
                        yield time.monotonic()
                finally:
                    done.append(busy())

            generator = generate()
            try:
                for _ in generator:
                    pass
            finally:
                generator.close()

        # All at once, since there is nothing to do but to wait.
        started = []
        for function in in_finally, in_except, in_exit, with_another_exception, in_a_generator:
            done = []

            # The loop goes on as soon as it runs.
            def work(thread, running, function=function, done=done):
                running.open()
                function(done)

            thread, running = self.begin(work)
            running.wait()
            started.append((function.__name__, thread, done))
        for _, thread, _ in started:
            thread.halt()
            thread.halt()
        for name, thread, done in started:
            with self.subTest(name):
                self.assert_halted(thread)
                self.assertEqual(done, [True])

    def test_to_halt_twice_is_to_halt_once(self):
        cleaned = []

        def work(thread, running):
            try:
                running.open()
                while True:
                    pass
            finally:
                for _ in range(300_000):
                    pass
                cleaned.append(True)

        for _ in range(10):
            thread, running = self.begin(work)
            running.wait()
            for _ in range(50):
                thread.halt()
            self.assert_halted(thread)
        self.assertEqual(cleaned, [True] * 10)


if __name__ == "__main__":
    main()

#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Functions are stopped by halt(), and nothing else is."""

import contextlib
import random

from common import Gate, TestCase, Thr, main, poll_until, threading, time

SOON = 20  # seconds, for a machine that is busy


class Halting(TestCase):
    def setUp(self):
        super().setUp()
        self.manager = Thr.ThreadManager()
        self.addCleanup(self.manager.halt)

    def begin(self, function, manager=None):
        """A job that says that it runs, and the gate that it opens."""
        running = Gate()
        thread = (manager or self.manager).do_async(function, [running])
        return thread, running

    def spin(self):
        def work(thread, running):
            running.open()
            while True:
                pass

        thread, running = self.begin(work)
        running.wait()
        return thread

    def assert_halted(self, thread):
        with self.assertRaises(Thr.HaltedError) as caught:
            thread.join(SOON)
        self.assertIsInstance(caught.exception.__cause__, (Thr.ThreadHalted, type(None)))
        self.assertTrue(caught.exception.matches(Thr.Error.HALTED))
        self.assertTrue(thread.halted)


class Stops(Halting):
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


class Patience(Halting):
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

            def work(thread, running):
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


class NothingElse(Halting):
    def test_before_it_begins(self):
        manager = Thr.ThreadManager(thread_limit=1)
        gate, ran = Gate(), []
        first = manager.do_async(lambda thread: gate.wait())
        second = manager.do_async(ran.append)
        second.halt()
        gate.open()
        self.assert_halted(second)
        self.assertTrue(first.result(SOON))
        self.assertEqual(ran, [])

    def test_before_it_is_submitted(self):
        ran = []
        thread = Thr.ThreadWrapper(ran.append)
        thread.halt()
        self.manager.submit(thread)
        self.assert_halted(thread)
        self.assertEqual(ran, [])

    def test_after_the_end(self):
        thread = self.manager.do_async(lambda thread: 1)
        self.assertEqual(thread.result(SOON), 1)
        thread.halt()
        self.assertEqual(thread.result(), 1)
        self.assertEqual(self.manager.do_async(lambda thread: 2).result(SOON), 2)

    def test_as_soon_as_it_begins(self):
        # Between the library's start of it and its first line, too.
        def work(thread):
            while True:
                pass

        for step in range(300):
            thread = self.manager.do_async(work)
            if step % 3:
                while thread.execution_state == "CREATED":
                    pass
                for _ in range(step % 40):
                    pass
            thread.halt()
            self.assert_halted(thread)

    def test_itself(self):
        def work(thread, running):
            running.open()
            thread.halt()
            while True:
                pass

        thread, _ = self.begin(work)
        self.assert_halted(thread)

    def test_from_inside_another_job(self):
        victim = self.spin()

        def work(thread):
            victim.halt()
            return sum(range(200_000))

        self.assertEqual(self.manager.do_async(work).result(SOON), sum(range(200_000)))
        self.assert_halted(victim)

    def test_jobs_of_other_managers(self):
        other = Thr.ThreadManager()
        gates = [Gate() for _ in range(4)]
        stop = Gate()

        def work(thread, running):
            running.open()
            while not stop.is_set():
                pass
            return "whole"

        others = [other.do_async(work, [gate]) for gate in gates]
        for gate in gates:
            gate.wait()
        victims = [self.spin() for _ in range(2)]
        self.manager.halt(SOON)
        for victim in victims:
            self.assert_halted(victim)
        stop.open()
        self.assertEqual([thread.result(SOON) for thread in others], ["whole"] * 4)

    def test_a_manager_is_halted(self):
        victims = [self.spin() for _ in range(3)]
        queued = [
            self.manager.do_async(time.sleep, [1], give_thread=False) for _ in range(20)
        ]
        self.manager.halt(SOON)
        for thread in victims + queued[10:]:
            self.assertIsInstance(thread.exception(SOON), Thr.Error)
        self.assertFalse(self.manager.busy)

    def test_never_the_main_thread(self):
        # A sliced job runs there: it is told by its end, not by an exception.
        manager = Thr.ThreadManager()
        steps = []

        def work(thread):
            while True:
                steps.append(threading.get_ident())
                if len(steps) == 3:
                    thread.halt()
                    sum(range(100_000))
                    steps.append("still here")
                yield

        thread = manager.do_sliced(work)
        self.assert_halted(thread)
        self.assertEqual(steps, [self.home] * 3 + ["still here"])


class Nested(Halting):
    """A job that is joined by another one of its manager runs on that one's thread."""

    def setUp(self):
        super().setUp()
        self.manager = Thr.ThreadManager(thread_limit=1)
        self.addCleanup(self.manager.halt)

    def start(self, work, after=None):
        """A parent that runs a child inline; both, with the gate of the child's
        end."""
        children, running, idents = [], Gate(), []

        def child(thread):
            idents.append(threading.get_ident())
            running.open()
            return work()

        def parent(thread):
            idents.append(threading.get_ident())
            children.append(self.manager.do_async(child))
            value = children[0].result()
            return after(value) if after is not None else value

        thread = self.manager.do_async(parent)
        running.wait()
        self.assertEqual(idents[0], idents[1])
        return thread, children[0]

    def test_the_parent_is_halted(self):
        stop = Gate()

        def work():
            for _ in range(1_000_000):
                if stop.is_set():
                    break
                time.sleep(0)
            return "whole"

        def after(value):
            while True:
                pass

        parent, child = self.start(work, after)
        parent.halt()
        # Time enough to be hit by what is not meant for it.
        self.assertFalse(child.halted)
        until = time.monotonic() + 1.3
        poll_until(lambda: time.monotonic() > until)
        stop.open()
        self.assertEqual(child.result(SOON), "whole")
        self.assert_halted(parent)

    def test_the_child_is_halted(self):
        def work():
            while True:
                pass

        seen = []

        def parent(thread):
            child = self.manager.do_async(lambda thread: running.open() or work())
            children.append(child)
            try:
                child.join()
            except Thr.HaltedError as error:
                seen.append(error)
            return sum(range(200_000))

        children, running = [], Gate()
        thread = self.manager.do_async(parent)
        running.wait()
        children[0].halt()
        self.assertEqual(thread.result(SOON), sum(range(200_000)))
        self.assert_halted(children[0])
        self.assertIs(seen[0], children[0].exception())
        self.assertFalse(thread.halted)

    def test_both_are_halted(self):
        def work():
            while True:
                pass

        parent, child = self.start(work, lambda value: work())
        parent.halt()
        child.halt()
        self.assert_halted(child)
        self.assert_halted(parent)

    def test_at_any_moment(self):
        chance = random.Random(4711)
        outcomes = {"whole": 0, "halted": 0}
        for _ in range(1500):
            children = []

            def parent(thread):
                children.append(self.manager.do_async(lambda thread: sum(range(300))))
                children[0].join()
                for _ in range(100):
                    pass

            thread = self.manager.do_async(parent)
            for _ in range(chance.randrange(4000)):
                pass
            thread.halt()
            failure = thread.exception(SOON)
            outcomes["whole" if failure is None else "halted"] += 1
            self.assertIsInstance(failure, (Thr.HaltedError, type(None)))
            for child in children:
                self.assertEqual(child.result(SOON), sum(range(300)))
        self.assertTrue(all(outcomes.values()), outcomes)


class Hammer(Halting):
    def test_no_other_job_is_ever_hit(self):
        chance = random.Random(42)
        victims, bystanders = [], []
        for step in range(8000):
            halts = step % 2 == 0

            def work(number):
                total = 0
                for item in range(number % 400):
                    total += item
                return total

            thread = self.manager.do_async(work, [step], give_thread=False)
            if halts:
                victims.append((thread, step))
                for _ in range(chance.randrange(3) * chance.randrange(600)):
                    pass
                thread.halt()
            else:
                bystanders.append((thread, step))
        for thread, step in bystanders:
            self.assertEqual(thread.result(SOON), sum(range(step % 400)))
        for thread, step in victims:
            try:
                self.assertEqual(thread.result(SOON), sum(range(step % 400)))
            except Thr.HaltedError:
                pass
        self.manager.wait_idle(SOON)

    def test_from_many_threads(self):
        stop = Gate()
        failures = []

        def work(number):
            try:
                for _ in range(number):
                    time.monotonic()
                return number
            finally:
                len([None] * 10)

        def hammer(seed):
            chance = random.Random(seed)
            while not stop.is_set():
                jobs = [self.manager.do_async(work, [n], give_thread=False) for n in range(50)]
                halted = set(chance.sample(range(50), 20))
                for number in halted:
                    jobs[number].halt()
                for number, job in enumerate(jobs):
                    try:
                        if job.result(SOON) != number:
                            failures.append((number, job.result()))
                    except Thr.HaltedError:
                        if number not in halted:
                            failures.append((number, "halted"))
                    except BaseException as error:
                        failures.append((number, error))

        threads = [threading.Thread(target=hammer, args=(seed,)) for seed in range(3)]
        for thread in threads:
            thread.start()
        until = time.monotonic() + 3
        poll_until(lambda: time.monotonic() > until)
        stop.open()
        poll_until(lambda: not any(thread.is_alive() for thread in threads))
        self.assertEqual(failures, [])


if __name__ == "__main__":
    main()

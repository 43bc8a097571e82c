#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Nothing is stopped by halt() but the function that is meant."""

import random

from common import Gate, HaltingCase, Thr, main, poll_until, threading, time

SOON = 20  # seconds, for a machine that is busy


class NothingElse(HaltingCase):
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


class Nested(HaltingCase):
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


class Hammer(HaltingCase):
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

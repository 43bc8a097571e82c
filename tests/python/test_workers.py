#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Workers: their life, their classes and their family."""

from contextlib import contextmanager

from common import DEADLINE, Gate, Thr, WorkerCase, fail_with, finish, main, threading


class Life(WorkerCase):
    def test_event_loop(self):
        seen = []

        @Thr.create_worker
        def worker():
            seen.append(threading.get_ident())
            Thr.wait_forever()

        self.assertIsInstance(worker, Thr.Worker)
        self.assertIs(worker.stop(), worker)
        self.assertEqual(Thr.wait_thread(worker), (None, None))
        self.assertFalse(worker.is_running())
        self.assertNotEqual(seen, [self.home])

    def test_stop_is_not_immediate(self):
        gate = Gate()
        worker = Thr.create_worker(gate.wait)
        worker.stop()
        self.assertTrue(worker.is_running())
        gate.open()
        Thr.wait_thread(worker)
        self.assertFalse(worker.is_running())

    def test_chain(self):
        worker = Thr.Worker()
        for call in worker.start, worker.pause, worker.resume, worker.stop, worker.join:
            self.assertIs(call(), worker)
        self.assertIs(worker.start().fire("X").stop().join(), worker)
        self.assertIs(worker.join(0), worker)

    def test_cleanup(self):
        seen = []

        @contextmanager
        def open_server():
            try:
                yield
            finally:
                seen.append("terminated")

        @Thr.create_worker
        def server():
            with open_server():
                Thr.wait_forever()

        @Thr.create_worker
        def loop():
            try:
                while True:
                    Thr.sleep(0.001)
            except Exception:
                seen.append("WorkerExit is no Exception")
            except Thr.WorkerExit as error:
                seen.append(error)
                raise

        finish(server, loop)
        self.assertEqual(seen[0], "terminated")
        self.assertIsInstance(seen[1], Thr.WorkerExit)
        self.assertEqual((server.err, loop.err), (None, None))

    def test_create_worker(self):
        seen = []

        @Thr.create_worker(daemon=True, parent=False, print_traceback=False)
        def first():
            seen.append("first")

        @Thr.create_worker("a", b=2)
        def second(a, b):
            seen.append((a, b))

        third = Thr.create_worker(lambda *args, **kwargs: (args, kwargs), 1, name="x")
        for worker in first, second, third:
            Thr.wait(worker)
        self.assertTrue(first.is_daemon())
        self.assertFalse(first.print_traceback)
        self.assertCountEqual(seen, ["first", ("a", 2)])
        self.assertEqual(third.ret, ((1,), {"name": "x"}))
        self.assertEqual(first.name, "first")

    def test_arguments(self):
        worker = self.make(lambda *args, **kwargs: [args, kwargs])
        self.assertEqual(worker.start(1, self=2).join().ret, [(1,), {"self": 2}])
        self.assertEqual(worker.start().join().ret, [(), {}])
        gate = Gate()
        worker = self.make(lambda answer: gate.wait() and answer)
        worker.start("first")
        worker.start("second")  # it runs
        gate.open()
        self.assertEqual(worker.join().ret, "first")

    def test_results(self):
        for result in 5, 2**70, None, b"x", [1], {"a": object()}, ValueError("a result"), "\0":
            worker = Thr.create_worker(lambda: result)
            self.assertEqual(Thr.wait_thread(worker), (None, result))
            self.assertEqual(worker.ret, result)

    def test_overlay(self):
        def task(answer):
            self.assertEqual(threading.get_ident(), self.home)
            self.assertIs(Thr.current(), worker)
            self.assertTrue(Thr.is_main())
            self.assertTrue(Thr.is_main(worker))
            Thr.later(worker.stop)
            try:
                Thr.wait_forever()
            finally:
                seen.append(answer)

        seen = []
        worker = Thr.Worker(task)
        self.assertIs(worker.start_overlay(7), worker)
        self.assertEqual(seen, [7])
        self.assertIs(Thr.current(), Thr.Worker.main())
        self.assertTrue(Thr.is_main(Thr.current()))

        failure = ValueError("in the overlay")
        worker = Thr.Worker(fail_with(failure))
        worker.start_overlay()
        self.assertIs(worker.err, failure)
        self.expect_report(failure)

    def test_failure(self):
        failure = ValueError("the very one")
        worker = Thr.create_worker(fail_with(failure))
        error, result = Thr.wait_thread(worker)
        self.assertIs(error, failure)
        self.assertIsNone(result)
        self.assertIs(worker.err, failure)
        self.assertEqual(self.unhandled[0].thread.name, "fail")
        self.expect_report(failure)
        self.assertIs(worker.join(), worker)

        worker = Thr.create_worker(fail_with(failure), print_traceback=False)
        self.assertIs(Thr.wait(worker)[0], failure)
        self.assertIs(worker.err, failure)

        worker = self.make(lambda fails: 1 / 0 if fails else "fine", print_traceback=False)
        self.assertIsInstance(worker.start(True).join().err, ZeroDivisionError)
        self.assertIsNone(worker.start(False).join().err)
        self.assertEqual(worker.ret, "fine")

    def test_failure_of_the_library(self):
        worker = Thr.create_worker(
            fail_with(Thr.TimedOutError("mine")), print_traceback=False
        )
        error, _ = Thr.wait_thread(worker, timeout=DEADLINE)
        self.assertEqual(error.message, "mine")

        async def task():
            pass

        worker = Thr.create_worker(task, print_traceback=False)
        self.assertIsInstance(Thr.wait(worker)[0], TypeError)

    def test_exit(self):
        seen = []

        def task():
            try:
                Thr.exit()
            finally:
                with self.assertRaises(Thr.WorkerExit):
                    Thr.update()
                seen.append("left")

        worker = Thr.create_worker(task)
        self.assertEqual(Thr.wait(worker), (None, None))
        self.assertEqual(seen, ["left"])
        worker = Thr.create_worker(fail_with(Thr.WorkerExit()))
        self.assertEqual(Thr.wait(worker), (None, None))
        with self.assertRaises(Thr.Error) as caught:
            Thr.exit()
        self.assertTrue(caught.exception.matches(Thr.Error.INVALID_STATE))

    def test_pause(self):
        heard = Gate()
        worker = self.make(lambda: Thr.wait_event("GO")).start()
        worker.listen("HEAR")(lambda event: heard.open())
        worker.pause().fire("GO", 5).fire("HEAR")
        heard.wait()
        self.assertTrue(worker.paused)
        self.assertTrue(worker.is_running())
        worker.resume().join(DEADLINE)
        self.assertEqual(worker.ret, 5)

    def test_what_it_is(self):
        worker = self.make(name="printer")
        self.assertEqual(worker.name, "printer")
        self.assertIn("'printer' not running", repr(worker))
        self.assertIn("running", repr(worker.start()))
        self.assertRegex(Thr.Worker().name, r"worker-\d+")
        self.assertEqual(Thr.Worker(finish).name, "finish")
        with self.assertRaises(TypeError):
            Thr.Worker(5)

    def test_no_such_state(self):
        with self.assertRaises(Thr.Error) as caught:
            Thr.Worker().later(print)
        self.assertTrue(caught.exception.matches(Thr.Error.INVALID_STATE))
        with self.assertRaises(Thr.Error):
            self.make().start().wait_event("X")  # not its thread
        with self.assertRaises(Thr.TimedOutError):
            self.make().start().join(0.001)
        with self.assertRaises(Thr.TimedOutError):
            Thr.wait_thread(self.make().start(), timeout=0.001)
        worker = Thr.create_worker(lambda: worker.join(), print_traceback=False)
        self.assertIsInstance(Thr.wait(worker)[0], (Thr.WouldDeadlockError, NameError))


class Subclass(WorkerCase):
    class Adder(Thr.Worker):
        def __init__(self, start, **options):
            super().__init__(**options)
            self.total = start

        def run(self, *numbers):
            for number in numbers:
                self.total += number
            return self, threading.get_ident()

    def test_run(self):
        worker = self.Adder(10, name="adder")
        found, ident = worker.start(1, 2).join().ret
        self.assertIs(found, worker)
        self.assertEqual(worker.total, 13)
        self.assertNotEqual(ident, self.home)
        self.assertIn("Adder 'adder'", repr(worker))

    def test_failure(self):
        worker = self.Adder(0)
        worker.start("a").join()
        self.assertIsInstance(worker.err, TypeError)
        self.expect_report(worker.err)
        self.assertIsNone(worker.ret)

    def test_further_subclass(self):
        class Doubler(self.Adder):
            def run(self, *numbers):
                super().run(*numbers, *numbers)
                self.wait_forever()

        worker = Doubler(0).start(2)
        finish(worker)
        self.assertEqual(worker.total, 4)
        self.assertIsNone(worker.err)

    def test_without_run(self):
        class Listening(Thr.Worker):
            pass

        worker = Listening()
        heard = []
        worker.listen(lambda event: heard.append(event.data), "X")
        finish(worker.start().fire("X", 1))
        self.assertEqual(heard, [1])
        self.assertEqual(Listening(lambda: 5).start().join().ret, 5)

    def test_other_classes_are_left_alone(self):
        # They have a function in C, which the one of a subclass must not replace.
        self.assertEqual(Thr.Async(lambda: 5).start().get(), 5)
        self.assertIsNone(finish(Thr.Worker().start()))


class Family(WorkerCase):
    def test_parent(self):
        def task():
            here = Thr.current()
            self.assertIs(Thr.Worker().parent, here)
            self.assertIsNone(Thr.Worker(parent=False).parent)
            self.assertIs(Thr.Worker(parent=other).parent, other)
            child = Thr.create_worker(Thr.wait_forever)
            self.assertEqual(here.children, {child})
            return child

        other = self.make()
        worker = Thr.create_worker(task)
        error, child = Thr.wait(worker)
        self.assertIsNone(error)
        self.assertIs(child.parent, worker)
        child.join(DEADLINE)
        self.assertFalse(child.is_running())
        self.assertIsNone(Thr.Worker().parent)

    def test_children(self):
        parent = self.make().start()
        child = self.make(parent=parent).start()
        before = child.ref_count
        for _ in range(100):
            self.assertEqual(parent.children, {child})
        self.assertAlmostEqual(child.ref_count, before, delta=10)
        finish(child)
        self.assertEqual(parent.children, set())

    def test_daemon(self):
        self.assertFalse(Thr.current().is_daemon())
        self.assertFalse(Thr.Worker().is_daemon())
        self.assertIsNone(Thr.Worker().daemon)
        parent = self.make(daemon=True).start()
        self.assertIs(parent.daemon, True)
        self.assertTrue(Thr.Worker(parent=parent).is_daemon())
        self.assertFalse(Thr.Worker(parent=parent, daemon=False).is_daemon())

    def test_stops_children(self):
        gate = Gate()
        parent = Thr.Worker().start()
        child = Thr.Worker(parent=parent).start()
        daemon = Thr.Worker(gate.wait, parent=parent, daemon=True).start()
        finish(parent)
        self.assertFalse(child.is_running())
        self.assertTrue(daemon.is_running())
        gate.open()
        daemon.join(DEADLINE)

    def test_bubble_and_broadcast(self):
        heard = []
        a = self.make().start()
        b = self.make(parent=a).start()
        c = self.make(parent=b).start()
        for worker, name in (a, "a"), (b, "b"), (c, "c"):
            for event_name in "UP", "DOWN", "NEXT", "ALL":
                worker.listen(
                    lambda event, name=name: heard.append(
                        (name, event.name, event.data, event.target)
                    ),
                    event_name,
                )
        self.assertIs(c.bubble("UP", 1), c)
        self.assertIs(a.broadcast("DOWN", 2), a)
        self.assertIs(b.parent_fire("NEXT", 3), b)
        self.assertIs(b.children_fire("NEXT", 4), b)
        b.fire("ALL", 5, bubble=True, broadcast=True, target=c)
        a.parent_fire("NEXT", 6)  # to nobody
        event = Thr.Event("NEXT", 7, target=a)
        b.parent_fire(event).children_fire(event)
        finish(c, b, a)
        self.assertCountEqual(
            heard,
            [("b", "UP", 1, c), ("a", "UP", 1, c), ("b", "DOWN", 2, a), ("c", "DOWN", 2, a)]
            + [("a", "NEXT", 3, b), ("c", "NEXT", 4, b)]
            + [(name, "ALL", 5, c) for name in "abc"]
            + [("a", "NEXT", 7, a), ("c", "NEXT", 7, a)],
        )

    def test_shortcuts(self):
        heard = []

        def task():
            child = Thr.create_worker(Thr.wait_event, "FROM_PARENT")
            Thr.parent_fire("NEXT", 1)
            Thr.bubble("UP", 2)
            Thr.children_fire("FROM_PARENT", 3)
            Thr.broadcast("FROM_PARENT", 4)
            return Thr.wait(child)

        parent = self.make().start()
        for name in "NEXT", "UP":
            parent.listen(name)(lambda event: heard.append((event.data, event.target)))
        worker = Thr.Worker(task, parent=parent).start()
        self.assertEqual(Thr.wait(worker), (None, (None, 3)))
        finish(parent)
        self.assertEqual(heard, [(1, worker), (2, worker)])

    def test_child_events(self):
        failure = ValueError("of the child")

        def task():
            heard = []
            for name in "START", "STOP", "ERROR", "DONE", "END":
                Thr.listen(f"CHILD_THREAD_{name}")(heard.append)
            children = [
                Thr.create_worker(lambda: "result"),
                Thr.create_worker(fail_with(failure), print_traceback=False),
                Thr.create_worker(Thr.wait_forever).stop(),
            ]
            for child in children:
                Thr.wait(child)
            Thr.update()
            return [
                [(event.name[13:], event.data) for event in heard if event.target is child]
                for child in children
            ]

        done, failed, stopped = Thr.wait(Thr.create_worker(task))[1]
        self.assertEqual(
            done, [("START", None), ("DONE", "result"), ("END", (None, "result"))]
        )
        self.assertEqual(
            failed, [("START", None), ("ERROR", failure), ("END", (failure, None))]
        )
        self.assertEqual(stopped, [("START", None), ("STOP", None), ("END", (None, None))])


if __name__ == "__main__":
    main()

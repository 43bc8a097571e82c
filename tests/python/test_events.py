#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""What workers hear, and the functions that hear it."""

import unittest.mock

from common import (
    DEADLINE, GLib, GObject, Thr, WorkerCase, fail_with, finish, main, run_until, threading,
)
from gi.overrides._thr import events, workers


class Events(WorkerCase):
    def test_event(self):
        data = object()
        event = Thr.Event("X", data, bubble=True, target=Thr.Worker.main())
        self.assertEqual(event.name, "X")
        self.assertIs(event.data, data)
        self.assertTrue(event.bubble)
        self.assertFalse(event.broadcast)
        self.assertIs(event.target, Thr.Worker.main())
        self.assertIn("'X'", repr(event))
        for name, kind in ("", Thr.Error), (5, TypeError), (None, TypeError):
            with self.assertRaises(kind):
                Thr.Event(name)
            with self.assertRaises(kind):
                Thr.Worker().fire(name)

    def test_data(self):
        def task():
            return [Thr.wait_event("X") for _ in given]

        file = GObject.Object()
        same = [object(), [1], {}, (1, 2), b"b", 2**70, file, print, self, ValueError("x")]
        equal = [None, True, 7, -(2**62), 2**63, 0.5, "grün", "\0", GLib.Variant("i", 5)]
        given = same + equal
        worker = Thr.Worker(task).start()
        for data in given:
            worker.fire("X", data)
        got = worker.join(DEADLINE).ret
        for data, found in zip(same, got):
            self.assertIs(found, data)
        for data, found in zip(equal, got[len(same) :]):
            self.assertEqual((found, type(found)), (data, type(data)))

    def test_kept_event(self):
        kept = []
        worker = Thr.Worker(lambda: Thr.wait("END")).start()
        worker.listen(kept.append, "X")
        for i in range(100):
            worker.fire("X", [i])
        worker.fire("END").join(DEADLINE)
        del worker
        self.assertEqual([event.data for event in kept], [[i] for i in range(100)])

    def test_reject(self):
        heard = []
        asleep = Thr.Worker()

        @Thr.create_worker
        def worker():
            Thr.listen("EVENT_REJECT")(lambda event: heard.append(event.data))
            asleep.fire("X", [5])
            Thr.update()

        Thr.wait(worker)
        (event, target), = heard
        self.assertEqual((event.name, event.data), ("X", [5]))
        self.assertIs(target, asleep)

    def test_two_begin_to_listen_at_once(self):
        class Late(events.Listeners):
            def __init__(self):
                super().__init__()
                if not others:
                    others.append(True)
                    worker.listen(lambda event: heard.append("first"), "X")

        others, heard = [], []
        worker = self.make(lambda: Thr.wait("END"))
        with unittest.mock.patch.object(workers, "Listeners", Late):
            worker.listen(lambda event: heard.append("second"), "X")
        worker.start().fire("X").fire("END").join(DEADLINE)
        self.assertEqual(heard, ["first", "second"])

    def test_printer(self):
        printed = []

        @Thr.create_worker
        def printer():
            @Thr.listen("PRINT")
            def _(event):
                printed.append(event.data)

            Thr.wait_forever()

        printer.fire("PRINT", "foo")
        printer.fire("PRINT", "bar")
        printer.stop().join()
        self.assertEqual(printed, ["foo", "bar"])

    def test_main_worker_hears_in_a_main_loop(self):
        heard = []
        listener = Thr.listen("TO_MAIN")(lambda event: heard.append(threading.get_ident()))
        Thr.create_worker(lambda: Thr.Worker.main().fire("TO_MAIN"))
        run_until(lambda: heard)
        self.assertEqual(heard, [self.home])
        self.assertTrue(Thr.unlisten(listener))


class Listeners(WorkerCase):
    def test_listen(self):
        worker = self.make()
        heard = []

        def callback(event):
            heard.append(event.data)

        self.assertIs(worker.listen(callback, "A"), callback)
        self.assertIs(worker.listen("B")(callback), callback)
        self.assertIs(worker.listen("C", callback), callback)
        self.assertEqual({listener.event_name for listener in worker.listeners}, set("ABC"))
        self.assertTrue(all(listener.callback is callback for listener in worker.listeners))
        finish(worker.start().fire("A", 1).fire("B", 2).fire("C", 3).fire("D", 4))
        self.assertEqual(heard, [1, 2, 3])
        for arguments in (5, "A"), (print,), (print, 5), ():
            with self.assertRaises(TypeError):
                worker.listen(*arguments)
        with self.assertRaises(Thr.Error):
            worker.listen("")

    def test_priority(self):
        worker = self.make()
        heard = []
        for i, priority in enumerate([1, 3, 3, 1, 2]):
            worker.listen("X", priority=priority)(lambda event, i=i: heard.append(i))
        worker.start().fire("X").stop().join()
        self.assertEqual(heard, [1, 2, 4, 0, 3])
        priorities = [listener.priority for listener in worker.listeners]
        self.assertEqual(priorities, [1, 3, 3, 1, 2])

    def test_once(self):
        worker = self.make()
        heard = []
        worker.listen(heard.append, "X", once=True)
        self.assertTrue(worker.listeners[0].once)
        finish(worker.start().fire("X").fire("X"))
        self.assertEqual(len(heard), 1)
        self.assertEqual(worker.listeners, [])

    def test_permanent(self):
        worker = self.make(Thr.wait_forever)
        heard = []
        worker.listen("X", permanent=False)(lambda event: heard.append("temporary"))
        worker.listen("X")(lambda event: heard.append("permanent"))
        for _ in range(2):
            finish(worker.start().fire("X"))
        self.assertEqual(heard, ["temporary", "permanent", "permanent"])
        self.assertTrue(worker.listeners[-1].permanent)

    def test_shortcut_is_not_permanent(self):
        heard = []

        def task():
            Thr.listen(heard.append, "X")
            Thr.wait_forever()

        worker = self.make(task)
        for _ in range(2):
            finish(worker.start().fire("X"))
        self.assertEqual(len(heard), 2)

    def test_target(self):
        worker = self.make()
        heard = []
        worker.listen("X", target=worker)(lambda event: heard.append(event.data))
        worker.start().fire("X", 1).fire("X", 2, target=worker)
        finish(worker)
        self.assertEqual(heard, [2])

    def test_unlisten(self):
        worker = self.make()
        heard = []

        @worker.listen("X")
        def handler(event):
            heard.append(event.data)
            self.assertTrue(worker.unlisten(handler))

        finish(worker.start().fire("X", 1).fire("X", 2))
        self.assertEqual(heard, [1])
        self.assertFalse(worker.unlisten(handler))
        # Bound methods are equal, and not the same.
        worker.listen(heard.append, "X")
        self.assertTrue(worker.unlisten(heard.append))
        worker.listen(handler, "X")
        listener, = worker.listeners
        self.assertTrue(listener.is_listening())
        self.assertTrue(worker.unlisten(listener))
        self.assertFalse(listener.is_listening())
        self.assertFalse(worker.unlisten(listener))
        self.assertFalse(self.make().unlisten(handler))

    def test_listen_inside(self):
        worker = self.make()
        heard = []

        @worker.listen("X")
        def _(event):
            worker.listen("X", once=True)(heard.append)

        finish(worker.start().fire("X").fire("X"))
        self.assertEqual(len(heard), 1)

    def test_failure(self):
        failure = KeyError("listener")
        heard, heard_above = [], []
        parent = self.make().start()
        worker = self.make(parent=parent).start()
        for each, where in (parent, heard_above), (worker, heard):
            each.listen("LISTENER_ERROR")(
                lambda event, where=where: where.append((event.data, event.target))
            )
        worker.listen("X")(fail_with(failure))
        worker.listen("X")(lambda event: heard.append("next"))
        finish(worker.fire("X"))
        finish(parent)
        self.assertEqual(heard, ["next", (failure, worker)])
        self.assertEqual(heard_above, [(failure, worker)])
        self.assertIsNone(worker.err)
        self.expect_report(failure)

    def test_failure_in_the_last_resort(self):
        failure = KeyError("again")
        worker = self.make().start()
        worker.listen("LISTENER_ERROR")(fail_with(failure))
        worker.listen("X")(fail_with(failure))
        finish(worker.fire("X"))
        self.expect_report(failure, failure)

    def test_worker_exit(self):
        for leave in Thr.exit, fail_with(Thr.WorkerExit()):
            worker = Thr.Worker().start()
            worker.listen("X")(lambda event: leave())
            worker.fire("X").join(DEADLINE)
            self.assertIsNone(worker.err)

    def test_no_worker(self):
        failures = []

        def work():
            self.assertIsNone(Thr.current())
            for call in (lambda: Thr.listen("X")(print)), (lambda: Thr.later(print)):
                try:
                    call()
                except Thr.Error as error:
                    failures.append(error.matches(Thr.Error.INVALID_STATE))

        thread = threading.Thread(target=work)
        thread.start()
        thread.join(DEADLINE)
        self.assertEqual(failures, [True, True])


if __name__ == "__main__":
    main()

# SPDX-License-Identifier: LGPL-2.1-or-later
"""Counterparts of the second system: threads with an event loop."""

import contextlib

from common import Gate, TestCase, Thr, threading
from seed import counterpart

NAMES = """
    WorkerExit
    current is_main sleep create_worker async_ await_
    listen unlisten later update wait_timeout wait_forever wait_thread wait_event wait_until
    Worker
    Worker.listen Worker.unlisten Worker.fire Worker.update Worker.start Worker.stop
    Worker.pause Worker.resume Worker.join Worker.is_running Worker.is_daemon
    Worker.wait_timeout Worker.wait_forever Worker.wait_thread Worker.wait_event
    Worker.wait_until Worker.later Worker.parent Worker(daemon)
    Async Async.get Defer Defer.resolve Defer.reject Defer.get
    Channel Channel.sub Channel.unsub Channel.pub
    Event Listener STOP_THREAD
    snippet:event_loop snippet:stop_is_not_immediate snippet:wait_until_it_exits
    snippet:server_thread snippet:open_server snippet:printer snippet:daemon
    listen(permanent=False)
""".split()

LONG = 60  # seconds: as good as for ever


class Functions(TestCase):
    @counterpart("create_worker", "wait_forever", "snippet:event_loop", "Worker")
    def test_event_loop(self):
        created = Gate()

        @Thr.create_worker
        def worker():
            created.open()
            Thr.wait_forever()

        self.assertIsInstance(worker, Thr.Worker)
        created.wait()
        self.assertTrue(worker.is_running())
        worker.stop().join()

    @counterpart("snippet:stop_is_not_immediate", "Worker.stop", "Worker.is_running")
    def test_stop(self):
        reached, gate = Gate(), Gate()

        @Thr.create_worker
        def thread():
            reached.open()
            gate.wait()
            Thr.wait_forever()

        reached.wait()
        self.assertIs(thread.stop(), thread)
        self.assertTrue(thread.is_running())
        gate.open()
        thread.join(LONG)
        self.assertFalse(thread.is_running())

    @counterpart("snippet:wait_until_it_exits", "wait_thread")
    def test_wait_thread(self):
        @Thr.create_worker
        def thread():
            Thr.wait_forever()

        thread.stop()
        Thr.wait_thread(thread)
        self.assertFalse(thread.is_running())

        worker = Thr.create_worker(lambda: 42)
        self.assertEqual(Thr.wait_thread(worker), (None, 42))

    @counterpart("WorkerExit", "STOP_THREAD", "snippet:server_thread")
    def test_server_thread(self):
        did = []

        @Thr.create_worker
        def server_thread():
            try:
                Thr.wait_forever()
            except Thr.WorkerExit:
                did.append("exit")
                raise
            finally:
                did.append("terminate")

        server_thread.fire("STOP_THREAD")
        Thr.wait_thread(server_thread)
        self.assertEqual(did, ["exit", "terminate"])
        self.assertTrue(issubclass(Thr.WorkerExit, BaseException))
        self.assertFalse(issubclass(Thr.WorkerExit, Exception))

    @counterpart("snippet:open_server")
    def test_open_server(self):
        did = []

        @contextlib.contextmanager
        def open_server():
            did.append("run")
            try:
                yield "server"
            finally:
                did.append("terminate")

        @Thr.create_worker
        def server_thread():
            with open_server() as server:
                did.append(server)
                Thr.wait_forever()

        server_thread.stop().join()
        self.assertIn(did, ([], ["run", "server", "terminate"]))

    @counterpart("listen", "snippet:printer")
    def test_printer(self):
        printed = []

        @Thr.create_worker
        def printer():
            @Thr.listen("PRINT")
            def _(event):
                printed.append((event.data, threading.get_ident()))

            Thr.wait_forever()

        printer.fire("PRINT", "foo")
        printer.fire("PRINT", "bar")
        printer.stop().join()
        self.assertEqual([data for data, _ in printed], ["foo", "bar"])
        self.assertNotIn(self.home, [ident for _, ident in printed])

    @counterpart("listen(permanent=False)")
    def test_not_permanent(self):
        heard = []

        def task():
            Thr.listen(heard.append, "PRINT")
            Thr.wait_event("GO ON")

        worker = Thr.Worker(task)
        for _ in range(2):
            worker.start()
            worker.fire("PRINT").fire("GO ON").join(LONG)
        self.assertEqual(len(heard), 2)

    @counterpart("current", "is_main")
    def test_current(self):
        self.assertTrue(Thr.is_main())
        seen = []

        @Thr.create_worker
        def worker():
            seen.extend([Thr.current(), Thr.is_main()])

        worker.join()
        self.assertEqual(seen, [worker, False])

    @counterpart("sleep", "later", "unlisten")
    def test_sleep(self):
        heard = []

        @Thr.create_worker
        def worker():
            Thr.listen(heard.append, "HERE")
            gone = Thr.listen(heard.append, "GONE")
            listener = Thr.listen(lambda event: heard.append("wrong"), "GONE")
            self.assertIs(gone.__self__, heard)
            self.assertTrue(Thr.unlisten(listener))
            later = Thr.later(heard.append, "later", timeout=LONG)
            Thr.later(heard.append, "soon", timeout=0)
            Thr.sleep(0.01)
            later.stop()

        worker.fire("HERE").fire("GONE").join(LONG)
        self.assertEqual(worker.err, None)
        self.assertIn("soon", heard)
        self.assertNotIn("wrong", heard)
        self.assertNotIn("later", heard)

    @counterpart("update", "wait_timeout")
    def test_update(self):
        heard = []

        @Thr.create_worker
        def worker():
            Thr.listen(lambda event: heard.append(event.data), "SAY")
            Thr.current().fire("SAY", 1)
            self.assertEqual(heard, [])
            Thr.update()
            self.assertEqual(heard, [1])
            self.assertIsNone(Thr.wait_timeout(0.001))

        worker.join()
        self.assertIsNone(worker.err)

    @counterpart("wait_event", "wait_until", "Worker.fire", "Event")
    def test_wait_event(self):
        data = object()

        @Thr.create_worker
        def worker():
            first = Thr.wait_event("FIRST", timeout=LONG)
            second = Thr.wait_until(lambda event: event.name.startswith("SEC"), timeout=LONG)
            return first, second, Thr.wait_event("NEVER", timeout=0)

        worker.fire("FIRST", data).fire(Thr.Event("SECOND", 2)).join()
        self.assertIs(worker.ret[0], data)
        self.assertEqual(worker.ret[1:], (2, None))

    @counterpart("async_", "await_", "Async", "Async.get")
    def test_async(self):
        def square(number):
            return number * number

        task = Thr.async_(square, 7)
        self.assertIsInstance(task, Thr.Async)
        self.assertIsInstance(task, Thr.Worker)
        self.assertEqual(task.get(), 49)
        self.assertEqual(Thr.await_(square, 8), 64)
        failure = ValueError("no")

        def fail():
            raise failure

        with self.assertRaises(ValueError) as caught:
            Thr.async_(fail).get()
        self.assertIs(caught.exception, failure)


class Workers(TestCase):
    @counterpart("Worker.start", "Worker.join", "Worker.pause", "Worker.resume", "Worker.later")
    def test_pause(self):
        done, asked = Gate(), []
        worker = Thr.Worker(lambda: Thr.wait_event("DONE"))
        worker.listen(lambda event: asked.append(event.data), "ASK")
        self.assertIs(worker.start(), worker)
        worker.later(done.open)
        done.wait()
        self.assertIs(worker.pause(), worker)
        worker.fire("ASK", 1).fire("DONE", 2)
        self.assertTrue(worker.is_running())
        self.assertIs(worker.resume(), worker)
        self.assertIs(worker.join(LONG), worker)
        self.assertEqual((asked, worker.ret), ([1], 2))

    @counterpart("Worker.listen", "Worker.unlisten", "Listener", "Worker.update")
    def test_listen(self):
        heard = []

        class Hearing(Thr.Worker):
            def run(self):
                self.wait_event("GO ON")
                self.update()

        worker = Hearing()

        @worker.listen("SAY", priority=1)
        def say(event):
            heard.append(event.data)

        self.assertIsInstance(worker.listeners[0], Thr.Listener)
        worker.start().fire("SAY", 1).fire("GO ON").join(LONG)
        self.assertEqual(heard, [1])
        self.assertTrue(worker.unlisten(say))
        self.assertFalse(worker.unlisten(say))

    @counterpart(
        "Worker.wait_timeout",
        "Worker.wait_forever",
        "Worker.wait_thread",
        "Worker.wait_event",
        "Worker.wait_until",
    )
    def test_waits(self):
        seen = []

        class Waiting(Thr.Worker):
            def run(self, other):
                seen.append(self.wait_timeout(0))
                seen.append(self.wait_thread(other))
                self.fire("A", "a").fire("B", "b").fire("B", "c")
                seen.append(self.wait_event("A"))
                seen.append(self.wait_until(lambda event: event.data == "c"))
                self.fire("STOP_THREAD")
                self.wait_forever()

        worker = Waiting().start(Thr.create_worker(lambda: "other"))
        worker.join(LONG)
        self.assertEqual(seen, [None, (None, "other"), "a", "c"])
        self.assertIsNone(worker.err)

    @counterpart("Worker.parent", "Worker.is_daemon", "Worker(daemon)", "snippet:daemon")
    def test_daemon(self):
        may_end, ready, daemons = Gate(), Gate(), []

        def linger():
            try:
                Thr.wait_forever()
            finally:
                may_end.wait()

        @Thr.create_worker
        def parent():
            child = Thr.create_worker(lambda: Thr.wait_forever())
            daemon = Thr.create_worker(linger, daemon=True)
            self.assertIs(child.parent, Thr.current())
            daemons.extend([daemon, child])
            Thr.update()
            ready.open()
            Thr.wait_forever()

        ready.wait()
        daemon, child = daemons
        self.assertEqual((daemon.is_daemon(), child.is_daemon()), (True, False))
        parent.stop().join(LONG)  # waits for the child, not for the daemon
        self.assertFalse(child.is_running())
        may_end.open()
        daemon.join(LONG)

    @counterpart("Defer", "Defer.resolve", "Defer.reject", "Defer.get")
    def test_defer(self):
        defer, failure = Thr.Defer(), KeyError("k")
        Thr.create_worker(lambda: defer.resolve([None]))
        self.assertEqual(defer.get(), [None])
        defer = Thr.Defer()
        Thr.create_worker(lambda: defer.reject(failure))
        with self.assertRaises(KeyError) as caught:
            defer.get()
        self.assertIs(caught.exception, failure)

    @counterpart("Channel", "Channel.sub", "Channel.unsub", "Channel.pub")
    def test_channel(self):
        channel, subscribed, heard = Thr.Channel(), Gate(), []

        @Thr.create_worker
        def worker():
            channel.sub()
            subscribed.open()
            heard.append(Thr.wait_event("NEWS", timeout=LONG))
            channel.unsub()

        subscribed.wait()
        channel.pub("NEWS", {"a": 1})
        worker.join(LONG)
        self.assertEqual(heard, [{"a": 1}])
        channel.pub("NEWS", "nobody hears")

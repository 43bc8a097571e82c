#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Channels: to workers, to functions, and to asynchronous loops."""

import asyncio
import gc
import weakref

from common import (
    DEADLINE, GLib, Gate, Thr, WorkerCase, finish, main, poll_until, run_until, threading,
)


class Workers(WorkerCase):
    def test_pub(self):
        channel = Thr.Channel()
        heard = []
        workers = [self.make().start() for _ in range(10)]
        for worker in workers:
            worker.listen("X")(lambda event: heard.append((Thr.current(), event.data)))
            channel.sub(worker)
        channel.sub(workers[0])  # once is enough
        data = object()
        channel.pub("X", data)
        finish(*workers)
        self.assertCountEqual(heard, [(worker, data) for worker in workers])
        self.assertEqual(channel.get_n_subscribers(), 10)

    def test_default_is_the_current_worker(self):
        channel = Thr.Channel()

        def task():
            channel.sub()
            channel.pub("X", 5)
            data = Thr.wait("X")
            self.assertTrue(channel.unsub())
            self.assertFalse(channel.unsub())
            channel.pub("X", 6)
            return data, Thr.wait("X", timeout=0)

        self.assertEqual(Thr.wait(Thr.create_worker(task)), (None, (5, None)))
        failures = []

        def stranger():
            try:
                channel.sub()
            except Thr.Error as error:
                failures.append(error.code)

        thread = threading.Thread(target=stranger)
        thread.start()
        thread.join(DEADLINE)
        self.assertEqual(failures, [Thr.Error.INVALID_STATE])

    def test_events(self):
        channel = Thr.Channel()
        parent = self.make().start()
        worker = self.make(parent=parent).start()
        heard = []
        for each in parent, worker:
            each.listen("X")(lambda event: heard.append((event.data, event.target)))
        channel.sub(worker)
        channel.pub("X", 1)
        channel.pub("X", 2, bubble=True, target=parent)
        channel.pub(Thr.Event("X", 3))
        finish(worker, parent)
        home = Thr.Worker.main()
        self.assertCountEqual(heard, [(1, home), (2, parent), (2, parent), (3, home)])
        with self.assertRaises(Thr.Error):
            channel.pub("")

    def test_does_not_keep(self):
        channel = Thr.Channel()
        worker = Thr.Worker()
        channel.sub(worker)
        del worker
        gc.collect()
        poll_until(lambda: channel.get_n_subscribers() == 0)


class Functions(WorkerCase):
    def test_subscribe(self):
        channel = Thr.Channel()
        kept, threads = [], set()

        def hear(event):
            kept.append(event)
            threads.add(threading.get_ident())

        subscription = channel.subscribe(hear)
        data = [object() for _ in range(10)]

        def task():
            for each in data:
                channel.pub("X", each)

        worker = Thr.create_worker(task)
        run_until(lambda: len(kept) == 10)
        self.assertEqual([event.data for event in kept], data)
        self.assertIs(kept[0].target, worker)
        self.assertEqual(threads, {self.home})
        subscription.unsubscribe()
        self.assertFalse(subscription.is_active())
        channel.pub("X")
        with self.assertRaises(TypeError):
            channel.subscribe("X")

    def test_overflow(self):
        channel = Thr.Channel()
        latest, two = [], []
        keep = Thr.Overflow.KEEP_LATEST
        first = channel.subscribe(lambda event: latest.append(event.data), keep)
        second = channel.subscribe(lambda event: two.append(event.data), capacity=2)
        for i in range(5):
            channel.pub("X", i)
        run_until(lambda: latest and len(two) == 2)
        self.assertEqual((latest, two), ([4], [3, 4]))
        self.assertEqual((first.get_n_dropped(), second.get_n_dropped()), (4, 3))
        first.unsubscribe()
        second.unsubscribe()

        blocking = channel.subscribe(lambda event: None, Thr.Overflow.BLOCK, 1)
        channel.pub("X")
        with self.assertRaises(Thr.WouldDeadlockError):
            channel.pub("X", timeout=DEADLINE)
        failures = []

        def publish():
            try:
                channel.pub("X", timeout=0.001)
            except Thr.TimedOutError as error:
                failures.append(error)

        # Whoever joins it with a worker's join() hears, and so makes room.
        thread = threading.Thread(target=publish)
        thread.start()
        thread.join(DEADLINE)
        self.assertEqual(len(failures), 1)
        blocking.unsubscribe()

    def test_nothing_is_kept(self):
        channel = Thr.Channel()

        class Data:
            def hear(self, event):
                pass

        data = Data()
        gone = weakref.ref(data)
        subscription = channel.subscribe(data.hear)
        channel.pub("X", data)
        subscription.unsubscribe()
        del data, subscription
        poll_until(lambda: gone() is None)


class Iteration(WorkerCase):
    async def listen(self, channel, publish):
        heard = []
        events = channel.__aiter__()
        self.assertEqual(channel.get_n_subscribers(), 1)
        publish()
        async for event in events:
            if event.name == "END":
                break
            heard.append(event.data)
        return heard

    def run_with(self, run):
        channel = Thr.Channel()
        data = [object() for _ in range(20)]

        def task():
            for each in data:
                channel.pub("X", each)
                Thr.sleep(0)
            channel.pub("END")

        self.assertEqual(run(self.listen(channel, lambda: Thr.create_worker(task))), data)
        # Who breaks out just lets go of it.
        self.assertEqual(channel.get_n_subscribers(), 0)

    def test_asyncio(self):
        self.run_with(asyncio.run)

    def test_asyncio_in_a_thread(self):
        def run(coroutine):
            with Thr.Executor() as executor:
                return executor.submit(asyncio.run, coroutine).result(DEADLINE)

        self.run_with(run)

    def test_asyncio_in_a_worker(self):
        self.run_with(lambda coroutine: Thr.await_(asyncio.run, coroutine))

    def test_main_loop(self):
        def run(coroutine):
            loop = GLib.MainLoop()
            pending = Thr.spawn(coroutine)
            pending.add_done_callback(lambda pending: loop.quit())
            if not pending.done():
                loop.run()
            return pending.result()

        self.run_with(run)

    def test_plain(self):
        channel = Thr.Channel()
        subscribed = Gate()

        async def hear():
            async for event in channel:
                return event.data

        async def both():
            hearing = asyncio.ensure_future(hear())
            while channel.get_n_subscribers() == 0:
                await asyncio.sleep(0)
            subscribed.open()
            return await hearing

        def task():
            subscribed.wait()
            channel.pub("X", [5])

        Thr.create_worker(task)
        self.assertEqual(asyncio.run(both()), [5])


if __name__ == "__main__":
    main()

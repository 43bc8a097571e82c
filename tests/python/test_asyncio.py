#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Awaiting: under asyncio, with and without a main loop of GLib, and without asyncio."""

import asyncio
import gc
import os
import selectors
import socket
import warnings
from threading import get_ident

from common import DEADLINE, Gate, GLib, Gio, TestCase, Thr
from common import main, poll_until, run_until, threading, unittest
from everywhere import Everywhere, Oops, limited, speak

warnings.filterwarnings("ignore", category=DeprecationWarning, module="gbulb")
try:
    import gbulb
except ImportError:
    gbulb = None
try:
    import uvloop
except ImportError:
    uvloop = None


class Plain(Everywhere, TestCase):
    def run_in_loop(self, coroutine):
        return asyncio.run(limited(coroutine))

    def test_one_file_of_both(self):
        """The program's own watch of a file that GLib watches as well stays."""
        ours, theirs = socket.socketpair()
        self.addCleanup(ours.close)
        self.addCleanup(theirs.close)

        async def use():
            loop = asyncio.get_running_loop()
            told = []
            by_loop, by_glib = loop.create_future(), loop.create_future()

            def readable():
                loop.remove_reader(ours)
                told.append("loop")
                by_loop.set_result(None)

            def seen(*args):
                told.append("glib")
                by_glib.set_result(None)
                return False

            loop.add_reader(ours, readable)
            await Thr.thread_manager.do_async(lambda thread: None)
            GLib.io_add_watch(ours.fileno(), GLib.PRIORITY_DEFAULT, GLib.IOCondition.IN, seen)
            await asyncio.sleep(0)
            theirs.send(b"x")
            await asyncio.gather(by_loop, by_glib)
            self.assertEqual(sorted(told), ["glib", "loop"])

        self.run_in_loop(use())

    def test_a_file_that_is_always_ready(self):
        """A poll() can wait for what epoll cannot."""

        async def use():
            await Thr.thread_manager.do_async(lambda thread: None)
            future = asyncio.get_running_loop().create_future()
            with open(__file__, "rb") as file:
                GLib.io_add_watch(
                    file.fileno(),
                    GLib.PRIORITY_DEFAULT,
                    GLib.IOCondition.IN,
                    lambda *args: future.set_result(None) or False,
                )
                await future

        self.run_in_loop(use())

    def test_inside_of_a_main_loop(self):
        """A loop that a callback of a running main loop runs to its end."""
        outcome = []
        loop = GLib.MainLoop()

        async def use():
            values = await asyncio.gather(
                *(Thr.thread_manager.do_async(lambda thread, x: x, (i,)) for i in range(10))
            )
            async for status in Thr.thread_manager.do_async(speak):
                values.append(status)
            return values

        def speak(thread):
            thread.status = "spoke"

        def nested():
            outcome.append(self.run_in_loop(use()))
            # The main loop goes on as before.
            Thr.thread_manager.do_async(lambda thread: 1, on_end=loop.quit)
            return False

        GLib.idle_add(nested)
        loop.run()
        self.assertEqual(outcome, [[*range(10), "spoke"]])

    def test_inside_of_a_job(self):
        async def use():
            threads = [Thr.thread_manager.do_async(lambda t, x: x, (i,)) for i in range(10)]
            return await asyncio.gather(*threads)

        def work(thread):
            for _ in range(3):
                self.assertEqual(self.run_in_loop(use()), list(range(10)))
            return GLib.MainContext.get_thread_default()

        with Thr.ThreadManager() as manager:
            for _ in range(3):
                self.assertIsNone(manager.do_async(work).result(DEADLINE))

    def test_waits_that_block(self):
        """join() inside of a coroutine: all is delivered that comes meanwhile."""

        async def use():
            thread = Thr.thread_manager.do_async(lambda thread: 1)
            self.assertEqual(thread.result(DEADLINE), 1)
            self.assertEqual(await thread, 1)
            self.assertEqual(await Thr.thread_manager.do_async(lambda thread: 2), 2)

        self.run_in_loop(use())

    def test_waits_that_are_given_up(self):
        """Nothing of them is left with what they were for."""

        async def use():
            pending = Thr.Pending()
            for _ in range(10):
                with self.assertRaises(asyncio.TimeoutError):
                    await asyncio.wait_for(wait_for(pending), 0)
                task = asyncio.ensure_future(wait_for(pending))
                await asyncio.sleep(0)
                task.cancel()
                with self.assertRaises(asyncio.CancelledError):
                    await task
            return len(pending._callbacks)

        async def wait_for(pending):
            await pending

        self.assertEqual(asyncio.run(use()), 0)

    def test_two_loops_by_turns(self):
        loops = [asyncio.new_event_loop() for _ in range(2)]

        async def use():
            return await Thr.thread_manager.do_async(lambda thread: 1)

        try:
            for loop in loops * 3:
                self.assertEqual(loop.run_until_complete(limited(use())), 1)
        finally:
            for loop in loops:
                loop.close()

    def test_job_of_another_thread(self):
        """What the main thread made is awaited in another one, while it iterates."""
        gate = Gate()
        thread = Thr.thread_manager.do_async(speak, (gate,))
        outcome = []

        async def use():
            gate.open()
            outcome.append([status async for status in thread])
            outcome.append(await thread)

        elsewhere = threading.Thread(target=lambda: self.run_in_loop(use()))
        elsewhere.start()
        poll_until(lambda: len(outcome) == 2)
        elsewhere.join()
        self.assertEqual(outcome, [["spoke"], "result"])


class Debug(Everywhere, TestCase):
    def run_in_loop(self, coroutine):
        return asyncio.run(limited(coroutine), debug=True)


class OtherThread(Everywhere, TestCase):
    """A thread that is not the main one, which waits without iterating anything."""

    def run_in_loop(self, coroutine):
        failures = []

        def run():
            try:
                asyncio.run(limited(coroutine))
            except BaseException as error:
                failures.append(error)

        self.ask(run)
        if failures:
            raise failures.pop()

    def ask(self, function):
        if not hasattr(self, "thread"):
            self.todo, self.done = Gate(), Gate()
            self.function = None
            self.thread = threading.Thread(target=self.serve)
            self.thread.start()
            self.addCleanup(self.thread.join)
            self.addCleanup(self.ask, None)
        self.function = function
        self.done.clear()
        self.todo.open()
        self.done.wait(2 * DEADLINE)

    def serve(self):
        function = self.serve
        while function is not None:
            self.todo.wait(2 * DEADLINE)
            self.todo.clear()
            function = self.function
            if function is not None:
                function()
            self.function = None
            self.done.open()


class GLibSelector(selectors.SelectSelector):
    """The other way round: a selector that iterates the main context."""

    def select(self, timeout=None):
        sources = []
        for key in self.get_map().values():
            condition = GLib.IOCondition.IN if key.events & selectors.EVENT_READ else 0
            condition |= GLib.IOCondition.OUT if key.events & selectors.EVENT_WRITE else 0
            sources.append(GLib.io_add_watch(key.fd, 0, GLib.IOCondition(condition), self.nothing))
        if timeout is not None and timeout > 0:
            sources.append(GLib.timeout_add(int(timeout * 1000 + 0.999), self.nothing))
        # That a source was added wakes it up, too.
        may_wait = timeout is None or timeout > 0
        while not GLib.MainContext.default().iteration(may_wait) and may_wait:
            pass
        for source in sources:
            GLib.source_remove(source)
        return super().select(0)

    def nothing(self, *args):
        return True


class StandIn(Everywhere, TestCase):
    """A loop on top of GLib, as PyGObject's own is."""

    def run_in_loop(self, coroutine):
        loop = asyncio.SelectorEventLoop(GLibSelector())
        try:
            loop.run_until_complete(limited(coroutine))
            tasks = asyncio.all_tasks(loop)
            for task in tasks:
                task.cancel()
            if tasks:
                loop.run_until_complete(asyncio.gather(*tasks, return_exceptions=True))
            self.assertIsInstance(loop._selector, GLibSelector)
        finally:
            loop.close()


@unittest.skipIf(uvloop is None, "uvloop is not installed")
class Uvloop(Everywhere, TestCase):
    has_own_thread_sources = False

    def run_in_loop(self, coroutine):
        policy = asyncio.get_event_loop_policy()
        asyncio.set_event_loop_policy(uvloop.EventLoopPolicy())
        try:
            return asyncio.run(limited(coroutine))
        finally:
            asyncio.set_event_loop_policy(policy)


class WithoutAsyncio(TestCase):
    def spawn(self, coroutine):
        pending = Thr.spawn(coroutine)
        run_until(pending.done)
        return pending.result()

    def test_spawn(self):
        def fail(thread):
            raise Oops

        async def use():
            self.assertEqual(await Thr.thread_manager.do_async(lambda thread: 1), 1)
            with self.assertRaises(Oops):
                await Thr.thread_manager.do_async(fail)
            manager = Thr.ThreadManager()
            threads = [manager.do_async(lambda thread, x: x, (i,)) for i in range(10)]
            self.assertTrue(await manager.wait_idle_async())
            self.assertEqual([await thread for thread in threads], list(range(10)))
            gate = Gate()
            gate.open()
            seen = [status async for status in Thr.thread_manager.do_async(speak, (gate,))]
            self.assertEqual(seen, ["spoke"])
            async with Thr.ThreadManager() as manager:
                thread = manager.do_async(lambda thread: 1)
            self.assertEqual(thread.execution_state, "CLOSED")
            self.assertEqual(get_ident(), self.home)
            return await Thr.spawn(nested())

        async def nested():
            contents, etag = await Thr.Thimble(Gio.File.new_for_path(__file__)).load_contents()
            return len(contents)

        self.assertEqual(self.spawn(use()), os.path.getsize(__file__))

    def test_in_a_main_loop(self):
        loop = GLib.MainLoop()

        async def use():
            try:
                return await Thr.thread_manager.do_async(lambda thread: 5)
            finally:
                loop.quit()

        pending = Thr.spawn(use())
        self.assertFalse(pending.done())
        loop.run()
        self.assertEqual(pending.result(), 5)

    def test_cancel(self):
        gate = Gate()
        threads = []

        def work(thread):
            gate.wait()
            thread.cancellable.set_error_if_cancelled()

        async def use():
            threads.append(Thr.thread_manager.do_async(work))
            await threads[0]

        pending = Thr.spawn(use())
        pending.cancel()
        self.assertTrue(threads[0].cancellable.is_cancelled())
        gate.open()
        run_until(pending.done)
        with self.assertRaises(GLib.Error) as caught:
            pending.result()
        self.assertEqual(caught.exception.code, Gio.IOErrorEnum.CANCELLED)

    def test_what_is_not_ours(self):
        class Foreign:
            def __await__(self):
                yield self

        async def use():
            await Foreign()

        with self.assertRaisesRegex(TypeError, "Foreign object.*asyncio"):
            self.spawn(use())

        async def insist():
            try:
                await Foreign()
            finally:
                await Foreign()

        async def begin():
            await Thr.thread_manager.do_async(lambda thread: 1)
            await insist()

        # It refuses to be closed: still it is told, and who waits for it.
        for coroutine in insist(), begin():
            with self.assertRaisesRegex(TypeError, "Foreign object.*asyncio"):
                self.spawn(coroutine)

    def test_what_nobody_looks_at_is_reported(self):
        async def use():
            raise Oops("unseen")

        self.expected_unhandled = 1
        pending = Thr.spawn(use())
        self.assertTrue(pending.done())
        del pending
        gc.collect()
        self.assertIs(self.unhandled[0].exc_type, Oops)

        pending = Thr.spawn(use())
        self.assertIsInstance(pending.then(None, lambda failure: failure).result(), Oops)
        del pending
        gc.collect()

    def test_callbacks_may_fail(self):
        told = []
        pending = Thr.Pending()
        pending.add_done_callback(lambda pending: 1 // 0)
        pending.add_done_callback(told.append)
        pending.resolve(1)
        self.assertEqual(told, [pending])
        self.expected_unhandled = 1

    def test_too_soon(self):
        with self.assertRaisesRegex(RuntimeError, "not settled"):
            Thr.Pending().result()


@unittest.skipIf(gbulb is None, "gbulb is not installed")
class Gbulb(Everywhere, TestCase):
    """A loop that runs a main loop of GLib."""

    def setUp(self):
        super().setUp()
        policy = asyncio.get_event_loop_policy()
        self.addCleanup(asyncio.set_event_loop_policy, policy)
        # It warns of what Python deprecates, some of it at each use.
        catch = warnings.catch_warnings()
        catch.__enter__()
        self.addCleanup(catch.__exit__, None, None, None)
        warnings.simplefilter("ignore")
        gbulb.install()

    def run_in_loop(self, coroutine):
        return asyncio.run(limited(coroutine))


if __name__ == "__main__":
    main()

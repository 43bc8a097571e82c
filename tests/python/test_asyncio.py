#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Awaiting: under asyncio, with and without a main loop of GLib, and without asyncio."""

import asyncio
import gc
import os
import resource
import selectors
import socket
import warnings
import weakref
from threading import get_ident

from common import DEADLINE, Gate, GLib, Gio, TestCase, Thr
from common import main, poll_until, run_until, threading, time, unittest

warnings.filterwarnings("ignore", category=DeprecationWarning, module="gbulb")
try:
    import gbulb
except ImportError:
    gbulb = None
try:
    import uvloop
except ImportError:
    uvloop = None


def limited(coroutine):
    return asyncio.wait_for(coroutine, DEADLINE)


def count_fds():
    gc.collect()
    return len(os.listdir("/proc/self/fd"))


class Oops(Exception):
    pass


class Everywhere:
    """What holds under every loop; run(coroutine) runs one to its end in a new one."""

    has_own_thread_sources = True

    def test_result(self):
        async def use():
            here = get_ident()
            thread = Thr.thread_manager.do_async(lambda thread, x: (x, get_ident()), (7,))
            value, there = await thread
            self.assertEqual(value, 7)
            self.assertNotEqual(there, here)
            self.assertEqual(get_ident(), here)
            self.assertEqual(await thread, (7, there))
            self.assertEqual(await thread.wait_async(), (7, there))

        self.run_in_loop(use())

    def test_failure(self):
        failure = Oops("no")

        def fail(thread):
            raise failure

        async def use():
            thread = Thr.thread_manager.do_async(fail)
            for wait in lambda: thread, thread.wait_async:
                try:
                    await wait()
                except Oops as error:
                    self.assertIs(error, failure)
                else:
                    self.fail("it did not fail")
                frames = []
                traceback = failure.__traceback__
                while traceback is not None:
                    frames.append(traceback.tb_frame.f_code.co_name)
                    traceback = traceback.tb_next
                self.assertEqual(frames[-1], "fail", frames)

        self.run_in_loop(use())

    def test_gather(self):
        async def use():
            threads = [Thr.thread_manager.do_async(lambda thread, x: x, (i,)) for i in range(1000)]
            self.assertEqual(await asyncio.gather(*threads), list(range(1000)))

        self.run_in_loop(use())

    def test_callbacks_that_nobody_awaits(self):
        async def use():
            loop = asyncio.get_running_loop()
            here = get_ident()
            told = []
            ended = loop.create_future()
            Thr.thread_manager.do_async(
                lambda thread: 3,
                on_success=lambda value: told.append((value, get_ident())),
                on_end=lambda: ended.set_result(None),
            )
            await ended
            self.assertEqual(told, [(3, here)])

        self.run_in_loop(use())

    def test_cancelling_the_task_cancels_the_job(self):
        began, cancelled = Gate(), Gate()

        def work(thread):
            began.open()
            deadline = time.monotonic() + DEADLINE
            while not thread.cancellable.is_cancelled() and time.monotonic() < deadline:
                time.sleep(0.001)
            cancelled.open()
            thread.cancellable.set_error_if_cancelled()

        async def use():
            thread = Thr.thread_manager.do_async(work)

            async def wait():
                await thread

            task = asyncio.ensure_future(wait())
            await asyncio.get_running_loop().run_in_executor(None, began.wait)
            self.assertFalse(thread.cancellable.is_cancelled())
            task.cancel()
            with self.assertRaises(asyncio.CancelledError):
                await task
            await asyncio.get_running_loop().run_in_executor(None, cancelled.wait)
            with self.assertRaises(GLib.Error) as caught:
                await thread
            self.assertTrue(
                caught.exception.matches(Gio.io_error_quark(), Gio.IOErrorEnum.CANCELLED)
            )

        self.run_in_loop(use())

    def test_time_out(self):
        gate = Gate()

        async def use():
            thread = Thr.thread_manager.do_async(lambda thread: gate.wait())
            with self.assertRaises(asyncio.TimeoutError):
                await asyncio.wait_for(thread, 0.01)
            self.assertTrue(thread.cancellable.is_cancelled())
            gate.open()
            kept = Thr.thread_manager.do_async(lambda thread: gate.wait())
            with self.assertRaises(asyncio.TimeoutError):
                closed.clear()
                waiting = Thr.thread_manager.do_async(lambda thread: closed.wait())
                await asyncio.wait_for(asyncio.shield(waiting), 0.01)
            self.assertFalse(waiting.cancellable.is_cancelled())
            closed.open()
            self.assertEqual((await waiting, await kept), (True, True))

        closed = Gate()
        self.run_in_loop(use())

    @unittest.skipUnless(hasattr(asyncio, "TaskGroup"), "from Python 3.11 on")
    def test_task_group(self):
        gate = Gate()

        def fail(thread):
            raise Oops

        async def wait(thread):
            return await thread

        async def use():
            waiting = Thr.thread_manager.do_async(lambda thread: gate.wait())
            failures = []
            try:
                async with asyncio.TaskGroup() as group:
                    group.create_task(wait(waiting))
                    group.create_task(wait(Thr.thread_manager.do_async(fail)))
            except BaseExceptionGroup as error:  # noqa: F821
                failures.extend(error.exceptions)
            self.assertEqual([type(failure) for failure in failures], [Oops])
            self.assertTrue(waiting.cancellable.is_cancelled())
            gate.open()

        self.run_in_loop(use())

    @unittest.skipUnless(hasattr(asyncio, "timeout"), "from Python 3.11 on")
    def test_block_with_a_time_out(self):
        async def use():
            closed = Gate()
            late = Thr.thread_manager.do_async(lambda thread: closed.wait())
            with self.assertRaises(TimeoutError):
                async with asyncio.timeout(0.01):
                    await late
            self.assertTrue(late.cancellable.is_cancelled())
            closed.open()

        self.run_in_loop(use())

    def test_statuses(self):
        heard = threading.Semaphore(0)

        def work(thread):
            for status in 1, "two", [3], None:
                thread.status = status
                self.assertTrue(heard.acquire(timeout=DEADLINE))
            for status in range(100):
                thread.status = status
            thread.status = "last"
            return "result"

        async def use():
            for use_method in False, True:
                seen = []
                thread = Thr.thread_manager.do_async(work)
                async for status in thread.statuses() if use_method else thread:
                    seen.append(status)
                    heard.release()
                self.assertEqual(seen[:4], [1, "two", [3], None])
                self.assertEqual(seen[-1], "last")
                self.assertEqual(thread.execution_state, "CLOSED")
                self.assertEqual(await thread, "result")
                # Now there is only the last one left.
                self.assertEqual([status async for status in thread], ["last"])
                while heard.acquire(blocking=False):
                    pass

        self.run_in_loop(use())

    def test_statuses_of_none_and_of_failed(self):
        def fail(thread):
            raise Oops

        async def use():
            silent = Thr.thread_manager.do_async(lambda thread: None)
            self.assertEqual([status async for status in silent], [])
            failed = Thr.thread_manager.do_async(fail)
            self.assertEqual([status async for status in failed], [])
            with self.assertRaises(Oops):
                await failed

        self.run_in_loop(use())

    def test_break_out_of_statuses(self):
        gate = Gate()

        def work(thread):
            thread.status = 1
            gate.wait()

        async def use():
            thread = Thr.thread_manager.do_async(work)
            async for status in thread:
                self.assertEqual(status, 1)
                break
            gate.open()
            await thread

        self.run_in_loop(use())

    def test_manager(self):
        async def use():
            done = []
            async with Thr.ThreadManager(thread_limit=2) as manager:
                for i in range(5):
                    manager.do_async(lambda thread, i: done.append(i), (i,))
                self.assertTrue(await manager.wait_idle_async())
                self.assertEqual(sorted(done), list(range(5)))
                last = manager.do_async(lambda thread: "drained")
            self.assertEqual(last.execution_state, "CLOSED")
            self.assertEqual(last.result(), "drained")

            with self.assertRaises(Oops):
                async with Thr.ThreadManager() as manager:
                    began = Gate()
                    endless = manager.do_async(spin, (began,))
                    await asyncio.get_running_loop().run_in_executor(None, began.wait)
                    raise Oops
            with self.assertRaises(Thr.HaltedError):
                await endless

            manager = Thr.ThreadManager()
            thread = manager.do_async(lambda thread: 5)
            await manager.shutdown_async(Thr.ShutdownMode.DRAIN, 60)
            self.assertEqual(thread.result(), 5)
            with self.assertRaises(Thr.StoppedError):
                await manager.do_async(lambda thread: 6)

        def spin(thread, began):
            began.open()
            while True:
                pass

        self.run_in_loop(use())

    def test_to_cancel_a_wait_leaves_the_job(self):
        gate = Gate()

        async def use():
            manager = Thr.ThreadManager()
            thread = manager.do_async(lambda thread: gate.wait())
            for begin in thread.wait_async, manager.wait_idle_async:
                with self.assertRaises(asyncio.TimeoutError):
                    await asyncio.wait_for(begin(), 0.01)
            self.assertFalse(thread.cancellable.is_cancelled())
            with self.assertRaises(Thr.TimedOutError):
                await manager.shutdown_async(Thr.ShutdownMode.DRAIN, 0.01)
            gate.open()
            self.assertTrue(await thread)

        self.run_in_loop(use())

    def test_then(self):
        def fail(thread):
            raise Oops("why")

        async def use():
            thread = Thr.thread_manager.do_async(lambda thread: 20)
            self.assertEqual(await thread.wait_async().then(lambda value: value + 1), 21)
            thread = Thr.thread_manager.do_async(fail)
            self.assertEqual(await thread.wait_async().then(None, str), "why")
            with self.assertRaises(ZeroDivisionError):
                await thread.wait_async().then(None, lambda failure: 1 / 0)
            with self.assertRaises(Oops):
                await thread.wait_async().then(lambda value: 5)

        self.run_in_loop(use())

    def test_several_wait_for_one(self):
        gate = Gate()

        async def use():
            pending = Thr.thread_manager.do_async(lambda thread: gate.wait()).wait_async()

            async def wait():
                return await pending

            tasks = [asyncio.ensure_future(wait()) for _ in range(5)]
            await asyncio.sleep(0)
            gate.open()
            self.assertEqual(await asyncio.gather(*tasks), [True] * 5)

        self.run_in_loop(use())

    def test_sources_of_glib(self):
        """Sources of the context: before, and while the loop waits; by any thread."""

        async def use():
            await Thr.thread_manager.do_async(lambda thread: None)
            loop = asyncio.get_running_loop()
            context = GLib.MainContext.get_thread_default()

            def attach(source, future):
                source.set_callback(lambda *args: future.set_result(None) or False)
                source.attach(context)

            makers = [lambda: GLib.Timeout(5), lambda: GLib.Idle()]
            for make in makers:
                future = loop.create_future()
                elsewhere = threading.Thread(target=attach, args=(make(), future))
                loop.call_later(0.01, elsewhere.start)
                await future
                elsewhere.join()
                if self.has_own_thread_sources:
                    future = loop.create_future()
                    loop.call_later(0.01, attach, make(), future)
                    await future
                    attach(make(), future := loop.create_future())
                    await future

        self.run_in_loop(use())

    def test_asynchronous_functions_of_gio(self):
        async def use():
            await Thr.thread_manager.do_async(lambda thread: None)
            future = asyncio.get_running_loop().create_future()
            Gio.File.new_for_path(__file__).load_contents_async(
                None, lambda file, result: future.set_result(file.load_contents_finish(result))
            )
            self.assertIn(b"Awaiting", (await future)[1])

        self.run_in_loop(use())

    def test_two_loops_in_a_row(self):
        gate = Gate()
        threads = []

        async def first():
            threads.append(Thr.thread_manager.do_async(lambda thread: gate.wait()))
            self.assertEqual(await Thr.thread_manager.do_async(lambda thread: 1), 1)

        async def second():
            gate.open()
            self.assertTrue(await threads[0])

        self.run_in_loop(first())
        self.run_in_loop(second())

    def test_closed_while_jobs_are_under_way(self):
        gate = Gate()
        threads = []

        async def use():
            manager = Thr.ThreadManager(thread_limit=3)
            barrier = threading.Barrier(4)
            for _ in range(3):
                threads.append(manager.do_async(hold, (barrier, gate)))
                asyncio.ensure_future(wait(threads[-1]))
            await asyncio.get_running_loop().run_in_executor(None, barrier.wait, DEADLINE)

        async def wait(thread):
            await thread

        async def after():
            gate.open()
            for thread in threads:
                # That it was to be cancelled, the function did not want to know.
                self.assertTrue(thread.cancellable.is_cancelled())
                self.assertTrue(await thread)

        self.run_in_loop(use())  # which cancels the tasks
        self.run_in_loop(after())

    def test_idle_is_idle(self):
        async def use():
            await Thr.thread_manager.do_async(lambda thread: None)
            await asyncio.sleep(0.05)
            before = resource.getrusage(resource.RUSAGE_THREAD).ru_nvcsw
            cpu = time.thread_time()
            await asyncio.sleep(0.5)
            waits = resource.getrusage(resource.RUSAGE_THREAD).ru_nvcsw - before
            self.assertLess(waits, 20)
            self.assertLess(time.thread_time() - cpu, 0.1)

        self.run_in_loop(use())

    def test_files(self):
        async def use():
            await Thr.thread_manager.do_async(lambda thread: None)
            await Thr.Thimble(Gio.File.new_for_path(__file__)).load_contents()

        self.run_in_loop(use())
        before = count_fds()
        for _ in range(10):
            self.run_in_loop(use())
        # Threads of the pool come and go meanwhile.
        self.assertLess(count_fds(), before + 5)

    def test_nothing_leaks(self):
        class Thing:
            pass

        def fail(thread, thing):
            raise Oops(thing)

        seen = []

        async def use():
            manager = Thr.ThreadManager()
            for function in (lambda thread, thing: thing), fail:
                thing = Thing()
                seen.append(weakref.ref(thing))
                thread = manager.do_async(function, (thing,))
                seen.append(weakref.ref(thread))
                try:
                    await thread
                except Oops:
                    pass
                del thread, thing
            await manager.wait_idle_async()

        self.run_in_loop(use())
        gc.collect()
        self.assertEqual([ref() for ref in seen], [None] * 4)


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


def hold(thread, barrier, gate):
    barrier.wait(DEADLINE)
    return gate.wait()


def speak(thread, gate):
    gate.wait()
    thread.status = "spoke"
    return "result"


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

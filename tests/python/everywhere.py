# SPDX-License-Identifier: LGPL-2.1-or-later
"""Awaiting, as it is under every loop of asyncio: test_asyncio.py has the loops."""

import asyncio
import gc
import os
import resource
import weakref
from threading import get_ident

from common import DEADLINE, Gate, GLib, Gio, Thr
from common import threading, time, unittest


def limited(coroutine):
    return asyncio.wait_for(coroutine, DEADLINE)


def count_fds():
    gc.collect()
    return len(os.listdir("/proc/self/fd"))


class Oops(Exception):
    pass


def hold(thread, barrier, gate):
    barrier.wait(DEADLINE)
    return gate.wait()


def speak(thread, gate):
    gate.wait()
    thread.status = "spoke"
    return "result"


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

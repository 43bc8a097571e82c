#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Nothing is left of jobs, however they ended."""

import ctypes
import gc
import os

from common import GLib, Gate, TestCase, Thr, main, poll_until, run_until, sys, threading, time

SOON = 60  # seconds, for a machine that is busy
N_JOBS = 10_000 if os.environ.get("THR_TEST_QUICK") else 100_000
ROUND = N_JOBS // 10
# In bytes: for each function that C is given, GObject introspection 1.74 loses the
# list of the types of its arguments.
LEAK_OF_GI = 64
SPREAD = 32 * 1024  # by which the heap differs from one round to the next


def used_memory():
    """The bytes that malloc has given out, or None where it does not tell."""

    class Info(ctypes.Structure):
        _fields_ = [(name, ctypes.c_size_t) for name in (
            "arena", "ordblks", "smblks", "hblks", "hblkhd", "usmblks", "fsmblks", "uordblks",
            "fordblks", "keepcost",
        )]

    try:
        mallinfo2 = ctypes.CDLL(None).mallinfo2
    except AttributeError:
        return None
    mallinfo2.restype = Info
    info = mallinfo2()
    return info.uordblks + info.hblkhd


def count_fds():
    try:
        return len(os.listdir("/proc/self/fd"))
    except OSError:
        return 0


class Leaks(TestCase):
    def settle(self):
        Thr.thread_manager.wait_idle(SOON)
        while GLib.MainContext.default().iteration(False):
            pass
        gc.collect()

    def soak(self, n_jobs):
        """Jobs that succeed, fail, are cancelled and halted, in turn."""
        ended = []

        def succeed(thread, number):
            thread.status = [number]
            return {"number": number}

        def fail(thread, number):
            raise ValueError(number)

        def spin(thread, number):
            while True:
                thread.checkpoint()

        begun = 0
        while begun < n_jobs:
            jobs = []
            for number in range(begun, begun + 100):
                kind = number % 20
                function = fail if kind == 3 else spin if kind == 7 else succeed
                jobs.append(
                    Thr.thread_manager.do_async(
                        function,
                        [number],
                        on_success=ended.append,
                        on_fail=ended.append,
                        on_end=lambda: None,
                    )
                )
                if kind in (5, 7):
                    jobs[-1].halt()
                elif kind == 11:
                    jobs[-1].cancel()
                elif kind == 13:
                    jobs[-1].as_future()
            begun += 100
            run_until(lambda: len(ended) == 100)
            ended.clear()

    def test_soak(self):
        self.soak(ROUND)
        figures = []
        for _ in range(9):
            self.soak(ROUND)
            self.settle()
            figures.append(
                (
                    used_memory(),
                    sys.getallocatedblocks(),
                    len(gc.get_objects()),
                    threading.active_count(),
                    count_fds(),
                )
            )
        memory, blocks, objects, threads, fds = zip(*figures)
        # What is taken in the middle is there to be used again at the end.
        self.assertLess(max(objects[5:]) - max(objects[:3]), 200, objects)
        self.assertLessEqual(fds[-1], fds[0], fds)
        self.assertLessEqual(threads[-1], threads[0] + 2, threads)
        # What Python keeps to use again grows for the first thousands of jobs.
        allowed = max(ROUND // 20, 400)
        self.assertLess(min(blocks[6:]) - min(blocks[:3]), allowed, blocks)
        if memory[0] is not None:
            growth = min(memory[6:]) - min(memory[:3])
            self.assertLess(growth, LEAK_OF_GI * 6 * ROUND + SPREAD, memory)

    def test_threads_that_come_and_go(self):
        from gi.overrides._thr import thread_states

        idents = set()

        def work(thread):
            idents.add(threading.get_ident())
            threading.current_thread()
            local.value = Local()
            return local

        class Local:
            n_alive = 0

            def __init__(self):
                Local.n_alive += 1

            def __del__(self):
                Local.n_alive -= 1

        local = threading.local()
        for _ in range(3):
            gate = Gate()
            manager = Thr.ThreadManager(thread_limit=30)
            held = [
                manager.do_async(lambda thread: work(thread) and gate.wait()) for _ in range(30)
            ]
            poll_until(lambda: manager.n_running == 30)
            gate.open()
            for thread in held:
                thread.join(SOON)
            del thread, held
        self.assertGreaterEqual(len(idents), 30)
        # They linger for a while, and take with them what Python had of them.
        began = time.monotonic()
        poll_until(lambda: Local.n_alive <= 3 or time.monotonic() - began > 40)
        self.assertLessEqual(Local.n_alive, 3)
        self.assertLessEqual(len(thread_states.kept), 5)
        self.assertLessEqual(len(threading._active), 8)


if __name__ == "__main__":
    main()

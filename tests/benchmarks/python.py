#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later

"""The microseconds that a job takes in Python, one way in a process: python.c
compares them.

Usage: python.py thr|executor|gtask N_JOBS
"""

import sys
import time
from concurrent.futures import ThreadPoolExecutor

import gi

from gi.repository import Gio, GLib

N_THREADS = 2
DEADLINE = 60  # seconds


def thr(done):
    gi.require_version("Thr", "1.0")
    from gi.repository import Thr

    manager = Thr.ThreadManager(thread_limit=N_THREADS)

    def work(thread):
        return 1

    def success(result):
        done()

    def submit():
        manager.do_async(work, on_success=success)

    return submit


def executor(done):
    executor = ThreadPoolExecutor(N_THREADS)

    def success(result):
        done()
        return GLib.SOURCE_REMOVE

    def work():
        GLib.idle_add(success, 1)

    def submit():
        executor.submit(work)

    return submit


def gtask(done):
    def work(task, source, data, cancellable):
        task.return_int(1)

    def success(source, task, *data):
        task.propagate_int()
        done()

    def submit():
        Gio.Task.new(None, None, success).run_in_thread(work)

    return submit


def main():
    make = {"thr": thr, "executor": executor, "gtask": gtask}[sys.argv[1]]
    n_jobs = int(sys.argv[2])
    loop = GLib.MainLoop()
    left = n_jobs
    begun = 0

    def done():
        nonlocal left

        left -= 1
        if left == 0:
            loop.quit()

    submit = make(done)

    def begin():
        nonlocal begun

        begun = time.monotonic()
        for _ in range(n_jobs):
            submit()
        return GLib.SOURCE_REMOVE

    GLib.idle_add(begin)
    GLib.timeout_add_seconds(DEADLINE, loop.quit)
    loop.run()
    if left > 0:
        sys.exit(f"{left} of {n_jobs} jobs did not end")
    print((time.monotonic() - begun) / n_jobs * 1e6)


main()

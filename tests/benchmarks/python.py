#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later

"""The microseconds that something takes in Python, one way in a process: python.c
compares them.

Usage: python.py WAY N_TIMES
"""

import asyncio
import queue
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import gi

from gi.repository import Gio, GLib

N_THREADS = 2
DEADLINE = 60  # seconds


def library():
    gi.require_version("Thr", "1.0")
    from gi.repository import Thr

    return Thr


# ---- a burst of jobs, each with a callback in the main loop ----


def thr(done):
    manager = library().ThreadManager(thread_limit=N_THREADS)

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


def burst(make, n_jobs):
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
    return time.monotonic() - begun


# ---- awaiting under asyncio ----


def work():
    return 1


def thr_await():
    manager = library().ThreadManager(thread_limit=N_THREADS)
    return lambda: manager.do_async(work, give_thread=False)


def to_thread():
    # The executor that this takes by default has a few threads more.
    asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor(N_THREADS))
    return lambda: asyncio.to_thread(work)


async def awaiting(make, n_tasks, n_times):
    begin = make()

    async def task():
        for _ in range(n_times // n_tasks):
            await begin()

    begun = time.monotonic()
    await asyncio.wait_for(asyncio.gather(*(task() for _ in range(n_tasks))), DEADLINE)
    return time.monotonic() - begun


# ---- events, one way, to a thread with listeners ----


def thr_worker(heard):
    worker = library().Worker().start()
    worker.listen(lambda event: heard(event.data), "X")
    return lambda number: worker.fire("X", number), lambda: worker.stop().join()


def event_queue(heard):
    """A worker with an event loop of its own, as it is written in Python: an event has a
    name, and each of its listeners is called."""
    events = queue.Queue()
    listeners = {"X": [lambda event: heard(event[1])]}

    def run():
        while True:
            event = events.get()
            if event is None:
                return
            for listener in listeners.get(event[0], ()):
                listener(event)

    thread = threading.Thread(target=run)
    thread.start()

    def stop():
        events.put(None)
        thread.join()

    return lambda number: events.put(("X", number)), stop


def messages(make, n_events):
    over = threading.Event()

    def heard(number):
        if number == n_events:
            over.set()

    fire, stop = make(heard)
    begun = time.monotonic()
    for number in range(1, n_events + 1):
        fire(number)
    if not over.wait(DEADLINE):
        sys.exit(f"not all of {n_events} events were heard")
    took = time.monotonic() - begun
    stop()
    return took


def main():
    way, n_times = sys.argv[1], int(sys.argv[2])
    if way in BURSTS:
        took = burst(BURSTS[way], n_times)
    elif way in MESSAGES:
        took = messages(MESSAGES[way], n_times)
    else:
        way, _, n_tasks = way.partition("/")
        took = asyncio.run(awaiting(AWAITS[way], int(n_tasks), n_times))
    print(took / n_times * 1e6)


BURSTS = {"thr": thr, "executor": executor, "gtask": gtask}
AWAITS = {"await": thr_await, "to_thread": to_thread}
MESSAGES = {"worker": thr_worker, "queue": event_queue}
main()

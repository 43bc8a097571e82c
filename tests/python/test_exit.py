#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The interpreter exits in any state: in time, with its status, and quietly."""

import os
import re
import signal
import subprocess
import tempfile

from common import TestCase, main, sys, time

DEADLINE = 60  # seconds
# How often in each state; where it takes seconds, less.
N_TIMES, N_SLOW = (30, 30) if os.environ.get("THR_TEST_LONG") else (3, 1)
N_INTERRUPTED = 10 if os.environ.get("THR_TEST_LONG") else 1

BEGINNING = """
import os, sys, threading, time, warnings
warnings.filterwarnings("ignore", "DynamicImporter", ImportWarning)  # PyGObject's own
import gi
gi.require_version("Thr", "1.0")
from gi.repository import GLib, Thr
manager = Thr.thread_manager
running = threading.Event()
def spin(thread):
    running.set()
    while True:
        pass
def sleep(thread):
    running.set()
    time.sleep(60)
def begin(function, *args):
    thread = manager.do_async(function, args)
    running.wait()
    return thread
"""

# What is done before the end, and whether it ends at once (else the two seconds
# that what is halted has are used up).
STATES = {
    "nothing": ("", True),
    "finished": ("manager.do_async(lambda thread: [1]).result()", True),
    "finished, not delivered": ("t = manager.do_async(lambda t: 1)\ntime.sleep(0.01)", True),
    "failed, in a global": (
        "t = manager.do_async(lambda t: 1 / 0)\ntry: t.join()\nexcept ZeroDivisionError: pass",
        True,
    ),
    "failed, and nobody looks": ("t = manager.do_async(lambda t: 1 / 0)\ntime.sleep(0.01)", True),
    "just begun": ("manager.do_async(spin)", True),
    "running": ("t = begin(spin)", True),
    "running, with callbacks": (
        "manager.do_async(spin, on_fail=lambda e: e, on_end=lambda: 0)\nrunning.wait()",
        True,
    ),
    "queued": (
        "manager.thread_limit = 1\nfor i in range(100): manager.do_async(spin)\nrunning.wait()",
        True,
    ),
    "many": ("for i in range(1000): manager.do_async(lambda t: sum(range(100)))", True),
    "in a sleep": ("begin(sleep)", False),
    "in a loop of C": ("begin(lambda t: running.set() or sum(range(10**8)))", False),
    "swallows it": (
        "def work(t):\n"
        " running.set()\n"
        " while True:\n"
        "  try:\n"
        "   while True: time.monotonic()\n"
        "  except BaseException: pass\n"
        "begin(work)",
        False,
    ),
    "own manager": ("m = Thr.ThreadManager(thread_limit=1)\nt = m.do_async(spin)", True),
    "main loop": (
        "loop = GLib.MainLoop()\n"
        "begin(spin)\n"
        "GLib.timeout_add(10, loop.quit)\n"
        "loop.run()",
        True,
    ),
    "inside the main loop": (
        "begin(spin)\nGLib.timeout_add(10, sys.exit)\nGLib.MainLoop().run()", True,
    ),
    "sys.exit in a job": (
        "t = manager.do_async(lambda t: sys.exit(5))\n"
        "try: t.join()\nexcept SystemExit: pass",
        True,
    ),
    "threads of Python": (
        "threading.Thread(target=time.sleep, args=(60,), daemon=True).start()\n"
        "Thr.TracedThread(target=time.sleep, args=(60,), daemon=True).start()\n"
        "begin(spin)",
        True,
    ),
    "sliced and manual": (
        "t = manager.do_manual()\ndef steps(t):\n while True: yield\nmanager.do_sliced(steps)",
        True,
    ),
    "future": ("begin(spin).as_future()\nThr.Executor().submit(time.sleep, 0)", True),
    "stopped": ("begin(spin)\nmanager.stop()", True),
    "drained": (
        "Thr.set_exit(Thr.ShutdownMode.DRAIN)\n"
        "manager.do_async(lambda t: time.sleep(0.2) or os.write(1, b'drained'))",
        True,
    ),
    "drained in vain": (
        "Thr.set_exit(Thr.ShutdownMode.DRAIN, 0.2)\nbegin(sleep)", True,
    ),
    "fork": (
        "t = begin(spin)\n"
        "if os.fork() == 0: sys.exit(0)\n"
        "assert os.wait()[1] == 0",
        True,
    ),
    "fork, jobs only in the child": (
        "pid = os.fork()\n"
        "if pid == 0:\n"
        " assert manager.do_async(lambda t: 7).result() == 7\n"
        " begin(spin)\n"
        " sys.exit(5)\n"
        "assert os.waitpid(pid, 0)[1] == 5 << 8",
        True,
    ),
    # The threads stay behind: what the child is refused it is told.
    "fork, jobs in the child, too": (
        "begin(spin).halt()\n"
        "pid = os.fork()\n"
        "if pid == 0:\n"
        " try: manager.do_async(lambda t: 7).result(10)\n"
        " except Thr.Error as e: assert e.matches(Thr.Error.INVALID_STATE), e\n"
        " sys.exit(5)\n"
        "assert os.waitpid(pid, 0)[1] == 5 << 8",
        True,
    ),
    "workers that wait": (
        "workers = [Thr.create_worker(Thr.wait_forever) for i in range(20)]\n"
        "Thr.create_worker(Thr.wait_event, 'X')\n"
        "begin(spin)",
        True,
    ),
    "defers that are pending": (
        "defer = Thr.Defer()\n"
        "resolver = defer.dup_resolver()\n"
        "for i in range(20): Thr.create_worker(defer.get)\n"
        "begin(lambda t: running.set() or defer.get())",
        False,
    ),
}


# What is under way is waited for by the main thread.
INTERRUPTING = """
import atexit, signal
def interrupt():
    global sent
    time.sleep(0.05)
    sent = time.monotonic()
    os.kill(os.getpid(), signal.SIGINT)
def say():
    print("took", time.monotonic() - sent, file=sys.stderr)
excepthook = sys.excepthook
sys.excepthook = lambda *args: (excepthook(*args), say())
other = Thr.ThreadManager()
t = begin(lambda t: running.set() or t.checkpoint() or time.sleep(0.5))
t = begin(spin)
threading.Thread(target=interrupt).start()
"""
INTERRUPTED = {
    "join": "t.join()",
    "join, with a time-out": "t.join(50)",
    "result": "t.result()",
    "exception": "t.exception()",
    "exception of a future": "t.as_future().exception()",
    "result of a future": "t.as_future().result(50)",
    "wait_idle": "manager.wait_idle()",
    "wait_idle, with a time-out": "manager.wait_idle(50)",
    "with a manager": "with manager: pass",
    "halt": "other.do_async(sleep)\ntime.sleep(0.02)\nother.halt(None)",
    "halt, with a time-out": "other.do_async(sleep)\ntime.sleep(0.02)\nother.halt(50)",
    "executor": "Thr.Executor(other).submit(spin, None)\nThr.wait([t])",
    "Async": "Thr.async_(time.sleep, 0.5).get()",
    # It ends by itself where Ctrl+C comes before the wait: then it is called at the exit.
    "a callback": (
        "long = lambda result: any(time.sleep(0.001) for i in range(20000))\n"
        "other.do_async(lambda t: 1, on_success=long)\n"
        "other.wait_idle()"
    ),
}


# Its child processes have jobs of their own, however they are made.
MULTIPROCESSING = BEGINNING + """
import multiprocessing
def square(n):
    return manager.do_async(lambda: n * n, give_thread=False).result()
if __name__ == "__main__":
    import sys
    with multiprocessing.get_context(sys.argv[1]).Pool(2) as pool:
        print(pool.map(square, range(4)), flush=True)
    print(square(3), flush=True)
    begin(spin)
"""


class Exit(TestCase):
    def run_program(self, program, status=0, output="", stderr=""):
        begun = time.monotonic()
        flags = [f"-W{option}" for option in sys.warnoptions]
        process = subprocess.run(
            [sys.executable, *flags, "-c", BEGINNING + program],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            universal_newlines=True,
            timeout=DEADLINE,
        )
        self.assertEqual((process.returncode, process.stderr), (status, stderr))
        self.assertEqual(process.stdout, output)
        return time.monotonic() - begun

    def check(self, name):
        program, is_quick = STATES[name]
        output = "drained" if name == "drained" else ""
        self.repeat(
            lambda: self.run_program(program, output=output),
            N_TIMES if is_quick else N_SLOW,
            1.8 if is_quick else 6,
        )

    def repeat(self, run, n_times, limit):
        """The machine may be busy: the quickest says what it takes."""
        took = [run() for _ in range(n_times)]
        while min(took) >= limit and len(took) < n_times + 5:
            took.append(run())
        self.assertLess(min(took), limit, took)

    def test_status(self):
        for status in 0, 3:
            self.run_program(f"begin(spin)\nsys.exit({status})", status)

    def test_exception(self):
        process = subprocess.run(
            [sys.executable, "-c", BEGINNING + "begin(spin)\n1 / 0"],
            stderr=subprocess.PIPE, universal_newlines=True, timeout=DEADLINE,
        )
        self.assertEqual(process.returncode, 1)
        self.assertEqual(process.stderr.splitlines()[-1], "ZeroDivisionError: division by zero")

    def test_multiprocessing(self):
        # Started anew, the children read the program from a file.
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "program.py")
            with open(path, "w", encoding="utf-8") as file:
                file.write(MULTIPROCESSING)
            for method in "fork", "spawn", "forkserver":
                with self.subTest(method):
                    for _ in range(N_TIMES):
                        process = subprocess.run(
                            [sys.executable, path, method],
                            stdout=subprocess.PIPE,
                            stderr=subprocess.PIPE,
                            universal_newlines=True,
                            timeout=DEADLINE,
                        )
                        self.assertEqual((process.returncode, process.stderr), (0, ""))
                        self.assertEqual(process.stdout, "[0, 1, 4, 9]\n9\n")

    def test_interrupted(self):
        """Ctrl+C while the main thread waits ends it soon, with a traceback."""
        for name, wait in INTERRUPTED.items():
            with self.subTest(name=name):
                self.repeat(lambda: self.interrupt(wait), N_INTERRUPTED, 1)

    def interrupt(self, wait):
        process = subprocess.run(
            [sys.executable, "-c", BEGINNING + INTERRUPTING + wait],
            stderr=subprocess.PIPE,
            universal_newlines=True,
            timeout=DEADLINE,
        )
        lines = process.stderr.splitlines()
        self.assertEqual(process.returncode, -signal.SIGINT, process.stderr)
        self.assertEqual(lines[0], "Traceback (most recent call last):")
        self.assertIn("KeyboardInterrupt", lines)
        self.assertEqual(process.stderr.count("Traceback"), 1, process.stderr)
        return float(re.search("^took (.*)$", process.stderr, re.MULTILINE)[1])

    def test_interrupted_by_own_handler(self):
        """A signal whose handler is not Python's own for Ctrl+C."""
        program = (
            "import signal\n"
            "t = begin(spin)\n"
            "signal.setitimer(signal.ITIMER_REAL, 0.1)\n"
            "signal.signal(signal.SIGALRM, signal.default_int_handler)\n"
            "try: t.join(0.3)\n"
            "except (KeyboardInterrupt, TimeoutError): sys.exit(7)"
        )
        for _ in range(N_TIMES):
            process = subprocess.run(
                [sys.executable, "-c", BEGINNING + program],
                stderr=subprocess.DEVNULL, timeout=DEADLINE,
            )
            self.assertEqual(process.returncode, 7)


def _add(name):
    method = "test_" + "".join(c if c.isalnum() else "_" for c in name)
    setattr(Exit, method, lambda self: self.check(name))


for _name in STATES:
    _add(_name)

if __name__ == "__main__":
    main()

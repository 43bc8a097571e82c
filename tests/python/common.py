# SPDX-License-Identifier: LGPL-2.1-or-later
"""What the tests of the override share. Import it first, and from it `Thr`."""

import os
import sys
import threading
import time
import unittest
import warnings

# PyGObject's own, at each import from gi.repository.
warnings.filterwarnings("ignore", "DynamicImporter", ImportWarning)

import gi  # noqa: E402

gi.require_version("Thr", "1.0")
from gi.repository import Gio, GLib, GObject, Thr  # noqa: E402

DEADLINE = 60  # seconds

if "gi.overrides.Thr" not in sys.modules:
    raise SystemExit("the override is not on PYTHONPATH")


def run_until(condition):
    """Iterates the main context until the condition holds."""
    context = GLib.MainContext.default()
    late = []
    alarm = GLib.timeout_add_seconds(DEADLINE, lambda: late.append(True) or GLib.SOURCE_CONTINUE)
    try:
        while not condition():
            context.iteration(True)
            if late:
                raise AssertionError("the condition did not come true in time")
    finally:
        GLib.source_remove(alarm)


def poll_until(condition):
    """As run_until(), for what is done by other threads, which wake nobody."""
    tick = GLib.timeout_add(2, lambda: GLib.SOURCE_CONTINUE)
    try:
        run_until(condition)
    finally:
        GLib.source_remove(tick)


class Gate(threading.Event):
    """Closed until somebody opens it; to wait for one that nobody opens fails."""

    open = threading.Event.set

    def wait(self, timeout=DEADLINE):
        if not super().wait(timeout):
            raise AssertionError("nobody opened the gate in time")
        return True


class TestCase(unittest.TestCase):
    """Failures that nobody handled, in any thread, fail the test."""

    def setUp(self):
        self.unhandled = []
        self.expected_unhandled = 0
        self.addCleanup(setattr, threading, "excepthook", threading.excepthook)
        threading.excepthook = self.unhandled.append
        self.addCleanup(setattr, sys, "excepthook", sys.excepthook)
        sys.excepthook = lambda *args: self.unhandled.append(args)
        self.home = threading.get_ident()

    def tearDown(self):
        self.assertEqual(len(self.unhandled), self.expected_unhandled, self.unhandled)


def finish(*workers):
    for worker in workers:
        worker.stop().join(DEADLINE)


def fail_with(failure):
    """A function that raises it."""

    def fail(*args):
        raise failure

    return fail


class WorkerCase(TestCase):
    def make(self, *args, **kwargs):
        """A worker that is stopped when the test is over."""
        worker = Thr.Worker(*args, **kwargs)
        self.addCleanup(finish, worker)
        return worker

    def expect_report(self, *failures):
        self.assertEqual([report.exc_value for report in self.unhandled], list(failures))
        self.unhandled.clear()


class HaltingCase(TestCase):
    def setUp(self):
        super().setUp()
        self.manager = Thr.ThreadManager()
        self.addCleanup(self.manager.halt)

    def begin(self, function, manager=None):
        """A job that says that it runs, and the gate that it opens."""
        running = Gate()
        thread = (manager or self.manager).do_async(function, [running])
        return thread, running

    def spin(self):
        def work(thread, running):
            running.open()
            while True:
                pass

        thread, running = self.begin(work)
        running.wait()
        return thread

    def assert_halted(self, thread):
        with self.assertRaises(Thr.HaltedError) as caught:
            thread.join(DEADLINE)
        self.assertIsInstance(caught.exception.__cause__, (Thr.ThreadHalted, type(None)))
        self.assertTrue(caught.exception.matches(Thr.Error.HALTED))
        self.assertTrue(thread.halted)


def main():
    program = unittest.main(argv=[sys.argv[0], "--verbose", *sys.argv[1:]], exit=False)
    skipped = program.result.skipped
    if skipped and os.environ.get("THR_TEST_ALL"):
        # All that the tests need was installed.
        sys.exit("\n".join(f"left out: {test}: {why}" for test, why in skipped))
    sys.exit(not program.result.wasSuccessful())


__all__ = [
    "DEADLINE", "GLib", "GObject", "Gate", "Gio", "HaltingCase", "TestCase", "Thr", "WorkerCase",
    "fail_with", "finish", "main", "poll_until", "run_until", "sys", "threading", "time",
    "unittest",
]

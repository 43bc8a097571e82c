#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Thr.Error and its like as exceptions."""

from common import Gio, GLib, TestCase, Thr, main


class Mistakes(TestCase):
    """What would be noticed too late is refused where it is written."""

    def test_set_exit(self):
        with self.assertRaisesRegex(TypeError, "ShutdownMode, not 'drain'"):
            Thr.set_exit("drain")

    def test_spawn(self):
        with self.assertRaisesRegex(TypeError, "a coroutine is needed, not 3"):
            Thr.spawn(3)


class Errors(TestCase):
    def test_is_an_exception_class(self):
        self.assertTrue(issubclass(Thr.Error, GLib.Error))
        with self.assertRaises(Thr.Error) as caught:
            Thr.ThreadManager().run()
        error = caught.exception
        self.assertIs(type(error), Thr.NoThreadsFoundError)
        self.assertTrue(error.matches(Thr.Error.NO_THREADS_FOUND))
        self.assertTrue(error.matches(Thr.Error, Thr.Error.NO_THREADS_FOUND))
        self.assertTrue(error.matches(Thr.error_quark(), Thr.Error.NO_THREADS_FOUND))
        self.assertTrue(error.matches("thr-error-quark", Thr.Error.NO_THREADS_FOUND))
        self.assertFalse(error.matches(Thr.Error.STOPPED))
        self.assertFalse(error.matches(Gio.io_error_quark(), Thr.Error.NO_THREADS_FOUND))
        self.assertIn("NoThreadsFoundError", repr(error))


if __name__ == "__main__":
    main()

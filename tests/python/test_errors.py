#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Thr.Error and its like as exceptions."""

from common import Gio, GLib, TestCase, Thr, main


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

#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Any Python object as an argument, a status and a result."""

import gc

from common import GLib, GObject, Gio, TestCase, Thr, main, run_until, sys

SOON = 20  # seconds, for a machine that is busy


class Own:
    def __init__(self, name="own"):
        self.name = name


class Array:
    """As those of NumPy: neither true nor false, and not equal to anything."""

    def __bool__(self):
        raise ValueError("ambiguous")

    def __eq__(self, other):
        return Array()

    __hash__ = None


class OwnInt(int):
    pass


class OwnStr(str):
    pass


NATURAL = [
    0, 1, -1, 2**31 - 1, 2**31, -(2**31), -(2**31) - 1, 2**63 - 1, 2**63, -(2**63), 2**64 - 1,
    0.5, float("inf"), "", "text", "\u00e4\U0001f600", True, False,
]
BY_IDENTITY = [
    2**64, -(2**63) - 1, 10**100, b"", b"a\0b", bytearray(b"x"), "a\0b", "\ud800", [], [1, None],
    (), (1, "two"), {}, {"a": [1]}, set(), Own(), Own, len, Array(), Ellipsis, 1j, OwnInt(5),
    OwnStr("own"), range(3), lambda: 0,
]
GOBJECTS = [
    GLib.Variant("(is)", (1, "a")), Gio.File.new_for_path("/"), Gio.IOErrorEnum.CANCELLED,
    Gio.FileCopyFlags.OVERWRITE, Thr.ExecutionState.CLOSED,
]


class Values(TestCase):
    def ways(self, value, with_properties=True):
        """The value after each way through a job. PyGObject leaks a reference to an
        object of Python's in each property that is read."""
        came = {}

        def work(thread, argument, keyword=None):
            came["argument"], came["keyword"] = argument, keyword
            thread.status = value
            came["own status"] = thread.status
            return value

        thread = Thr.ThreadWrapper(work, [value], {"keyword": value})
        thread.set_on_success(lambda result: came.__setitem__("on_success", result))
        thread.connect("succeeded", lambda job, result: came.__setitem__("succeeded", result))
        Thr.thread_manager.submit(thread)
        came["result"] = thread.result(SOON)
        run_until(lambda: thread.execution_state == "CLOSED")
        came["status"] = thread.status
        if with_properties:
            came["props"] = thread.props.result
        came["get_result"] = thread.get_result()
        Thr.thread_manager.do_async(
            lambda thread: value, on_success=lambda result: came.__setitem__("direct", result)
        ).join(SOON)
        self.assertEqual(len(came), 9 + with_properties)
        return came.items()

    def test_none(self):
        for way, came in self.ways(None):
            with self.subTest(way):
                self.assertIsNone(came)

    def test_what_other_languages_know(self):
        for value in NATURAL:
            for way, came in self.ways(value):
                with self.subTest(value=value, way=way):
                    self.assertIs(type(came), type(value))
                    self.assertEqual(came, value)

    def test_all_else_is_the_same_object(self):
        for value in BY_IDENTITY:
            for way, came in self.ways(value):
                with self.subTest(kind=type(value), way=way):
                    self.assertIs(came, value)

    def test_objects_of_glib(self):
        for value in GOBJECTS:
            for way, came in self.ways(value):
                with self.subTest(value=value, way=way):
                    self.assertEqual(came, value)
                    self.assertIs(type(came), type(value))

    def test_boxed(self):
        for way, came in self.ways(GLib.Bytes.new(b"a\0b")):
            with self.subTest(way):
                self.assertEqual(came.get_data(), b"a\0b")
        for way, came in self.ways(GLib.DateTime.new_utc(2024, 2, 29, 1, 2, 3)):
            with self.subTest(way):
                self.assertEqual(came.format_iso8601(), "2024-02-29T01:02:03Z")

    def test_exceptions_and_jobs_and_classes(self):
        error = ValueError("not raised")
        for way, came in self.ways(error):
            with self.subTest(way):
                self.assertIs(came, error)
        thread = Thr.thread_manager.do_async(lambda thread: thread)
        self.assertIs(thread.result(SOON), thread)

    def test_values_of_gobject(self):
        value = GObject.Value(GObject.TYPE_UINT, 5)
        self.assertEqual(Thr.thread_manager.do_async(lambda thread: value).result(SOON), 5)

    def test_nothing_is_kept(self):
        value = Own()
        gc.collect()
        before = sys.getrefcount(value)
        for _ in range(20):
            self.ways(value, with_properties=False)
        Thr.thread_manager.wait_idle(SOON)
        gc.collect()
        self.assertEqual(sys.getrefcount(value), before)

    def test_failures_are_not_kept(self):
        failure = ValueError()
        gc.collect()
        before = sys.getrefcount(failure)

        def work(thread):
            raise failure

        for _ in range(20):
            got = []
            Thr.thread_manager.do_async(work, on_fail=got.append)
            run_until(lambda: got)
        del got
        Thr.thread_manager.wait_idle(SOON)
        failure.__traceback__ = None
        gc.collect()
        self.assertEqual(sys.getrefcount(failure), before)


if __name__ == "__main__":
    main()

#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Thr.Thimble: objects of Python and of GObject."""

import asyncio
import ctypes
import functools
import gc
import inspect
import os
import pathlib
import select
import sqlite3
import struct
import tempfile
import weakref

from common import DEADLINE, Gate, GLib, GObject, Gio, TestCase, Thr
from common import main, poll_until, run_until, threading


class Car:
    """The object of the document that this was learned from."""

    wheels = 4

    def __init__(self):
        self.alarm_callback = None

    def drive_to(self, location):
        """Drives there."""
        return f"driven to {location}"

    def register_alarm_callback(self, callback):
        self.alarm_callback = callback

    def alarm(self):
        self.alarm_callback()

    def where(self):
        return threading.get_ident()

    def crash(self, *args, **kwargs):
        raise ValueError(args, kwargs)

    def _secret(self):
        return threading.get_ident()

    class Wheel:
        pass


class Thing(GObject.Object):
    """A class of GObject that is written in Python."""

    __gsignals__ = {"happened": (GObject.SignalFlags.RUN_LAST, None, (int, str))}
    size = GObject.Property(type=int, default=3)

    def work(self, *args, **kwargs):
        return threading.get_ident(), args, kwargs


def resident_size():
    gc.collect()
    with open("/proc/self/statm", encoding="ascii") as statm:
        return int(statm.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")


class ThimbleTestCase(TestCase):
    def outcome(self, pending):
        self.assertIsInstance(pending, Thr.Pending)
        run_until(pending.done)
        return pending.result()

    def file(self, content=b"some content"):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        path = os.path.join(folder.name, "content")
        if content is not None:
            with open(path, "wb") as file:
                file.write(content)
        return Gio.File.new_for_path(path)


class Both(ThimbleTestCase):
    """What holds for either kind of object."""

    def test_own_attributes(self):
        """The same ones for both, and they win."""
        manager = Thr.ThreadManager()
        car = Car()
        car.manager = "the car's"
        for target in car, Gio.SimpleAction.new("act", None):
            thimble = Thr.Thimble(target, ["a", "b*"], manager)
            self.assertIsInstance(thimble, Thr.Thimble)
            self.assertIs(thimble.target, target)
            self.assertIs(thimble.manager, manager)
            self.assertEqual(thimble.blocking_methods, ("a", "b*"))
            self.assertEqual(thimble.hooks, {})
            self.assertFalse(thimble.serialize_all)
            self.assertIn(repr(target), repr(thimble))
            self.assertLessEqual(set(dir(target)), set(dir(thimble)))
            self.assertIn("blocking_methods", dir(thimble))
            self.assertIsNone(Thr.Thimble(target).blocking_methods)
        self.assertEqual(car.manager, "the car's")

    def test_manager(self):
        """Its own runs one at a time, and is started by the first call; a thimble stops
        no manager that was started before."""
        for target in Car(), Gio.SimpleAction.new("act", None):
            thimble = Thr.Thimble(target)
            self.assertEqual(thimble.manager.thread_limit, 1)
            self.assertIn(type(target).__name__, thimble.manager.name)
            self.assertFalse(thimble.manager.started)
            name = "where" if isinstance(target, Car) else "get_name"
            thread = thimble.call_thread(name)
            self.assertTrue(thimble.manager.started)
            self.assertIs(thread.manager, thimble.manager)
            self.assertTrue(thread.name.endswith(name), thread.name)
            thread.join(DEADLINE)
            thimble.manager.stop()
            with self.assertRaises(Thr.StoppedError):
                self.outcome(thimble.call(name))

    def test_stops_with_the_application(self):
        application = Gio.Application(application_id="org.example.Thimbles")
        Gio.Application.set_default(application)
        ours, theirs = Thr.ThreadManager(), Thr.ThreadManager()
        theirs.do_async(lambda thread: None).join(DEADLINE)
        for manager in ours, theirs:
            self.outcome(Thr.Thimble(Car(), None, manager).where())
        application.register()
        application.connect("activate", lambda application: None)
        application.run()
        with self.assertRaises(Thr.StoppedError):
            ours.do_async(lambda thread: None).result(DEADLINE)
        self.assertEqual(theirs.do_async(lambda thread: 1).result(DEADLINE), 1)

    def test_what_is_wrong_is_said(self):
        for wrong in (
            lambda: Thr.Thimble(None),
            lambda: Thr.Thimble(Car(), "drive_to"),
            lambda: Thr.Thimble(Car(), None, "manager"),
        ):
            self.assertRaises(TypeError, wrong)
        for target in Car(), Gio.SimpleAction.new("act", None):
            thimble = Thr.Thimble(target)
            with self.assertRaisesRegex(AttributeError, "nothing"):
                thimble.nothing
            with self.assertRaisesRegex(AttributeError, "nothing"):
                thimble.call("nothing")

    def test_asyncio(self):
        async def use():
            thimble = Thr.Thimble(Car())
            self.assertNotEqual(await thimble.where(), self.home)
            with self.assertRaises(ValueError):
                await thimble.crash()
            contents, etag = await Thr.Thimble(self.file()).load_contents()
            self.assertEqual(contents, b"some content")
            places = await asyncio.gather(*(thimble.drive_to(i) for i in range(100)))
            self.assertEqual(places, [f"driven to {i}" for i in range(100)])

        asyncio.run(use())

    def test_serialize_all(self):
        gate, began = Gate(), Gate()
        action = Gio.SimpleAction.new("act", None)

        def hold(thimble, name, value):
            def method():
                began.open()
                gate.wait()

            return method

        for target, name, other in (Car(), "drive_to", "wheels"), (action, "get_name", "props"):
            gate.clear()
            began.clear()
            thimble = Thr.Thimble(target, [name], None, {name: hold}, serialize_all=True)
            getattr(thimble, other)
            pending = getattr(thimble, name)()
            began.wait()
            with self.assertRaises(Thr.Error) as caught:
                getattr(thimble, other)
            self.assertTrue(caught.exception.matches(Thr.Error.BUSY))
            with self.assertRaises(Thr.Error):
                thimble.new_one = 5
            thimble.serialize_all = False
            getattr(thimble, other)
            thimble.serialize_all = True
            gate.open()
            self.outcome(pending)
            getattr(thimble, other)

    def test_is_let_go(self):
        for make in Car, Thing:
            target = make()
            thimble = Thr.Thimble(target, hooks={"wheels": lambda thimble, name, value: value})
            if make is Thing:
                thimble.connect("happened", lambda *args: None)
                self.outcome(thimble.work(target))
            else:
                self.outcome(thimble.drive_to(target))
            gone = weakref.ref(target), weakref.ref(thimble)
            del target, thimble
            poll_until(lambda: gc.collect() is not None and [ref() for ref in gone] == [None] * 2)


class OfPython(ThimbleTestCase):
    def test_methods(self):
        car = Car()
        thimble = Thr.Thimble(car, ["drive_to"])
        self.assertEqual(self.outcome(thimble.drive_to("work")), "driven to work")
        self.assertEqual(self.outcome(thimble.drive_to(location="home")), "driven to home")
        self.assertEqual(thimble.drive_to.__name__, "drive_to")
        self.assertEqual(thimble.drive_to.__doc__, "Drives there.")
        self.assertEqual(list(inspect.signature(thimble.drive_to).parameters), ["location"])
        # What is not listed is used at once.
        self.assertEqual(thimble.where(), self.home)
        self.assertNotEqual(self.outcome(thimble.call("where")), self.home)

    def test_attributes(self):
        car = Car()
        thimble = Thr.Thimble(car, ["drive_to"])
        self.assertEqual(thimble.wheels, 4)
        thimble.wheels = 5
        self.assertEqual(car.wheels, 5)
        del thimble.wheels
        self.assertEqual(car.wheels, 4)
        thimble.hooks = {"wheels": lambda thimble, name, value: value * 2}
        self.assertEqual(thimble.wheels, 8)
        self.assertFalse(hasattr(car, "hooks"))

    def test_then(self):
        thimble = Thr.Thimble(Car())
        told = []
        thimble.drive_to("work").then(told.append)
        thimble.crash(1, two=2).then(None, told.append)
        self.assertEqual(told, [])
        run_until(lambda: len(told) == 2)
        self.assertEqual(told[0], "driven to work")
        self.assertIsInstance(told[1], ValueError)
        self.assertEqual(told[1].args, ((1,), {"two": 2}))
        self.assertEqual(told[1].__traceback__.tb_frame.f_code.co_name, "crash")

    def test_what_nobody_looks_at_is_reported(self):
        self.expected_unhandled = 1
        Thr.Thimble(Car()).crash()
        run_until(lambda: gc.collect() is not None and self.unhandled)
        self.assertIs(self.unhandled[0].exc_type, ValueError)

    def test_all_methods(self):
        thimble = Thr.Thimble(Car())
        self.assertNotEqual(self.outcome(thimble.where()), self.home)
        self.assertEqual(thimble._secret(), self.home)
        self.assertIsInstance(thimble.Wheel(), Car.Wheel)
        self.assertNotEqual(self.outcome(Thr.Thimble(Car(), ["_s*"])._secret()), self.home)

    def test_patterns(self):
        thimble = Thr.Thimble(Car(), ["drive_*", "wh?re"])
        self.assertIsInstance(thimble.drive_to("x"), Thr.Pending)
        self.assertIsInstance(thimble.where(), Thr.Pending)
        self.assertEqual(thimble._secret(), self.home)
        thimble.manager.wait_idle(DEADLINE)

    def test_hooks(self):
        """A callback that is brought home, as in the document."""
        car = Car()
        told = Gate()
        heard = []

        def hook(thimble, attribute, value):
            heard.append((attribute, value == car.register_alarm_callback))

            @functools.wraps(value)
            def register(*args, **kwargs):
                callback = inspect.getcallargs(value, *args, **kwargs)["callback"]
                return value(callback=lambda: Thr.invoke_owner(callback))

            return register

        thimble = Thr.Thimble(car, ["alarm"], None, {"register_alarm_callback": hook})

        def alarm_callback(*args):
            heard.append(threading.get_ident())
            told.open()

        thimble.register_alarm_callback(alarm_callback)
        self.assertEqual(heard, [("register_alarm_callback", True)])
        self.outcome(thimble.alarm())
        run_until(told.is_set)
        self.assertEqual(heard[1:], [self.home])

    def test_hook_of_a_blocking_method(self):
        seen = []

        def hook(thimble, attribute, value):
            seen.append((thimble, attribute, value, threading.get_ident()))
            return lambda *args: (value(*args).upper(), threading.get_ident())

        car = Car()
        thimble = Thr.Thimble(car, ["drive_to"], None, {"drive_to": hook})
        text, thread = self.outcome(thimble.drive_to("work"))
        self.assertEqual(text, "DRIVEN TO WORK")
        self.assertNotEqual(thread, self.home)
        self.assertEqual(seen, [(thimble, "drive_to", car.drive_to, self.home)])

        def refuse(thimble, attribute, value):
            raise PermissionError(attribute)

        thimble.hooks["drive_to"] = refuse
        with self.assertRaises(PermissionError):
            thimble.drive_to("work")

    def test_values(self):
        class Echo:
            def echo(self, *args, **kwargs):
                return args, kwargs

        echo = Thr.Thimble(Echo())
        things = (None, 2**70, -(2**40), b"\0x", "\udc80", [None], {"a": object()}, object, echo)
        self.assertEqual(self.outcome(echo.echo(*things, key=things)), (things, {"key": things}))

    def test_job(self):
        """Jobs of Python: halted, cancelled, waited for."""

        class Slow:
            began = Gate()

            def spin(self):
                self.began.open()
                while True:
                    pass

        thimble = Thr.Thimble(Slow())
        pending = thimble.spin()
        Slow.began.wait()
        queued = thimble.spin()
        queued.cancel()
        with self.assertRaises(GLib.Error) as caught:
            self.outcome(queued)
        self.assertEqual(caught.exception.code, Gio.IOErrorEnum.CANCELLED)
        pending.thread.halt()
        with self.assertRaises(Thr.HaltedError):
            self.outcome(pending)
        thread = Thr.Thimble(Car()).call_thread("drive_to", "work")
        self.assertEqual(thread.result(DEADLINE), "driven to work")

    def test_names_of_gobject_are_free(self):
        """Those of an object of Python are not hidden by those that objects of GObject
        have."""

        class Socket:
            def connect(self, address):
                return "connected", address

            def disconnect(self):
                return "gone"

            def get_property(self):
                return "property"

        thimble = Thr.Thimble(Socket())
        self.assertEqual(self.outcome(thimble.connect(("host", 80))), ("connected", ("host", 80)))
        self.assertEqual(self.outcome(thimble.disconnect()), "gone")
        self.assertEqual(self.outcome(thimble.get_property()), "property")

    def test_sqlite(self):
        """Functions of C, of an object that one thread at a time may use."""
        connection = sqlite3.connect(":memory:", check_same_thread=False)
        self.addCleanup(connection.close)
        database = Thr.Thimble(connection, ["execute", "executemany", "commit"])
        self.outcome(database.execute("create table t (x)"))
        self.outcome(database.executemany("insert into t values (?)", [(i,) for i in range(9)]))
        cursor = Thr.Thimble(self.outcome(database.execute("select sum(x) from t")))
        self.assertEqual(self.outcome(cursor.fetchone()), (36,))
        self.assertFalse(isinstance(database.total_changes, Thr.Pending))
        with self.assertRaises(sqlite3.OperationalError):
            self.outcome(database.execute("nonsense"))


class OfGObject(ThimbleTestCase):
    def test_results(self):
        file = self.file()
        thimble = Thr.Thimble(file)
        contents, etag = self.outcome(thimble.load_contents())
        self.assertEqual(contents, b"some content")
        self.assertIsInstance(etag, str)
        self.assertEqual(self.outcome(Thr.Thimble(self.file(b"")).load_contents())[0], b"")
        data = self.outcome(thimble.load_bytes())[0]
        self.assertIsInstance(data, GLib.Bytes)
        self.assertEqual(data.get_data(), b"some content")
        self.assertIs(self.outcome(thimble.query_exists()), True)
        self.assertEqual(self.outcome(thimble.get_basename()), "content")
        info = self.outcome(thimble.query_info("standard::size", Gio.FileQueryInfoFlags.NONE))
        self.assertEqual(info.get_size(), 12)
        self.assertIsInstance(self.outcome(thimble.get_parent()), Gio.File)
        self.assertIsNone(self.outcome(thimble.delete()))
        self.assertFalse(os.path.exists(file.get_path()))

    def test_results_are_freed(self):
        size = 1_000_000
        thimble = Thr.Thimble(self.file(bytes(size)))
        stream = Thr.Thimble(Gio.MemoryInputStream.new_from_bytes(GLib.Bytes.new(bytes(size))))

        def read_all():
            for _ in range(50):
                self.assertEqual(len(self.outcome(thimble.load_contents())[0]), size)
                self.assertEqual(self.outcome(stream.read_bytes(size)).get_size(), size)
                self.outcome(stream.seek(0, GLib.SeekType.SET))

        read_all()
        before = resident_size()
        read_all()
        self.assertLess(resident_size(), before + 20 * size)

    def test_arguments(self):
        thimble = Thr.Thimble(self.file(None))
        etag = self.outcome(
            thimble.replace_contents(
                b"\0bytes", None, False, Gio.FileCreateFlags.PRIVATE | Gio.FileCreateFlags.NONE
            )
        )
        self.assertIsInstance(etag, str)
        self.assertEqual(self.outcome(thimble.load_contents(None)), (b"\0bytes", etag))

        info = Thr.Thimble(Gio.FileInfo())
        self.outcome(info.set_attribute_stringv("x::y", ["a", "ü"]))
        self.assertEqual(self.outcome(info.get_attribute_stringv("x::y")), ["a", "ü"])
        for number in 2**40, -(2**62):
            self.outcome(info.set_size(number))
            self.assertEqual(self.outcome(info.get_size()), number)
        self.outcome(info.set_attribute_uint64("x::z", 2**64 - 1))
        self.assertEqual(self.outcome(info.get_attribute_uint64("x::z")), 2**64 - 1)
        self.outcome(info.set_file_type(Gio.FileType.SYMBOLIC_LINK))
        self.assertEqual(self.outcome(info.get_file_type()), Gio.FileType.SYMBOLIC_LINK)
        self.outcome(info.set_icon(Gio.ThemedIcon.new("folder")))
        self.assertEqual(self.outcome(info.get_icon()).get_names()[0], "folder")
        with self.assertRaises(Thr.Error) as caught:
            self.outcome(info.set_size("many"))
        self.assertTrue(caught.exception.matches(Thr.Error.INVALID_ARGUMENT))

    def test_lists(self):
        one, two = Gio.SimpleAction.new("one", None), Gio.SimpleAction.new("two", None)
        store = Thr.Thimble(Gio.ListStore.new(Gio.SimpleAction))
        self.outcome(store.splice(0, 0, [one, two]))
        self.assertEqual(list(store.target), [one, two])
        group = Gio.SimpleActionGroup()
        for action in one, two:
            group.add_action(action)
        self.assertEqual(sorted(self.outcome(Thr.Thimble(group).list_actions())), ["one", "two"])
        monitor = Thr.Thimble(Gio.VolumeMonitor.get())
        self.assertIsInstance(self.outcome(monitor.get_volumes()), list)

    def test_functions(self):
        file = self.file()
        functions = Thr.Thimble.new_static()
        path = pathlib.Path(file.get_path())
        self.assertEqual(
            self.outcome(functions.call("GLib.file_get_contents", path)), b"some content"
        )
        self.assertTrue(Thr.Thimble.require("Gio", "2.0"))
        with self.assertRaises(GLib.Error):
            Thr.Thimble.require("NoSuchLibrary")
        with self.assertRaisesRegex(AttributeError, "full names"):
            functions.GLib
        self.assertIsNone(functions.target)
        self.assertIn("functions", repr(functions))

    def test_errors(self):
        nothing = Thr.Thimble(self.file(None))
        with self.assertRaises(GLib.Error) as caught:
            self.outcome(nothing.load_contents())
        self.assertNotIsInstance(caught.exception, Thr.Error)
        self.assertTrue(caught.exception.matches(Gio.io_error_quark(), Gio.IOErrorEnum.NOT_FOUND))
        for call, code in (
            (lambda: nothing.query_info(5), Thr.Error.INVALID_ARGUMENT),
            (lambda: nothing.load_contents_async(None, None), Thr.Error.NOT_SUPPORTED),
        ):
            # Not where it is called, but where it is awaited.
            with self.assertRaises(Thr.Error) as caught:
                self.outcome(call())
            self.assertTrue(caught.exception.matches(code), caught.exception)
        told = []
        nothing.query_info(5).then(None, told.append)
        run_until(lambda: told)
        with self.assertRaisesRegex(TypeError, "keyword"):
            nothing.load_contents(cancellable=None)

    def test_cancel(self):
        """Cancelling the task cancels the method in the middle of a call of C."""
        read_end, write_end = os.pipe()
        self.addCleanup(os.close, write_end)
        stream = Gio.UnixInputStream.new(read_end, True)
        thimble = Thr.Thimble(stream, ["read_bytes"])

        async def use():
            with self.assertRaises(asyncio.TimeoutError):
                await asyncio.wait_for(thimble.read_bytes(10), 0.05)
            pending = thimble.read_bytes(10)
            while pending.thread.execution_state == "CREATED":
                await asyncio.sleep(0.001)
            pending.cancel()
            with self.assertRaises(GLib.Error) as caught:
                await pending
            self.assertEqual(caught.exception.code, Gio.IOErrorEnum.CANCELLED)
            os.write(write_end, b"there")
            self.assertEqual((await thimble.read_bytes(10)).get_data(), b"there")

        asyncio.run(use())

    def test_without_the_lock(self):
        """Such a method needs no Python: it runs while this thread keeps Python's lock."""
        read_end, write_end = os.pipe()
        self.addCleanup(os.close, read_end)
        written = Thr.Thimble(Gio.UnixOutputStream.new(write_end, True))
        poll_fd = struct.pack("ihh", read_end, select.POLLIN, 0)
        poll = ctypes.PyDLL(None).poll  # which does not let go of the lock
        pending = written.write_bytes(GLib.Bytes.new(b"x"))
        self.assertFalse(pending.done())
        self.assertEqual(poll(poll_fd, 1, DEADLINE * 1000), 1)
        self.assertEqual(self.outcome(pending), 1)

    def test_properties(self):
        action = Gio.SimpleAction.new("act", None)
        thimble = Thr.Thimble(action, ["get_name"])
        self.assertEqual(thimble.props.name, "act")
        thimble.props.enabled = False
        self.assertFalse(action.get_enabled())
        self.assertFalse(thimble.get_property("enabled"))
        thimble.set_enabled(True)
        self.assertTrue(action.get_enabled())

    def test_signals(self):
        """Whatever thread emits: they are heard in the context of who connected."""
        thing = Thing()
        thimble = Thr.Thimble(thing)
        heard = []

        def handler(*args):
            heard.append((*args, threading.get_ident()))

        number = thimble.connect("happened", handler, "more")
        thimble.connect("notify::size", lambda *args: heard.append(args[0]))
        elsewhere = threading.Thread(
            target=lambda: (thing.emit("happened", 7, "x"), thing.set_property("size", 9))
        )
        elsewhere.start()
        elsewhere.join()
        self.assertEqual(heard, [])
        run_until(lambda: len(heard) == 2)
        self.assertEqual(heard, [(thimble, 7, "x", "more", self.home), thimble])
        thimble.disconnect(number)
        thing.emit("happened", 8, "y")
        thing.set_property("size", 10)
        run_until(lambda: len(heard) == 3)
        self.assertEqual(heard[2], thimble)
        with self.assertRaises(Thr.Error):
            thimble.connect("no-such-signal", handler)

    def test_methods_of_python(self):
        """What introspection data does not know goes the way of Python."""
        thing = Thing()
        thimble = Thr.Thimble(thing)
        there, args, kwargs = self.outcome(thimble.work([1], key={2}))
        self.assertNotEqual(there, self.home)
        self.assertEqual((args, kwargs), (([1],), {"key": {2}}))
        self.assertEqual(thimble.size, 3)
        thimble.size = 4
        self.assertEqual(thing.size, 4)
        # All objects have these: they are for the thread that asks.
        self.assertEqual(thimble.get_property("size"), 4)
        thimble = Thr.Thimble(thing, ["get_property"])
        self.assertEqual(self.outcome(thimble.get_property("size")), 4)

    def test_hook(self):
        file = self.file()

        def hook(thimble, name, value):
            return lambda: (value()[1], threading.get_ident())

        thimble = Thr.Thimble(file, None, None, {"load_contents": hook})
        contents, thread = self.outcome(thimble.load_contents())
        self.assertEqual(contents, b"some content")
        self.assertNotEqual(thread, self.home)
        # Once more as it is: the hook of before does not stick.
        thimble.hooks.clear()
        self.assertEqual(self.outcome(thimble.load_contents())[0], b"some content")

    def test_job(self):
        thread = Thr.Thimble(self.file()).call_thread("get_basename")
        self.assertIsInstance(thread, Thr.ThreadWrapper)
        self.assertEqual(thread.result(DEADLINE), "content")
        self.assertEqual(self.outcome(thread.wait_async()), "content")


if __name__ == "__main__":
    main()

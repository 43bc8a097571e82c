# SPDX-License-Identifier: LGPL-2.1-or-later
"""Awaiting: under asyncio, and without it in a GLib main loop."""

import collections
import ctypes
import ctypes.util
import select
import sys
import threading
import weakref

from gi.repository import Gio, GLib

_UNSET = object()


def running_loop():
    """The asyncio loop that runs on this thread, or None; without importing it."""
    asyncio = sys.modules.get("asyncio")
    return asyncio._get_running_loop() if asyncio is not None else None


class Pending:
    """What is not known yet. Await it, or give then() functions for what comes.

    It is settled once, in the context where what it stands for was begun; the
    functions are called there.
    """

    def __init__(self, cancel=None):
        self._cancel = cancel
        self._value = _UNSET
        self._failure = None
        self._callbacks = []
        self._taken = False

    def done(self):
        return self._value is not _UNSET or self._failure is not None

    def cancel(self):
        """Asks what it stands for to end."""
        if self._cancel is not None and not self.done():
            self._cancel()

    def resolve(self, value):
        if not self.done():
            self._value = value
            self._tell()

    def reject(self, failure):
        if not self.done():
            self._failure = failure
            self._tell()

    def finish_with(self, finish):
        """A callback for an asynchronous function, which gets its outcome by finish()."""

        def finished(source, result, *user_data):
            try:
                value = finish(source, result)
            except BaseException as error:
                self.reject(error)
            else:
                self.resolve(value)

        return finished

    def add_done_callback(self, callback):
        """Calls it with this, as soon as it is settled."""
        if self.done():
            callback(self)
        else:
            self._callbacks.append(callback)

    def then(self, ok=None, fail=None):
        """Calls ok(value) or fail(exception), and gives what awaits what they give.

        A failure that no function was given for is passed on; so is one in ok().
        """
        after = Pending(self._cancel)

        def settled(self):
            try:
                if self._failure is not None:
                    self._taken = True
                    if fail is None:
                        after.reject(self._failure)
                    else:
                        after.resolve(fail(self._failure))
                else:
                    after.resolve(ok(self._value) if ok is not None else self._value)
            except BaseException as error:
                after.reject(error)

        self.add_done_callback(settled)
        return after

    def result(self):
        """What it was settled with: it must be."""
        self._taken = True
        if self._failure is not None:
            raise self._failure
        if self._value is _UNSET:
            raise RuntimeError("it is not settled yet: await it")
        return self._value

    def __await__(self):
        if not self.done():
            loop = running_loop()
            if loop is None:
                yield self  # to spawn()
            else:
                yield from self._wait_in(loop)
        return self.result()

    def _wait_in(self, loop):
        bridge(loop)
        future = loop.create_future()

        def wake():
            if not future.done():
                future.set_result(None)

        def settled(self):
            try:
                loop.call_soon_threadsafe(wake)
            except RuntimeError:
                pass  # the loop was closed meanwhile

        self.add_done_callback(settled)
        try:
            yield from future
        except BaseException:  # the task was cancelled
            self.cancel()
            raise

    def _tell(self):
        callbacks, self._callbacks = self._callbacks, []
        self._cancel = None
        for callback in callbacks:
            callback(self)

    def __del__(self):
        # As a job's: a failure that nobody looked at is reported.
        if self._failure is not None and not self._taken:
            failure = self._failure
            threading.excepthook(
                threading.ExceptHookArgs((type(failure), failure, failure.__traceback__, None))
            )


def begin(start, finish, cancellable, callback, user_data):
    """An asynchronous function: with a callback as in C, without one awaitable.

    start(cancellable, callback, *user_data) begins it, finish(source, result) is
    what takes its outcome.
    """
    if callback is not None:
        start(cancellable, callback, *user_data)
        return None
    if cancellable is None:
        cancellable = Gio.Cancellable()
    pending = Pending(cancel=cancellable.cancel)
    if running_loop() is not None:
        bridge(running_loop())
    start(cancellable, pending.finish_with(finish))
    return pending


# ---- streams ----


class Stream:
    """An asynchronous iterator that is fed from the context in which it was made."""

    def __init__(self, close=None):
        self._items = collections.deque()
        self._waiting = None
        self._ended = False
        self._close = close

    def feed(self, item):
        self._items.append(item)
        self._wake()

    def end(self):
        self._ended = True
        self._wake()

    def _wake(self):
        waiting, self._waiting = self._waiting, None
        if waiting is not None:
            waiting.resolve(None)

    def __aiter__(self):
        return self

    async def __anext__(self):
        while not self._items:
            if self._ended:
                raise StopAsyncIteration
            if self._waiting is None:
                self._waiting = Pending()
            await self._waiting
        return self._items.popleft()

    def close(self):
        close, self._close = self._close, None
        if close is not None:
            close()
        self.end()

    async def aclose(self):
        self.close()

    def __del__(self):
        if self._close is not None:
            self._close()


# ---- without asyncio ----


def spawn(coroutine):
    """Runs a coroutine in the main loop of GLib, where there is no asyncio.

    It may await what this library gives. What is returned can be awaited likewise.
    """
    pending = Pending()

    def step(settled=None):
        try:
            awaited = coroutine.send(None)
        except StopIteration as stop:
            pending.resolve(stop.value)
        except BaseException as error:
            pending.reject(error)
        else:
            if isinstance(awaited, Pending):
                awaited.add_done_callback(step)
            else:
                coroutine.close()
                pending.reject(
                    TypeError(f"spawn() cannot await {awaited!r}: run this under asyncio")
                )

    step()
    return pending


# ---- under asyncio ----


class _PollFD(ctypes.Structure):
    _fields_ = (("fd", ctypes.c_int), ("events", ctypes.c_ushort), ("revents", ctypes.c_ushort))


def _load_glib():
    glib = ctypes.CDLL(ctypes.util.find_library("glib-2.0") or "libglib-2.0.so.0")
    pointer, integer = ctypes.c_void_p, ctypes.c_int
    for name, result, *parameters in (
        ("default", pointer),
        ("get_thread_default", pointer),
        ("acquire", integer, pointer),
        ("release", None, pointer),
        ("iteration", integer, pointer, integer),
        ("prepare", integer, pointer, ctypes.POINTER(integer)),
        (
            "query",
            integer,
            pointer,
            integer,
            ctypes.POINTER(integer),
            ctypes.POINTER(_PollFD),
            integer,
        ),
    ):
        function = getattr(glib, "g_main_context_" + name)
        function.restype = result
        function.argtypes = parameters
    return glib


class _Bridge:
    """Iterates the main context of this thread whenever something is to be done
    there, from the asyncio loop that runs on the thread.

    Between two iterations nobody owns the context, so that who has something for it
    wakes it: by one of the files that the loop is told to watch.
    """

    glib = None

    def __init__(self, loop):
        if _Bridge.glib is None:
            _Bridge.glib = _load_glib()
        self.loop = weakref.ref(loop)
        self.context = self.glib.g_main_context_get_thread_default()
        self.own_context = None
        if self.context is None:
            if threading.current_thread() is not threading.main_thread():
                # The default context is the main thread's.
                self.own_context = GLib.MainContext.new()
                self.own_context.push_thread_default()
                self.context = self.glib.g_main_context_get_thread_default()
            else:
                self.context = self.glib.g_main_context_default()
        self.watched = {}
        self.timer = None
        self.room = 8
        self.look()

    def look(self):
        """Has the loop watch what the context would wait for."""
        glib, context, loop = self.glib, self.context, self.loop()
        priority, timeout = ctypes.c_int(), ctypes.c_int()
        if not glib.g_main_context_acquire(context):
            # Somebody else iterates it, for now.
            self.timer = loop.call_later(0.05, self.look)
            return
        glib.g_main_context_prepare(context, ctypes.byref(priority))
        while True:
            fds = (_PollFD * self.room)()
            n_fds = glib.g_main_context_query(
                context, priority, ctypes.byref(timeout), fds, self.room
            )
            if n_fds <= self.room:
                break
            self.room = n_fds
        glib.g_main_context_release(context)

        wanted = {}
        for poll_fd in fds[:n_fds]:
            wanted[poll_fd.fd] = wanted.get(poll_fd.fd, 0) | poll_fd.events
        self.watch(loop, wanted)
        if timeout.value == 0:
            self.timer = loop.call_soon(self.iterate)
        elif timeout.value > 0:
            self.timer = loop.call_later(timeout.value / 1000, self.iterate)

    def watch(self, loop, wanted):
        if wanted == self.watched:
            return
        for fd in self.watched:
            if self.watched[fd] != wanted.get(fd):
                loop.remove_reader(fd)
                loop.remove_writer(fd)
        for fd, events in wanted.items():
            if self.watched.get(fd) == events:
                continue
            if events & ~select.POLLOUT:
                loop.add_reader(fd, self.iterate)
            if events & select.POLLOUT:
                loop.add_writer(fd, self.iterate)
        self.watched = wanted

    def iterate(self):
        if self.timer is not None:
            self.timer.cancel()
            self.timer = None
        self.glib.g_main_context_iteration(self.context, False)
        self.look()


_bridges = weakref.WeakKeyDictionary()


def bridge(loop):
    """Sees to it that the main context of this thread is iterated while the loop
    runs, unless it is anyway."""
    if loop in _bridges:
        return
    # A loop of GLib's is running, or this loop is made of one.
    if GLib.main_depth() > 0 or type(loop).__module__.startswith("gi."):
        return
    _bridges[loop] = _Bridge(loop)

# SPDX-License-Identifier: LGPL-2.1-or-later
"""The main context of GLib, while a loop of asyncio runs that knows nothing of it.

What this library has for a thread comes through the thread's main context. Where
asyncio waits instead of GLib, the context's files are watched by the loop, by way
of one file that stands for them all, so that they cannot clash with the program's
own; and before the loop waits, the context is asked for how long it may.

The thread owns the context meanwhile, as it would in a main loop: GLib wakes only
an owner. So what other threads attach is seen at once. What the thread itself
attaches is seen because the context is asked before each wait; but where the loop
has no selector (uvloop), only with the next thing that happens.
"""

import ctypes
import ctypes.util
import select
import selectors
import sys
import threading
import weakref
from _thread import get_ident

from gi.module import get_introspection_module
from gi.repository import GLib

Thr = get_introspection_module("Thr")

_here = threading.local()


def running_loop():
    """The asyncio loop that runs on this thread, or None; without importing it."""
    asyncio = sys.modules.get("asyncio")
    return asyncio._get_running_loop() if asyncio is not None else None


def attend():
    """Sees to it that the main context of this thread is iterated, if an asyncio loop
    runs here. Returns the loop, or None."""
    loop = running_loop()
    if loop is not None:
        bridge = getattr(_here, "bridge", None)
        if bridge is None or bridge.loop() is not loop:
            if bridge is not None:
                bridge.close()
            bridge = _here.bridge = _Bridge(loop)
        bridge.look_soon()
    return loop


class _PollFD(ctypes.Structure):
    _fields_ = (("fd", ctypes.c_int), ("events", ctypes.c_ushort), ("revents", ctypes.c_ushort))


class _GLib:
    """What PyGObject cannot call, as it has no way to give it room for the files."""

    def __init__(self):
        for name in "libglib-2.0.so.0", "libglib-2.0.0.dylib", None:
            try:
                # It is there already: to search for it would start programs.
                quick = ctypes.PyDLL(name or ctypes.util.find_library("glib-2.0"))
                break
            except OSError:
                if name is None:
                    raise
        # These call into Python.
        slow = ctypes.CDLL(quick._name)
        pointer, integer = ctypes.c_void_p, ctypes.c_int
        for library, name, result, *parameters in (
            (quick, "default", pointer),
            (quick, "get_thread_default", pointer),
            (quick, "acquire", integer, pointer),
            (slow, "release", None, pointer),
            (slow, "iteration", integer, pointer, integer),
            (slow, "prepare", integer, pointer, ctypes.POINTER(integer)),
            (
                quick,
                "query",
                integer,
                pointer,
                integer,
                ctypes.POINTER(integer),
                ctypes.POINTER(_PollFD),
                integer,
            ),
        ):
            function = getattr(library, "g_main_context_" + name)
            function.restype = result
            function.argtypes = parameters
            setattr(self, name, function)


_glib = None


class _Bridge:
    """Between one asyncio loop and the main context of the thread that runs it."""

    def __init__(self, loop):
        global _glib

        if _glib is None:
            _glib = _GLib()
        self.loop = weakref.ref(loop)
        self.ident = get_ident()
        self.selector = None  # watches what the context watches; None: nobody need do it
        self.wrapped = False
        self.owned = False
        self.looking = False
        self.timer = None
        self.watched = {}
        self.timeout = ctypes.c_int()
        self.priority = ctypes.c_int()
        self.fds = (_PollFD * 8)()
        self.pushed = self._push_context()
        self.context = _glib.get_thread_default() or _glib.default()

        # Whether somebody iterates the context anyway: a main loop on top of which
        # this loop is made. Then this source is dispatched before the loop goes on.
        self.probe = GLib.Idle(priority=GLib.PRIORITY_HIGH)
        self.is_iterated = False
        self.probe.set_callback(self._seen)
        self.probe.attach(GLib.MainContext.get_thread_default())
        loop.call_soon(self._begin)

    @staticmethod
    def _push_context():
        """The default context is the main thread's: another thread is given its own."""
        if _glib.get_thread_default() or get_ident() == threading.main_thread().ident:
            return None
        context = GLib.MainContext.new()
        context.push_thread_default()
        # Other jobs run on the thread of a job later, which are not to come here.
        return context if Thr.ThreadWrapper.get_current() is not None else None

    def _seen(self, *user_data):
        self.is_iterated = True
        return False

    def _begin(self):
        self.probe.destroy()
        self.probe = None
        loop = self.loop()
        if self.is_iterated or getattr(_here, "bridge", None) is not self:
            return
        self.selector = selectors.DefaultSelector()
        loop.add_reader(self.selector.fileno(), self._iterate)
        if isinstance(getattr(loop, "_selector", None), selectors.BaseSelector):
            loop._selector = _Selector(loop._selector, self)
            self.wrapped = True
        self.look_soon()

    def close(self):
        """On the thread of the loop, unless that was closed on another one."""
        loop = self.loop()
        if self.selector is not None:
            if loop is not None and not loop.is_closed():
                loop.remove_reader(self.selector.fileno())
                if self.wrapped and isinstance(loop._selector, _Selector):
                    loop._selector = loop._selector.inner
            self.selector.close()
            self.selector = None
        if self.timer is not None:
            self.timer.cancel()
        if get_ident() != self.ident:
            return
        if self.owned:
            self.owned = False
            _glib.release(self.context)
        if self.pushed is not None:
            self.pushed.pop_thread_default()
            self.pushed = None
        if getattr(_here, "bridge", None) is self:
            del _here.bridge

    # ---- how long to wait, and for what ----

    def look(self):
        """Has the selector watch what the context waits for. Returns for how many
        seconds at most; None = for ever."""
        if not self.owned:
            self.owned = bool(_glib.acquire(self.context))
            if not self.owned:
                return None  # somebody else iterates it
        _glib.prepare(self.context, ctypes.byref(self.priority))
        while True:
            n_fds = _glib.query(
                self.context, self.priority, ctypes.byref(self.timeout), self.fds, len(self.fds)
            )
            if n_fds <= len(self.fds):
                break
            self.fds = (_PollFD * n_fds)()
        wanted = {}
        for i in range(n_fds):
            poll_fd = self.fds[i]
            wanted[poll_fd.fd] = wanted.get(poll_fd.fd, 0) | poll_fd.events
        # The context's own file stays. Another can be a new one of the same number.
        if wanted != self.watched or len(wanted) > 1:
            if not self._watch(wanted):
                return 0
        return self.timeout.value / 1000 if self.timeout.value >= 0 else None

    def _watch(self, wanted):
        """Returns whether all of them can be watched; what cannot is always ready."""
        can = True
        for fd in list(self.selector.get_map()):
            self.selector.unregister(fd)
        for fd, events in wanted.items():
            reads = selectors.EVENT_READ if events & ~select.POLLOUT else 0
            writes = selectors.EVENT_WRITE if events & select.POLLOUT else 0
            try:
                self.selector.register(fd, reads | writes)
            except (OSError, ValueError):
                can = False
        self.watched = wanted
        return can

    def _iterate(self):
        if self.selector is not None:
            _glib.iteration(self.context, False)
            self.look_soon()

    # ---- without a selector to ask ----

    def look_soon(self):
        if self.selector is not None and not self.wrapped and not self.looking:
            self.looking = True
            self.loop().call_soon(self._look)

    def _look(self):
        self.looking = False
        if self.selector is None:
            return
        if self.timer is not None:
            self.timer.cancel()
            self.timer = None
        wait = self.look()
        if wait is not None:
            self.timer = self.loop().call_later(wait, self._iterate)


class _Selector:
    """The selector of a loop, which looks after the main context besides."""

    def __init__(self, inner, bridge):
        self.inner = inner
        self.bridge = bridge

    def __getattr__(self, name):
        return getattr(self.inner, name)

    def select(self, timeout=None):
        wait = self.bridge.look()
        is_sooner = wait is not None and (timeout is None or wait < timeout)
        events = self.inner.select(wait if is_sooner else timeout)
        if wait == 0 or (is_sooner and not events):
            self.bridge.loop().call_soon(self.bridge._iterate)
        return events

    def close(self):
        self.bridge.close()
        self.inner.close()

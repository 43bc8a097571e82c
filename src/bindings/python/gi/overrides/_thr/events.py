# SPDX-License-Identifier: LGPL-2.1-or-later
"""What is said to workers, and the functions that hear it."""

import itertools
import threading
import weakref

from gi.module import get_introspection_module
from gi.repository import GLib, GObject

from . import errors, interrupts
from .halting import ThreadHalted
from .values import to_value

Thr = get_introspection_module("Thr")

_raw = Thr.Event
_get_name = _raw.get_name
_get_value = _raw.get_value
_new_full = _raw.new_full
_STRUCTS = (GObject.GBoxed, GObject.GPointer)

# ---- events ----


def _child_error(event, value):
    if isinstance(value, GLib.Error):
        return failure_of(event.target, value)
    return value


def _child_end(event, value):
    if isinstance(value, GLib.Error):
        return failure_of(event.target, value), None
    return None, value


def _listener_error(event, value):
    return errors.convert(value) if isinstance(value, GLib.Error) else value


def _reject(event, value):
    return value, event.target


# What the library itself says, as Python says it.
_DATA = {
    Thr.EVENT_CHILD_THREAD_ERROR: _child_error,
    Thr.EVENT_CHILD_THREAD_END: _child_end,
    Thr.EVENT_LISTENER_ERROR: _listener_error,
    Thr.EVENT_EVENT_REJECT: _reject,
}


class Event(_raw):
    """Something that is said to a worker: a name, any object, and who said it.

    The target is who said it: by default the worker in which this is made.
    Bubbling, it is heard by the ancestors of the one that it is fired at, too;
    broadcast, by the descendants.
    """

    def __new__(cls, name, data=None, *, bubble=False, broadcast=False, target=None):
        check_name(name)
        if target is None:
            target = Thr.Worker.current()
        return _new_full(name, to_value(data), target, bubble, broadcast)

    def __init__(self, *args, **kwargs):
        pass  # it was made by __new__()

    @staticmethod
    def new(name, data=None):
        return Event(name, data)

    @property
    def name(self):
        """What it is called."""
        return _get_name(self)

    @property
    def data(self):
        """What it carries: whatever was fired.

        CHILD_THREAD_ERROR and LISTENER_ERROR carry the exception, CHILD_THREAD_END
        carries (exception, result), EVENT_REJECT the event and who did not hear it.
        """
        value = owned(_get_value(self))
        translate = _DATA.get(_get_name(self))
        return translate(self, value) if translate is not None else value

    @property
    def target(self):
        """The worker that fired it, or None."""
        return _raw.get_target(self)

    @property
    def bubble(self):
        """Whether the ancestors of who it is fired at hear it, too."""
        return _raw.get_bubble(self)

    @property
    def broadcast(self):
        """Whether the descendants of who it is fired at hear it, too."""
        return _raw.get_broadcast(self)

    def __repr__(self):
        return f"<Thr.Event {self.name!r} {self.data!r}>"


def check_name(name):
    if not isinstance(name, str):
        raise TypeError(f"the name of an event is a string, not {name!r}")
    if not name:
        raise errors.Error("An event needs a name", code=errors.Code.INVALID_ARGUMENT)


def owned(value):
    """What a result of type GValue was given as, for longer than that lives."""
    if isinstance(value, _STRUCTS):
        return GObject.Value(type(value).__gtype__, value).get_value()
    return value


def failure_of(worker, error):
    """The exception that an error of a worker stands for."""
    failure = worker._thr_failure if worker is not None else None
    if failure is not None and same(errors.to_glib_error(failure), error):
        return failure
    return errors.convert(error)


def same(one, other):
    return (one.domain, one.code, one.message) == (other.domain, other.code, other.message)


# ---- failures ----


def report(failure, worker):
    """A failure in a worker's thread. That the program is ending is none, nor is what
    ends more than the worker."""
    if isinstance(failure, (errors.StoppedError, KeyboardInterrupt, ThreadHalted)):
        return
    thread = threading.current_thread()
    if isinstance(thread, threading._DummyThread):
        thread.name = worker.name
    errors.report(failure, thread)


def hear(worker, heard, function, /, *args, **kwargs):
    """Calls what listens to the event that is heard, or what was to be called later."""
    try:
        if interrupts.noted:
            interrupts.attend()
        function(*args, **kwargs)
    except (errors.WorkerExit, ThreadHalted):
        try:
            Thr.Worker.exit(worker)
        except GLib.Error as error:
            if error.code != errors.Code.WORKER_EXIT:
                worker.stop()  # one that has no function to end: its waits end
    except BaseException as failure:
        if isinstance(failure, KeyboardInterrupt) and interrupts.note():
            return
        report(failure, worker)
        if heard is None or heard.name != Thr.EVENT_LISTENER_ERROR:
            event = Event(Thr.EVENT_LISTENER_ERROR, failure, bubble=True, target=worker)
            Thr.Worker.fire_event(worker, event)


# ---- listeners ----


class Listener(Thr.Listener):
    """What calls a function when a worker hears an event of a certain name."""

    callback = None  # where it is a function of Python

    @property
    def event_name(self):
        """The name of the events that it hears."""
        return self.get_name()

    @property
    def priority(self):
        """The higher is called first."""
        return self.get_priority()

    @property
    def once(self):
        """Whether it is removed when it hears its first event."""
        return bool(self.get_flags() & Thr.ListenerFlags.ONCE)

    @property
    def permanent(self):
        """Whether it stays when the worker's run ends."""
        return bool(self.get_flags() & Thr.ListenerFlags.PERMANENT)

    def __repr__(self):
        return f"<Thr.Listener {self.event_name!r} {self.callback!r}>"


class Listeners(dict):
    """The functions that listen to a worker, by the keys of their ears.

    They are the worker's, where the garbage collector finds them: most of them know
    the worker. What the library has, and the collector does not see, is an ear,
    which knows none of them. Each goes with its ear.
    """

    __slots__ = ("__weakref__",)

    def add(self, worker, callback, name, target, priority, flags):
        ear = _Ear(self, callback)
        listener = Thr.Worker.listen_full(worker, name, priority, flags, target, ear)
        listener.callback = callback
        entry = self.get(ear.key)
        if entry is None:  # it heard its only event meanwhile, or was removed
            Thr.Worker.unlisten(worker, listener)
        else:
            entry.listener = listener

    def find(self, wanted):
        """The entries of a function, or of a listener, with their keys."""
        return [
            (key, entry)
            for key, entry in list(self.items())
            if entry.listener is wanted or entry.callback == wanted
        ]


class _Entry:
    __slots__ = ("callback", "listener")

    def __init__(self, callback):
        self.callback = callback
        self.listener = None


class _Ear:
    __slots__ = ("listeners", "key")

    _keys = itertools.count()

    def __init__(self, listeners, callback):
        self.key = next(self._keys)
        self.listeners = weakref.ref(listeners)
        listeners[self.key] = _Entry(callback)

    def __call__(self, worker, event):
        listeners = self.listeners()
        entry = listeners.get(self.key) if listeners is not None else None
        if entry is not None:
            hear(worker, event, entry.callback, event)
        return True

    def __del__(self):
        listeners = self.listeners()
        if listeners is not None:
            listeners.pop(self.key, None)

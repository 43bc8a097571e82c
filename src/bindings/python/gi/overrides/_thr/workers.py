# SPDX-License-Identifier: LGPL-2.1-or-later
"""Threads with an event loop."""

import functools
from _thread import get_ident
from types import CoroutineType

from gi.module import get_introspection_module
from gi.repository import Gio, GLib

from . import errors, waits
from .events import Event, Listeners, check_name, failure_of, hear, report, same
from .thread_states import drop_dummy_thread
from .times import to_microseconds
from .values import to_value

Thr = get_introspection_module("Thr")

_raw = Thr.Worker
_raw_fire = _raw.fire
# PyGObject makes a type at the first look at it, which two threads cannot have at once.
_ONCE, _TEMPORARY, _PERMANENT = (
    Thr.ListenerFlags.ONCE, Thr.ListenerFlags.TEMPORARY, Thr.ListenerFlags.PERMANENT
)
_DAEMONS = {None: Thr.Daemon.INHERIT, False: Thr.Daemon.NO, True: Thr.Daemon.YES}


def _run(worker):
    """The function of each worker of Python's, as the library calls it."""
    ident = get_ident()
    try:
        args, kwargs = worker._thr_arguments
        worker._thr_arguments = _NO_ARGUMENTS
        worker._thr_failure = None
        result = worker.run(*args, **kwargs)
        if type(result) is CoroutineType:
            result.close()
            raise TypeError(f"{worker.name} is a coroutine function, which needs no thread")
        if result is not None:
            _raw.return_value(worker, to_value(result))
        return True
    except BaseException as failure:
        if not isinstance(failure, errors.WorkerExit):
            worker._thr_failure = failure
            if worker.print_traceback:
                report(failure, worker)
        raise errors.copy(errors.to_glib_error(failure)) from None
    finally:
        worker = args = kwargs = result = None  # the traceback of a failure holds this frame
        drop_dummy_thread(ident)


_NO_ARGUMENTS = (), {}


class Later:
    """A call that is still to come. It is stopped by stop()."""

    def __init__(self, callback, args, kwargs):
        if not callable(callback):
            raise TypeError(f"a function is needed, not {callback!r}")
        self._call = callback, args, kwargs
        self._cancellable = Gio.Cancellable()

    def stop(self):
        """Calls it off, if it was not called yet."""
        self._cancellable.cancel()
        return self

    def __call__(self, worker):
        callback, args, kwargs = self._call
        self._call = None
        hear(worker, None, callback, *args, **kwargs)


def _fire(fire, name, data):
    with errors.conversion:
        fire(name, to_value(data))


class Worker(_raw):
    """A thread with an event loop.

    It calls task(*args, **kwargs) with what start() was given; without a task it
    waits, and listens, until it is stopped. Inside, Thr.current() is the worker. A
    subclass can have run() instead of a task.

    In another worker, that is its parent; parent=False makes one without, and a
    worker there is the parent. A parent that ends stops its children and waits for
    them; but not for those that are daemons, which by default are those of a daemon.

    A failure of the task is reported through threading.excepthook, unless
    print_traceback is false. A result in which the worker itself is keeps it alive.
    """

    # As for jobs: a look at __dict__ would keep the object.
    _thr_task = None
    _thr_arguments = _NO_ARGUMENTS
    _thr_failure = None
    _thr_listeners = None
    print_traceback = True

    def __init_subclass__(cls, **kwargs):
        super().__init_subclass__(**kwargs)
        own = cls.__mro__[: cls.__mro__.index(Worker)]
        # An override has no type of its own: what it does is done to all in C.
        is_override = cls.__module__.startswith("gi.overrides.")
        if not is_override and not any("do_run" in vars(base) for base in own):
            cls.do_run = _run

    def __new__(cls, *args, **kwargs):
        if cls.__gtype__ == _raw.__gtype__:
            return _raw.new(None, _run)
        return super().__new__(cls)

    def __init__(self, task=None, parent=None, daemon=None, print_traceback=True, name=None):
        if type(self).__gtype__ != _raw.__gtype__:
            super().__init__()
        self._thr_set_up(task, print_traceback, name)
        if parent is not None:
            self.parent = parent or None
        if daemon is not None:
            self.daemon = daemon

    def _thr_set_up(self, task, print_traceback, name):
        if task is not None:
            if not callable(task):
                raise TypeError(f"a function is needed, not {task!r}")
            self._thr_task = task
            name = name or getattr(task, "__name__", None)
        if name is not None:
            self.name = name
        if not print_traceback:
            self.print_traceback = False
        self.set_quiet(True)

    def run(self, /, *args, **kwargs):
        """What the worker does, on its own thread: a subclass has its own."""
        if self._thr_task is not None:
            return self._thr_task(*args, **kwargs)
        return self.wait_forever()

    @staticmethod
    def new(name, task=None):
        return Worker(task, name=name)

    # What it is.

    name = property(_raw.dup_name, _raw.set_name, doc="Its name, for people.")

    @property
    def parent(self):
        """Its parent, or None. It can be set while the worker does not run."""
        return self.dup_parent()

    @parent.setter
    def parent(self, parent):
        self.set_parent(parent)

    @property
    def daemon(self):
        """Whether its parent does not wait for it: True, False, or None = as that one."""
        daemon = self.get_daemon()
        return None if daemon == Thr.Daemon.INHERIT else daemon == Thr.Daemon.YES

    @daemon.setter
    def daemon(self, daemon):
        self.set_daemon(_DAEMONS[daemon if daemon is None else bool(daemon)])

    @property
    def children(self):
        """Its children that run."""
        return set(self.dup_children())

    @property
    def paused(self):
        """Whether it is paused."""
        return self.is_paused()

    @property
    def err(self):
        """The exception that its latest run failed with, or None."""
        error = self.dup_error()
        return failure_of(self, error) if error is not None else None

    @property
    def ret(self):
        """The result of its latest run, or None."""
        found, result = self.get_result()
        return result if found else None

    def __repr__(self):
        state = "paused" if self.paused else "running" if self.is_running() else "not running"
        return f"<Thr.{type(self).__name__} {self.name!r} {state}>"

    # Its life.

    def start(self, /, *args, **kwargs):
        """Starts its thread, and gives the arguments to the task."""
        if not self.is_running():
            self._thr_arguments = args, kwargs
            with errors.conversion:
                _raw.start(self)
        return self

    def start_overlay(self, /, *args, **kwargs):
        """Runs the task and the loop on the calling thread, until it has ended."""
        if self.is_running():
            return self
        self._thr_arguments = args, kwargs
        try:
            _raw.start_overlay(self)
        except GLib.Error as error:
            failure = self.dup_error()
            if failure is None or not same(failure, error):
                raise errors.convert(error) from None
            if not isinstance(self.err, Exception):
                raise self.err from None  # it ends more than the worker
        return self

    def stop(self):
        """Has Thr.WorkerExit raised at its next break point."""
        _raw.stop(self)
        return self

    def pause(self):
        """Holds it at its next break point; its listeners still hear."""
        _raw.pause(self)
        return self

    def resume(self):
        """Lets it go on after pause()."""
        _raw.resume(self)
        return self

    def join(self, timeout=None):
        """Waits for its end, for so many seconds; no event is processed meanwhile.

        Its failure is in err.
        """
        waits.for_worker(functools.partial(_raw.join, self), self, timeout)
        return self

    # Events.

    def fire(self, event, data=None, *, bubble=False, broadcast=False, target=None):
        """Says something to the worker: an event, or the name and the data of one."""
        if isinstance(event, Event):
            _raw.fire_event(self, event)
        elif bubble or broadcast or target is not None:
            event = Event(event, data, bubble=bubble, broadcast=broadcast, target=target)
            _raw.fire_event(self, event)
        else:
            # Of what is called most, nothing in between.
            try:
                _raw_fire(self, event, to_value(data))
            except GLib.Error as error:
                raise errors.convert(error) from None
        return self

    def parent_fire(self, event, data=None):
        """Says something to its parent, if it has one."""
        parent = self.parent if isinstance(event, Event) else None
        if parent is not None:
            parent.fire(event)
        elif not isinstance(event, Event):
            _fire(functools.partial(_raw.parent_fire, self), event, data)
        return self

    def children_fire(self, event, data=None):
        """Says something to its children."""
        if isinstance(event, Event):
            for child in self.children:
                child.fire(event)
        else:
            _fire(functools.partial(_raw.children_fire, self), event, data)
        return self

    def bubble(self, name, data=None):
        """Says something to all its ancestors."""
        _fire(functools.partial(_raw.bubble, self), name, data)
        return self

    def broadcast(self, name, data=None):
        """Says something to all its descendants."""
        _fire(functools.partial(_raw.broadcast, self), name, data)
        return self

    def listen(
        self,
        callback=None,
        event_name=None,
        *,
        target=None,
        priority=0,
        once=False,
        permanent=True,
    ):
        """Has callback(event) called, in its thread, when it hears such an event.

        With a name alone, this is a decorator. A target is the worker whose events
        alone are heard. The higher priority is called first. With once it hears one
        event; without permanent it is gone when the worker's run ends.
        """
        if isinstance(callback, str):
            callback, event_name = event_name, callback
        check_name(event_name)
        if callback is None:
            return functools.partial(
                self.listen,
                event_name=event_name,
                target=target,
                priority=priority,
                once=once,
                permanent=permanent,
            )
        if not callable(callback):
            raise TypeError(f"a function is needed, not {callback!r}")
        flags = _ONCE if once else _TEMPORARY
        if permanent:
            flags |= _PERMANENT
        if self._thr_listeners is None:
            # Another thread may be about to do the same: the first counts.
            vars(self).setdefault("_thr_listeners", Listeners())
        self._thr_listeners.add(self, callback, event_name, target, priority, flags)
        return callback

    def unlisten(self, callback):
        """Removes the listeners of a function, or one; whether there was one."""
        found = self._thr_listeners.find(callback) if self._thr_listeners is not None else ()
        for key, entry in found:
            self._thr_listeners.pop(key, None)
            if entry.listener is not None:
                _raw.unlisten(self, entry.listener)
        if not found and isinstance(callback, Thr.Listener):
            return _raw.unlisten(self, callback)
        return bool(found)

    @property
    def listeners(self):
        """Its listeners that are functions of Python."""
        entries = list(self._thr_listeners.values()) if self._thr_listeners is not None else ()
        return [entry.listener for entry in entries if entry.listener is not None]

    def later(self, callback, *args, timeout=0, **kwargs):
        """Has a function called in its thread, at a break point, in so many seconds.

        What is returned has stop(), which calls it off.
        """
        later = Later(callback, args, kwargs)
        with errors.conversion:
            _raw.later(self, to_microseconds(timeout), later._cancellable, later)
        return later

    # Its break points.

    def update(self):
        """Processes the events that have come, and does not wait for more."""
        with errors.conversion:
            _raw.update(self)

    def exit(self):
        """Ends it from inside: raises Thr.WorkerExit."""
        with errors.conversion:
            _raw.exit(self)

    def wait(self, param, *args, **kwargs):
        """Waits for whatever it is.

        A string is wait_event(), a worker wait_thread(), a function wait_until(), and
        a number wait_timeout(). For the result of an Async or a Defer it is get().
        """
        return waits.for_whatever(self, param, *args, **kwargs)

    def wait_timeout(self, timeout):
        """Waits for so many seconds."""
        waits.for_time(functools.partial(_raw.wait_timeout, self), timeout)

    def wait_forever(self):
        """Processes events until it is stopped."""
        waits.for_time(functools.partial(_raw.wait_timeout, self), None)

    def wait_thread(self, thread, timeout=None):
        """Waits for the end of another worker, and gives (exception, result)."""
        return waits.for_worker(functools.partial(_raw.wait_worker, self, thread), thread, timeout)

    wait_worker = wait_thread

    def wait_event(self, name, timeout=None, target=None):
        """Waits for an event, and gives its data; None if the time is over first.

        With a target, it must have been fired by that worker.
        """
        return waits.for_event(functools.partial(_raw.wait_event, self), name, timeout, target)

    def wait_until(self, condition, timeout=None):
        """Waits for an event that condition(event) says yes to, and gives its data.

        It is None if the time is over first.
        """
        return waits.for_condition(functools.partial(_raw.wait_until, self), condition, timeout)


def create_worker(
    callback=None, *args, parent=None, daemon=None, print_traceback=True, **kwargs
):
    """Makes a worker and starts it; a decorator, with and without parameters.

    Other arguments are given to the task.
    """
    options = {"parent": parent, "daemon": daemon, "print_traceback": print_traceback}
    if callable(callback):
        return Worker(callback, **options).start(*args, **kwargs)
    if callback is not None:
        args = callback, *args

    def decorate(function):
        return Worker(function, **options).start(*args, **kwargs)

    return decorate


errors.convert_methods(Worker, _raw)

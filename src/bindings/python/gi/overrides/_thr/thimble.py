# SPDX-License-Identifier: LGPL-2.1-or-later
"""Thimbles: any object with blocking methods, called without blocking."""

import fnmatch
import functools
import sys
import weakref

from gi.module import get_introspection_module
from gi.repository import GLib, GObject

from . import aio, errors, introspected
from .futures import has_ended
from .jobs import Run, pending_of

Thr = get_introspection_module("Thr")

_raw = Thr.Thimble


def _run_instead(native, access):
    """A hook of the library: has it run a Python function for the member."""
    run = access.get_argument(0) if access.get_n_arguments() == 1 else None
    if isinstance(run, Run):
        access.set_function(lambda thread, *user_data: run.run(thread))
    return True


class Thimble:
    """An object, of Python or of GObject, whose blocking methods do not block.

    Thimble(car, ["drive_to"]).drive_to("work") begins the method in a thread of the
    manager, and returns what can be awaited, or given functions by then(). All other
    attributes are those of the object; they are used, and set, at once.

    blocking_methods are names, or patterns such as "*_sync". None is every method
    that has no underscore in front, save those that all objects of GObject have.
    Without a manager it makes one that runs one method at a time.

    hooks has functions by the names of attributes. hook(thimble, name, value) is
    called when the attribute is looked up, and what it returns takes the place of
    the value; a method is made asynchronous after that. With serialize_all, all else
    is refused (Thr.Error.BUSY) while a blocking method is under way.

    A method that introspection data describes is called by that data, without
    Python: it gets the cancellable of the call, and its results are those that it
    puts out. All others are called as they would be from Python.

    What the thimble has itself hides what the object has: target, manager,
    blocking_methods, hooks, serialize_all, call(), call_thread(), new_static() and
    require(). By call() the hidden are called, too. The signals of an object of
    GObject are heard in the main context of who connects them.
    """

    __module__ = "gi.repository.Thr"
    __slots__ = (
        "_native",
        "_target",
        "_methods",
        "_hooked",
        "_under_way",
        "hooks",
        "serialize_all",
        "__weakref__",
    )

    def __init__(
        self, target, blocking_methods=None, manager=None, hooks=None, serialize_all=False
    ):
        if target is None:
            raise TypeError("there is no object: for functions use Thr.Thimble.new_static()")
        self._set_up(target, blocking_methods, manager, hooks, serialize_all)

    @classmethod
    def new_static(cls, manager=None):
        """A thimble of functions: for call("GLib.file_get_contents", path)."""
        self = cls.__new__(cls)
        self._set_up(None, None, manager, None, False)
        return self

    @staticmethod
    def require(name, version=None):
        """Loads the introspection data of a library."""
        with errors.conversion:
            return _raw.require(name, version)

    def _set_up(self, target, blocking_methods, manager, hooks, serialize_all):
        if isinstance(blocking_methods, str):
            raise TypeError(f"the methods are a list of names, not {blocking_methods!r}")
        if manager is not None and not isinstance(manager, Thr.ThreadManager):
            raise TypeError(f"the manager is a Thr.ThreadManager, not {manager!r}")
        aio.attend()
        # What goes to a thread is decided here: what comes to the native one does.
        if isinstance(target, GObject.Object):
            self._native = _raw.new(target, manager, None)
        else:
            self._native = _raw.new_static(manager, None)
            if manager is None and target is not None:
                self._native.get_manager().name = f"thimble of {type(target).__name__}"
        self._target = target
        self._methods = None if blocking_methods is None else tuple(blocking_methods)
        self._hooked = set()  # the members that _run_instead() was added for
        self._under_way = []  # jobs; kept only for serialize_all
        self.hooks = dict(hooks or {})
        self.serialize_all = serialize_all

    @property
    def target(self):
        """The object; None where it is for functions."""
        return self._target

    @property
    def manager(self):
        """The manager, in whose threads the blocking methods run."""
        return self._native.get_manager()

    @property
    def blocking_methods(self):
        """The names and patterns; None for all methods."""
        return self._methods

    # Attributes.

    def __getattr__(self, name):
        if name in Thimble.__slots__:  # not set up yet
            raise AttributeError(name)
        if self._target is None:
            raise AttributeError(
                f"a thimble of functions has no {name!r}: call them by their full names, "
                'as in call("GLib.file_get_contents", path)'
            )
        value = self._look_up(name)
        if not (callable(value) and self._is_blocking(name, value)):
            self._check_busy(name)
            return value

        def method(*args, **kwargs):
            return self._begin(name, value, args, kwargs)

        return functools.update_wrapper(method, value, _NAMES, ())

    def __setattr__(self, name, value):
        if hasattr(type(self), name):
            super().__setattr__(name, value)
        else:
            self._check_busy(name)
            setattr(self._target, name, value)

    def __delattr__(self, name):
        if hasattr(type(self), name):
            super().__delattr__(name)
        else:
            self._check_busy(name)
            delattr(self._target, name)

    def __dir__(self):
        return sorted({*super().__dir__(), *dir(self._target)})

    def __repr__(self):
        what = "functions" if self._target is None else repr(self._target)
        return f"<Thr.Thimble of {what}>"

    def _look_up(self, name):
        target = self._target
        if name in _SIGNALS and isinstance(target, GObject.Object):
            value = functools.partial(_SIGNALS[name], self)
        else:
            value = getattr(target, name)
        hook = self.hooks.get(name)
        return value if hook is None else hook(self, name, value)

    def _is_blocking(self, name, value):
        if self._methods is not None:
            return any(fnmatch.fnmatchcase(name, pattern) for pattern in self._methods)
        if name.startswith("_") or isinstance(value, type):
            return False
        return not (isinstance(self._target, GObject.Object) and hasattr(GObject.Object, name))

    def _check_busy(self, name):
        if self.serialize_all and not all(map(has_ended, self._under_way)):
            raise errors.Error(
                f"{name!r} cannot be used now, since a blocking method of the same "
                f"{type(self._target).__name__} is under way: await it",
                code=errors.Code.BUSY,
            )

    # Calling.

    def call(self, name, /, *args, **kwargs):
        """Calls a method in a thread, whether it is listed or not."""
        return self._begin(name, self._find(name), args, kwargs)

    def call_thread(self, name, /, *args, **kwargs):
        """As call(), but returns the job, whose result is what the library makes of it."""
        aio.attend()
        with errors.conversion:
            return self._begin_job(name, self._find(name), args, kwargs)

    def _find(self, name):
        """None for a function that has no object."""
        return None if self._target is None else self._look_up(name)

    def _begin(self, name, value, args, kwargs):
        aio.attend()
        try:
            thread = self._begin_job(name, value, args, kwargs)
        except GLib.Error as error:
            # It is refused: heard of as what goes wrong later.
            pending = aio.Pending()
            pending.reject(errors.convert(error).with_traceback(None))
            return pending
        is_native = value is None or introspected.is_method(value)
        return pending_of(thread, introspected.finish_of(value) if is_native else None)

    def _begin_job(self, name, value, args, kwargs):
        thread = self._submit(name, value, args, kwargs)
        if self.serialize_all:
            self._under_way = [thread, *(job for job in self._under_way if not has_ended(job))]
        return thread

    def _submit(self, name, value, args, kwargs):
        native = self._native
        if value is None or introspected.is_method(value):
            if kwargs:
                raise TypeError(f"{name}() takes no keyword arguments in a thimble")
            if value is not None:
                name = value.get_name_unescaped()
            return native.call_thread(name, [introspected.to_argument(arg) for arg in args])
        run = Run(value, args, kwargs, None, None, None, False)
        if name not in self._hooked:
            self._hooked.add(name)
            native.add_hook(name, _run_instead)
        return native.call_thread(name, [GObject.Value(GObject.TYPE_PYOBJECT, run)])

    # Signals.

    def _connect(self, signal, handler, *args):
        """Has handler(thimble, *arguments, *args) called in this thread's main context."""
        told = weakref.ref(self)

        def call(native, name, arguments, *rest):
            thimble = told()
            if thimble is None:
                return
            try:
                handler(thimble, *map(introspected.copy, arguments or ()), *args)
            except GLib.Error:
                sys.excepthook(*sys.exc_info())  # PyGObject would lose it

        aio.attend()
        with errors.conversion:
            return self._native.connect_signal(signal, call)

    def _disconnect(self, handler):
        return self._native.disconnect_signal(handler)


_NAMES = ("__module__", "__name__", "__qualname__", "__doc__")
_SIGNALS = {
    "connect": Thimble._connect,
    "connect_after": Thimble._connect,
    "disconnect": Thimble._disconnect,
    "handler_disconnect": Thimble._disconnect,
}

# SPDX-License-Identifier: LGPL-2.1-or-later
"""Answers that somebody else gives later, and tasks whose result is waited for."""

import threading
from functools import partial

from gi.module import get_introspection_module
from gi.repository import GLib

from . import aio, errors, waits
from .events import failure_of, owned, same
from .values import to_value
from .workers import Worker, _run

Thr = get_introspection_module("Thr")

_raw = Thr.Defer
_raw_resolver = Thr.DeferResolver
_raw_async = Thr.Async

# ---- defers ----


class _Rejection:
    """The exception that a defer is rejected with, for it and for its resolvers."""

    __slots__ = ("exception", "error", "lock")

    def __init__(self):
        self.exception = self.error = None
        self.lock = threading.RLock()

    def reject(self, reject, target, exception):
        if not isinstance(exception, BaseException):
            raise TypeError(f"an exception is needed, not {exception!r}")
        error = errors.to_glib_error(exception)  # which calls __str__(): not under the lock
        with self.lock:
            before = self.exception, self.error
            self.exception, self.error = exception, error
            if reject(target, error):
                return True
            self.exception, self.error = before
            return False

    def exception_of(self, error):
        with self.lock:  # it may be that of a rejection which comes too late
            exception, own = self.exception, self.error
        if exception is not None and same(own, error):
            return exception
        return errors.convert(error)


def _rejection_of(answered):
    """That of a defer or a resolver; one that was made in C has none yet."""
    if answered._thr_rejection is None:
        # Another thread may be about to do the same: the first counts.
        vars(answered).setdefault("_thr_rejection", _Rejection())
    return answered._thr_rejection


class DeferResolver(_raw_resolver):
    """The answering side of a defer, which it does not keep.

    When the last one is dropped without an answer, those who wait get
    Thr.AbandonedError.
    """

    _thr_rejection = None

    def resolve(self, value=None):
        """Gives the result, any object; whether it is the first answer."""
        return _raw_resolver.resolve(self, to_value(value))

    def reject(self, exception):
        """Gives an exception instead; whether it is the first answer."""
        return _rejection_of(self).reject(_raw_resolver.reject, self, exception)


class Defer(_raw):
    """A result that somebody else gives later.

    One side waits for it by get(), or awaits it; the other, in whatever thread, calls
    resolve() or reject(). The first of these calls counts.
    """

    _thr_rejection = None

    def __init__(self):
        super().__init__()
        self._thr_rejection = _Rejection()

    def resolve(self, value=None):
        """Gives the result, any object; whether it is the first answer."""
        return _raw.resolve(self, to_value(value))

    def reject(self, exception):
        """Gives an exception instead; whether it is the first answer."""
        return _rejection_of(self).reject(_raw.reject, self, exception)

    def dup_resolver(self):
        """What another side needs to answer. From the first one on, the defer is
        abandoned when the last of them is dropped without an answer."""
        resolver = _raw.dup_resolver(self)
        resolver._thr_rejection = _rejection_of(self)
        return resolver

    def get(self, timeout=None):
        """Waits for the result, for so many seconds, and gives it.

        It processes events meanwhile. The exception that this was rejected with is
        raised.
        """
        try:
            return owned(waits.in_slices(partial(_raw.get, self), timeout, self._thr_is_over))
        except GLib.Error as error:
            failure = _rejection_of(self).exception_of(error)
        try:
            raise failure
        finally:
            del failure  # which holds this frame

    def _thr_is_over(self, error):
        return not self.is_pending()

    def get_async(self, cancellable=None, callback=None, *user_data):
        """What get() gives, to be awaited; or with a callback, as in C."""

        def start(cancellable, callback, *user_data):
            _raw.get_async(self, cancellable, callback, *user_data)

        return aio.begin(start, Defer.get_finish, cancellable, callback, user_data)

    def get_finish(self, result):
        try:
            return owned(_raw.get_finish(self, result))
        except GLib.Error as error:
            failure = _rejection_of(self).exception_of(error)
        try:
            raise failure
        finally:
            del failure

    def __await__(self):
        return self.get_async().__await__()


# ---- tasks ----


class Async(Worker, _raw_async):
    """A worker for one task, whose result somebody waits for.

    It has no parent, is a daemon, and nobody is told when it fails but who calls
    get().
    """

    def __new__(cls, task):
        return _raw_async.new(_run)

    def __init__(self, task):
        self._thr_set_up(task, False, None)

    @staticmethod
    def new(task):
        return Async(task)

    def _thr_failed(self, error):
        failure = self.dup_error()
        return failure is not None and same(failure, error)

    def get(self, timeout=None):
        """Waits for the result, for so many seconds, and gives it, or raises the failure.

        It processes events meanwhile. Who waits is its parent for the time: to stop
        that stops the task, too.
        """
        try:
            return owned(waits.in_slices(partial(_raw_async.get, self), timeout, self._thr_failed))
        except GLib.Error as error:
            failure = failure_of(self, error)
        try:
            raise failure
        finally:
            del failure


def async_(callback=None, *args, **kwargs):
    """Starts a task, with these arguments; a decorator, with and without them."""
    if callable(callback):
        return Async(callback).start(*args, **kwargs)
    if callback is not None:
        args = callback, *args
    return lambda function: async_(function, *args, **kwargs)


def await_(callback=None, *args, **kwargs):
    """Runs a function that blocks in a thread of its own, and gives its result.

    Events are processed meanwhile. It is a decorator as well.
    """
    if callable(callback):
        return async_(callback, *args, **kwargs).get()
    if callback is not None:
        args = callback, *args
    return lambda function: await_(function, *args, **kwargs)


Async.run_and_get = staticmethod(await_)
errors.convert_methods(Defer, _raw)

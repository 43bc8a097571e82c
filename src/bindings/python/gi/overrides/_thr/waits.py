# SPDX-License-Identifier: LGPL-2.1-or-later
"""The waits of a worker, and those of whatever worker the thread has.

They get the function of the library that waits, which takes the time-out last but
for what else there is.
"""

import time
from numbers import Real

from gi.module import get_introspection_module
from gi.repository import GLib

from . import errors, interrupts
from .events import same
from .times import to_microseconds, to_seconds

Thr = get_introspection_module("Thr")

_SLICE = 0.25  # seconds


def in_slices(wait, timeout, is_over=None):
    """Calls wait(microseconds) until it gives something, or the time is over.

    One that fails with TIMED_OUT instead has is_over(error): whether it is over in
    truth, and so the outcome might be that very error.
    """
    microseconds = to_microseconds(timeout)
    if microseconds <= 0 or not interrupts.on_main_thread():
        return wait(microseconds)
    with interrupts.Waiting():
        end = time.monotonic() + to_seconds(microseconds)
        while True:
            left = end - time.monotonic()
            if left <= _SLICE:
                return wait(to_microseconds(max(left, 0)))
            try:
                given = wait(to_microseconds(_SLICE))
                late = None
            except GLib.Error as error:
                if is_over is None or not error.matches(errors.QUARK, errors.Code.TIMED_OUT):
                    raise
                late = error
            interrupts.check()
            if late is None:
                if given is not None or is_over is not None:
                    return given
            elif is_over(late):
                return wait(0)


def for_time(wait, timeout):
    with errors.conversion:
        in_slices(lambda microseconds: wait(microseconds) and None, timeout)


def for_worker(wait, worker, timeout):
    def is_its_failure(error):
        failure = Thr.Worker.dup_error(worker)
        return failure is not None and same(failure, error)

    try:
        in_slices(wait, timeout, is_its_failure)
    except GLib.Error as error:
        if not is_its_failure(error):
            raise errors.convert(error) from None
    return worker.err, worker.ret


def for_event(wait, name, timeout, target):
    with errors.conversion:
        event = in_slices(lambda microseconds: wait(name, microseconds, target), timeout)
    return event.data if event is not None else None


def for_condition(wait, condition, timeout):
    condition = _Condition(condition)
    with errors.conversion:
        event = in_slices(lambda microseconds: wait(microseconds, condition), timeout)
    condition.check()
    return event.data if event is not None else None


class _Condition:
    """What is waited for, as the library asks for it."""

    def __init__(self, condition):
        if not callable(condition):
            raise TypeError(f"a function is needed, not {condition!r}")
        self.condition = condition
        self.failure = None

    def __call__(self, event):
        try:
            return bool(self.condition(event))
        except BaseException as failure:
            self.failure = failure
            return True

    def check(self):
        if self.failure is not None:
            try:
                raise self.failure
            finally:
                self.failure = None  # which holds this frame


def for_whatever(where, param, *args, **kwargs):
    """Chooses among the waits of a worker, or of a module: see Worker.wait()."""
    if isinstance(param, str):
        return where.wait_event(param, *args, **kwargs)
    if isinstance(param, (Thr.Async, Thr.Defer)):
        return param.get(*args, **kwargs)
    if isinstance(param, Thr.Worker):
        return where.wait_thread(param, *args, **kwargs)
    if callable(param):
        return where.wait_until(param, *args, **kwargs)
    if param is None or isinstance(param, Real):
        return where.wait_timeout(param, *args, **kwargs)
    raise TypeError(
        "wait() is for a number, the name of an event, a worker, a function, or a list of jobs: "
        f"not {param!r}"
    )

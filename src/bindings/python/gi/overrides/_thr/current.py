# SPDX-License-Identifier: LGPL-2.1-or-later
"""What the worker of the calling thread does: the methods of workers as functions.

A thread that has none gets one for the time of a wait.
"""

import functools
import inspect
import sys
import threading

from gi.module import get_introspection_module

from . import completion, errors, waits
from .workers import Worker

Thr = get_introspection_module("Thr")

_this_module = sys.modules[__name__]
_MANY = (list, tuple, set, frozenset)


def current():
    """The worker of the calling thread; None where there is none."""
    return Thr.Worker.current()


def is_main(thread=None):
    """Whether a worker is the main thread's; without one, whether this is that thread."""
    on_main = threading.current_thread() is threading.main_thread()
    if thread is None:
        return on_main
    return thread is Thr.Worker.main() or (on_main and thread is current())


def sleep(timeout):
    """Waits for so many seconds: instead of time.sleep(), which processes no events."""
    waits.for_time(Thr.wait_timeout, timeout)


def wait_timeout(timeout):
    """Waits for so many seconds."""
    waits.for_time(Thr.wait_timeout, timeout)


def wait_forever():
    """Processes events until the worker is stopped."""
    waits.for_time(Thr.wait_timeout, None)


def wait_thread(thread, timeout=None):
    """Waits for the end of another worker, and gives (exception, result)."""
    return waits.for_worker(functools.partial(Thr.wait_worker, thread), thread, timeout)


wait_worker = wait_thread


def wait_event(name, timeout=None, target=None):
    """Waits for an event, and gives its data; None if the time is over first."""
    return waits.for_event(Thr.wait_event, name, timeout, target)


def wait_until(condition, timeout=None):
    """Waits for an event that condition(event) says yes to, and gives its data."""
    return waits.for_condition(Thr.wait_until, condition, timeout)


def wait(param, *args, **kwargs):
    """Waits for whatever it is.

    A string is wait_event(), a worker wait_thread(), a function wait_until(), and a
    number wait_timeout(). For the result of an Async or a Defer it is get(). A list,
    tuple or set of jobs and futures is for concurrent.futures.wait().
    """
    if isinstance(param, _MANY):
        return completion.wait(param, *args, **kwargs)
    return waits.for_whatever(_this_module, param, *args, **kwargs)


def update():
    """Processes the events that have come, and does not wait for more."""
    with errors.conversion:
        Thr.update()


def exit():
    """Ends the worker from inside: raises Thr.WorkerExit."""
    with errors.conversion:
        Thr.exit()


def listen(callback=None, event_name=None, *, permanent=False, **options):
    """Has the worker listen until its run ends: see Worker.listen()."""
    return _here().listen(callback, event_name, permanent=permanent, **options)


def _here():
    worker = current()
    if worker is None:
        raise errors.Error(
            "This thread has no worker: say which one is meant", code=errors.Code.INVALID_STATE
        )
    return worker


def _shortcut(method):
    @functools.wraps(method)
    def shortcut(*args, **kwargs):
        return method(_here(), *args, **kwargs)

    signature = inspect.signature(method)
    shortcut.__signature__ = signature.replace(
        parameters=list(signature.parameters.values())[1:]
    )
    return shortcut


unlisten = _shortcut(Worker.unlisten)
later = _shortcut(Worker.later)
parent_fire = _shortcut(Worker.parent_fire)
children_fire = _shortcut(Worker.children_fire)
bubble = _shortcut(Worker.bubble)
broadcast = _shortcut(Worker.broadcast)

NAMES = (
    "current", "is_main", "sleep", "wait", "wait_timeout", "wait_forever", "wait_thread",
    "wait_worker", "wait_event", "wait_until", "update", "exit", "listen", "unlisten", "later",
    "parent_fire", "children_fire", "bubble", "broadcast",
)

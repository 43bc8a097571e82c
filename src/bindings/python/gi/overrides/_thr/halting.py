# SPDX-License-Identifier: LGPL-2.1-or-later
"""Stopping Python code from outside: ThreadHalted, raised where it runs.

The interpreter can raise an exception in another thread, asynchronously: at the
next line, or when a call into C returns. What makes that safe here:

- Only one thread, the halter, ever raises one. It never runs what can be halted,
  so that no exception of this kind can break off its bookkeeping.
- A *target* is one run of a function. It is entered and left on its own thread,
  without a lock, since an exception may come at any instruction: it says that it
  is over and then looks whether the halter is just hitting it, as the halter says
  whom it hits and then looks whether that is over. The interpreter runs one
  instruction at a time, so one of the two sees the other.
- A target is hit once. Only if it still runs after a second, and nothing in it is
  handling the exception, is it hit again: it has swallowed the first.
- What runs on top of it on the same thread is another target. Until that is left,
  the one below is not hit; what was meant for it and comes up above is sent again.
"""

import ctypes
import os
import queue
import sys
import threading
import time
from _thread import get_ident

PATIENCE = 1.0  # seconds until a target that swallowed a hit gets another
_GLANCE = 0.0001  # seconds between two looks whether the halter is done

_NOTHING = ctypes.py_object()  # takes back what was not raised yet

try:
    _set_async_exc = ctypes.pythonapi.PyThreadState_SetAsyncExc
    _set_async_exc.argtypes = (ctypes.c_ulong, ctypes.py_object)
except AttributeError:  # another Python than CPython: functions are not interrupted

    def _set_async_exc(ident, exception):
        return 0


# From Python 3.10 on; before, nobody is hit twice.
_current_exceptions = getattr(sys, "_current_exceptions", None)

targets = {}  # of the jobs whose functions run, by the address of the job
_top = {}  # the target that runs on a thread, by the thread's ident
_main_ident = threading.main_thread().ident
_hitting = None  # whom the halter hits at this moment
_requests = queue.SimpleQueue()
_halter = None
_halter_lock = threading.Lock()


class ThreadHalted(BaseException):
    """Raised inside of a function that is halted. Clean up and let it pass."""

    __module__ = "gi.repository.Thr"

    def __init__(self, *args):
        super().__init__(*args)
        # Made on the target's thread, when the first handler gets to see it.
        target = _top.get(get_ident())
        while target is not None and (not target.hit or target.raised):
            target = target.below
        if target is not None:
            target.raised = True


class Target:
    """One run of a function on one thread. To be used by run() and its like alone,
    which know what to do when an exception comes in the middle."""

    __slots__ = ("ident", "below", "entered", "wanted", "hit", "raised", "due")

    def __init__(self):
        self.ident = 0  # 0 = it cannot be hit: not entered, or over
        self.below = None
        self.entered = False
        self.wanted = False  # somebody asked for its halt
        self.hit = False
        self.raised = False
        self.due = 0.0

    def enter(self):
        """May be broken off by ThreadHalted, and is called again then."""
        ident = get_ident()
        below = _top.get(ident)
        if below is not self:
            self.below = below
            _top[ident] = self
        below = self.below
        if below is not None and below.wanted:
            while _hitting is below:
                time.sleep(_GLANCE)
            self._take_back(ident)
        if ident != _main_ident:
            self.ident = ident
        self.entered = True

    def leave(self):
        """From here on it is not hit. May be broken off likewise."""
        self.ident = 0
        if self.wanted:
            while _hitting is self:
                time.sleep(_GLANCE)
            if self.hit:
                _set_async_exc(get_ident(), _NOTHING)

    def surface(self):
        """What is below can be hit again. May be broken off likewise."""
        ident = get_ident()
        below = self.below
        if below is None:
            _top.pop(ident, None)
            return
        _top[ident] = below
        if below.wanted:
            self._take_back(ident)
            if not below.hit:
                _requests.put(below)

    def _take_back(self, ident):
        """A hit of the one below that was not raised in it, but comes up here."""
        below = self.below
        if below.hit and not below.raised:
            _set_async_exc(ident, _NOTHING)
            below.hit = False

    def pass_down(self):
        """After ThreadHalted that was not for this target: it is for one below."""
        target = self.below
        while target is not None and not target.raised:
            target = target.below
        if target is not None:
            target.hit = target.raised = False


def current():
    """The target that runs on this thread, or None."""
    return _top.get(get_ident())


def halt(target):
    """Has ThreadHalted raised in the target, soon; from any thread, and at once."""
    target.wanted = True
    _start_halter()
    _requests.put(target)


def _is_handling(ident):
    if _current_exceptions is None:
        return True
    exception = _current_exceptions().get(ident)
    if isinstance(exception, tuple):  # until Python 3.11
        exception = exception[1]
    while exception is not None:
        if isinstance(exception, ThreadHalted):
            return True
        exception = exception.__context__
    return False


def _hit(target, now):
    """Hits the target if it can be; returns whether to look at it again later."""
    global _hitting

    _hitting = target
    ident = target.ident
    if ident != 0 and _top.get(ident) is target and not (target.hit and _is_handling(ident)):
        target.hit = True
        target.raised = False
        _set_async_exc(ident, ThreadHalted)
    _hitting = None
    target.due = now + PATIENCE
    return ident != 0


def _run_halter():
    waiting = []
    while True:
        timeout = None
        if waiting:
            timeout = max(0.0, min(target.due for target in waiting) - time.monotonic())
        try:
            asked = _requests.get(timeout=timeout)
        except queue.Empty:
            asked = None
        now = time.monotonic()
        again = [target for target in waiting if target.due > now and target is not asked]
        due = [target for target in waiting if target.due <= now and target is not asked]
        if asked is not None:
            # One that was hit and is asked for once more has its second of patience.
            (again if asked.hit and asked.due > now else due).append(asked)
        waiting = again + [target for target in due if _hit(target, now)]


def _start_halter():
    global _halter

    if _halter is None:
        with _halter_lock:
            if _halter is None:
                thread = threading.Thread(target=_run_halter, name="thr-halter", daemon=True)
                thread.start()
                _halter = thread


def _after_fork():
    global _halter, _halter_lock, _requests

    _halter = None
    _halter_lock = threading.Lock()
    _requests = queue.SimpleQueue()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)

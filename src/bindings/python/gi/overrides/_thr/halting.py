# SPDX-License-Identifier: LGPL-2.1-or-later
"""Stopping Python code from outside: ThreadHalted, raised where it runs.

The interpreter can raise an exception in another thread, asynchronously: at the
next line, or when a call into C returns. What makes that safe here:

- Only one thread, the halter, ever raises one. It never runs what can be halted,
  so that no exception of this kind can break off its bookkeeping.
- A *target* is one run of a function. It is shown and hidden on its own thread,
  without a lock, since an exception may come at any instruction: it says that it
  is hidden and then looks whether the halter is just hitting it, as the halter says
  whom it hits and then looks whether that is hidden. The interpreter runs one
  instruction at a time, so one of the two sees the other. What was meant for it and
  was not raised yet is taken back.
- A target is hit once. Only if it still runs after a second, and nothing in it is
  handling the exception, is it hit again: it has swallowed the first.
- What may run another target on top of it on the same thread hides it meanwhile
  (hide_current()), and asks again afterwards if it is still to be halted.

In CPython 3.11 and 3.12 an exception that comes at the end of a round of a loop
counts as one of what stands before the loop, if that is the first thing in a
`try` and fits on one line: `try: while True: pass` does not catch it, and its
`finally` does not run. With anything in the loop, or before it, all is well.
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
        if target is not None and target.hit:
            target.due = time.monotonic() + PATIENCE
            target.raised = True


class Target:
    """One run of a function on one thread. Who runs it knows what to do when an
    exception comes between show() and hide()."""

    __slots__ = ("ident", "below", "wanted", "hit", "raised", "due")

    def __init__(self):
        self.ident = 0  # 0 = it is hidden
        self.below = None
        self.wanted = False  # somebody asked for its halt
        self.hit = False
        self.raised = False
        self.due = 0.0

    def enter(self):
        """It is what runs on this thread now; what ran there is hidden."""
        ident = get_ident()
        self.below = _top.get(ident)
        _top[ident] = self

    def show(self):
        """From here on it is hit."""
        ident = get_ident()
        if ident != _main_ident:
            self.ident = ident
        if self.wanted:
            _requests.put(self)

    def hide(self):
        """From its return on, it is not hit. If ThreadHalted breaks it off, it is to
        be called again."""
        self.ident = 0
        if self.wanted:
            while _hitting is self:
                time.sleep(_GLANCE)
            if self.hit and not self.raised:
                _set_async_exc(get_ident(), _NOTHING)
                self.hit = False

    def leave(self):
        """It is over, and hidden."""
        if self.below is None:
            del _top[get_ident()]
        else:
            _top[get_ident()] = self.below


def hide_current():
    """Hides the target that runs on this thread. To be shown again, if there is one."""
    target = _top.get(get_ident())
    if target is None or target.ident == 0:
        return None
    try:
        target.hide()
    except ThreadHalted:
        target.show()
        raise
    return target


def hit_again():
    """After ThreadHalted where it cannot be passed on: has it raised once more."""
    target = _top.get(get_ident())
    if target is not None:
        target.hit = False
        _requests.put(target)


def start():
    """Makes sure that there is a halter: at the interpreter's exit, when it is
    needed most, no thread can be started any more."""
    global _halter

    if _halter is None:
        with _halter_lock:
            if _halter is None:
                thread = threading.Thread(target=_run_halter, name="thr-halter", daemon=True)
                try:
                    thread.start()
                except RuntimeError:
                    return  # too late
                _halter = thread


def halt(target, patience=0.0):
    """Has ThreadHalted raised in the target, soon; from any thread, and at once.

    With patience, only if after so many seconds it handles no such exception yet.
    """
    if patience and not target.hit and _current_exceptions is not None:
        target.due = time.monotonic() + patience
        target.hit = target.raised = True
    target.wanted = True
    start()
    _requests.put(target)


def _is_handling(ident):
    if _current_exceptions is None:
        return True
    exception = _current_exceptions().get(ident)
    if isinstance(exception, tuple):  # until Python 3.11
        exception = exception[1]
    while exception is not None:
        if isinstance(exception, (ThreadHalted, SystemExit)):
            return True
        exception = exception.__context__
    return False


def _hit(target, now):
    """Hits the target if it can be; returns whether to look at it again later."""
    global _hitting

    _hitting = target
    ident = target.ident
    if ident != 0 and _top.get(ident) is target and not (target.hit and target.due > now):
        if not (target.hit and _is_handling(ident)):
            target.hit = True
            target.raised = False
            _set_async_exc(ident, ThreadHalted)
        target.due = now + PATIENCE
    _hitting = None
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
        if asked is not None and asked not in waiting:
            waiting.append(asked)
        now = time.monotonic()
        # Each is hit at once, and again after its second of patience.
        waiting = [target for target in waiting if _hit(target, now)]
        asked = None


def _after_fork():
    """In the child only the thread that forked is left, as its main thread."""
    global _halter, _halter_lock, _hitting, _main_ident, _requests

    _main_ident = get_ident()
    _top.clear()
    targets.clear()
    _hitting = _halter = None
    _halter_lock = threading.Lock()
    _requests = queue.SimpleQueue()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)

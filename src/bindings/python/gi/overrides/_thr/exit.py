# SPDX-License-Identifier: LGPL-2.1-or-later
"""The end of the interpreter, while something may still run."""

import atexit
import os

from gi.module import get_introspection_module
from gi.repository import GLib

from . import errors
from .values import to_microseconds

Thr = get_introspection_module("Thr")

TIMEOUT = 2.0  # seconds that what is halted has to end

_pid = os.getpid()
_choice = (Thr.ShutdownMode.HALT, TIMEOUT)


def set_exit(mode, timeout=TIMEOUT):
    """Says what becomes of jobs and workers when the interpreter exits.

    By default they are halted, and have two seconds to end. DRAIN lets the jobs
    finish, for as long as the time-out says (in seconds, None = for ever). After
    that nothing calls into Python any more.
    """
    global _choice

    if not isinstance(mode, Thr.ShutdownMode):
        raise TypeError(f"the mode is a Thr.ShutdownMode, not {mode!r}")
    _choice = (mode, timeout)


def shutdown(mode=Thr.ShutdownMode.HALT, timeout=TIMEOUT):
    """Ends all jobs and workers of the process, and waits for so many seconds.

    After that nothing calls into Python any more.
    """
    with errors.conversion:
        return Thr.shutdown(mode, to_microseconds(timeout))


def _shut_down():
    if os.getpid() != _pid:
        return  # a child: what runs is the parent's, and only looks as if it ran here
    try:
        shutdown(*_choice)
    except GLib.Error:
        pass  # it is over: what still runs goes with the process


atexit.register(_shut_down)

# SPDX-License-Identifier: LGPL-2.1-or-later
"""Ctrl+C while the main thread waits in the library.

Python's handlers of signals run on the main thread, between two of its instructions: so
a wait there is done in slices. The first instructions after one are mostly those of a
binding, where an exception would be lost: they make the error of a time-out, or are the
beginning of what the library calls. And what is raised in a listener is for who waits.
"""

import threading
from _signal import SIGINT, default_int_handler, getsignal, signal  # without the enums: quick
from _thread import get_ident

_main_ident = threading.main_thread().ident
_depth = 0  # waits of the main thread, one in the other
noted = False  # the wait is to raise KeyboardInterrupt


def on_main_thread():
    return get_ident() == _main_ident


def note():
    """Has the innermost wait raise KeyboardInterrupt; whether there is one."""
    global noted

    if not on_main_thread() or _depth == 0:
        return False
    noted = True
    return True


def check():
    """Between two slices, and after the last one: raises what was noted."""
    global noted

    if noted:
        noted = False
        raise KeyboardInterrupt


def attend():
    """Where something was noted, before a function of the user's that may take long:
    raises it, as if it came with the first instruction there."""
    if on_main_thread():
        check()


def _handle(number, frame):
    global noted

    if frame is not None and frame.f_globals is globals():
        noted = True  # a wait begins or ends: what that changes is to be changed back
        return
    is_ours = frame is not None and str(frame.f_globals.get("__name__")).startswith("gi.")
    if not (is_ours and note()):
        default_int_handler(number, frame)


class Waiting:
    """In a `with` statement on the main thread, around the slices."""

    def __enter__(self):
        global _depth

        self.is_default = getsignal(SIGINT) is default_int_handler
        if self.is_default:
            signal(SIGINT, _handle)
        # Last: signal() raises what came before it.
        _depth += 1

    def __exit__(self, *error):
        global _depth

        _depth -= 1
        if self.is_default:
            signal(SIGINT, default_int_handler)
        check()

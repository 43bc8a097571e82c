# SPDX-License-Identifier: LGPL-2.1-or-later
"""What Python has of the threads of the pool, for as long as they live."""

import ctypes
import threading

from gi.module import get_introspection_module

from . import futures, halting

Thr = get_introspection_module("Thr")

# A thread that Python did not start has a thread state for as long as it is in
# Python: to make and to free one for each job costs more than the job. So each
# thread of the pool keeps its own, until it ends.
kept = set()
try:
    _api = ctypes.pythonapi
    _ensure, _release = _api.PyGILState_Ensure, _api.PyGILState_Release
    _get_state = _api.PyThreadState_Get
    _get_state.restype = ctypes.c_void_p
    _clear_state, _delete_state = _api.PyThreadState_Clear, _api.PyThreadState_Delete
    _clear_state.argtypes = _delete_state.argtypes = (ctypes.c_void_p,)
except AttributeError:  # another Python than CPython
    _ensure = None


def keep_thread_state(ident):
    kept.add(ident)
    halting.start()
    if _ensure is None:
        return
    held = _ensure()
    state = _get_state()

    def give_back():
        kept.discard(ident)
        futures.last_begun.pop(ident, None)
        _drop_dummy_thread(ident)
        if _get_state() == state:
            _release(held)
        else:
            # The thread is so near its end that Python has made a new one for this.
            _clear_state(state)
            _delete_state(state)

    Thr.at_thread_exit(give_back)


def _drop_dummy_thread(ident):
    """What threading.current_thread() made for a thread that it did not know."""
    thread = threading._active.get(ident)
    if isinstance(thread, threading._DummyThread):
        del threading._active[ident]

# SPDX-License-Identifier: LGPL-2.1-or-later
"""A manager as concurrent.futures knows executors."""

import concurrent.futures
import threading

from gi.module import get_introspection_module

from . import futures
from .jobs import ThreadWrapper

Thr = get_introspection_module("Thr")


class Executor(concurrent.futures.Executor):
    """A manager where a concurrent.futures.Executor is wanted.

    The manager is not the executor's own: shutdown() waits for what was submitted
    here, and leaves the manager as it is.
    """

    def __init__(self, manager=None):
        if manager is None:
            manager = Thr.ThreadManager.get_default()
        elif not isinstance(manager, Thr.ThreadManager):
            raise TypeError(
                f"the manager is a Thr.ThreadManager, not {manager!r}: one with a limit of its "
                "own is Thr.ThreadManager(thread_limit=…)"
            )
        self._manager = manager
        self._futures = set()
        self._is_shut = False
        self._lock = threading.RLock()

    def submit(self, fn, /, *args, **kwargs):
        thread = ThreadWrapper(fn, args, kwargs, on_fail=_ignore, give_thread=False)
        with self._lock:
            if self._is_shut:
                raise RuntimeError("cannot schedule new futures after shutdown")
            future = futures.for_new(thread)
            try:
                future.add_done_callback(self._futures.discard)
                self._futures.add(future)
                # Who waits for it from here on may do so: it is under way.
                self._manager.submit(thread)
            except BaseException:  # who submits it is halted, and has no future
                future.cancel()
                raise
        futures.settle_ended(thread)  # the manager is stopped
        return future

    def shutdown(self, wait=True, *, cancel_futures=False):
        with self._lock:
            self._is_shut = True
            left = list(self._futures)
        if cancel_futures:
            for future in left:
                future.cancel()
        if wait:
            for future in left:
                try:
                    future.exception()
                except concurrent.futures.CancelledError:
                    pass


def _ignore(failure):
    """The future has it."""

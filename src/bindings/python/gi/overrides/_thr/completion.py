# SPDX-License-Identifier: LGPL-2.1-or-later
"""wait() and as_completed() of concurrent.futures, for jobs.

They wait as join() does: what comes home meanwhile is delivered, so that a job ends
whose end is up to that, and a wait that would never end is refused.
"""

import collections
import concurrent.futures
import time

from gi.module import get_introspection_module
from gi.repository import Gio, GLib

from . import errors, futures
from .jobs import ThreadWrapper
from .times import to_microseconds, to_seconds

Thr = get_introspection_module("Thr")

FIRST_COMPLETED = concurrent.futures.FIRST_COMPLETED
FIRST_EXCEPTION = concurrent.futures.FIRST_EXCEPTION
ALL_COMPLETED = concurrent.futures.ALL_COMPLETED


def _futures_of(things):
    by_future = {}
    for thing in things:
        if isinstance(thing, ThreadWrapper):
            by_future[thing.as_future()] = thing
        elif isinstance(thing, concurrent.futures.Future):
            by_future[thing] = thing
        else:
            raise TypeError(f"jobs and futures are needed, not {thing!r}")
    return by_future


def _can_be_joined(future):
    """A manual job cannot be on its owner's thread, which is to end it; but another may."""
    return isinstance(future, futures.Future) and not future.thread._thr_is_manual


class _Watch:
    """Gives futures in the order in which they are done."""

    def __init__(self, by_future, timeout):
        self.end = time.monotonic() + to_seconds(to_microseconds(timeout))
        self.left = set(by_future)
        self.done = collections.deque()
        # Only the wait for a job delivers: the turn of what cannot be joined is last.
        self.waited_for = sorted(by_future, key=_can_be_joined)
        self.joined = None
        self.cancellable = None

    def __enter__(self):
        for future in list(self.left):
            future.add_done_callback(self.tell)
        return self

    def __exit__(self, *error):
        # What is not done may be waited for again and again.
        for future in list(self.left):
            with future._condition:
                if self.tell in future._done_callbacks:
                    future._done_callbacks.remove(self.tell)

    def tell(self, future):
        """From any thread."""
        try:
            self.left.remove(future)
        except KeyError:
            return
        self.done.append(future)
        # The wait for itself is to go on until it is delivered.
        if self.cancellable is not None and future is not self.joined:
            self.cancellable.cancel()

    def next(self):
        """None at the end of the time."""
        in_time = True
        while not self.done and in_time:
            self.joined = self.waited_for[-1]
            self.cancellable = Gio.Cancellable()
            if not self.done:  # else it was told to the one before
                in_time = self._wait()
        return self.done.popleft() if self.done else None

    def _wait(self):
        left = max(0, self.end - time.monotonic())
        future = self.joined
        if not _can_be_joined(future):
            done, _ = concurrent.futures.wait(list(self.left), left, FIRST_COMPLETED)
            for future in done:
                self.tell(future)
            return bool(done)
        try:
            future.join(left, self.cancellable)
        except concurrent.futures.TimeoutError:
            return False
        except GLib.Error as error:
            if not errors.is_cancelled(error):
                raise
            return True
        # Now it is delivered, too, which may be what ends others.
        self.waited_for.pop()
        self.tell(future)
        return True


def _has_failed(future):
    return not future.cancelled() and future.exception() is not None


def wait(things, timeout=None, return_when=ALL_COMPLETED):
    """concurrent.futures.wait() for jobs: two sets of them, done and not done."""
    if return_when not in (FIRST_COMPLETED, FIRST_EXCEPTION, ALL_COMPLETED):
        raise ValueError(f"return_when is one of concurrent.futures' constants, not {return_when!r}")
    by_future = _futures_of(things)
    with _Watch(by_future, timeout) as watch:
        for _ in range(len(by_future)):
            future = watch.next()
            if future is None or return_when == FIRST_COMPLETED:
                break
            if return_when == FIRST_EXCEPTION and _has_failed(future):
                break
    sets = concurrent.futures.wait(by_future, 0)
    return type(sets)(*({by_future[future] for future in each} for each in sets))


def as_completed(things, timeout=None):
    """concurrent.futures.as_completed() for jobs: gives each as soon as it has ended."""
    to_microseconds(timeout)  # which refuses what is none
    return _as_completed(_futures_of(things), timeout)


def _as_completed(by_future, timeout):
    n_futures = len(by_future)
    with _Watch(by_future, timeout) as watch:
        while by_future:
            future = watch.next()
            if future is None:
                raise concurrent.futures.TimeoutError(
                    f"{len(by_future)} (of {n_futures}) futures unfinished"
                )
            yield by_future.pop(future)

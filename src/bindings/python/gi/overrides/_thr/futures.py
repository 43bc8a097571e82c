# SPDX-License-Identifier: LGPL-2.1-or-later
"""Jobs as concurrent.futures knows them."""

import concurrent.futures
import time

from gi.module import get_introspection_module

from . import errors
from .halting import targets

Thr = get_introspection_module("Thr")
State = Thr.ExecutionState
_raw = Thr.ThreadWrapper

# The futures of jobs that have not ended, by the address of the job, which they keep.
pending = {}
# The address of the last job that began, and when, by the ident of its thread.
last_begun = {}
_EPILOGUE = 1.0  # seconds: far more than the library takes between function and end


class Future(concurrent.futures.Future):
    """The result of a job. It is settled on the job's thread, and needs no main loop.

    To cancel it cancels the job, as long as that has not begun.
    """

    def __init__(self, thread):
        super().__init__()
        self.thread = thread

    def cancel(self):
        if not super().cancel():
            return False
        _raw.cancel(self.thread)
        pending.pop(hash(self.thread), None)
        return True

    def result(self, timeout=None):
        if not self.done():
            self.join(timeout)
        return super().result(0)

    def exception(self, timeout=None):
        if not self.done():
            self.join(timeout)
        return super().exception(0)

    def join(self, timeout, cancellable=None):
        """Waits as a job does: what comes home meanwhile is delivered."""
        try:
            self.thread.join(timeout, cancellable)
        except BaseException as error:
            is_ctrl_c = isinstance(error, KeyboardInterrupt)
            if is_ctrl_c and error is not self.thread._thr_failure:
                raise
            if _raw.get_error(self.thread) is None and not self.done():
                if isinstance(error, errors.TimedOutError):
                    raise concurrent.futures.TimeoutError(*error.args) from None
                raise
        settle_ended(self.thread)

    def begin(self):
        """On the job's thread: whether the function is to be called."""
        with self._condition:  # the job may be settling it meanwhile
            if self.running() or (self.done() and not self.cancelled()):
                return True
            return self.set_running_or_notify_cancel()

    def settle(self, value, failure):
        try:
            if failure is None:
                self.set_result(value)
            elif errors.is_cancelled(failure):
                # What has begun is not cancelled by the rules of a future.
                if not super().cancel():
                    self.set_exception(concurrent.futures.CancelledError())
            else:
                self.set_exception(failure)
        except concurrent.futures.InvalidStateError:
            pass  # it was settled, or cancelled, before


def has_ended(thread):
    state = _raw.get_execution_state(thread)
    return int(state) > int(State.RUNNING)


def settle_ended(thread):
    """A job that ended without its function, or before anybody asked for a future."""
    if pending and has_ended(thread):
        future = pending.pop(hash(thread), None)
        if future is not None:
            failure = thread.get_error()
            future.settle(None if failure is not None else thread.get_result(), failure)


def settle_all_ended():
    for future in list(pending.values()):
        settle_ended(future.thread)


def begin(address):
    """On the job's thread: whether its function is to be called."""
    future = pending.get(address)
    return future is None or future.begin()


def for_new(thread):
    """The future of a job that was not submitted yet."""
    future = pending[hash(thread)] = Future(thread)
    return future


def of_thread(thread):
    """The future of any job; the same one as long as the job has not ended."""
    address = hash(thread)
    future = pending.get(address)
    if future is not None:
        return future

    future = Future(thread)
    if _raw.get_execution_state(thread) != State.CREATED:
        future.begin()  # before the job's thread can see it, and settle it
    pending[address] = future
    if _raw.get_execution_state(thread) != State.CREATED:
        # Its function may have begun, and even ended, without a look at what is pending.
        future.begin()
        _pass_epilogue(thread, address)
        settle_ended(thread)
    is_open = not future.done() or _raw.get_error(thread) is not None
    # A manager may be gone before its jobs; one that was not submitted has none yet.
    is_submitted = thread.manager is not None or thread.execution_state != State.CREATED
    if is_open and is_submitted:
        # For a job in another language. And where there is a future, somebody looks
        # at the failure.
        thread.wait_async(None, lambda thread, result: settle_ended(thread))
    return future


def _pass_epilogue(thread, address):
    """Lets a job end whose function is over, and may not have seen the future."""
    latest = time.monotonic() + _EPILOGUE
    while (
        address not in targets
        and _has_begun(thread, address)
        and not has_ended(thread)
        and time.monotonic() < latest
    ):
        time.sleep(0.0001)


def _has_begun(thread, address):
    """Whether this job, and not one before at the same address, began last on some
    thread."""
    created = _raw.get_created_at(thread) / 1e6
    return any(
        address == last and begun >= created for last, begun in list(last_begun.values())
    )

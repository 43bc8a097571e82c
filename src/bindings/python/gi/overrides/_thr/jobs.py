# SPDX-License-Identifier: LGPL-2.1-or-later
"""Jobs: Python functions in the threads of a manager."""

import ctypes
import gc
import sys
import threading
from _thread import get_ident
from time import monotonic
from types import CoroutineType

from gi.module import get_introspection_module
from gi.repository import GLib, GObject

from . import aio, errors, futures, halting
from .halting import ThreadHalted, targets
from .values import to_value

Thr = get_introspection_module("Thr")
State = Thr.ExecutionState
FOREVER = Thr.FOREVER

_raw = Thr.ThreadWrapper
_return_value = _raw.return_value


def to_microseconds(seconds):
    """A time-out as Python gives it: in seconds, None = for ever."""
    if seconds is None:
        return FOREVER
    return min(int(seconds * 1_000_000), FOREVER) if seconds < FOREVER / 1e6 else FOREVER


# ---- states that compare equal to their names ----


def _is_state(self, other):
    if isinstance(other, str):
        return self.value_nick == other.lower() and other.isupper()
    return int.__eq__(self, other)


def _is_not_state(self, other):
    equal = _is_state(self, other)
    return equal if equal is NotImplemented else not equal


State.__eq__ = _is_state
State.__ne__ = _is_not_state
State.__hash__ = int.__hash__
State.__str__ = lambda self: self.value_nick.upper()


# ---- the threads ----

# A thread that Python did not start has a thread state for as long as it is in
# Python: to make and to free one for each job costs more than the job. So each
# thread of the pool keeps its own, until it ends.
_kept = set()
try:
    _ensure = ctypes.pythonapi.PyGILState_Ensure
    _release = ctypes.pythonapi.PyGILState_Release
except AttributeError:  # another Python than CPython
    _ensure = None


def _keep_thread_state(ident):
    _kept.add(ident)
    halting.start()
    if _ensure is None:
        return
    kept_state = _ensure()

    def give_back():
        _kept.discard(ident)
        futures.last_begun.pop(ident, None)
        _drop_dummy_thread(ident)
        _release(kept_state)

    Thr.at_thread_exit(give_back)


def _drop_dummy_thread(ident):
    """What threading.current_thread() made for a thread that it did not know."""
    thread = threading._active.get(ident)
    if isinstance(thread, threading._DummyThread):
        del threading._active[ident]


# ---- running ----

_RUN, _SUCCESS, _FAIL, _END = (int(phase) for phase in (
    Thr.Phase.RUN, Thr.Phase.SUCCESS, Thr.Phase.FAIL, Thr.Phase.END
))
_PHASES = [Thr.Phase(phases) for phases in range(8)]


class Run:
    """The function of a job and its callbacks, as the library calls them."""

    __slots__ = (
        "function", "args", "kwargs", "give_thread", "on_success", "on_fail", "on_end", "value"
    )

    def __init__(self, function, args, kwargs, on_success, on_fail, on_end, give_thread):
        if not callable(function):
            raise TypeError(f"a function is needed, not {function!r}")
        self.function = function
        self.args = args
        self.kwargs = kwargs
        self.on_success = on_success
        self.on_fail = on_fail
        self.on_end = on_end
        self.give_thread = give_thread
        self.value = None

    def phases(self):
        wanted = 0
        if self.on_success is not None:
            wanted = _SUCCESS
        if self.on_fail is not None:
            wanted |= _FAIL
        if self.on_end is not None:
            wanted |= _END
        return _PHASES[wanted]

    def __call__(self, thread, phase):
        if phase == _RUN:
            try:
                return self.run(thread)
            finally:
                thread = None  # the traceback of a failure holds this frame
        try:
            if phase == _SUCCESS:
                self.on_success(self.value)
            elif phase == _FAIL:
                self.on_fail(failure_of(thread))
            else:
                self.on_end()
        except GLib.Error:
            # Of any other exception, PyGObject does the same.
            sys.excepthook(*sys.exc_info())
        return True

    def call(self, thread):
        if self.give_thread:
            if self.kwargs:
                return self.function(thread, *self.args, **self.kwargs)
            return self.function(thread, *self.args)
        if self.kwargs:
            return self.function(*self.args, **self.kwargs)
        return self.function(*self.args)

    def run(self, thread):
        ident = get_ident()
        if ident not in _kept:
            _keep_thread_state(ident)
        address = hash(thread)
        target = halting.Target()
        target.enter()
        value = failure = None
        # From show() to hide() an exception may come at any instruction.
        try:
            targets[address] = target
            target.show()
            if unmet and address in unmet:
                _meet(thread, target)
            futures.last_begun[ident] = (address, monotonic())
            if not futures.pending or futures.begin(address):
                value = self.call(thread)
        except BaseException as error:
            failure = error
        while True:
            try:
                target.hide()
                break
            except ThreadHalted:
                pass
        targets.pop(address, None)
        try:
            self.finish(thread, value, failure)
        finally:
            failure = thread = None  # as above
            target.leave()
        return True

    def finish(self, thread, value, failure):
        if type(value) is CoroutineType:
            value.close()
            failure = TypeError(f"{thread.name} is a coroutine function, which needs no thread")
        future = futures.pending.pop(hash(thread), None) if futures.pending else None
        if failure is None:
            if value is not None:
                self.value = value
                self.give(thread, value)
            if future is not None:
                future.settle(value, None)
            return
        if isinstance(failure, ThreadHalted):
            halted = errors.to_glib_error(failure)
            halted.__cause__ = failure
            failure = halted
        _keep_failure(thread, failure)
        if future is not None:
            future.settle(None, failure)
        raise errors.copy(errors.to_glib_error(failure))

    @staticmethod
    def give(thread, value):
        try:
            _return_value(thread, to_value(value))
        except GLib.Error as error:
            # It gave its result itself, and returned what return_value() returned.
            if value is not True or error.code != errors.Code.INVALID_STATE:
                raise


# The addresses of jobs that were halted when they had no target: not yet, or not
# any more.
unmet = set()


def _interrupt(thread):
    address = hash(thread)
    if address not in targets:
        unmet.add(address)
    # It may have got its target just now, and not have seen that it is unmet.
    target = targets.get(address)
    if target is not None:
        halting.halt(target)


def _meet(thread, target):
    """What was halted before this job, at the same address, is of no concern."""
    unmet.discard(hash(thread))
    if _raw.get_halted(thread):
        halting.halt(target)


Thr.add_interrupter(_interrupt)


# ---- failures ----


def _keep_failure(thread, failure):
    """Has the job keep its failure, and not the failure the job.

    The functions in the traceback were given the job: as long as they hold it, it
    would go only when cycles are collected, and nobody would hear of the failure
    before.
    """
    thread._thr_failure = failure
    seen = set()
    while failure is not None and id(failure) not in seen:
        seen.add(id(failure))
        traceback = failure.__traceback__
        while traceback is not None:
            frame = traceback.tb_frame
            if any(held is thread for held in gc.get_referents(frame)):
                try:
                    frame.clear()
                except RuntimeError:
                    pass  # it is running: ours, which lets go by itself
            traceback = traceback.tb_next
        failure = failure.__cause__ or failure.__context__


def failure_of(thread):
    """Why a job failed: always the same exception; None if it has not."""
    failure = thread._thr_failure
    if failure is None:
        failure = _raw.get_error(thread)
        if failure is not None:
            failure = thread._thr_failure = errors.convert(failure)
    return failure


def _report(thread, error):
    """A failure that nobody handled, as that of a thread of Python's own."""
    failure = failure_of(thread) if thread is not None else errors.convert(error)
    if errors.is_cancelled(failure) or isinstance(failure, (SystemExit, errors.HaltedError)):
        return True
    threading.excepthook(
        threading.ExceptHookArgs((type(failure), failure, failure.__traceback__, None))
    )
    return True


Thr.add_unhandled_func(_report)


# ---- callbacks ----

_STRUCTS = (GObject.GBoxed, GObject.GPointer)


def result_of(thread):
    """The result of a job, or None."""
    value = _raw.get_result(thread)
    # What is boxed belongs to the value that was given; the property is a copy.
    return thread.props.result if isinstance(value, _STRUCTS) else value


def set_callbacks(thread, on_success, on_fail, on_end):
    if on_success is not None:
        _raw.set_on_success(thread, lambda thread, result: on_success(result_of(thread)))
    if on_fail is not None:
        _raw.set_on_fail(thread, lambda thread, error: on_fail(failure_of(thread)))
    if on_end is not None:
        _raw.set_on_end(thread, lambda thread: on_end())


class _FailedHandler:
    """A handler of `failed`, which is given the exception itself. It is equal to the
    user's function, so that this can be disconnected by it."""

    def __init__(self, handler):
        self.handler = handler

    def __call__(self, thread, error, *args):
        return self.handler(thread, failure_of(thread), *args)

    def __eq__(self, other):
        return self.handler == other

    __hash__ = None


# ---- the class ----


def _property(name):
    getter = getattr(_raw, name)
    return property(lambda self: getter(self), doc=getter.__doc__)


class ThreadWrapper(_raw):
    """One job: a function in a background thread, and what becomes of it.

    ThreadManager.do_async() makes one and begins it. One that is made by calling
    the class is begun by ThreadManager.submit() or append().
    """

    def __new__(
        cls,
        function,
        fn_args=(),
        fn_kwargs=None,
        on_success=None,
        on_fail=None,
        on_end=None,
        give_thread=True,
        name=None,
        priority=0,
        cancellable=None,
    ):
        run = Run(function, fn_args, fn_kwargs, on_success, on_fail, on_end, give_thread)
        if name is None:
            name = getattr(function, "__name__", None)
        thread = _raw.new_phased(name, run.phases(), run)
        if priority:
            _raw.set_priority(thread, priority)
        if cancellable is not None:
            thread.follow_cancellable(cancellable)
        return thread

    def __init__(self, *args, **kwargs):
        pass  # it was made by __new__()

    @staticmethod
    def new(name, function, *args):
        return ThreadWrapper(function, args, name=name)

    # The exception that it failed with. To look at __dict__ would make one, and
    # that keeps the object: PyGObject then counts on its being there.
    _thr_failure = None

    # What it is.

    ident = _property("get_ident")
    execution_state = _property("get_execution_state")
    finished_with = _property("get_finished_with")
    created_at = _property("get_created_at")
    started_at = _property("get_started_at")
    ended_at = _property("get_ended_at")
    halted = _property("get_halted")
    paused = _property("get_paused")
    cancellable = _property("get_cancellable")
    manager = _property("dup_manager")
    name = property(_raw.dup_name, _raw.set_name)
    message = property(_raw.dup_message, _raw.set_message)
    progress = property(_raw.get_progress, _raw.set_progress)
    priority = property(_raw.get_priority, _raw.set_priority)

    @property
    def status(self):
        """Whatever the function says of how far it is: any object."""
        return self.get_status()

    @status.setter
    def status(self, status):
        self.set_status(status)

    def get_status(self):
        return self.props.status

    def set_status(self, status):
        _raw.set_status(self, to_value(status))

    def get_result(self):
        return result_of(self)

    def get_error(self):
        return failure_of(self)

    def __repr__(self):
        return f"<Thr.ThreadWrapper {self.ident} {self.name!r} {self.execution_state}>"

    def __del__(self, is_finalizing=sys.is_finalizing):
        # As long as there is the exception itself to report, and who reports it.
        if self._thr_failure is not None and not is_finalizing():
            _raw.report_unhandled(self)

    # Waiting for it.

    def join(self, timeout=None, cancellable=None):
        """Waits for the end, for so many seconds; raises the job's failure."""
        # The job may run here, on top of the one that waits for it.
        hidden = halting.hide_current()
        try:
            return _raw.join(self, to_microseconds(timeout), cancellable)
        except GLib.Error as error:
            failure = self._own_failure(error)
        finally:
            if hidden is not None:
                hidden.show()
        raise failure

    def _own_failure(self, error):
        """The exception that an error of the job stands for, or the error."""
        own = _raw.get_error(self)
        if own is not None and (own.domain, own.code, own.message) == (
            error.domain,
            error.code,
            error.message,
        ):
            return failure_of(self)
        return errors.convert(error)

    def result(self, timeout=None):
        """Waits for the result, and gives it, or raises the failure."""
        self.join(timeout)
        return result_of(self)

    def exception(self, timeout=None):
        """Waits for the end, and gives the failure; None if there is none."""
        try:
            self.join(timeout)
        except BaseException as error:
            if error is not self._thr_failure:
                raise
            return error
        return None

    def wait_finish(self, result):
        try:
            _raw.wait_finish(self, result)
        except GLib.Error as error:
            failure = self._own_failure(error)
        else:
            return result_of(self)
        raise failure

    def __await__(self):
        pending = aio.Pending(cancel=self.cancel)
        self.wait_async(None, pending.finish_with(ThreadWrapper.wait_finish))
        return pending.__await__()

    async def statuses(self):
        """Its status, each time that it has changed, until the job has ended."""
        async for _ in aio.notifies(self, "notify::status", self._is_closed):
            yield self.status

    def _is_closed(self):
        return self.execution_state == State.CLOSED

    __aiter__ = statuses

    def as_future(self):
        """A concurrent.futures.Future of its result."""
        return futures.of_thread(self)

    # Controlling it.

    def cancel(self):
        _raw.cancel(self)
        futures.settle_ended(self)

    def halt(self):
        _raw.halt(self)
        futures.settle_ended(self)

    # What it is told.

    def return_value(self, value):
        """Ends a manual job with a result."""
        with errors.conversion:
            return _return_value(self, to_value(value))

    def return_error(self, failure):
        """Ends a manual job with any exception as its failure."""
        self._thr_failure = failure
        with errors.conversion:
            return _raw.return_error(self, errors.to_glib_error(failure))

    def set_on_success(self, on_success):
        set_callbacks(self, on_success, None, None)

    def set_on_fail(self, on_fail):
        set_callbacks(self, None, on_fail, None)

    def set_on_end(self, on_end):
        set_callbacks(self, None, None, on_end)

    def connect(self, detailed_signal, handler, *args):
        if detailed_signal == "failed":
            handler = _FailedHandler(handler)
        return super().connect(detailed_signal, handler, *args)

    def connect_after(self, detailed_signal, handler, *args):
        if detailed_signal == "failed":
            handler = _FailedHandler(handler)
        return super().connect_after(detailed_signal, handler, *args)


errors.convert_methods(ThreadWrapper, _raw)

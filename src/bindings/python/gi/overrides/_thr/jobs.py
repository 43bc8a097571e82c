# SPDX-License-Identifier: LGPL-2.1-or-later
"""Jobs: Python functions in the threads of a manager."""

import gc
import sys
import threading
from _thread import get_ident
from time import monotonic
from types import CoroutineType

from gi.module import get_introspection_module
from gi.repository import GLib, GObject

from . import aio, errors, futures, halting, interrupts, people, waits
from .attributes import attribute
from .events import same
from .halting import ThreadHalted, targets
from .signals import Handler
from .thread_states import keep_thread_state, kept
from .times import to_microseconds
from .values import is_same, to_value

Thr = get_introspection_module("Thr")
State = Thr.ExecutionState

_raw = Thr.ThreadWrapper
_return_value = _raw.return_value


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


# ---- running ----

_NOTHING = object()
# What PyGObject raises where an asynchronous exception comes while it makes a GLib.Error.
_LOST = "Converting the GError failed"

_RUN, _SUCCESS, _FAIL, _END = (int(phase) for phase in (
    Thr.Phase.RUN, Thr.Phase.SUCCESS, Thr.Phase.FAIL, Thr.Phase.END
))
_PHASES = [Thr.Phase(phases) for phases in range(8)]


def _checked(things, name, kind, make):
    try:
        return make(things)
    except (TypeError, ValueError):
        raise TypeError(f"{name} is a {kind}, not {things!r}") from None


def _check_callback(callback, name):
    if not callable(callback):
        raise TypeError(f"{name} is a function, not {callback!r}")


class Run:
    """The function of a job and its callbacks, as the library calls them."""

    __slots__ = (
        "function", "args", "kwargs", "give_thread", "on_success", "on_fail", "on_end", "value"
    )

    def __init__(self, function, args, kwargs, on_success, on_fail, on_end, give_thread):
        if not callable(function):
            raise TypeError(f"a function is needed, not {function!r}")
        if type(args) is not tuple and type(args) is not list:
            args = _checked(args, "fn_args", "sequence", tuple)
        if kwargs is not None and type(kwargs) is not dict:
            kwargs = _checked(kwargs, "fn_kwargs", "mapping", dict)
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
            _check_callback(self.on_success, "on_success")
        if self.on_fail is not None:
            wanted |= _FAIL
            _check_callback(self.on_fail, "on_fail")
        if self.on_end is not None:
            wanted |= _END
            _check_callback(self.on_end, "on_end")
        return _PHASES[wanted]

    def __call__(self, thread, phase):
        if phase == _RUN:
            try:
                return self.run(thread)
            finally:
                thread = None  # the traceback of a failure holds this frame
        try:
            if interrupts.noted and phase != _END:
                interrupts.attend()
            if phase == _SUCCESS:
                self.on_success(self.value)
            elif phase == _FAIL:
                self.on_fail(failure_of(thread))
            else:
                self.on_end()
        except (GLib.Error, KeyboardInterrupt) as failure:
            # For a wait that delivers this; and of other exceptions PyGObject does the same.
            if not (isinstance(failure, KeyboardInterrupt) and interrupts.note()):
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
        if ident not in kept:
            keep_thread_state(ident)
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
        if target.hit and type(failure) is RuntimeError and str(failure) == _LOST:
            failure = ThreadHalted()
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
            if (value is None or value is True) and thread._thr_gave is not _NOTHING:
                # It gave its result itself, and returned what return_value() returned,
                # or nothing.
                value = self.value = thread._thr_gave
            elif value is not None:
                self.value = value
                _return_value(thread, to_value(value))
            if future is not None:
                future.settle(value, None)
            return
        if isinstance(failure, ThreadHalted):
            halted = errors.to_glib_error(failure)
            halted.__cause__ = failure
            failure = halted
        keep_failure(thread, failure)
        if future is not None:
            future.settle(None, failure)
        raise errors.copy(errors.to_glib_error(failure))


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


def keep_failure(thread, failure):
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
            if _holds(frame, thread):
                try:
                    frame.clear()
                except RuntimeError:
                    pass  # it is running: ours, which lets go by itself
            traceback = traceback.tb_next
        failure = failure.__cause__ or failure.__context__


def _holds(frame, thread):
    for held in gc.get_referents(frame):
        # The second is what it has from *args.
        if held is thread or type(held) is tuple and any(item is thread for item in held):
            return True
    return False


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
    errors.report(failure_of(thread) if thread is not None else errors.convert(error))
    return True


Thr.add_unhandled_func(_report)


# ---- callbacks ----

_STRUCTS = (GObject.GBoxed, GObject.GPointer)


def result_of(thread):
    """The result of a job, or None."""
    value = _raw.get_result(thread)
    # What is boxed belongs to the value that was given; the property is a copy.
    is_borrowed = isinstance(value, _STRUCTS) or (
        type(value) is list and any(isinstance(item, _STRUCTS) for item in value)
    )
    return thread.props.result if is_borrowed else value


def check_callbacks(**callbacks):
    for name, callback in callbacks.items():
        if callback is not None:
            _check_callback(callback, name)


def set_callbacks(thread, on_success, on_fail, on_end):
    check_callbacks(on_success=on_success, on_fail=on_fail, on_end=on_end)
    bonds = thread._thr_bonds
    if bonds:
        on_success, on_fail, on_end = people.weakly(bonds, on_success, on_fail, on_end)
    if on_success is not None:
        _raw.set_on_success(thread, lambda thread, result: on_success(result_of(thread)))
    if on_fail is not None:
        _raw.set_on_fail(thread, lambda thread, error: on_fail(failure_of(thread)))
    if on_end is not None:
        _raw.set_on_end(thread, lambda thread: on_end())


class _FailedHandler(Handler):
    """A handler of `failed`, which is given the exception itself."""

    def __call__(self, thread, error, *args):
        return self.function(thread, failure_of(thread), *args)


# ---- waiting ----


def finish_wait(thread, result):
    """Raises the job's failure, if it has one."""
    try:
        _raw.wait_finish(thread, result)
        return
    except GLib.Error as error:
        failure = thread._own_failure(error)
    raise failure


def pending_of(thread, finish=None):
    """The end of the job, as something to await; to cancel that cancels the job."""
    pending = aio.Pending(thread.cancel, thread)
    aio.attend()
    _raw.wait_async(thread, None, pending.finish_with(finish or ThreadWrapper.wait_finish))
    return pending


# ---- the class ----


class ThreadWrapper(people.JobForPeople, _raw):
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
        bind_to=None,
    ):
        aio.attend()
        if bind_to is not None:
            bonds = (people.bond_of(bind_to),)
            on_success, on_fail, on_end = people.weakly(bonds, on_success, on_fail, on_end)
        run = Run(function, fn_args, fn_kwargs, on_success, on_fail, on_end, give_thread)
        if name is None:
            name = getattr(function, "__name__", None)
        thread = _raw.new_phased(name, run.phases(), run)
        if priority:
            _raw.set_priority(thread, priority)
        if cancellable is not None:
            thread.follow_cancellable(cancellable)
        if bind_to is not None:
            thread.bind_to(bind_to)
        return thread

    def __init__(self, *args, **kwargs):
        pass  # it was made by __new__()

    @staticmethod
    def new(name, function, *args):
        return ThreadWrapper(function, args, name=name)

    _handlers = {"failed": _FailedHandler}

    # What its function gave with return_value().
    _thr_gave = _NOTHING
    _thr_is_manual = False

    # The exception that it failed with. To look at __dict__ would make one, and
    # that keeps the object: PyGObject then counts on its being there.
    _thr_failure = None

    # What it is.

    ident = attribute(_raw.get_ident)
    execution_state = attribute(_raw.get_execution_state)
    finished_with = attribute(_raw.get_finished_with)
    halted = attribute(_raw.get_halted)
    paused = attribute(_raw.get_paused)
    cancellable = attribute(_raw.get_cancellable)
    manager = attribute(_raw.dup_manager)
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
        # As the result; and the property leaks what is an object of Python's.
        _, status = _raw.get_status(self)
        return self.props.status if isinstance(status, _STRUCTS) else status

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
        try:
            if self._thr_failure is not None and not is_finalizing():
                _raw.report_unhandled(self)
        except ThreadHalted:
            # Meant for a function that just happened to collect garbage.
            halting.hit_again()

    # Waiting for it.

    def join(self, timeout=None, cancellable=None):
        """Waits for the end, for so many seconds; raises the job's failure."""
        # The job may run here, on top of the one that waits for it.
        hidden = halting.hide_current()
        try:
            return waits.in_slices(
                lambda microseconds: _raw.join(self, microseconds, cancellable),
                timeout,
                self._is_its_error,
            )
        except GLib.Error as error:
            failure = self._own_failure(error)
        except RuntimeError as error:
            # Nothing else comes in between: what is halted is hidden.
            failure = KeyboardInterrupt() if str(error) == _LOST else error
        finally:
            if hidden is not None:
                hidden.show()
        raise failure

    def _own_failure(self, error):
        """The exception that an error of the job stands for, or the error."""
        return failure_of(self) if self._is_its_error(error) else errors.convert(error)

    def _is_its_error(self, error):
        own = _raw.get_error(self)
        return own is not None and same(own, error)

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
        finish_wait(self, result)
        return result_of(self)

    def wait_async(self, cancellable=None, callback=None, *user_data):
        """Waits for the end without blocking. To cancel it ends the wait, not the job."""

        def start(cancellable, callback, *user_data):
            _raw.wait_async(self, cancellable, callback, *user_data)

        return aio.begin(start, ThreadWrapper.wait_finish, cancellable, callback, user_data)

    def __await__(self):
        return pending_of(self).__await__()

    async def statuses(self):
        """Its status, each time that it has changed, until the job has ended.

        What is set faster than it is asked for is left out, but never the last one.
        """
        seen = None
        async for _ in aio.notifies(self, "notify::status", self._is_closed):
            status = self.status
            if not is_same(status, seen):
                seen = status
                yield status

    def _is_closed(self):
        return self.execution_state == State.CLOSED

    __aiter__ = statuses

    def as_future(self):
        """A concurrent.futures.Future of its result."""
        return futures.of_thread(self)

    # Controlling it.

    def checkpoint(self):
        """Waits while it is paused; raises why it is to end once that was asked."""
        # What halts it here is this, and not the exception from outside.
        hidden = halting.hide_current()
        try:
            return _raw.checkpoint(self)
        except GLib.Error as error:
            failure = errors.convert(error)
        finally:
            if hidden is not None:
                hidden.show()
        raise failure

    def cancel(self):
        _raw.cancel(self)
        futures.settle_ended(self)

    def halt(self):
        _raw.halt(self)
        futures.settle_ended(self)

    # What it is told.

    def return_value(self, value):
        """Gives the result: inside the function, or to end a manual job."""
        with errors.conversion:
            given = _return_value(self, to_value(value))
        self._thr_gave = value
        futures.settle_ended(self)
        return given

    return_boolean = return_int = return_double = return_string = return_value
    return_object = return_variant = return_value

    def return_error(self, failure):
        """Ends a manual job with any exception as its failure."""
        if not isinstance(failure, BaseException):
            raise TypeError(f"an exception is needed, not {failure!r}")
        before = self._thr_failure
        # Before, since a callback may ask for it at once.
        keep_failure(self, failure)
        given = False
        try:
            with errors.conversion:
                given = _raw.return_error(self, errors.to_glib_error(failure))
        finally:
            if not given:
                self._thr_failure = before
        futures.settle_ended(self)
        return given

    def set_on_success(self, on_success):
        if on_success is None:
            _raw.set_on_success(self, None)
        set_callbacks(self, on_success, None, None)

    def set_on_fail(self, on_fail):
        if on_fail is None:
            _raw.set_on_fail(self, None)
        set_callbacks(self, None, on_fail, None)

    def set_on_end(self, on_end):
        if on_end is None:
            _raw.set_on_end(self, None)
        set_callbacks(self, None, None, on_end)


errors.convert_methods(ThreadWrapper, _raw)

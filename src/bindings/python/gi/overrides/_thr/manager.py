# SPDX-License-Identifier: LGPL-2.1-or-later
"""Managers of jobs."""

from time import monotonic
from types import CoroutineType, GeneratorType

from gi.module import get_introspection_module
from gi.repository import Gio, GLib

from . import aio, errors, exit, futures, people, waits
from .attributes import attribute
from .jobs import Run, ThreadWrapper, check_callbacks, keep_failure, set_callbacks
from .times import FOREVER, to_microseconds

Thr = get_introspection_module("Thr")

_raw = Thr.ThreadManager
_do_phased = _raw.do_phased
_raw_error = Thr.ThreadWrapper.get_error
_CANCELLED = Gio.Cancellable()
_CANCELLED.cancel()


class ThreadManager(people.ManagerForPeople, _raw):
    """Runs functions in background threads.

    It is a list model of its jobs, in order of submission (an index, len() and
    iteration), and a mapping of them by their idents (a string, `in`, keys()).

    In a `with` statement it is drained at the end, and halted on an exception.
    """

    def __init__(self, name=None, thread_limit=None, **properties):
        if name is not None:
            properties["name"] = name
        if thread_limit is not None:
            properties["thread_limit"] = _check_limit(thread_limit)
        aio.attend()  # it belongs to the context of who makes it
        super().__init__(**properties)

    # Jobs.

    def do_async(
        self,
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
        """Begins a job: function(thread, *fn_args, **fn_kwargs) in the background.

        What it returns is the result, and what it raises is the failure.
        on_success(result) or on_fail(exception), and then on_end(), are called in
        the caller's main context. Without give_thread, the function is not given
        the job. Once what it is bound to is disposed, it is cancelled and silent: see
        ThreadWrapper.bind_to().
        """
        aio.attend()
        if cancellable is None and bind_to is None and not priority:
            run = Run(function, fn_args, fn_kwargs, on_success, on_fail, on_end, give_thread)
            if name is None:
                name = getattr(function, "__name__", None)
            return _do_phased(self, name, run.phases(), run)
        thread = ThreadWrapper(
            function,
            fn_args,
            fn_kwargs,
            on_success,
            on_fail,
            on_end,
            give_thread,
            name,
            priority,
            cancellable,
            bind_to,
        )
        self.submit(thread)
        return thread

    def do_sliced(
        self, function, *, on_success=None, on_fail=None, on_end=None, name=None, bind_to=None
    ):
        """Begins a job in slices, in the main context: for what must not leave it.

        function(thread) is a generator function, which yields often; or a step,
        which returns whether it is to be called again.
        """
        aio.attend()
        # What is wrong is refused before anything begins.
        if not callable(function):
            raise TypeError(f"a function is needed, not {function!r}")
        check_callbacks(on_success=on_success, on_fail=on_fail, on_end=on_end)
        if bind_to is not None:
            people.bond_of(bind_to)
        name = name or getattr(function, "__name__", None)
        thread = _raw.do_sliced(self, name, _Slices(function))
        if bind_to is not None:
            thread.bind_to(bind_to)
        set_callbacks(thread, on_success, on_fail, on_end)
        return thread

    def do_manual(self, name=None):
        """A job without a function: ended by return_value() or return_error()."""
        aio.attend()
        thread = _raw.do_manual(self, name)
        thread._thr_is_manual = True
        return thread

    def append(self, function, args=(), kwargs=None, **options):
        """Queues a job, or one that was made before, for run() and watch()."""
        thread = function
        if not isinstance(thread, ThreadWrapper):
            options.setdefault("give_thread", False)
            thread = ThreadWrapper(function, args, kwargs, **options)
        elif args or kwargs or options:
            raise TypeError("a job that was made before has its arguments and its name already")
        with errors.conversion:
            _raw.append(self, thread)
        return thread

    def append_thread(self, function, args=(), kwargs=None):
        """Queues a function for run() and watch(); whether it could be queued."""
        try:
            thread = self.append(function, args, kwargs)
            if _raw_error(thread) is None:
                return True
            thread.join(0)  # which takes note of it: the manager is stopped
        except (TypeError, GLib.Error):
            pass
        return False

    # The list and the mapping.

    def __getitem__(self, key):
        if not isinstance(key, str):
            return super().__getitem__(key)
        thread = self.lookup(key)
        if thread is None:
            raise KeyError(key)
        return thread

    def __contains__(self, item):
        if isinstance(item, str):
            return self.lookup(item) is not None
        return item in self.dup_jobs()

    def __bool__(self):
        return True  # also where it has no jobs

    def keys(self):
        """The idents of its jobs."""
        return [thread.ident for thread in self.dup_jobs()]

    def values(self):
        """Its jobs."""
        return self.dup_jobs()

    def items(self):
        """Its jobs, each with its ident."""
        return [(thread.ident, thread) for thread in self.dup_jobs()]

    def get(self, key, default=None):
        """The job of that ident."""
        if not isinstance(key, str):
            return _raw.get(self, key)
        thread = self.lookup(key)
        return thread if thread is not None else default

    # What it is.

    uid = attribute(_raw.get_uid)
    name = attribute(_raw.dup_name, _raw.set_name)
    paused = attribute(_raw.get_paused, _raw.set_paused)
    started = attribute(_raw.get_started)
    busy = attribute(_raw.get_busy)
    n_queued = attribute(_raw.get_n_queued)
    n_running = attribute(_raw.get_n_running)
    progress = attribute(_raw.get_progress)
    keep_finished = attribute(_raw.get_keep_finished, _raw.set_keep_finished)

    @property
    def thread_limit(self):
        return self.get_thread_limit()

    @thread_limit.setter
    def thread_limit(self, thread_limit):
        self.set_thread_limit(_check_limit(thread_limit))

    def generate_uid(self, delimiter="-"):
        """A new unique name, in six groups."""
        return Thr.generate_uid(delimiter)

    # Its life.

    def stop(self):
        """Takes no more jobs; what is queued fails, what runs goes on."""
        _raw.stop(self)
        futures.settle_all_ended()

    def halt(self, timeout=exit.TIMEOUT):
        """Stops, halts what runs, and waits for it for so many seconds."""
        has_asked = False

        def wait(microseconds):
            nonlocal has_asked

            if has_asked:
                return self._wait_longer(microseconds, timeout)
            due = monotonic() + microseconds / 2e6
            try:
                return _raw.halt(self, microseconds)
            finally:
                # Inside one of its own jobs it does not wait.
                has_asked = monotonic() >= due

        try:
            with errors.conversion:
                return waits.in_slices(wait, timeout, lambda error: not has_asked)
        finally:
            futures.settle_all_ended()

    def wait_idle(self, timeout=None, cancellable=None):
        """Waits until it has nothing to do, for so many seconds."""
        with errors.conversion:
            return waits.in_slices(
                lambda microseconds: self._wait_longer(microseconds, timeout, cancellable),
                timeout,
                lambda error: False,
            )

    def _wait_longer(self, microseconds, timeout, cancellable=None):
        """A slice of a wait. What would never end is refused where no time-out ends it."""
        if timeout is None and microseconds < FOREVER:
            try:
                return _raw.wait_idle(self, FOREVER, _CANCELLED)
            except GLib.Error as error:
                if not errors.is_cancelled(error):
                    raise
        return _raw.wait_idle(self, microseconds, cancellable)

    def wait_idle_async(self, cancellable=None, callback=None, *user_data):
        def start(cancellable, callback, *user_data):
            _raw.wait_idle_async(self, cancellable, callback, *user_data)

        return aio.begin(start, ThreadManager.wait_idle_finish, cancellable, callback, user_data)

    def shutdown_async(self, mode, timeout=None, cancellable=None, callback=None, *user_data):
        def start(cancellable, callback, *user_data):
            microseconds = to_microseconds(timeout)
            _raw.shutdown_async(self, mode, microseconds, cancellable, callback, *user_data)

        return aio.begin(start, ThreadManager.shutdown_finish, cancellable, callback, user_data)

    def __enter__(self):
        return self

    def __exit__(self, kind, error, traceback):
        if kind is None:
            self.wait_idle()
            self.stop()
        else:
            self._halt_quietly()

    async def __aenter__(self):
        return self

    async def __aexit__(self, kind, error, traceback):
        mode = Thr.ShutdownMode.DRAIN if kind is None else Thr.ShutdownMode.HALT
        try:
            await self.shutdown_async(mode, None if kind is None else exit.TIMEOUT)
        except errors.TimedOutError:
            if kind is None:
                raise

    def _halt_quietly(self):
        try:
            self.halt()
        except errors.Error:
            pass  # what is being raised already is of more use


def _check_limit(thread_limit):
    if not isinstance(thread_limit, int) or not 0 < thread_limit < 2**31:
        raise ValueError(f"thread_limit is a positive number, not {thread_limit!r}")
    return thread_limit


class _Slices:
    """The function of a sliced job, as the library calls it."""

    def __init__(self, function):
        self.function = function
        self.generator = None

    def __call__(self, thread):
        try:
            if self.generator is None:
                again = self.function(thread)
                if type(again) is CoroutineType:
                    again.close()
                    raise TypeError(
                        f"{thread.name} is a coroutine function: a job in slices is a generator"
                    )
                if type(again) is not GeneratorType:
                    return bool(again)
                self.generator = again
            try:
                next(self.generator)
            except StopIteration as stop:
                if stop.value is not None:
                    thread.return_value(stop.value)
                return False
            return True
        except BaseException as failure:
            keep_failure(thread, failure)
            raise errors.copy(errors.to_glib_error(failure)) from None
        finally:
            thread = None  # the traceback of a failure holds this frame


errors.convert_methods(ThreadManager, _raw)

# SPDX-License-Identifier: LGPL-2.1-or-later
"""Awaiting: under asyncio, and without it in a GLib main loop."""

import collections
import sys
import weakref

from gi.repository import Gio

from . import errors
from .bridge import attend, running_loop

_UNSET = object()


class Pending:
    """What is not known yet. Await it, or give then() functions for what comes.

    It is settled once, in the context where what it stands for was begun; the
    functions are called there. It may be awaited on any thread.
    """

    def __init__(self, cancel=None, thread=None):
        self.thread = thread  # the job that it stands for, if it is one
        self._cancel = cancel
        self._value = _UNSET
        self._failure = None
        self._callbacks = collections.deque()
        self._taken = False

    def done(self):
        return self._value is not _UNSET or self._failure is not None

    def cancel(self):
        """Asks what it stands for to end."""
        cancel = self._cancel
        if cancel is not None and not self.done():
            cancel()

    def resolve(self, value):
        if not self.done():
            self._value = value
            self._tell()

    def reject(self, failure):
        if not self.done():
            self._failure = failure
            self._tell()

    def finish_with(self, finish):
        """A callback for an asynchronous function, which gets its outcome by finish()."""

        def finished(source, result, *user_data):
            try:
                value = finish(source, result)
            except BaseException as error:
                self.reject(_without_ours(error))
            else:
                self.resolve(value)

        return finished

    def add_done_callback(self, callback):
        """Calls it with this, as soon as it is settled."""
        # Another thread may just be settling it: one of the two takes it out.
        self._callbacks.append(callback)
        if self.done():
            self._tell()

    def then(self, ok=None, fail=None):
        """Calls ok(value) or fail(exception), and gives what awaits what they give.

        A failure that no function was given for is passed on; so is one in ok().
        """
        after = Pending(self._cancel, self.thread)

        def settled(self):
            try:
                if self._failure is not None:
                    self._taken = True
                    if fail is None:
                        after.reject(self._failure)
                    else:
                        after.resolve(fail(self._failure))
                else:
                    after.resolve(ok(self._value) if ok is not None else self._value)
            except BaseException as error:
                after.reject(error)

        self.add_done_callback(settled)
        return after

    def result(self):
        """What it was settled with: it must be."""
        self._taken = True
        if self._failure is not None:
            try:
                raise self._failure
            finally:
                self = None  # the traceback holds this frame
        if self._value is _UNSET:
            raise RuntimeError("it is not settled yet: await it")
        return self._value

    def __await__(self):
        try:
            if not self.done():
                loop = attend()
                if loop is None:
                    yield self  # to spawn()
                else:
                    yield from self._wait_in(loop)
            return self.result()
        finally:
            self = None  # as above

    def _wait_in(self, loop):
        future = loop.create_future()

        def wake():
            if not future.done():
                future.set_result(None)

        def settled(self):
            if running_loop() is loop:
                wake()
                return
            try:
                loop.call_soon_threadsafe(wake)
            except RuntimeError:
                pass  # the loop was closed meanwhile

        self.add_done_callback(settled)
        try:
            yield from future
        except BaseException:  # the task was cancelled
            self._forget(settled)
            self.cancel()
            raise

    def _forget(self, callback):
        try:
            self._callbacks.remove(callback)
        except ValueError:
            pass  # it is just being called

    def _tell(self):
        self._cancel = None
        while self._callbacks:
            try:
                callback = self._callbacks.popleft()
            except IndexError:
                break
            try:
                callback(self)
            except Exception:
                sys.excepthook(*sys.exc_info())  # the others are told all the same

    def __del__(self):
        # As a job's: a failure that nobody looked at is reported.
        if self._failure is not None and not self._taken:
            errors.report(self._failure)


def _without_ours(failure):
    """The failure, whose traceback begins in the user's code. What is here has what
    failed at hand, which would have the failure, and live until cycles are collected.
    """
    traceback = failure.__traceback__
    while traceback is not None and traceback.tb_frame.f_globals.get("__package__") == __package__:
        traceback = traceback.tb_next
    return failure.with_traceback(traceback)


def begin(start, finish, cancellable, callback, user_data):
    """An asynchronous function: with a callback as in C, without one awaitable.

    start(cancellable, callback, *user_data) begins it, finish(source, result) is
    what takes its outcome.
    """
    if callback is not None:
        start(cancellable, callback, *user_data)
        return None
    if cancellable is None:
        cancellable = Gio.Cancellable()
    pending = Pending(cancel=cancellable.cancel)
    attend()
    start(cancellable, pending.finish_with(finish))
    return pending


# ---- streams ----


class Stream:
    """An asynchronous iterator that is fed from the context in which it was made."""

    def __init__(self, close=None):
        self._items = collections.deque()
        self._waiting = None
        self._ended = False
        self._close = close

    def feed(self, item):
        self._items.append(item)
        self._wake()

    def end(self):
        self._ended = True
        self._wake()

    def _wake(self):
        waiting, self._waiting = self._waiting, None
        if waiting is not None:
            waiting.resolve(None)

    def __aiter__(self):
        return self

    async def __anext__(self):
        while True:
            has_ended = self._ended
            if self._items:
                return self._items.popleft()
            if has_ended:
                raise StopAsyncIteration
            waiting = self._waiting
            if waiting is None:
                waiting = self._waiting = Pending()
            # Another thread may have fed it before it could see who waits.
            if not self._items and not self._ended:
                await waiting

    def close(self):
        close, self._close = self._close, None
        if close is not None:
            close()
        self.end()

    async def aclose(self):
        self.close()

    def __del__(self):
        if self._close is not None:
            self._close()


def notifies(source, signal, has_ended):
    """A stream of an item for whatever was notified since the last one, for what there
    is already, and for the end: once has_ended(), which is looked at when the execution
    state changes.
    """
    handlers = []

    def close():
        for handler in handlers:
            source.disconnect(handler)

    stream = Stream(close)
    # The handlers must not keep it: who breaks out of a loop just lets go of it.
    told = weakref.ref(stream)

    def changed(*args):
        stream = told()
        if stream is not None and not stream._items:
            stream.feed(None)

    def stepped(*args):
        stream = told()
        if stream is not None and has_ended():
            changed()
            stream.end()

    handlers.append(source.connect(signal, changed))
    handlers.append(source.connect("notify::execution-state", stepped))
    changed()
    stepped()
    return stream


# ---- without asyncio ----


def spawn(coroutine):
    """Runs a coroutine in the main loop of GLib, where there is no asyncio.

    It may await what this library gives. What is returned can be awaited likewise;
    to cancel it cancels what the coroutine is waiting for.
    """
    if not hasattr(coroutine, "send"):
        raise TypeError(f"a coroutine is needed, not {coroutine!r}")
    awaited = None

    def cancel():
        if awaited is not None:
            awaited.cancel()

    pending = Pending(cancel)

    def step(settled=None):
        nonlocal awaited
        try:
            awaited = coroutine.send(None)
        except StopIteration as stop:
            pending.resolve(stop.value)
        except BaseException as error:
            pending.reject(error)
        else:
            if isinstance(awaited, Pending):
                awaited.add_done_callback(step)
            else:
                failure = TypeError(f"spawn() cannot await {awaited!r}: run this under asyncio")
                try:
                    coroutine.close()
                except BaseException as error:  # it may await once more
                    failure.__context__ = error
                pending.reject(failure)

    step()
    return pending

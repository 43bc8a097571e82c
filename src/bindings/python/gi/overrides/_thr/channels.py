# SPDX-License-Identifier: LGPL-2.1-or-later
"""Events for everybody who subscribes."""

import sys
import weakref

from gi.module import get_introspection_module

from . import aio, errors
from .events import Event
from .values import to_microseconds, to_value

Thr = get_introspection_module("Thr")

_raw = Thr.Channel


class Channel(_raw):
    """What is published here is fired at every worker that is subscribed.

    It does not keep the workers. Anything else that has a main context subscribes a
    function, or iterates: `async for event in channel`.
    """

    def sub(self, thread=None):
        """Subscribes a worker; by default that of the calling thread."""
        with errors.conversion:
            _raw.sub(self, thread)

    def unsub(self, thread=None):
        """Ends what sub() began; whether it had begun."""
        return _raw.unsub(self, thread)

    def pub(
        self, event, data=None, *, bubble=False, broadcast=False, target=None, timeout=None
    ):
        """Publishes an event, or the name and the data of one.

        The time-out, in seconds, is for subscriptions that are full and block.
        """
        if not isinstance(event, Event):
            if not (bubble or broadcast or target is not None or timeout is not None):
                with errors.conversion:
                    _raw.pub(self, event, to_value(data))
                return
            event = Event(event, data, bubble=bubble, broadcast=broadcast, target=target)
        self.pub_event(event, timeout)

    def pub_event(self, event, timeout=None):
        """Publishes an event that was made before."""
        with errors.conversion:
            _raw.pub_event(self, event, to_microseconds(timeout))

    def subscribe(self, callback, overflow=Thr.Overflow.DROP_OLDEST, capacity=0):
        """Has callback(event) called in this thread's main context for what is published.

        At most capacity events wait for it, 0 = any number; overflow says what becomes
        of more. What is returned has unsubscribe(); until then the channel keeps the
        function.
        """
        if not callable(callback):
            raise TypeError(f"a function is needed, not {callback!r}")
        return _raw.subscribe(self, overflow, capacity, callback)

    def __aiter__(self):
        aio.attend()
        return _Events(self)


class _Events(aio.Stream):
    """What is published, from now on. The channel does not keep it."""

    def __init__(self, channel):
        weak = weakref.ref(self)

        def feed(event):
            self = weak()
            if self is not None:
                self.feed(event)

        subscription = channel.subscribe(feed)

        def close():
            if not sys.is_finalizing():  # when nothing is told any more
                subscription.unsubscribe()

        super().__init__(close)
        self._channel = channel


errors.convert_methods(Channel, _raw)

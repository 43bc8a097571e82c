# SPDX-License-Identifier: LGPL-2.1-or-later
"""Signals whose handlers Python calls in another way than the library."""


class Handler:
    """What is connected in place of a user's function. It is equal to that, so that
    it can be disconnected by it."""

    def __init__(self, function):
        self.function = function

    def __eq__(self, other):
        return self.function == other

    __hash__ = None


class Connecting:
    """For classes that have such signals."""

    _handlers = {}  # what is connected in place of the user's function, by signal

    def connect(self, detailed_signal, handler, *args):
        return super().connect(detailed_signal, self._handler(detailed_signal, handler), *args)

    def connect_after(self, detailed_signal, handler, *args):
        handler = self._handler(detailed_signal, handler)
        return super().connect_after(detailed_signal, handler, *args)

    def _handler(self, signal, function):
        kind = self._handlers.get(str(signal).replace("_", "-"))
        return function if kind is None or not callable(function) else kind(function)

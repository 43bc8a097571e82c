# SPDX-License-Identifier: LGPL-2.1-or-later
"""Python objects as values of GObject, of which it has fewer kinds."""

from gi.module import get_introspection_module
from gi.repository import GLib, GObject

FOREVER = get_introspection_module("Thr").FOREVER

_INT32 = range(-(2**31), 2**31)
_INT64 = range(-(2**63), 2**63)
_UINT64 = range(2**64)
# What crosses by itself, and comes back as what it was.
_NATURAL = (GObject.Object, GObject.GEnum, GObject.GFlags, GLib.Variant)


def to_value(thing):
    """What a parameter of type GValue takes for any object, None among them.

    What other languages know as well crosses as what it is there; all else as a
    reference to the Python object.
    """
    kind = type(thing)
    if kind is bool or kind is float or thing is None:
        return thing
    if kind is int:
        if thing in _INT32:
            return thing
        if thing in _INT64:
            return GObject.Value(GObject.TYPE_INT64, thing)
        if thing in _UINT64:
            return GObject.Value(GObject.TYPE_UINT64, thing)
    elif kind is str:
        # A C string ends at a zero, and is UTF-8.
        if thing.isascii() and "\0" not in thing:
            return thing
        if "\0" not in thing and _is_utf8(thing):
            return thing
    elif isinstance(thing, _NATURAL) or kind is GObject.Value:
        return thing
    return GObject.Value(GObject.TYPE_PYOBJECT, thing)


def _is_utf8(text):
    try:
        text.encode()
    except UnicodeEncodeError:  # lone surrogates
        return False
    return True


def to_microseconds(seconds):
    """A time-out as Python gives it: in seconds, None = for ever."""
    if seconds is None:
        return FOREVER
    return min(int(seconds * 1_000_000), FOREVER) if seconds < FOREVER / 1e6 else FOREVER


def is_same(one, other):
    """Whether it is the same object, or, of what crosses as a copy, one like it."""
    if one is other:
        return True
    return type(one) is type(other) and isinstance(one, (int, float, str)) and one == other

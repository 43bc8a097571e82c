# SPDX-License-Identifier: LGPL-2.1-or-later
"""Times: seconds in Python, microseconds in the library."""

from gi.module import get_introspection_module

FOREVER = get_introspection_module("Thr").FOREVER

_MOST = FOREVER / 1e6
_NO_NAN = "a time-out is a number of seconds, not a NaN"


def to_microseconds(seconds):
    """A time-out as Python gives it: in seconds, None = for ever."""
    if seconds is None:
        return FOREVER
    try:
        return int(seconds * 1_000_000) if -_MOST < seconds < _MOST else _beyond(seconds)
    except TypeError:
        raise TypeError(
            f"a time-out is a number of seconds, or None for ever: not {seconds!r}"
        ) from None
    except ArithmeticError:  # decimal numbers do not compare with a NaN
        raise ValueError(_NO_NAN) from None


def _beyond(seconds):
    if seconds != seconds:
        raise ValueError(_NO_NAN)
    return FOREVER if seconds > 0 else -FOREVER


def to_seconds(microseconds):
    """A time as Python is given it."""
    return microseconds / 1_000_000

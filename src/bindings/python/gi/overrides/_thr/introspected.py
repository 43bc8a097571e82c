# SPDX-License-Identifier: LGPL-2.1-or-later
"""Methods that introspection data describes: their arguments and results as values."""

import os

from gi._gi import Direction, FunctionInfo
from gi.module import get_introspection_module
from gi.repository import Gio, GLib, GObject

from .jobs import finish_wait
from .values import to_value


_get_result = get_introspection_module("Thr").ThreadWrapper.get_result


def is_method(function):
    """Whether it is what PyGObject gives for a method that is not its own."""
    return isinstance(function, FunctionInfo) and function.is_method()


# ---- arguments ----


def to_argument(thing):
    """The value of an argument; the library makes the declared type of it."""
    if thing is None:
        return GObject.Value(GObject.TYPE_STRING)
    if isinstance(thing, (bytes, bytearray, memoryview)):
        return GLib.Bytes.new(bytes(thing))
    if isinstance(thing, (list, tuple)):
        return _list_to_argument(thing)
    if isinstance(thing, dict):
        return _dict_to_argument(thing)
    if isinstance(thing, os.PathLike):
        return os.fspath(thing)
    if isinstance(thing, int) and hasattr(type(thing), "__gtype__"):  # an enumeration
        return GObject.Value(type(thing).__gtype__, thing)
    if isinstance(thing, GObject.GBoxed):
        return thing
    return to_value(thing)


def _list_to_argument(things):
    if all(isinstance(thing, str) for thing in things):
        return GObject.Value(GObject.TYPE_STRV, list(things))
    kind = _numbers_type(things)
    if kind is not None:
        return GLib.Variant("a" + kind, things)
    if all(isinstance(thing, GObject.Object) for thing in things):
        store = Gio.ListStore()
        for thing in things:
            store.append(thing)
        return store
    return to_value(things)


def _dict_to_argument(things):
    values = list(things.values())
    kind = "s" if all(isinstance(value, str) for value in values) else _numbers_type(values)
    if kind is None or not all(isinstance(key, str) for key in things):
        return to_value(things)
    return GLib.Variant(f"a{{s{kind}}}", things)


def _numbers_type(things):
    if all(isinstance(thing, bool) for thing in things):
        return "b"
    if all(isinstance(thing, int) for thing in things):
        return "x" if min(things) < 0 else "t"
    if all(isinstance(thing, (int, float)) for thing in things):
        return "d"
    return None


# ---- results ----

_CONTAINERS = ("array", "glist", "gslist", "ghash")


def finish_of(function):
    """What ends the job that called it, and gives its results as Python knows them:
    one, or a tuple of several."""
    tags = _result_tags(function) if function is not None else ()

    def finish(thread, result):
        finish_wait(thread, result)
        # As a property PyGObject would copy what is boxed, and never free it.
        results = copy(_get_result(thread))
        if len(tags) > 1 and isinstance(results, list) and len(results) == len(tags):
            return tuple(map(_from_result, results, tags))
        if function is None and isinstance(results, list):
            return tuple(_from_result(value, "array") for value in results)
        return _from_result(results, tags[0] if len(tags) == 1 else "array")

    return finish


def _result_tags(function):
    """The kinds of its results, in the order in which the library gives them."""
    arguments = function.get_arguments()
    returned = function.get_return_type()
    tag = returned.get_tag_as_string()
    types = []
    if not function.skip_return() and not (tag == "void" and not returned.is_pointer()):
        if not (tag == "gboolean" and function.can_throw_gerror()):
            types.append(returned)
    lengths = {_length_of(returned), *(_length_of(argument.get_type()) for argument in arguments)}
    for i, argument in enumerate(arguments):
        if argument.get_direction() != Direction.IN and i not in lengths:
            types.append(argument.get_type())
    return [type_.get_tag_as_string() for type_ in types]


def _length_of(type_):
    return type_.get_array_length() if type_.get_tag_as_string() == "array" else -1


def _from_result(value, tag):
    """What the library made of a list, as what it was."""
    if tag not in _CONTAINERS:
        return value
    if isinstance(value, GLib.Bytes):
        return value.get_data() or b""
    if isinstance(value, GLib.Variant):
        return value.unpack()
    if tag == "ghash" and isinstance(value, list):
        return dict(zip(value[::2], value[1::2]))
    if isinstance(value, Gio.ListModel):
        return list(value)
    return value


def copy(value):
    """What may be kept of a value that belongs to something else."""
    if isinstance(value, list):
        return [copy(item) for item in value]
    return value.copy() if isinstance(value, GObject.GBoxed) else value

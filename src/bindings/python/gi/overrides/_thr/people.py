# SPDX-License-Identifier: LGPL-2.1-or-later
"""Jobs and managers in an application with windows: what these show, and what becomes
of jobs when they are closed."""

import weakref
from types import MethodType

from gi.module import get_introspection_module
from gi.repository import GObject

from .attributes import attribute
from .signals import Connecting, Handler
from .times import to_seconds

Thr = get_introspection_module("Thr")

_job = Thr.ThreadWrapper
_manager = Thr.ThreadManager
_STAY = Thr.QuitAnswer.STAY


# ---- what does not keep the window ----


class WeakCallback:
    """A method of what a job is bound to, as a callback that does not hold it. Once
    the object is gone the job is silent: so nothing is left out."""

    def __init__(self, method):
        self.method = weakref.WeakMethod(method)

    def __call__(self, *args):
        method = self.method()
        if method is not None:
            method(*args)


def weakly(bonds, *callbacks):
    """The callbacks: the methods of what a job is bound to so that they do not hold it."""

    def is_bound(callback):
        return type(callback) is MethodType and any(
            bond() is callback.__self__ for bond in bonds
        )

    return [WeakCallback(each) if is_bound(each) else each for each in callbacks]


def bond_of(thing):
    """A weak reference to what a job is bound to."""
    if not isinstance(thing, GObject.Object):
        raise TypeError(f"a job is bound to a GObject.Object, such as a window: not to {thing!r}")
    # Without attributes what Python has of an object goes when Python lets go of it,
    # however long the object lives, and the reference with it.
    thing.__dict__
    return weakref.ref(thing)


# ---- jobs ----


class JobForPeople(Connecting):
    """What a job has for windows."""

    # Weak references to what it is bound to.
    _thr_bonds = ()

    fraction_text = attribute(_job.dup_fraction_text)
    can_pause = attribute(_job.get_can_pause)
    can_cancel = attribute(_job.get_can_cancel)
    finished = attribute(_job.get_finished)
    items = attribute(_job.get_items)

    def get_created_at(self):
        """When it was made: in seconds, as time.monotonic() gives them."""
        return to_seconds(_job.get_created_at(self))

    def get_started_at(self):
        """When it began, in the same seconds; 0 before."""
        return to_seconds(_job.get_started_at(self))

    def get_ended_at(self):
        """When it ended, in the same seconds; 0 before."""
        return to_seconds(_job.get_ended_at(self))

    def get_elapsed(self):
        """For how many seconds it has been running, or ran, pauses included."""
        return to_seconds(_job.get_elapsed(self))

    def get_remaining(self):
        """For how many more seconds it will run, as far as can be told; None while
        that is unknown."""
        remaining = _job.get_remaining(self)
        return to_seconds(remaining) if remaining >= 0 else None

    created_at = attribute(get_created_at)
    started_at = attribute(get_started_at)
    ended_at = attribute(get_ended_at)
    elapsed = attribute(get_elapsed)
    remaining = attribute(get_remaining)

    @property
    def tags(self):
        """Words that say what kind of job this is: a list, to be replaced as a whole."""
        return _job.dup_tags(self)

    @tags.setter
    def tags(self, tags):
        self.set_tags(tags)

    def set_tags(self, tags):
        tags = tags if tags is None or isinstance(tags, str) else list(tags)
        if isinstance(tags, str) or not all(isinstance(tag, str) for tag in tags or ()):
            raise TypeError(f"tags are a list of strings, not {tags!r}")
        _job.set_tags(self, tags)

    def bind_to(self, obj):
        """Cancels and silences it once the object, such as a window, is disposed.

        The callbacks that are set later and are methods of the object do not hold it.
        Those of do_async() do not if this is its parameter bind_to.
        """
        bond = bond_of(obj)
        _job.bind_to(self, obj)
        self._thr_bonds = (*self._thr_bonds, bond)


# ---- managers ----


class _QuitHandler(Handler):
    """A handler of `quit-requested`. Whatever is no answer leaves all as it is."""

    def __call__(self, manager, *args):
        answer = self.function(manager, *args)
        if answer is None:
            return _STAY
        if not isinstance(answer, Thr.QuitAnswer):
            raise TypeError(f"the answer is a Thr.QuitAnswer, not {answer!r}")
        return answer


class ManagerForPeople(Connecting):
    """What a manager has for windows, and for the application that they belong to."""

    _handlers = {"quit-requested": _QuitHandler}

    history = attribute(_manager.get_history)

    def answer_quit(self, answer):
        """Says what to do about the wish to quit, that was left open or answered in
        another way."""
        if answer == Thr.QuitAnswer.LATER:
            raise ValueError("LATER is for handlers of quit-requested: this is the answer")
        _manager.answer_quit(self, answer)

# SPDX-License-Identifier: LGPL-2.1-or-later
"""thr-glib for Python: what the parts in _thr make of the introspected library."""

from gi.module import get_introspection_module
from gi.overrides import override

from . import _thr  # noqa: F401  (so that a broken installation says so here)
from ._thr import aio, background as _background, completion as _completion, errors
from ._thr import executor as _executor, exit as _exit
from ._thr import current as _current, defers as _defers, workers as _workers
from ._thr.channels import Channel
from ._thr.defers import Async, Defer, DeferResolver
from ._thr.events import Event, Listener
from ._thr import traced as _traced
from ._thr.jobs import ThreadWrapper
from ._thr.manager import ThreadManager
from ._thr.thimble import Thimble
from ._thr.workers import Worker

_Thr = get_introspection_module("Thr")

__all__ = []


def _export(name, thing):
    globals()[name] = thing
    __all__.append(name)


def _override(cls):
    """Has everything of that type, whoever made it, be of this class."""
    cls.__module__ = __name__
    _export(cls.__name__, override(cls))


for _cls in ThreadWrapper, ThreadManager:
    _override(_cls)
for _cls in Worker, Event, Listener, Channel, Defer, DeferResolver, Async:
    _override(_cls)

for _name in dir(errors):
    _thing = getattr(errors, _name)
    if isinstance(_thing, type) and issubclass(_thing, BaseException) and (
        _thing.__module__ == "gi.repository.Thr"
    ):
        _export(_name, _thing)

_export("Executor", _executor.Executor)
_export("as_completed", _completion.as_completed)
_export("BackgroundDecorator", _background.BackgroundDecorator)
_export("Pending", aio.Pending)
_export("spawn", aio.spawn)
_export("Thimble", Thimble)
_export("TracedThread", _traced.TracedThread)
_export("set_exit", _exit.set_exit)
_export("shutdown", _exit.shutdown)
_export("create_worker", _workers.create_worker)
_export("async_", _defers.async_)
_export("await_", _defers.await_)
for _name in _current.NAMES:
    _export(_name, getattr(_current, _name))

thread_manager = ThreadManager.get_default()
__all__.append("thread_manager")
background = BackgroundDecorator(thread_manager)  # noqa: F821
__all__.append("background")

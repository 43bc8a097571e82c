# SPDX-License-Identifier: LGPL-2.1-or-later
"""Functions that run in the background whenever they are called."""

import functools
import inspect


class Background:
    """A function whose calls are jobs. As a method it is bound first."""

    def __init__(self, decorator, function, options):
        # It brings the attributes of the function along, which may be one of this kind.
        functools.update_wrapper(self, getattr(function, "__func__", function))
        self._decorator = decorator
        self._function = function
        self._options = options

    def __call__(self, /, *args, **kwargs):
        return self._decorator.manager.do_async(self._function, args, kwargs, **self._options)

    def __get__(self, instance, owner=None):
        getter = getattr(type(self._function), "__get__", None)
        if getter is None:
            return self
        bound = getter(self._function, instance, owner)
        if bound is self._function:
            return self
        return Background(self._decorator, bound, self._options)

    @property
    def __signature__(self):
        """As the caller sees it: without the job, which is the first, or after self."""
        function = self._function
        is_bound = inspect.ismethod(function)
        signature = inspect.signature(getattr(function, "__func__", function))
        parameters = list(signature.parameters.values())
        del parameters[: is_bound + bool(self._options.get("give_thread"))]
        return signature.replace(parameters=parameters)

    def __repr__(self):
        return f"<background {self._function!r}>"


class BackgroundDecorator:
    """A decorator: the function runs in the background, in threads of that manager.

    With or without parameters, which are those of ThreadManager.do_async(); but
    the job is given to the function only with give_thread=True.
    """

    def __init__(self, thread_manager):
        self.manager = thread_manager

    def __call__(self, function=None, *, give_thread=False, **options):
        options["give_thread"] = give_thread
        unknown = options.keys() - _OPTIONS
        if unknown:
            raise TypeError(f"background() has no parameter {sorted(unknown)[0]!r}")
        if function is None:
            return lambda function: self._decorate(function, options)
        return self._decorate(function, options)

    def _decorate(self, function, options):
        if not callable(function) and not hasattr(function, "__func__"):
            raise TypeError(f"a function is needed, not {function!r}")
        return Background(self, function, options)


_OPTIONS = {
    "give_thread", "on_success", "on_fail", "on_end", "name", "priority", "cancellable", "bind_to"
}

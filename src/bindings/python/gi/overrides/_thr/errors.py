# SPDX-License-Identifier: LGPL-2.1-or-later
"""The errors of the library as exception classes, and exceptions as its errors."""

import threading

from gi.module import get_introspection_module
from gi.repository import Gio, GLib

from .halting import ThreadHalted

Thr = get_introspection_module("Thr")
Code = Thr.Error
QUARK = Thr.error_quark()
DOMAIN = GLib.quark_to_string(QUARK)
_CANCELLED_DOMAIN = GLib.quark_to_string(Gio.io_error_quark())


class Error(GLib.Error):
    """An error of this library; its codes are attributes of the class.

    A binding cannot raise a subclass for each code, as long as there is one class
    for the errors of all libraries: here what the library gives is converted.
    """

    # Where a subclass stands for one code.
    code_of_class = None

    def __init__(self, message="", domain=DOMAIN, code=None):
        if code is None:
            code = Code.FAILED if self.code_of_class is None else self.code_of_class
        super().__init__(message, domain, int(code))

    def matches(self, domain, code=None):
        """Whether this is an error of that domain and code, or just of that code.

        The domain can be a quark, its name, or Thr.Error.
        """
        if code is None:
            domain, code = QUARK, domain
        elif isinstance(domain, str):
            domain = GLib.quark_from_string(domain)
        elif isinstance(domain, type) and issubclass(domain, Error):
            domain = QUARK
        return super().matches(domain, code)

    def __repr__(self):
        return f"Thr.{type(self).__name__}({self.message!r}, code={self.code})"

    # For type checkers and tracebacks: Thr.Error, wherever it is written down.
    __module__ = "gi.repository.Thr"


def _subclass(name, code, *bases, doc):
    return type(
        name,
        (Error, *bases),
        {"__doc__": doc, "__module__": Error.__module__, "code_of_class": code},
    )


for _name in dir(Code):
    if _name.isupper():
        setattr(Error, _name, getattr(Code, _name))

HaltedError = _subclass("HaltedError", Code.HALTED, doc="A job was halted.")
StoppedError = _subclass(
    "StoppedError", Code.STOPPED, doc="The manager is stopped, and runs no more jobs."
)
TimedOutError = _subclass(
    "TimedOutError", Code.TIMED_OUT, TimeoutError, doc="The time-out came first."
)
WouldDeadlockError = _subclass(
    "WouldDeadlockError", Code.WOULD_DEADLOCK, doc="A wait would be one for itself."
)
AbandonedError = _subclass(
    "AbandonedError", Code.ABANDONED, doc="Nobody is left who could resolve a defer."
)
NoThreadsFoundError = _subclass(
    "NoThreadsFoundError", Code.NO_THREADS_FOUND, doc="There is nothing to run."
)
ThreadLimitReachedError = _subclass(
    "ThreadLimitReachedError",
    Code.THREAD_LIMIT_REACHED,
    doc="Not all queued jobs could be started.",
)
ThreadsAlreadyRunningError = _subclass(
    "ThreadsAlreadyRunningError",
    Code.THREADS_ALREADY_RUNNING,
    doc="A job of the last run is still running.",
)
ThreadManagerAlreadyRunningError = _subclass(
    "ThreadManagerAlreadyRunningError",
    Code.MANAGER_ALREADY_RUNNING,
    doc="The manager is already watching its queue.",
)

_CLASSES = {int(cls.code_of_class): cls for cls in Error.__subclasses__()}


class WorkerExit(BaseException):
    """A worker was stopped: raised at its break points. Clean up and let it pass."""

    __module__ = Error.__module__


def convert(error):
    """The GLib.Error as what this library raises: the same, but for its own."""
    if error.domain != DOMAIN or isinstance(error, Error):
        return error
    if error.code == Code.WORKER_EXIT:
        return WorkerExit(error.message)
    return _CLASSES.get(error.code, Error)(error.message, error.domain, error.code)


def is_cancelled(error):
    return (
        isinstance(error, GLib.Error)
        and getattr(error, "domain", None) == _CANCELLED_DOMAIN
        and error.code == Gio.IOErrorEnum.CANCELLED
    )


def report(failure, thread=None):
    """Reports a failure that nobody handled, as that of a thread of Python's own; that
    somebody wanted an end is none."""
    if not (is_cancelled(failure) or isinstance(failure, (SystemExit, HaltedError))):
        threading.excepthook(
            threading.ExceptHookArgs((type(failure), failure, failure.__traceback__, thread))
        )


def to_glib_error(exception):
    """The exception as a GLib.Error, in which the exception itself does not cross."""
    if isinstance(exception, GLib.Error):
        return _crossing(exception)
    if isinstance(exception, WorkerExit):
        return Error(str(exception) or "The worker was stopped", code=Code.WORKER_EXIT)
    if isinstance(exception, ThreadHalted):
        return HaltedError("The function was halted")
    name = type(exception).__qualname__
    try:
        text = str(exception)
    except Exception:  # its own __str__ failed
        text = ""
    message = f"{name}: {text}" if text else name
    return Error(_as_c_string(message), code=Code.EXCEPTION)


def _as_c_string(text):
    """It ends at a zero, and is UTF-8."""
    return text.replace("\0", "\\0").encode("utf-8", "backslashreplace").decode()


def _crossing(error):
    """The error, or one like it where there is in it what C does not know."""
    # A subclass may have none of these.
    message = getattr(error, "message", type(error).__qualname__)
    domain = getattr(error, "domain", None)
    code = getattr(error, "code", None)
    wanted = (
        _as_c_string(str(message)),
        _as_c_string(domain) if isinstance(domain, str) and domain else DOMAIN,
        code if isinstance(code, int) and -(2**31) <= code < 2**31 else int(Code.EXCEPTION),
    )
    return error if wanted == (message, domain, code) else GLib.Error(*wanted)


def copy(error):
    """The error, to be raised into the library without a trace on the exception."""
    return GLib.Error(error.message, error.domain, error.code)


class _Conversion:
    """In a `with` statement: raises what convert() makes of a GLib.Error."""

    def __enter__(self):
        pass

    def __exit__(self, kind, error, traceback):
        if isinstance(error, GLib.Error):
            converted = convert(error)
            if converted is not error:
                raise converted from None


conversion = _Conversion()


def converting(function):
    """The function, raising what convert() makes of a GLib.Error."""

    def call(*args, **kwargs):
        try:
            return function(*args, **kwargs)
        except GLib.Error as error:
            converted = convert(error)
            if converted is error:
                raise
        raise converted

    call.__name__ = call.__qualname__ = function.get_name()
    call.__doc__ = function.__doc__
    call.__wrapped__ = function
    return call


def convert_methods(cls, raw):
    """Gives the override class the methods of the raw one that can fail."""
    for info in raw.__info__.get_methods():
        name = info.get_name()
        if info.can_throw_gerror() and name not in vars(cls):
            call = converting(getattr(raw, name) if not info.is_method() else info)
            setattr(cls, name, call if info.is_method() else staticmethod(call))

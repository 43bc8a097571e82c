# SPDX-License-Identifier: LGPL-2.1-or-later
"""Threads of Python's own that can be halted."""

import sys
import threading

from . import halting
from .halting import ThreadHalted

# In seconds: a trace function sees the next line long before.
_TRACE_TIME = 0.02


class TracedThread(threading.Thread):
    """A threading.Thread that can be halted, as a job can.

    halt() has Thr.ThreadHalted raised in what it runs, `finally` blocks run, and the
    thread ends quietly. One that was halted before its start runs nothing.

    It is not traced, and so as fast as any thread, unless a subclass or the
    instance has a `globaltrace` or `localtrace` of its own: then these are its trace
    functions (see sys.settrace()), and have the first word when it is halted.
    """

    __module__ = "gi.repository.Thr"

    halted = False

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self._halting = halting.Target()

    def start(self):
        """Starts it, once."""
        if self.ident is not None:
            super().start()  # which refuses
        # A subclass may have its own run(), and so may the instance.
        run, own = self.run, vars(self).get("run")
        self.run = lambda: self._run(run, own)
        try:
            super().start()
        except BaseException:
            self._restore(own)
            raise

    def _restore(self, own):
        if own is None:
            del self.run
        else:
            self.run = own

    def halt(self):
        """Stops what it runs; from any thread, and at once."""
        self.halted = True
        halting.halt(self._halting, _TRACE_TIME if self._is_traced() else 0)

    def globaltrace(self, frame, event, arg):
        """The trace function of the thread: says who traces a function."""
        return self.localtrace if event == "call" else None

    def localtrace(self, frame, event, arg):
        """The trace function of each function: ends it when the thread is halted."""
        if self.halted and event == "line":
            raise ThreadHalted
        return self.localtrace

    def _is_traced(self):
        return any(
            getattr(getattr(self, name), "__func__", None) is not getattr(TracedThread, name)
            for name in ("globaltrace", "localtrace")
        )

    def _run(self, run, own):
        self._restore(own)
        target = self._halting
        is_traced = self._is_traced()
        target.enter()
        # From show() to hide() an exception may come at any instruction.
        try:
            target.show()
            if not self.halted:
                if is_traced:
                    sys.settrace(self.globaltrace)
                run()
        except (ThreadHalted, SystemExit):
            pass  # as what a trace function may raise
        finally:
            while True:
                try:
                    if is_traced:
                        sys.settrace(None)
                    target.hide()
                    break
                except ThreadHalted:
                    pass
            target.leave()

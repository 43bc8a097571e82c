# SPDX-License-Identifier: LGPL-2.1-or-later
"""The table of the seeds: which test shows the counterpart of which name."""

import functools

ROWS = {}  # (module of the tests, name): the test
RAN = set()  # of its keys


def counterpart(*names):
    """The decorated test exercises what stands here for these names of a document.

    A name is a class, a function or a member; "snippet:…" is a piece of code, named
    after what it defines or shows.
    """

    def decorate(test):
        keys = [(test.__module__, name) for name in names]
        for key in keys:
            if key in ROWS:
                raise ValueError(f"{key} has a row already")
            ROWS[key] = test

        @functools.wraps(test)
        def run(self):
            test(self)
            RAN.update(keys)

        return run

    return decorate

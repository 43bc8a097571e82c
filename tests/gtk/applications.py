# SPDX-License-Identifier: LGPL-2.1-or-later
"""The two applications, each in the process of the tests."""

import ctypes
import importlib.util
import sys

from gi.repository import Gio, GObject

PROPERTIES = {"application_id": "org.example.Jobs", "flags": Gio.ApplicationFlags.NON_UNIQUE}


def maker(path):
    """What makes the application that is in the library or the module at the path."""
    if path.endswith(".py"):
        spec = importlib.util.spec_from_file_location("jobs", path)
        jobs = importlib.util.module_from_spec(spec)
        sys.modules["jobs"] = jobs
        spec.loader.exec_module(jobs)
        return jobs.Application
    library = ctypes.CDLL(path)
    library.jobs_application_get_type.restype = ctypes.c_size_t
    library.jobs_application_get_type()
    return lambda: GObject.new(GObject.GType.from_name("JobsApplication"), **PROPERTIES)

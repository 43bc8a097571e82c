#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Prints the SHA-256 of every regular file below DIR (default /usr/share) as
sha256sum does, sorted by path: `checksum.py DIR | sha256sum -c` checks them."""

import argparse
import asyncio
import collections
import hashlib
import os
import signal
import sys
import tempfile

import gi

gi.require_version("Thr", "1.0")
from gi.repository import Gio, GLib, Thr  # noqa: E402

MAX_JOBS = 1024
# For each thread: how many jobs are under way, so that no thread is ever without one.
WINDOW = 64

# On background threads: these two.


def find_files(thread, folder, report):
    """The paths of all files below, in the order in which `sort` has them."""
    thread.checkpoint()
    paths = []
    try:
        with os.scandir(folder) as entries:
            # The name of a folder carries its slash, and so is sorted as in whole paths.
            names = sorted(
                entry.name + b"/" * entry.is_dir(follow_symlinks=False)
                for entry in entries
                if entry.is_dir(follow_symlinks=False) or entry.is_file(follow_symlinks=False)
            )
    except OSError as error:
        report(folder[:-1], error)
        return paths
    for name in names:
        if name.endswith(b"/"):
            paths += find_files(thread, folder + name, report)
        else:
            paths.append(folder + name)
    return paths


def hash_file(thread, path):
    sha256 = hashlib.sha256()
    with open(path, "rb", buffering=0) as file:
        while piece := file.read(1 << 18):
            thread.checkpoint()
            sha256.update(piece)
    return sha256.hexdigest()


# On the main thread: all the rest.


def complain(message):
    sys.stderr.buffer.write(b"checksum: %s\n" % os.fsencode(message))
    sys.stderr.buffer.flush()


def escape(path):
    """As sha256sum escapes what would break the line."""
    return path.replace(b"\\", b"\\\\").replace(b"\n", b"\\n").replace(b"\r", b"\\r")


class Checksum:
    def __init__(self, n_threads):
        self.manager = Thr.ThreadManager(thread_limit=n_threads)
        self.cancellable = Gio.Cancellable()
        self.n_done = self.n_unreadable = 0

    def report(self, path, error):
        complain(escape(path) + b": " + os.fsencode(error.strerror))
        self.n_unreadable += 1

    def print(self, path, digest):
        name = escape(path)
        # A line with an escaped name begins with a backslash.
        mark = b"\\" if name != path else b""
        sys.stdout.buffer.write(b"%s%s  %s\n" % (mark, digest.encode(), name))
        self.n_done += 1

    async def paths(self, folder):
        def report(path, error):
            Thr.invoke_owner(lambda: self.report(path, error))

        return await self.manager.do_async(
            find_files, [folder, report], cancellable=self.cancellable
        )

    async def hash_all(self, folder):
        loop = asyncio.get_running_loop()
        loop.add_signal_handler(signal.SIGINT, self.cancellable.cancel)
        paths = collections.deque(await self.paths(os.path.join(folder, b"")))
        under_way = collections.deque()
        while paths or under_way:
            while paths and len(under_way) < WINDOW * self.manager.thread_limit:
                path = paths.popleft()
                thread = self.manager.do_async(hash_file, [path], cancellable=self.cancellable)
                under_way.append((path, thread))
            path, thread = under_way.popleft()
            try:
                digest = await thread
            except OSError as error:
                self.report(path, error)
            else:
                self.print(path, digest)

    def run(self, folder):
        """Returns the exit status."""
        status = 0
        try:
            asyncio.run(self.hash_all(folder))
        except GLib.Error as error:
            if not error.matches(Gio.io_error_quark(), Gio.IOErrorEnum.CANCELLED):
                raise
            status = 130
        except OSError as error:
            status = self.output_failed(error)
        try:
            sys.stdout.buffer.flush()
        except OSError as error:
            status = self.output_failed(error)
        if self.n_unreadable:
            things = "file or folder" if self.n_unreadable == 1 else "files or folders"
            complain(f"could not read {self.n_unreadable} {things}")
            status = status or 1
        if status == 130:
            complain(f"interrupted; {self.n_done} files were done")
        return status

    def output_failed(self, error):
        self.cancellable.cancel()
        complain(f"cannot write the list: {error.strerror}")
        # What is left of it is not to fail once more.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1


class Parser(argparse.ArgumentParser):
    def error(self, message):
        self.exit(2, f"checksum: {message} (see --help)\n")


def main():
    parser = Parser(description=__doc__)
    parser.add_argument(
        "-j",
        "--jobs",
        metavar="N",
        type=int,
        default=min(os.cpu_count() or 1, MAX_JOBS),
        help="hash so many files at a time (default: one for each processor)",
    )
    parser.add_argument("--demo", action="store_true", help="for a folder made for this")
    parser.add_argument("folder", metavar="DIR", nargs="?", default="/usr/share")
    options = parser.parse_args()
    if not 1 <= options.jobs <= MAX_JOBS:
        parser.error(f"--jobs takes a number from 1 to {MAX_JOBS}, not {options.jobs}")

    with tempfile.TemporaryDirectory() as demo_folder:
        if options.demo:
            make_files(demo_folder)
            options.folder = demo_folder
        try:
            os.scandir(options.folder).close()
        except OSError as error:
            parser.error(f"cannot read the folder “{options.folder}”: {error.strerror}")
        return Checksum(options.jobs).run(os.fsencode(options.folder))


def make_files(folder):
    for name in ("one", "two", "three"):
        with open(os.path.join(folder, name), "w", encoding="utf-8") as file:
            file.write(name * 1000)


if __name__ == "__main__":
    sys.exit(main())

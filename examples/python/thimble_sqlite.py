#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Lists the largest files below FOLDER, by way of a database: a connection of sqlite3
blocks, and is made awaitable by a thimble."""

import argparse
import asyncio
import os
import sqlite3
import tempfile

import gi

gi.require_version("Thr", "1.0")
from gi.repository import Thr  # noqa: E402


class Files:
    """A blocking object, as if from a library that knows nothing of threads."""

    def __init__(self, path):
        # Not of one thread, but never used by two at once: the thimble sees to that.
        self.connection = sqlite3.connect(path, check_same_thread=False)
        self.connection.execute("CREATE TABLE files (path TEXT, size INTEGER)")

    def collect(self, folder):
        for parent, _, names in os.walk(folder):
            paths = [os.path.join(parent, name) for name in names]
            self.connection.executemany(
                "INSERT INTO files VALUES (?, ?)",
                [(os.fsencode(path), os.lstat(path).st_size) for path in paths],
            )
        self.connection.commit()

    def query(self, statement, *arguments):
        return self.connection.execute(statement, arguments).fetchall()

    def close(self):
        self.connection.close()


async def run(folder, number):
    files = Thr.Thimble(Files(":memory:"), ["collect", "query", "close"])
    await files.collect(folder)
    for size, path in await files.query(
        "SELECT size, path FROM files ORDER BY size DESC, path LIMIT ?", number
    ):
        print(f"{size:12} {os.path.relpath(os.fsdecode(path), folder)}")
    [(total,)] = await files.query("SELECT total(size) FROM files")
    print(f"{int(total):12} in all")
    try:
        await files.query("SELECT colour FROM files")
    except sqlite3.OperationalError as error:
        print(f"as always: {error}")
    await files.close()


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--number", metavar="N", type=int, default=10)
    choice = parser.add_mutually_exclusive_group(required=True)
    choice.add_argument("folder", metavar="FOLDER", nargs="?")
    choice.add_argument("--demo", action="store_true", help="a folder made for this")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as demo_folder:
        if options.demo:
            for name, size in ("large", 3000), ("small", 30), ("medium", 300):
                with open(os.path.join(demo_folder, name), "wb") as file:
                    file.truncate(size)
        asyncio.run(run(demo_folder if options.demo else options.folder, options.number))


if __name__ == "__main__":
    main()

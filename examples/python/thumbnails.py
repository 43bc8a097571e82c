#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Makes a thumbnail of each picture in FOLDER, in its subfolder `thumbnails`, on all
processors. What is no picture is left out."""

import argparse
import os
import sys
import tempfile

import gi

gi.require_version("GdkPixbuf", "2.0")
gi.require_version("Thr", "1.0")
from gi.repository import GdkPixbuf, GLib, Thr  # noqa: E402


def make_thumbnail(path, target, size):
    """On a background thread. A picture that is small enough keeps its size."""
    _, width, height = GdkPixbuf.Pixbuf.get_file_info(path)
    size = min(size, max(width, height, 1))
    pixbuf = GdkPixbuf.Pixbuf.new_from_file_at_size(path, size, size)
    pixbuf.apply_embedded_orientation().savev(target, "png", [], [])
    return pixbuf.get_width(), pixbuf.get_height()


def make_thumbnails(folder, size):
    """Returns whether all pictures could be read."""
    target = os.path.join(folder, "thumbnails")
    os.makedirs(target, exist_ok=True)
    names = {}
    with Thr.ThreadManager(name="thumbnails", thread_limit=os.cpu_count()) as manager:
        for name in sorted(os.listdir(folder)):
            path = os.path.join(folder, name)
            if os.path.isfile(path) and GdkPixbuf.Pixbuf.get_file_info(path)[0] is not None:
                arguments = [path, os.path.join(target, name + ".png"), size]
                thread = manager.do_async(make_thumbnail, arguments, give_thread=False)
                names[thread] = name

        n_failed = 0
        for thread in Thr.as_completed(names):
            try:
                width, height = thread.result()
                print(f"{names[thread]}: {width} × {height}")
            except GLib.Error as error:
                print(f"thumbnails: {names[thread]}: {error.message}", file=sys.stderr)
                n_failed += 1
    return n_failed == 0


def make_pictures(folder):
    for number, (width, height) in enumerate([(640, 480), (300, 900), (1000, 10), (48, 48)]):
        pixbuf = GdkPixbuf.Pixbuf.new(GdkPixbuf.Colorspace.RGB, False, 8, width, height)
        pixbuf.fill(0x3584E4FF)
        pixbuf.savev(os.path.join(folder, f"{number}.png"), "png", [], [])


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--size", metavar="N", type=int, default=128, help="in pixels")
    choice = parser.add_mutually_exclusive_group(required=True)
    choice.add_argument("folder", metavar="FOLDER", nargs="?")
    choice.add_argument("--demo", action="store_true", help="of pictures made for this")
    options = parser.parse_args()
    if options.size < 1:
        parser.error(f"--size takes a positive number, not {options.size}")
    if not options.demo:
        return 0 if make_thumbnails(options.folder, options.size) else 1
    with tempfile.TemporaryDirectory() as folder:
        make_pictures(folder)
        return 0 if make_thumbnails(folder, options.size) else 1


if __name__ == "__main__":
    sys.exit(main())

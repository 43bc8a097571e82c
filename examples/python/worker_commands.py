#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""A worker that counts, one number a second."""

import argparse
import sys

import gi

gi.require_version("Thr", "1.0")
from gi.repository import Thr  # noqa: E402

NAME = "worker_commands"
USAGE = f"{NAME}: type start, stop, pause, resume, set N or exit"


class Counter(Thr.Worker):
    def __init__(self, interval):
        super().__init__(name="counter")
        self.interval = interval
        self.count = 1

    def run(self):
        """On the worker's own thread. Each start begins anew."""
        self.count = 1

        @Thr.listen("SET_VALUE")
        def set_value(event):
            self.count = event.data

        try:
            while True:
                print(self.count, flush=True)
                self.count += 1
                Thr.wait(self.interval)
        finally:
            print(f"stopped before {self.count}", flush=True)


def obey(counter, command, argument):
    """On the main thread. Returns whether there may be more commands."""
    if command == "exit":
        return False
    if command == "start":
        counter.start()
    elif command == "stop":
        counter.stop().join()
    elif command == "pause":
        counter.pause()
    elif command == "resume":
        counter.resume()
    elif command == "set":
        counter.fire("SET_VALUE", int(argument))
    elif command:
        raise ValueError(command)
    return True


def run(lines, interval):
    counter = Counter(interval)
    try:
        for line in lines:
            command, _, argument = line.strip().partition(" ")
            try:
                if not obey(counter, command, argument):
                    break
            except ValueError:
                print(USAGE, file=sys.stderr)
            sys.stdout.flush()
    finally:
        counter.stop().join()


def demo_lines():
    """What somebody might type, who waits a moment after each line."""
    for line in "start", "set 1000", "pause", "resume", "stop", "start", "exit":
        print(f"> {line}", flush=True)
        yield line
        Thr.sleep(0.05)


def main():
    parser = argparse.ArgumentParser(
        description=__doc__,
        epilog="Commands: start, stop, pause, resume, set N, exit. The end of the input ends "
        "the program, too, and Ctrl-C does with exit status 130.",
    )
    parser.add_argument("-i", "--interval", metavar="SECONDS", type=float, default=1)
    parser.add_argument("--demo", action="store_true", help="with commands of its own")
    options = parser.parse_args()
    if not 0 < options.interval <= 86400:
        parser.error("--interval takes a number of seconds up to 86400")
    try:
        if options.demo:
            run(demo_lines(), 0.01)
        else:
            run(sys.stdin, options.interval)
    except KeyboardInterrupt:
        print(f"{NAME}: interrupted", file=sys.stderr)
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())

#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""A server that factorizes the numbers it is sent, one a line. The sockets are
asyncio's, and the work is done by jobs; no main loop of GLib's is running."""

import argparse
import asyncio
import contextlib
import functools
import sys

import gi

gi.require_version("Thr", "1.0")
from gi.repository import Thr  # noqa: E402


def factorize(thread, number):
    """On a background thread."""
    factors = []
    factor = 2
    while factor * factor <= number:
        if number % factor == 0:
            factors.append(factor)
            number //= factor
            thread.status = f"{factors} so far"
        else:
            factor += 1
    return factors + [number]


async def answer(line, patience):
    if not line.strip().isdigit() or int(line) < 2:
        return "a number from 2 on, please"
    thread = Thr.thread_manager.do_async(factorize, [int(line)])
    try:
        factors = await asyncio.wait_for(thread, patience)
    except asyncio.TimeoutError:
        thread.halt()  # its function does not look whether it is cancelled
        return f"that takes too long; {thread.status or 'nothing so far'}"
    return " ".join(map(str, factors))


async def serve(patience, reader, writer):
    with contextlib.closing(writer):
        while line := await reader.readline():
            writer.write((await answer(line, patience) + "\n").encode())
            await writer.drain()


async def ask(port, number):
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    with contextlib.closing(writer):
        writer.write(f"{number}\n".encode())
        return (await reader.readline()).decode().strip()


async def run(port, patience, is_demo):
    visited = functools.partial(serve, patience)
    async with await asyncio.start_server(visited, "127.0.0.1", port) as server:
        port = server.sockets[0].getsockname()[1]
        if not is_demo:
            print(f"listening on port {port}", flush=True)
            await server.serve_forever()
        numbers = [2 * 3 * 5 * 7, 2**31 - 1, 1000003 * 1000033, "nonsense"]
        # All at once; the loop of asyncio goes on meanwhile.
        for number, factors in zip(
            numbers, await asyncio.gather(*(ask(port, number) for number in numbers))
        ):
            print(f"{number}: {factors}")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, default=0, help="default: one that is free")
    parser.add_argument("--patience", metavar="SECONDS", type=float, default=10)
    parser.add_argument("--demo", action="store_true", help="ask it some numbers, and end")
    options = parser.parse_args()
    try:
        asyncio.run(run(options.port, options.patience, options.demo))
    except KeyboardInterrupt:
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())

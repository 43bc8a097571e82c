#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""test-python-examples.py: do the programs in examples/python do what they say?

Each is run as its --demo, and then with what a user would give it. (What
checksum.py prints is compared with sha256sum by test-checksum.py.)
"""

import hashlib
import mailbox
import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
import unittest

EXAMPLES = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "examples", "python")
DEADLINE = 120


class Program:
    """A running example, with pipes."""

    def __init__(self, name, *arguments):
        self.seen = ""
        self.process = subprocess.Popen(
            [sys.executable, "-u", os.path.join(EXAMPLES, name), *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            encoding="utf-8",
            env={**os.environ, "LC_ALL": "C.UTF-8"},
        )

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.kill()
        self.process.communicate()

    def type(self, *lines):
        self.process.stdin.write("".join(line + "\n" for line in lines))
        self.process.stdin.flush()

    def read(self, until):
        while not re.search(until, self.seen):
            line = self.process.stdout.readline()
            if not line:
                raise AssertionError(f"the program has ended; seen: {self.seen!r}")
            self.seen += line
        return re.search(until, self.seen)

    def finish(self):
        out, err = self.process.communicate(timeout=DEADLINE)
        return self.process.returncode, self.seen + out, err


def run(name, *arguments):
    with Program(name, *arguments) as program:
        return program.finish()


class Examples(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="test-python-examples-")
        self.addCleanup(folder.cleanup)
        self.folder = folder.name

    def write(self, name, content):
        path = os.path.join(self.folder, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "wb") as file:
            file.write(content)
        return path

    def run_well(self, name, *arguments):
        status, out, err = run(name, *arguments)
        self.assertEqual((status, err), (0, ""), out)
        return out.splitlines()

    def test_all_have_a_demo_here(self):
        names = {name[:-3] for name in os.listdir(EXAMPLES) if name.endswith(".py")}
        names.remove("jobs")  # which has a window: see tests/gtk
        tests = {name[len("test_") : -len("_demo")] for name in dir(self) if name[-5:] == "_demo"}
        self.assertEqual(names, tests)

    def test_checksum_demo(self):
        lines = self.run_well("checksum.py", "--demo")
        names = [line.rpartition("/")[2] for line in lines]
        self.assertEqual(names, ["one", "three", "two"])
        for line, name in zip(lines, names):
            digest = hashlib.sha256((name * 1000).encode()).hexdigest()
            self.assertTrue(line.startswith(digest + "  "), line)

    def test_checksum(self):
        expected = []
        for name in "b", "a/x", "a.b":
            path = self.write(name, name.encode())
            expected.append((path, f"{hashlib.sha256(name.encode()).hexdigest()}  {path}"))
        lines = self.run_well("checksum.py", "--jobs=2", self.folder)
        self.assertEqual(lines, [line for _, line in sorted(expected)])

    def test_background_demo(self):
        lines = self.run_well("background.py", "--demo")
        for line in ("mail: done", "mail: 4 sent", "log: 2 lines less", "mail: 0 to go"):
            self.assertIn(line, lines)
        self.assertEqual(lines[-1], "in the mailbox: 4")

    def test_background(self):
        self.write("log", b"error: one\ndebug: two\nerror: three\n")
        lines = self.run_well("background.py", self.folder)
        self.assertIn("log: 1 lines less", lines)
        with open(os.path.join(self.folder, "log"), encoding="utf-8") as file:
            self.assertEqual(file.read(), "error: one\nerror: three\n")
        mails = mailbox.Maildir(os.path.join(self.folder, "mail"), create=False)
        self.assertEqual(
            sorted(mail["To"] for mail in mails),
            [f"{name}@example.net" for name in ("ada", "barbara", "edsger", "grace")],
        )

    def test_worker_commands_demo(self):
        lines = self.run_well("worker_commands.py", "--demo")
        numbers = [int(line) for line in lines if line.isdigit()]
        self.assertEqual(lines[:2], ["> start", "1"])
        self.assertIn(1001, numbers)
        self.assertEqual(numbers.count(1), 2)
        self.assertEqual(sum(line.startswith("stopped before") for line in lines), 2)

    def test_worker_commands(self):
        with Program("worker_commands.py", "--interval=0.01") as counter:
            counter.type("start")
            counter.read(r"1\n2\n3\n")
            counter.type("set 1000")
            counter.read(r"\n1000\n1001\n")
            counter.type("pause", "nonsense", "set", "set x", "resume", "stop")
            last = int(counter.read(r"stopped before (\d+)\n")[1])
            counter.type("start")
            counter.read(r"stopped before \d+\n1\n2\n")
            counter.type("exit")
            status, out, err = counter.finish()
        self.assertEqual(status, 0)
        usage = "worker_commands: type start, stop, pause, resume, set N or exit\n"
        self.assertEqual(err, 3 * usage)
        # Without a gap.
        numbers = [int(line) for line in out.split("stopped")[0].split()]
        at = numbers.index(1000)
        self.assertEqual(numbers[:at], list(range(1, at + 1)))
        self.assertEqual(numbers[at:], list(range(1000, last)))

    def test_worker_commands_ctrl_c(self):
        with Program("worker_commands.py", "--interval=0.01") as counter:
            counter.type("start")
            counter.read(r"1\n2\n3\n")
            counter.process.send_signal(signal.SIGINT)
            status, out, err = counter.finish()
        self.assertEqual((status, err), (130, "worker_commands: interrupted\n"))
        self.assertRegex(out, r"stopped before \d+\n$")

    def test_thumbnails_demo(self):
        lines = self.run_well("thumbnails.py", "--demo", "--size=64")
        self.assertEqual(
            sorted(lines), ["0.png: 64 × 48", "1.png: 21 × 64", "2.png: 64 × 1", "3.png: 48 × 48"]
        )

    def test_thumbnails(self):
        import gi

        gi.require_version("GdkPixbuf", "2.0")
        from gi.repository import GdkPixbuf

        def make(width, height):
            pixbuf = GdkPixbuf.Pixbuf.new(GdkPixbuf.Colorspace.RGB, False, 8, width, height)
            pixbuf.fill(0xFF0000FF)
            return pixbuf.save_to_bufferv("png", [], [])[1]

        for number in range(20):
            self.write(f"{number}.png", make(100 + 10 * number, 200))
        self.write("note.txt", b"not a picture")
        broken = make(500, 500)
        self.write("broken.png", broken[:60] + bytes(10) + broken[70:])
        status, out, err = run("thumbnails.py", "--size=50", self.folder)
        self.assertEqual(status, 1)
        self.assertRegex(err, r"^thumbnails: broken\.png: [^\n]+\n$")
        self.assertEqual(len(out.splitlines()), 20)
        made = os.path.join(self.folder, "thumbnails")
        self.assertEqual(len(os.listdir(made)), 20)
        for number in range(20):
            pixbuf = GdkPixbuf.Pixbuf.new_from_file(os.path.join(made, f"{number}.png.png"))
            width = 100 + 10 * number
            scale = 50 / max(width, 200)
            self.assertAlmostEqual(pixbuf.get_width(), width * scale, delta=1)
            self.assertAlmostEqual(pixbuf.get_height(), 200 * scale, delta=1)
            self.assertEqual(pixbuf.get_pixels()[:3], b"\xff\0\0")

    def test_asyncio_mix_demo(self):
        self.assertEqual(
            self.run_well("asyncio_mix.py", "--demo"),
            [
                "210: 2 3 5 7",
                "2147483647: 2147483647",
                "1000036000099: 1000003 1000033",
                "nonsense: a number from 2 on, please",
            ],
        )

    def test_asyncio_mix(self):
        def ask(line):
            connection.sendall(line + b"\n")
            return answers.readline()

        with Program("asyncio_mix.py", "--patience=0.5") as server:
            port = int(server.read(r"listening on port (\d+)\n")[1])
            with socket.create_connection(("127.0.0.1", port), DEADLINE) as connection:
                with connection.makefile("rb") as answers:
                    self.assertEqual(ask(b"1001"), b"7 11 13\n")
                    large = 6 * (2**61 - 1)
                    self.assertEqual(
                        ask(b"%d" % large), b"that takes too long; [2, 3] so far\n"
                    )
                    self.assertEqual(ask(b"13"), b"13\n")
            server.process.send_signal(signal.SIGINT)
            self.assertEqual(server.finish()[::2], (130, ""))

    def test_thimble_sqlite_demo(self):
        lines = self.run_well("thimble_sqlite.py", "--demo")
        self.assertEqual(
            [line.split() for line in lines[:4]],
            [["3000", "large"], ["300", "medium"], ["30", "small"], ["3330", "in", "all"]],
        )
        self.assertEqual(lines[4], "as always: no such column: colour")

    def test_thimble_sqlite(self):
        for size in range(1, 31):
            self.write(f"{size % 3}/{size}", bytes(size))
        lines = self.run_well("thimble_sqlite.py", "--number=2", self.folder)
        self.assertEqual(
            [line.split() for line in lines[:3]],
            [["30", "0/30"], ["29", "2/29"], [str(sum(range(31))), "in", "all"]],
        )


if __name__ == "__main__":
    unittest.main(verbosity=2)

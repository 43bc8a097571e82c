#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The Python in the documentation runs, and prints what it says.

All snippets of a page are one program. What a line prints stands behind it as a
comment: `print(1 + 1)  # → 2`; several lines of output are parted by slashes. What is
marked as `py` is out of a whole program, which has a test of its own.
"""

import os
import re
import subprocess
import sys

from common import TestCase, main

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")
PAGES = "README.md", "doc/python.md", "doc/using.md"
# PyGObject's own warnings, as in common.
PREFACE = "import warnings; warnings.filterwarnings('ignore', 'Dynamic', ImportWarning); "


def program_of(page):
    """The snippets, at the lines where they stand."""
    with open(os.path.join(ROOT, page), encoding="utf-8") as file:
        text = file.read()
    lines, is_python = [], False
    for line in text.splitlines():
        if line.startswith("```"):
            is_python = line == "```python"
            line = ""
        lines.append(line if is_python else "")
    return "\n".join(lines) + "\n"


def expected_of(program):
    said = re.findall(r"# → (.*)", program)
    return [line for text in said for line in text.split(" / ")]


class Guide(TestCase):
    def test_pages(self):
        for page in PAGES:
            with self.subTest(page):
                program = program_of(page)
                expected = expected_of(program)
                self.assertGreater(len(expected), 0)
                flags = [f"-W{option}" for option in sys.warnoptions if option != "default"]
                result = subprocess.run(
                    [sys.executable, *flags, "-c", PREFACE + program],
                    capture_output=True,
                    encoding="utf-8",
                    timeout=120,
                )
                self.assertEqual((result.returncode, result.stderr), (0, ""), result.stdout)
                self.assertEqual(result.stdout.splitlines(), expected)


if __name__ == "__main__":
    main()

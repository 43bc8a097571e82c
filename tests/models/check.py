#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""check.py SPIN CC MODEL [MACRO…]: looks at every interleaving of a model.

Without a macro whose name begins with BROKEN_ no error may be found, and no state and
no step may be left out; with one, an error has to be found."""

import re
import subprocess
import sys
import tempfile
from pathlib import Path

spin, compiler, model, *macros = sys.argv[1:]
model = Path(model).resolve()
is_broken = any(macro.startswith("BROKEN_") for macro in macros)


def run(*command):
    done = subprocess.run(command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          text=True, check=False)
    if done.returncode != 0:
        sys.exit(f"{' '.join(map(str, command))}:\n{done.stdout}")
    return done.stdout


with tempfile.TemporaryDirectory() as folder:
    run(spin, *(f"-D{macro}" for macro in macros), "-a", model)
    run(compiler, "-O2", "-w", "-DSAFETY", "-o", "pan", "pan.c")
    output = run("./pan", "-m1000000")
    errors = re.search(r"errors: (\d+)", output)
    states = re.search(r"([\d.e+]+) states, stored", output)
    if errors is None or states is None:
        sys.exit(output)
    n_errors = int(errors[1])
    print(f"{model.name} {' '.join(macros)}: {states[1]} states, {n_errors} errors")
    if is_broken and n_errors == 0:
        sys.exit("An error had to be found: the model says nothing.")
    # It says so where it gave up: too deep, out of memory, or stopped otherwise.
    complaints = re.findall(r"^(?:pan: (?!elapsed|rate)|error: |warning: |hint: ).*$", output,
                            re.MULTILINE | re.IGNORECASE)
    if not is_broken and n_errors == 0 and (complaints or "\nFull statespace search" not in output):
        sys.exit(f"{output}\nNot every interleaving was looked at: {'; '.join(complaints)}")
    if not is_broken and n_errors > 0:
        trail = run(spin, *(f"-D{macro}" for macro in macros), "-t", "-p", "-k",
                    next(Path(folder).glob("*.trail"), model.with_suffix(".trail")), model)
        sys.exit(output + trail)

#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""check-headers.py BUILD_FOLDER COMPILER… -- HEADER…

The umbrella includes every public header, and compiles on its own; no other
public header can be included without it.
"""

import re
import subprocess
import sys
import tempfile
from pathlib import Path

UMBRELLA = 'thr-glib.h'


def compiles(compiler, build_folder, include):
    with tempfile.NamedTemporaryFile('w', suffix='.c') as source:
        source.write(f'#include <thr-glib/{include}>\n')
        source.flush()
        flags = subprocess.run(['pkg-config', '--cflags', 'gio-2.0'], check=True,
                               stdout=subprocess.PIPE, encoding='utf-8').stdout.split()
        return subprocess.run([*compiler, *flags, f'-I{build_folder}/src', '-Wall', '-Werror',
                               '-fsyntax-only', source.name], capture_output=True, encoding='utf-8')


def main(build_folder, *rest):
    compiler, headers = rest[:rest.index('--')], [Path(h) for h in rest[rest.index('--') + 1:]]
    problems = []

    umbrella = next(h for h in headers if h.name == UMBRELLA)
    included = set(re.findall(r'#include <thr-glib/(.+)>', umbrella.read_text(encoding='utf-8')))
    for header in headers:
        if header.name != UMBRELLA and header.name not in included:
            problems.append(f'{UMBRELLA} does not include {header.name}')

    result = compiles(compiler, build_folder, UMBRELLA)
    if result.returncode != 0:
        problems.append(f'{UMBRELLA} does not compile:\n{result.stderr}')
    for name in sorted(included - {'thr-version.h'}):
        result = compiles(compiler, build_folder, name)
        if result.returncode == 0:
            problems.append(f'{name} can be included without {UMBRELLA}')
        elif 'can be included directly' not in result.stderr:
            problems.append(f'{name} does not say that only {UMBRELLA} can be included:\n{result.stderr}')

    print(*problems, f'{len(included)} headers in {UMBRELLA}', sep='\n')
    return 1 if problems else 0


if __name__ == '__main__':
    sys.exit(main(*sys.argv[1:]))

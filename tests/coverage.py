#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later

"""coverage.py SOURCE BUILD [LEAST]: the lines of src/ that the tests ran, of a build with
-Db_coverage=true. Names those that none did, and fails below LEAST per cent (92)."""

import collections
import gzip
import json
import pathlib
import subprocess
import sys
import tempfile


def lines_run(build):
    """How often each line of each file ran, over all objects: also those that no test
    loaded, of which there are notes (.gcno) from the compiler, and no data (.gcda)."""
    counts = collections.defaultdict(lambda: collections.defaultdict(int))
    notes = [str(path) for path in build.glob('src/**/*.gcno')]
    if not notes or next(build.glob('src/**/*.gcda'), None) is None:
        sys.exit(f'{build} has no coverage data: set up with -Db_coverage=true, and run the tests')
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run(['gcov', '--json-format', '--hash-filenames', *notes], cwd=folder, check=True,
                       stdout=subprocess.DEVNULL)
        for path in pathlib.Path(folder).iterdir():
            report = json.loads(gzip.decompress(path.read_bytes()))
            where = pathlib.Path(report['current_working_directory'])
            for file in report['files']:
                name = (where / file['file']).resolve()
                for line in file['lines']:
                    counts[name][line['line_number']] += line['count']
    return counts


def ranges(numbers):
    found = []
    for number in numbers:
        if found and number == found[-1][1] + 1:
            found[-1][1] = number
        else:
            found.append([number, number])
    return ' '.join(str(a) if a == b else f'{a}-{b}' for a, b in found)


def main():
    source, build = (pathlib.Path(path).resolve() for path in sys.argv[1:3])
    least = float(sys.argv[3]) if len(sys.argv) > 3 else 92
    n_lines = n_run = 0
    for name, lines in sorted(lines_run(build).items()):
        if not name.is_relative_to(source / 'src'):
            continue
        missed = sorted(number for number, count in lines.items() if count == 0)
        n_lines += len(lines)
        n_run += len(lines) - len(missed)
        if missed:
            share = 100 * (1 - len(missed) / len(lines))
            print(f'{name.relative_to(source)}: {share:.1f} %, without {ranges(missed)}')
    share = 100 * n_run / n_lines
    print(f'{n_run} of {n_lines} lines: {share:.1f} %')
    if share < least:
        sys.exit(f'{least} % are wanted')


main()

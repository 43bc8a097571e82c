#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""check-symbols.py LIST NM LIBRARY HEADER…: three accounts of the public symbols.

What the library exports, what the public headers declare and the list that is
checked in have to be the same. After a change that is wanted,
`check-symbols.py --update LIST HEADER…` writes the list anew.
"""

import re
import subprocess
import sys
from pathlib import Path

PROTOTYPE = re.compile(r'^THR_AVAILABLE_IN_\w+\s+[\w\s*]+?\b(thr_\w+)\s*\(', re.MULTILINE)
TYPE = re.compile(r'^THR_AVAILABLE_IN_\w+\s+G_DECLARE_\w+_TYPE \(\w+, (\w+),', re.MULTILINE)


def declared(headers):
    symbols = set()
    for header in headers:
        text = re.sub(r'/\*.*?\*/', '', Path(header).read_text(encoding='utf-8'), flags=re.DOTALL)
        symbols.update(PROTOTYPE.findall(text))
        symbols.update(name + '_get_type' for name in TYPE.findall(text))
    return symbols


def exported(nm, library):
    output = subprocess.run([nm, '--dynamic', '--defined-only', '--format=posix', library],
                            check=True, stdout=subprocess.PIPE, encoding='utf-8').stdout
    return {line.split()[0] for line in output.splitlines()}


def main(arguments):
    if arguments[0] == '--update':
        Path(arguments[1]).write_text('\n'.join(sorted(declared(arguments[2:]))) + '\n',
                                      encoding='utf-8')
        return 0

    symbol_list, nm, library, *headers = arguments
    listed = set(Path(symbol_list).read_text(encoding='utf-8').split())
    status = 0
    for source, symbols in ('the headers', declared(headers)), ('the library', exported(nm, library)):
        for name in sorted(symbols - listed):
            print(f'{name}: in {source}, but not in {symbol_list}')
            status = 1
        for name in sorted(listed - symbols):
            print(f'{name}: in {symbol_list}, but not in {source}')
            status = 1
    print(f'{len(listed)} symbols are listed')
    if status:
        print(f'If the change is meant: tests/check-symbols.py --update {symbol_list} HEADER…')
    return status


if __name__ == '__main__':
    sys.exit(main(sys.argv[1:]))

#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""check-format.py CLANG_FORMAT FOLDER… [--fix]: are the C sources in style?

What differs from clang-format's opinion only in spaces inside a line passes:
parameters are aligned in columns by hand, which clang-format cannot do without
aligning local variables, too. So does `_("…")`, without the space.
"""

import difflib
import re
import subprocess
import sys
from pathlib import Path

COLUMNS = 120  # 100 is what we aim at.


def shape(line):
    """The line with its indentation, and each gap inside it one space, or none
    where clang-format takes a product, a quark's name or a compound literal for
    something else."""
    text = line.lstrip()
    return line[:len(line) - len(text)] + re.sub(r' ?([*{-]) ?', r'\1', ' '.join(text.split()))


def in_style(lines, formatted):
    """The formatted lines, save that hand-made columns are kept."""
    matcher = difflib.SequenceMatcher(a=[shape(l) for l in lines], b=[shape(l) for l in formatted],
                                      autojunk=False)
    result = []
    for tag, a_begin, a_end, b_begin, b_end in matcher.get_opcodes():
        result += lines[a_begin:a_end] if tag == 'equal' else formatted[b_begin:b_end]
    return [l.rstrip() for l in result]


def clang_formatted(clang_format, file, text):
    # A minus, too, stands right before its parenthesis.
    text = re.sub(r'\b_\("', '-("', text)
    text = subprocess.run([clang_format, '--style=file', f'--assume-filename={file}'], input=text,
                          check=True, stdout=subprocess.PIPE, encoding='utf-8').stdout
    return text.replace('-("', '_("')


def main(clang_format, *arguments):
    fix = '--fix' in arguments
    files = sorted(f for folder in arguments if folder != '--fix'
                   for f in Path(folder).rglob('*.c'))
    complaints = 0
    for file in files:
        text = file.read_text(encoding='utf-8')
        lines = text.splitlines()
        wanted = in_style(lines, clang_formatted(clang_format, file, text).splitlines())
        if fix and wanted != lines:
            file.write_text('\n'.join(wanted) + '\n', encoding='utf-8')
            lines = wanted
        diff = list(difflib.unified_diff(lines, wanted, str(file), 'in style', lineterm='', n=1))
        long = [f'{file}:{i}: {len(l)} columns, {COLUMNS} are the limit'
                for i, l in enumerate(lines, 1) if len(l) > COLUMNS]
        complaints += len(diff) + len(long)
        print(*diff, *long, sep='\n', end='\n' if diff or long else '')
    print(f'{len(files)} files looked at')
    if complaints and not fix:
        print('Once more with --fix, this puts right what is not in style; long lines are for you.')
    return 1 if complaints else 0


if __name__ == '__main__':
    sys.exit(main(*sys.argv[1:]))

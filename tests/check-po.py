#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""check-po.py PROJECT DOMAIN: are the translations complete?

POTFILES lists each source with a sentence to translate, xgettext can read each
of these sentences, and every language of LINGUAS has all of them.
"""

import re
import subprocess
import sys
import tempfile
from pathlib import Path

MARK = re.compile(r'\b(?:_|N_|thr_ngettext) ?\((?=\s*")')
# A macro inside a sentence hides the rest of it from xgettext, save PRId64 & Co.
READABLE = re.compile(r'\s*(?:"(?:[^"\\]|\\.)*"\s*|PRI[a-zA-Z0-9]+\s*)+[,)]')


def main(project, domain):
    project = Path(project)
    po = project / 'po'
    problems = []

    marked = set()
    for source in sorted((project / 'src').rglob('*.c')):
        text = source.read_text(encoding='utf-8')
        for mark in MARK.finditer(text):
            marked.add(str(source.relative_to(project)))
            if not READABLE.match(text, mark.end()):
                line = text.count('\n', 0, mark.start()) + 1
                problems.append(f'{source}:{line}: xgettext cannot read this sentence to its end')
    potfiles = {line for line in (po / 'POTFILES').read_text(encoding='utf-8').splitlines()
                if line and not line.startswith('#')}
    problems += [f'{name}: has sentences, but is not in POTFILES' for name in sorted(marked - potfiles)]
    problems += [f'{name}: in POTFILES, but has no sentence' for name in sorted(potfiles - marked)]

    with tempfile.TemporaryDirectory() as folder:
        pot = Path(folder) / f'{domain}.pot'
        result = subprocess.run(['xgettext', '--from-code=UTF-8', '--add-comments', '--keyword=_',
                                 '--keyword=N_', '--keyword=thr_ngettext:1,2',
                                 f'--directory={project}', f'--files-from={po / "POTFILES"}',
                                 f'--output={pot}'])
        languages = (po / 'LINGUAS').read_text(encoding='utf-8').split()
        if result.returncode != 0:
            problems.append('xgettext has complaints, see above: no catalog was looked at')
            languages = []
        for language in languages:
            catalog = po / f'{language}.po'
            for command in (['msgfmt', '--check', '--statistics', '--output=/dev/null', catalog],
                            ['msgcmp', catalog, pot]):
                result = subprocess.run(command, env={'PATH': '/usr/bin:/bin', 'LC_ALL': 'C'},
                                        stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                                        encoding='utf-8')
                print(result.stdout, end='')
                if result.returncode != 0:
                    problems.append(f'{catalog}: {command[0]} has complaints, see above; '
                                    f'`meson compile {domain}-update-po` adds what is new')

    print(*problems, sep='\n', end='\n' if problems else '')
    return 1 if problems else 0


if __name__ == '__main__':
    sys.exit(main(*sys.argv[1:]))

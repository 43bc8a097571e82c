#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""check-reference.py FOLDER: the reference was built, with every page of ours,
and with the index that Devhelp looks for: it is named after its folder."""

import sys
import xml.etree.ElementTree as ElementTree
from pathlib import Path

BOOK = '{http://www.devhelp.net/book}'

folder = Path(sys.argv[1])
index = folder / f'{folder.name}.devhelp2'
book = ElementTree.parse(index).getroot()
links = {e.get('link').partition('#')[0] for e in book.iter() if e.get('link')}
missing = sorted(link for link in links if not (folder / link).is_file())
guides = [e.get('name') for e in book.find(f'{BOOK}chapters') if e.get('link') and '#' not in e.get('link')]

print('Guides:', *guides, sep='\n  ')
print(*(f'{index}: {link} is not there' for link in missing), sep='\n')
sys.exit(1 if missing or len(guides) < 5 or not (folder / 'index.html').is_file() else 0)

#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""check-reference.py FOLDER: the reference was built, with every guide, with no
link to a page or a place in one that is not there, and with the index that
Devhelp looks for: it is named after its folder."""

import re
import sys
import xml.etree.ElementTree as ElementTree
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote

CONFIG = Path(__file__).parent.parent / 'doc/thr-glib.toml.in'


class Page(HTMLParser):
    """The places that a page has, and what it refers to."""

    def __init__(self, file):
        super().__init__()
        self.places, self.links = set(), []
        self.feed(file.read_text(encoding='utf-8'))

    def handle_starttag(self, tag, attrs):
        attrs = dict(attrs)
        self.places.add(attrs.get('id'))
        link = attrs.get('href' if tag in ('a', 'link') else 'src')
        if link and ':' not in link.partition('/')[0].partition('#')[0]:
            self.links.append(link)


def check_pages(folder):
    pages = {file.name: Page(file) for file in sorted(folder.glob('*.html'))}
    for name, page in pages.items():
        for link in dict.fromkeys(page.links):
            target, _, place = unquote(link).partition('#')
            target = target or name
            if not (folder / target).is_file():
                yield f'{name}: {link} is not there'
            elif place and target in pages and place not in pages[target].places:
                yield f'{name}: {target} has no place {place}'
    if 'index.html' not in pages:
        yield 'index.html is not there'
    print(f'{len(pages)} pages')


def check_index(folder):
    index = folder / f'{folder.name}.devhelp2'
    if not index.is_file():
        yield f'{index.name}, the index for Devhelp, is not there'
        return
    try:
        book = ElementTree.parse(index).getroot()
    except ElementTree.ParseError as error:
        yield f'{index.name}: {error}'
        return
    links = {e.get('link').partition('#')[0] for e in book.iter() if e.get('link')}
    for link in sorted(links):
        if not (folder / link).is_file():
            yield f'{index.name}: {link} is not there'
    for guide in re.findall(r'"([\w-]+)\.md"', CONFIG.read_text(encoding='utf-8')):
        if f'{guide}.html' not in links:
            yield f'{index.name}: the guide {guide} is not in it'


def main(folder):
    folder = Path(folder)
    if not folder.is_dir():
        sys.exit(f'{folder} is not there: build the reference first')
    problems = [*check_index(folder), *check_pages(folder)]
    print(*problems, f'{len(problems)} problems', sep='\n')
    return 1 if problems else 0


if __name__ == '__main__':
    sys.exit(main(*sys.argv[1:]))

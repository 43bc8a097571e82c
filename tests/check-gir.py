#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""check-gir.py GIR VALA_METADATA FOLDER_OF_GIRS: what the introspection data
promises to readers of the reference and to the other languages.

- Every public symbol says what it is and since when; so does every parameter,
  returned value and enumeration member (without the since).
- No public name is a reserved word of Python, JavaScript or Vala.
- No type has the name of a GLib type, which in Vala would be ambiguous, unless
  the metadata for Vala gives it another.
- A callback, its data and the data's destroy notify come last, so that Python
  may leave the data out.
"""

import keyword
import re
import sys
import xml.etree.ElementTree as ElementTree
from pathlib import Path

CORE = '{http://www.gtk.org/introspection/core/1.0}'
C = '{http://www.gtk.org/introspection/c/1.0}'
GLIB = '{http://www.gtk.org/introspection/glib/1.0}'

CALLABLES = ('callback', 'constructor', 'function', 'function-macro', 'method', 'virtual-method',
             'signal')
TYPES = ('alias', 'bitfield', 'callback', 'class', 'enumeration', 'interface', 'record', 'union')
SYMBOLS = CALLABLES + TYPES + ('constant', 'property')
VERSIONED = set(SYMBOLS)
DOCUMENTED = VERSIONED | {'member', 'parameter', 'instance-parameter', 'return-value'}

# `new` is the name of constructors everywhere, and meant so; `get` and `set`
# are words of Vala only inside a property; a method named `ref` is what Vala
# calls by itself.
ALLOWED = {'new', 'ref'}
JAVASCRIPT = set('''
    await break case catch class const continue debugger default delete do else enum
    export extends false finally for function if implements import in instanceof interface let new
    null package private protected public return static super switch this throw true try typeof var
    void while with yield'''.split())
VALA = set('''
    abstract as async base break case catch class const construct continue default delegate delete
    do dynamic else ensures enum errordomain extern false finally for foreach global if in inline
    interface internal is lock namespace new null out override owned params private protected public
    ref requires return sealed signal sizeof static struct switch this throw throws true try typeof
    unlock unowned using var virtual void volatile weak while with yield'''.split())
RESERVED = {'Python': set(keyword.kwlist), 'JavaScript': JAVASCRIPT, 'Vala': VALA}

problems = []


def kind(element):
    return element.tag.rpartition('}')[2]


def name_of(element):
    return element.get('name') or element.get(GLIB + 'name') or ''


def children(element, *kinds):
    return [child for child in element if kind(child) in kinds]


def type_of(element):
    return next((t.get('name') for t in children(element, 'type')), None)


def check_documented(element, path):
    what = kind(element)
    if what in DOCUMENTED and not (what == 'return-value' and type_of(element) == 'none'):
        if not children(element, 'doc'):
            problems.append(f'{path}: has no documentation')
        if what in VERSIONED and element.get('version') is None:
            problems.append(f'{path}: does not say since when')


def check_words(element, path):
    if kind(element) in SYMBOLS + ('parameter', 'member'):
        name = name_of(element).replace('-', '_')
        for language, words in RESERVED.items():
            if name in words - ALLOWED:
                problems.append(f'{path}: a reserved word of {language}')


def check_callbacks(element, path):
    parameters = [p for ps in children(element, 'parameters') for p in children(ps, 'parameter')]
    last = len(parameters) - 1
    for index, parameter in enumerate(parameters):
        scope = parameter.get('scope')
        if scope == 'notified':
            wanted = {'closure': last - 1, 'destroy': last}
        elif scope in ('async', 'call') and type_of(parameter) != 'GLib.DestroyNotify':
            wanted = {'closure': last}
        else:
            continue
        given = {key: int(parameter.get(key, -1)) for key in wanted}
        if given != wanted or index != last - len(wanted):
            problems.append(f'{path}: {name_of(parameter)} and its data are not the last parameters')


def walk(element, path=''):
    for child in element:
        what = kind(child)
        if what in ('doc', 'source-position', 'field') or child.get(GLIB + 'is-gtype-struct-for'):
            continue
        name = name_of(child)
        if what in SYMBOLS + ('member', 'parameter', 'instance-parameter'):
            child_path = f'{path}.{name}' if path else name
        elif what == 'return-value':
            child_path = f'{path} (what it returns)'
        else:
            child_path = path
        check_documented(child, child_path)
        if child.get('introspectable') != '0':
            check_words(child, child_path)
            if what in CALLABLES:
                check_callbacks(child, child_path)
        walk(child, child_path)


def type_names(namespace):
    return {name_of(child) for child in children(namespace, *TYPES)
            if not child.get(GLIB + 'is-gtype-struct-for')}


def main(gir, metadata, folder):
    namespace = ElementTree.parse(gir).getroot().find(CORE + 'namespace')
    walk(namespace)

    # In Vala, GLib, GObject and Gio are one namespace, and used without saying.
    of_glib = set()
    for name in 'GLib-2.0', 'GObject-2.0', 'Gio-2.0':
        tree = ElementTree.parse(Path(folder) / f'{name}.gir')
        of_glib |= type_names(tree.getroot().find(CORE + 'namespace'))
    renamed = dict(re.findall(r'^(\w+) .*\bname="(\w+)"', Path(metadata).read_text(encoding='utf-8'),
                              re.MULTILINE))
    for name in sorted(type_names(namespace)):
        if renamed.get(name, name) in of_glib:
            problems.append(f'{name}: a type of GLib in Vala; {metadata} gives it no other name')

    print(*problems, sep='\n', end='\n' if problems else '')
    print(f'{len(problems)} problems')
    return 1 if problems else 0


if __name__ == '__main__':
    sys.exit(main(*sys.argv[1:]))

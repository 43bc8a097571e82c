#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""check-types.py TYPES GIR [TSC]: the types for TypeScript have all that the
introspection data and the override offer, and the TypeScript compiler, where
there is one, finds nothing wrong in them and in a sample program."""

import re
import subprocess
import sys
import tempfile
import xml.etree.ElementTree as ElementTree
from pathlib import Path

CORE = '{http://www.gtk.org/introspection/core/1.0}'
GLIB = '{http://www.gtk.org/introspection/glib/1.0}'
FOLDER = Path(__file__).parent / 'types'

# What the override adds, by class; None is the module.
ADDED = {
    None: ['call', 'listen', 'listen_full'],
    'Channel': ['[Symbol.asyncIterator]', 'events', 'subscribe'],
    'Thimble': ['$', 'call', 'call_thread'],
    'ThreadManager': ['do_async'],
    'ThreadWrapper': ['checkpoint_async', 'statuses'],
    'Worker': ['listen', 'listen_full'],
}
PROMISES = {
    'Defer': ['get_async'],
    'Thimble': ['call'],
    'ThreadManager': ['shutdown_async', 'wait_idle_async'],
    'ThreadWrapper': ['checkpoint_async', 'wait_async'],
}

problems = []


def block(text, opening, indent):
    """What stands between a line that begins so, and the brace that closes it."""
    found = re.search(rf'^{indent}{opening}\b[^\n]*\{{\n(.*?)^{indent}\}}', text, re.MULTILINE | re.DOTALL)
    if found is None:
        problems.append(f'{opening}: is not there')
    return found[1] if found else ''


def expect(text, name, owner, pattern=r'^ +(?:static |readonly |get |vfunc_)*{}(?:<\w+>)?[(:]'):
    if not re.search(pattern.format(re.escape(name)), text, re.MULTILINE):
        problems.append(f'{owner}: {name} is not there')


def check_class(text, element, indent):
    name = element.get('name')
    body = block(text, f'class {name}', indent)
    for child in element:
        what = child.tag.rpartition('}')[2]
        if child.get('introspectable') == '0':
            continue
        if what in ('method', 'function', 'constructor', 'virtual-method'):
            new = r'^ +static \["{}"\]\(' if child.get('name') == 'new' else None
            expect(body, child.get('name'), name, *([new] if new else []))
        elif what == 'property':
            expect(body, child.get('name').replace('-', '_'), name, r'^ +get {}\(\)')
        elif what == 'signal':
            expect(block(text, f'namespace {name}', indent), f"'{child.get('name')}'", name, r'^ +{}:')
    for added in ADDED.get(name, []):
        expect(body, added, name)
    for promise in PROMISES.get(name, []):
        expect(body, promise, name, r'^ +{}\([^\n]*\): Promise<')


def check_enum(text, element, indent):
    name = element.get('name')
    is_error = element.get(GLIB + 'error-domain') is not None
    body = block(text, f'class {name}' if is_error else f'enum {name}', indent)
    for member in element.findall(CORE + 'member'):
        expect(body, member.get('name').upper(), name,
               r'^ +static {}: number;' if is_error else r'^ +{} = \d+,')


def check_offered(text, gir):
    namespace = ElementTree.parse(gir).getroot().find(CORE + 'namespace')
    indent = ' ' * 8
    body = block(text, f'export namespace {namespace.get("name")}', ' ' * 4)
    n_symbols = 0
    for element in namespace:
        what, name = element.tag.rpartition('}')[2], element.get('name')
        if element.get('introspectable') == '0' or element.get('moved-to') or name is None:
            continue
        n_symbols += 1
        if what in ('class', 'record') and not element.get(GLIB + 'is-gtype-struct-for'):
            check_class(body, element, indent)
        elif what in ('enumeration', 'bitfield'):
            check_enum(body, element, indent)
        elif what == 'function':
            expect(body, name, 'Thr', rf'^{indent}function {{}}[<(]')
        elif what == 'constant':
            expect(body, name, 'Thr', rf'^{indent}const {{}}: ')
        elif what == 'callback':
            block(body, f'interface {name}', indent)
    for name in ADDED[None]:
        expect(body, name, 'Thr', rf'^{indent}function {{}}[<(]')
    print(f'{n_symbols} symbols')


def check_compiled(types, tsc):
    with tempfile.TemporaryDirectory() as folder:
        command = [tsc, '--noEmit', '--strict', '--target', 'es2021', '--lib', 'es2021', '--typeRoots', folder,
                   '--moduleResolution', 'node', types, str(FOLDER / 'stand-ins.d.ts'), str(FOLDER / 'sample.ts')]
        result = subprocess.run(command, cwd=folder, stdout=subprocess.PIPE, encoding='utf-8')
    if result.returncode != 0:
        problems.append(f'{tsc} does not accept the types:\n{result.stdout}')


def main(types, gir, tsc=None):
    types = str(Path(types).resolve())
    check_offered(Path(types).read_text(encoding='utf-8'), gir)
    if tsc is not None:
        check_compiled(types, tsc)
    print(*problems, f'{len(problems)} problems', sep='\n')
    return 1 if problems else 0


if __name__ == '__main__':
    sys.exit(main(*sys.argv[1:]))

#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""generate.py GIR ADDITIONS OUTPUT: the types of the library for TypeScript, in
the form of ts-for-gir, with what the override for GJS adds."""

import re
import sys
import xml.etree.ElementTree as ElementTree

CORE = '{http://www.gtk.org/introspection/core/1.0}'
GLIB = '{http://www.gtk.org/introspection/glib/1.0}'

NUMBERS = {'gint8', 'guint8', 'gint16', 'guint16', 'gint', 'guint', 'gint32', 'guint32', 'glong', 'gulong',
           'gsize', 'gssize', 'gfloat', 'gdouble', 'gchar', 'guchar', 'gunichar', 'GLib.Quark'}
PLAIN = {'utf8': 'string', 'filename': 'string', 'gboolean': 'boolean', 'none': 'void', 'gpointer': 'any',
         'GObject.Value': 'any', 'GType': 'GObject.GType'}
# Words that are names of parameters in C.
WORDS = {'arguments': 'args', 'function': 'func'}


def kind(element):
    return element.tag.rpartition('}')[2]


def find(element, *kinds):
    return [child for child in element if kind(child) in kinds and child.get('introspectable') != '0']


def type_name(name, is_given):
    if name in ('gint64', 'guint64'):
        return 'bigint | number' if is_given else 'number'
    if name in NUMBERS:
        return 'number'
    return PLAIN.get(name, name)


def type_of(element, is_given=False):
    """The type of a parameter, of what is returned, or of a property."""
    array = element.find(CORE + 'array')
    if array is not None:
        text = f'{type_of(array, is_given)}[]'
    else:
        text = type_name(element.find(CORE + 'type').get('name'), is_given)
    if element.get('nullable') == '1' and text not in ('any', 'void'):
        text += ' | null'
    return text


def indices(parameters, result):
    """The parameters that JavaScript does not have: lengths, user data, destroy notifies."""
    hidden = set()
    for p in parameters:
        if p.get('scope') or p.get('closure'):
            hidden |= {int(p.get(key)) for key in ('closure', 'destroy') if p.get(key) is not None}
    for element in [*parameters, result]:
        array = element.find(CORE + 'array') if element is not None else None
        if array is not None and array.get('length') is not None:
            hidden.add(int(array.get('length')))
    return hidden


def signature(callable_, *, without=(), returns=None, optional=True):
    """'(a: string, b?: number | null): boolean'"""
    found = callable_.find(CORE + 'parameters')
    parameters = [] if found is None else find(found, 'parameter')
    result = callable_.find(CORE + 'return-value')
    hidden = indices(parameters, result)
    shown = [p for i, p in enumerate(parameters) if i not in hidden and p.get('name') not in without]
    given = [p for p in shown if p.get('direction') != 'out']
    out = [type_of(p) for p in shown if p.get('direction') in ('out', 'inout')]

    texts = []
    may_lack = optional
    for p in reversed(given):
        may_lack = may_lack and p.get('nullable') == '1'
        name = WORDS.get(p.get('name'), p.get('name'))
        texts.insert(0, f'{name}{"?" if may_lack else ""}: {type_of(p, True)}')

    if returns is None:
        all_results = ([] if type_of(result) == 'void' else [type_of(result)]) + out
        returns = all_results[0] if len(all_results) == 1 else f'[{", ".join(all_results)}]' if all_results else 'void'
    return f'({", ".join(texts)}): {returns}'


def comment(element):
    doc = element.find(CORE + 'doc')
    if doc is None:
        return []
    first = ' '.join(doc.text.strip().partition('\n\n')[0].split())
    return [f'/** {re.sub(r"[*]/", "", first)} */']


def camel(name):
    return re.sub('[-_](.)', lambda match: match[1].upper(), name)


def promises(method, methods):
    """What a method that ends with another one returns; or None."""
    name = method.get('name')
    ends = [f'{name[:-len("_async")]}_finish'] if name.endswith('_async') else [f'{name}_finish']
    for end in ends:
        if end in methods:
            return f'Promise<{signature(methods[end]).rpartition("): ")[2]}>'
    return None


def method_lines(callable_, prefix, methods=None):
    name = callable_.get('name')
    lines = comment(callable_)
    promise = promises(callable_, methods) if methods else None
    if promise:
        lines.append(f'{prefix}{name}{signature(callable_, without={"callback"}, returns=promise)};')
    lines.append(f'{prefix}{name}{signature(callable_, optional=not promise)};')
    return lines


def property_lines(property_):
    lines = comment(property_)
    of = type_of(property_)
    for name in dict.fromkeys([property_.get('name').replace('-', '_'), camel(property_.get('name'))]):
        lines.append(f'get {name}(): {of};')
        if property_.get('writable') == '1' and property_.get('construct-only') != '1':
            lines.append(f'set {name}(value: {of});')
    return lines


def names_of(lines):
    """The members that these lines declare."""
    return {match[1] for line in lines
            if (match := re.match(r'\s*(?:static |get |set |readonly |function )*(\w+|\$)[<(:]', line))}


class Additions:
    def __init__(self, text):
        self.blocks = {}
        for match in re.finditer(r'^(namespace|class|module)(?: (\w+))? \{\n(.*?)^\}', text, re.MULTILINE | re.DOTALL):
            lines = [line[4:] for line in match[3].splitlines()]
            self.blocks[match[1], match[2]] = lines

    def take(self, what, name=None):
        return self.blocks.pop((what, name), [])


def without(lines, names):
    """Drops the members that are otherwise in the override, with their comments."""
    kept = []
    for line in lines:
        if names_of([line]) & names:
            if kept and kept[-1].startswith('/**'):
                kept.pop()
        else:
            kept.append(line)
    return kept


def indent(lines):
    return [f'    {line}' if line else '' for line in lines]


def signals_of(class_, parent):
    name = class_.get('name')
    lines = [f'interface SignalSignatures extends {parent}.SignalSignatures {{']
    for signal in class_.findall(GLIB + 'signal'):
        arguments, _, returns = signature(signal, optional=False).rpartition('): ')
        lines.append(f"    '{signal.get('name')}': {arguments}) => {returns};")
    for property_ in find(class_, 'property'):
        lines.append(f"    'notify::{property_.get('name')}': (pspec: GObject.ParamSpec) => void;")
    lines += ['}', f'interface ConstructorProps extends {parent}.ConstructorProps {{']
    for property_ in find(class_, 'property'):
        if property_.get('writable') == '1':
            for spelling in dict.fromkeys([property_.get('name').replace('-', '_'), camel(property_.get('name'))]):
                lines.append(f'    {spelling}: {type_of(property_, True)};')
    return lines + ['}']


def class_lines(class_, additions):
    name = class_.get('name')
    parent = class_.get('parent')
    added = additions.take('class', name)
    methods = {m.get('name'): m for m in find(class_, 'method')}

    static = []
    for function in find(class_, 'constructor', 'function'):
        if function.get('name') == 'new':
            static += comment(function) + [f'static ["new"]{signature(function)};',
                                           '// For classes that derive from this one.',
                                           'static ["new"](...args: never[]): any;']
        else:
            static += method_lines(function, 'static ')
    members = []
    for property_ in find(class_, 'property'):
        members += property_lines(property_)
    if parent and not any(line.startswith('constructor') for line in added):
        members.append(f'constructor(properties?: Partial<{name}.ConstructorProps>, ...args: any[]);')
    elif parent:
        added = [line for line in added if not line.startswith('constructor')] \
            + [f'constructor(properties: Partial<{name}.ConstructorProps>);'] \
            + [line for line in added if line.startswith('constructor')]
    if parent:
        members += [
            f'connect<K extends keyof {name}.SignalSignatures>(signal: K, callback: '
            f'(source: this, ...args: Parameters<{name}.SignalSignatures[K]>) => void): number;',
            'connect(signal: string, callback: (...args: any[]) => any): number;',
        ]
    for method in methods.values():
        members += method_lines(method, '', methods)
    for method in find(class_, 'virtual-method'):
        members += method_lines(method, 'vfunc_')

    lines = []
    names = additions.take('namespace', name)
    if parent:
        lines += [f'namespace {name} {{', *indent(signals_of(class_, parent) + names), '}']
    interfaces = [i.get('name') for i in find(class_, 'implements')]
    for interface in interfaces:
        lines.append(f'interface {name} extends {interface}<ThreadWrapper> {{}}'
                     if interface == 'Gio.ListModel' else f'interface {name} extends {interface} {{}}')
    lines += comment(class_)
    lines.append(f'class {name}{f" extends {parent}" if parent else ""} {{')
    lines += indent([f'static $gtype: GObject.GType<{name}>;', *static, *without(members, names_of(added)), *added])
    return lines + ['}', '']


def enum_lines(enum):
    name = enum.get('name')
    members = find(enum, 'member')
    if enum.get(GLIB + 'error-domain'):
        lines = comment(enum) + [f'class {name} extends GLib.Error {{', f'    static $gtype: GObject.GType<{name}>;']
        for member in members:
            lines += indent(comment(member) + [f'static {member.get("name").upper()}: number;'])
        lines += indent(['constructor(options: {message: string; code: number});'])
        for function in find(enum, 'function'):
            lines += indent(method_lines(function, 'static '))
        return lines + ['}', '']

    lines = [f'namespace {name} {{', f'    const $gtype: GObject.GType<{name}>;', '}', *comment(enum),
             f'enum {name} {{']
    for member in members:
        lines += indent(comment(member) + [f'{member.get("name").upper()} = {member.get("value")},'])
    return lines + ['}', '']


def namespace_lines(namespace, additions):
    added = additions.take('module')
    lines = []
    for element in find(namespace, 'enumeration', 'bitfield'):
        lines += enum_lines(element)
    for element in find(namespace, 'constant'):
        of = type_of(element)
        lines += comment(element) + [f'const {element.get("name")}: {of};']
    lines.append('')
    functions = []
    for element in find(namespace, 'function'):
        if element.get('moved-to') is None:
            functions += method_lines(element, 'function ')
    lines += without(functions, names_of(added)) + added + ['']
    for element in find(namespace, 'callback'):
        lines += comment(element) + [f'interface {element.get("name")} {{', f'    {signature(element, optional=False)};',
                                     '}']
    lines.append('')
    for element in find(namespace, 'class', 'record'):
        if element.get(GLIB + 'is-gtype-struct-for'):
            lines.append(f'type {element.get("name")} = typeof {element.get(GLIB + "is-gtype-struct-for")};')
        else:
            lines += class_lines(element, additions)
    return lines


def main(gir, additions_file, output):
    repository = ElementTree.parse(gir).getroot()
    namespace = repository.find(CORE + 'namespace')
    name, version = namespace.get('name'), namespace.get('version')
    with open(additions_file, encoding='utf-8') as file:
        additions = Additions(file.read())

    includes = [(i.get('name'), i.get('version')) for i in repository.findall(CORE + 'include')]
    if 'GLib' not in dict(includes):
        includes.insert(0, ('GLib', '2.0'))
    imports = [f"import type {i} from 'gi://{i}?version={v}';" for i, v in includes]
    body = [*imports, '', f'export namespace {name} {{', *indent(namespace_lines(namespace, additions)), '}', '',
            f'export default {name};']
    if additions.blocks:
        sys.exit(f'{additions_file}: there is no {additions.blocks.keys()} in {gir}')
    lines = [
        f'// Made from {name}-{version}.gir and what the override for GJS adds: do not edit.', '',
        f"declare module 'gi://{name}?version={version}' {{", *indent(body), '}', '',
        f"declare module 'gi://{name}' {{",
        f"    import {name}{version.replace('.', '')} from 'gi://{name}?version={version}';",
        f"    export default {name}{version.replace('.', '')};", '}', '',
    ]
    with open(output, 'w', encoding='utf-8') as file:
        file.write('\n'.join(lines))


if __name__ == '__main__':
    main(*sys.argv[1:])

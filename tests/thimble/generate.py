#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""generate.py FOLDER: methods of TtObject that take and give all there is.

For each type, and each container of it, there are the methods
TYPE_WAY_TRANSFER, with the ways in, out, inout and return, and for pointers
TYPE_WAY_nullable; tt-table.h and tt-table.c are these, tt-values.c is what the
test gives to them and gets from them.
"""

import sys
from pathlib import Path

N = 3  # samples


class Element:
    """What a row of the table is about. The expressions have X and Y, or @ for
    the number of a sample."""

    def __init__(self, name, ctype, samples, gtype, setter, *, gi=None, equal='X == Y', copy=None, free=None,
                 variant=None, packed=True, clear=None, takes=None):
        self.name, self.ctype, self.gtype, self.setter = name, ctype, gtype, setter
        self.samples = samples if isinstance(samples, list) else [samples.replace('@', str(i)) for i in range(N)]
        self.gi, self.equal, self.copy, self.free = gi, equal, copy, free
        self.variant, self.packed, self.clear = variant, packed, clear

    @property
    def is_pointer(self):
        return self.copy is not None

    def copied(self, x):
        return self.copy.replace('X', x) if self.copy else x

    def same(self, x, y):
        return self.equal.replace('X', x).replace('Y', y)

    def pack(self, x):
        if self.is_pointer:
            return x
        if self.name == 'gtype':
            return f'GSIZE_TO_POINTER ({x})'
        if '64' in self.name:
            return f'(gpointer) (guintptr) ({x})'
        if self.name in ('uint8', 'uint16', 'uint32', 'unichar', 'flags'):
            return f'GUINT_TO_POINTER ({x})'
        return f'GINT_TO_POINTER ({x})'

    def unpack(self, x):
        if self.is_pointer:
            return f'({self.ctype}) {x}'
        return f'({self.ctype}) (gintptr) {x}'


def number(name, ctype, samples, gtype, setter, variant, **more):
    return Element(name, ctype, samples, gtype, setter, variant=variant, **more)


ELEMENTS = [
    number('boolean', 'gboolean', ['TRUE', 'FALSE', 'TRUE'], 'G_TYPE_BOOLEAN', 'g_value_set_boolean', 'boolean'),
    number('int8', 'gint8', ['-128', '1', '127'], 'G_TYPE_CHAR', 'g_value_set_schar', 'int16'),
    number('uint8', 'guint8', ['255', '1', '127'], 'G_TYPE_UCHAR', 'g_value_set_uchar', 'byte'),
    number('int16', 'gint16', ['G_MININT16', '1', 'G_MAXINT16'], 'G_TYPE_INT', 'g_value_set_int', 'int16'),
    number('uint16', 'guint16', ['G_MAXUINT16', '1', '2'], 'G_TYPE_UINT', 'g_value_set_uint', 'uint16'),
    number('int32', 'gint32', ['G_MININT32', '1', 'G_MAXINT32'], 'G_TYPE_INT', 'g_value_set_int', 'int32'),
    number('uint32', 'guint32', ['G_MAXUINT32', '1', '2'], 'G_TYPE_UINT', 'g_value_set_uint', 'uint32'),
    number('int64', 'gint64', ['G_MININT64', '1', 'G_MAXINT64'], 'G_TYPE_INT64', 'g_value_set_int64', 'int64'),
    number('uint64', 'guint64', ['G_MAXUINT64', '1', '2'], 'G_TYPE_UINT64', 'g_value_set_uint64', 'uint64'),
    number('float', 'float', ['1.5f', '-2.25f', '1e30f'], 'G_TYPE_FLOAT', 'g_value_set_float', 'double', packed=False),
    number('double', 'double', ['1.5', '-2.25', '1e300'], 'G_TYPE_DOUBLE', 'g_value_set_double', 'double',
           packed=False),
    number('unichar', 'gunichar', ["'a'", '0xe4', '0x1f600'], 'G_TYPE_UINT', 'g_value_set_uint', 'uint32'),
    number('enum', 'TtColour', ['TT_COLOUR_BLUE', 'TT_COLOUR_GREEN', 'TT_COLOUR_BLUE'], 'TT_TYPE_COLOUR',
           'g_value_set_enum', 'int32'),
    number('flags', 'TtSide', ['TT_SIDE_LEFT', 'TT_SIDE_LEFT | TT_SIDE_TOP', 'TT_SIDE_RIGHT'], 'TT_TYPE_SIDE',
           'g_value_set_flags', 'uint32'),
    number('gtype', 'GType', ['G_TYPE_INT', 'G_TYPE_STRING', 'TT_TYPE_OBJECT'], 'G_TYPE_GTYPE', 'g_value_set_gtype',
           None),
    Element('utf8', 'char *', ['(char *) "ä"', '(char *) ""', '(char *) "three"'], 'G_TYPE_STRING',
            'g_value_set_string', gi='utf8', equal='g_strcmp0 (X, Y) == 0', copy='g_strdup (X)', free='g_free',
            variant='string'),
    Element('filename', 'char *', ['(char *) "/tmp"', '(char *) "a b"', '(char *) "c"'], 'G_TYPE_STRING',
            'g_value_set_string', gi='filename', equal='g_strcmp0 (X, Y) == 0', copy='g_strdup (X)', free='g_free',
            variant='string'),
    Element('object', 'TtObject *', 'tt_sample_object (@)', 'TT_TYPE_OBJECT', 'g_value_set_object', gi='TtObject',
            copy='g_object_ref (X)', free='g_object_unref'),
    Element('interface', 'TtThing *', 'TT_THING (tt_sample_object (@))', 'TT_TYPE_THING', 'g_value_set_object',
            gi='TtThing', copy='g_object_ref (X)', free='g_object_unref'),
    Element('boxed', 'TtBox *', 'tt_sample_box (@)', 'TT_TYPE_BOX', 'g_value_set_boxed', gi='TtBox',
            equal='(X)->number == (Y)->number', copy='tt_box_copy (X)', free='(GDestroyNotify) tt_box_free'),
    Element('variant', 'GVariant *', 'tt_sample_variant (@)', 'G_TYPE_VARIANT', 'g_value_set_variant',
            gi='GLib.Variant', equal='g_variant_equal (X, Y)', copy='g_variant_ref (X)',
            free='(GDestroyNotify) g_variant_unref', variant='variant'),
    Element('bytes', 'GBytes *', 'tt_sample_bytes (@)', 'G_TYPE_BYTES', 'g_value_set_boxed', gi='GLib.Bytes',
            equal='g_bytes_equal (X, Y)', copy='g_bytes_ref (X)', free='(GDestroyNotify) g_bytes_unref'),
    Element('date_time', 'GDateTime *', 'tt_sample_date_time (@)', 'G_TYPE_DATE_TIME', 'g_value_set_boxed',
            gi='GLib.DateTime', equal='g_date_time_equal (X, Y)', copy='g_date_time_ref (X)',
            free='(GDestroyNotify) g_date_time_unref'),
    Element('error', 'GError *', 'tt_sample_error (@)', 'G_TYPE_ERROR', 'g_value_set_boxed', gi='GLib.Error',
            equal='g_error_matches (X, (Y)->domain, (Y)->code)', copy='g_error_copy (X)',
            free='(GDestroyNotify) g_error_free'),
    Element('param', 'GParamSpec *', 'tt_sample_param (@)', 'G_TYPE_PARAM', 'g_value_set_param',
            gi='GObject.ParamSpec', copy='g_param_spec_ref (X)', free='(GDestroyNotify) g_param_spec_unref'),
]

# The integers that lengths are of, in turn.
LENGTHS = ['gsize', 'int', 'guint8', 'guint', 'gint64', 'guint16']


class Row:
    """An element, or a container of it. C code is made in the functions below."""

    def __init__(self, element, container=None, turn=0):
        self.element, self.container = element, container
        self.name = element.name + (f'_{container}' if container else '')
        self.length = LENGTHS[turn % len(LENGTHS)] if container == 'length' else None

    @property
    def ctype(self):
        e = self.element
        return {None: e.ctype, 'fixed': f'{e.ctype} *', 'zero': f'{e.ctype} *', 'length': f'{e.ctype} *',
                'garray': 'GArray *', 'ptrarray': 'GPtrArray *', 'bytearray': 'GByteArray *', 'list': 'GList *',
                'slist': 'GSList *', 'hash': 'GHashTable *'}[self.container]

    @property
    def annotation(self):
        gi = self.element.gi or self.element.ctype
        if self.container is None:
            return f' (type {gi})' if gi in ('filename',) else ''
        # Of a structure, the scanner sees by itself that pointers lie in it.
        of = '' if self.element.name == 'boxed' else f' (element-type {gi})'
        return {'fixed': f' (array fixed-size={N}){of}',
                'zero': f' (array zero-terminated=1){of}',
                'length': f' (array length=n){of}',
                'bytearray': '',
                'hash': f' (element-type utf8 {gi})'}.get(self.container, f' (element-type {gi})')

    @property
    def is_pointer(self):
        return self.container is not None or self.element.is_pointer

    @property
    def transfers(self):
        if self.container == 'bytearray' or (not self.container and self.is_pointer):
            return ['none', 'full']
        return ['none', 'container', 'full'] if self.container else ['none']

    def can_be_given(self):
        # Nobody can tell an array how to free any boxed value.
        e = self.element
        return not (self.container in ('garray', 'ptrarray', 'hash') and e.name in ('boxed',)) and \
            not (self.container == 'garray' and e.name in ('error', 'param'))


def rows():
    for element in ELEMENTS:
        yield Row(element)
    turn = 0
    for element in ELEMENTS:
        for container in 'fixed', 'zero', 'length', 'garray', 'ptrarray', 'list', 'slist', 'hash':
            if container == 'zero' and element.name in ('boolean', 'float', 'double'):
                continue
            if container in ('ptrarray', 'list', 'slist', 'hash') and not element.packed:
                continue
            # There, the scanner takes pointers alone.
            if container == 'ptrarray' and not element.is_pointer:
                continue
            # A structure lies in it, and no pointer to one.
            if container == 'garray' and element.name == 'boxed':
                continue
            # Less common, and in no way special.
            if element.name in ('date_time', 'error', 'param') and container not in ('length', 'ptrarray', 'hash'):
                continue
            yield Row(element, container, turn)
            turn += 1
    yield Row(next(e for e in ELEMENTS if e.name == 'uint8'), 'bytearray')


def make(row, shell_only=False):
    """Statements that make V, whole or as a shell around the elements of KEPT."""
    e, c = row.element, row.container
    if c is None:
        return f'  v = {e.copied(e.samples[0])};\n'
    element = [e.copied(s) for s in e.samples]
    if c in ('fixed', 'zero', 'length'):
        if shell_only:
            return f'  v = g_memdup2 (kept, {N + 1} * sizeof *v);\n'
        return f'  v = g_new0 ({e.ctype}, {N + 1});\n' + \
            ''.join(f'  v[{i}] = {x};\n' for i, x in enumerate(element))
    if c == 'garray':
        code = f'  v = g_array_new (FALSE, FALSE, sizeof ({e.ctype}));\n'
        if shell_only:
            return code + f'  g_array_append_vals (v, kept->data, {N});\n'
        return code + (f'  g_array_set_clear_func (v, clear_{e.name});\n' if e.is_pointer else '') + \
            ''.join(f'  {{ {e.ctype} x = {x}; g_array_append_val (v, x); }}\n' for x in element)
    if c == 'ptrarray':
        if shell_only:
            return '  v = g_ptr_array_copy (kept, NULL, NULL);\n  g_ptr_array_set_free_func (v, NULL);\n'
        return f'  v = g_ptr_array_new_with_free_func ({e.free or "NULL"});\n' + \
            ''.join(f'  g_ptr_array_add (v, {e.pack(x)});\n' for x in element)
    if c == 'bytearray':
        return '  v = g_byte_array_new ();\n' + \
            ''.join(f'  {{ guint8 x = {x}; g_byte_array_append (v, &x, 1); }}\n' for x in element)
    if c in ('list', 'slist'):
        g = 'g_list' if c == 'list' else 'g_slist'
        if shell_only:
            return f'  v = {g}_copy (kept);\n'
        return '  v = NULL;\n' + ''.join(f'  v = {g}_append (v, {e.pack(x)});\n' for x in element)
    if shell_only:
        return '  GHashTableIter iter;\n  gpointer key, x;\n' \
            '  v = g_hash_table_new (g_str_hash, g_str_equal);\n' \
            '  g_hash_table_iter_init (&iter, kept);\n' \
            '  while (g_hash_table_iter_next (&iter, &key, &x))\n    g_hash_table_insert (v, key, x);\n'
    return f'  v = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, {e.free or "NULL"});\n' + \
        ''.join(f'  g_hash_table_insert (v, g_strdup ("k{i}"), {e.pack(x)});\n' for i, x in enumerate(element))


def check(row):
    """Statements that look whether V is as it should be."""
    return '  if (tt_is_lenient ())\n    return;\n' + strict_check(row)


def release(row):
    """Statements that free a V that was given away, of N elements if it is lenient."""
    if row.container not in ('length', 'zero') or not row.element.is_pointer:
        return free_whole(row)
    free = row.element.free.replace('(GDestroyNotify) ', '')
    more = 'i < n' if row.container == 'length' else 'v[i] != NULL'
    return f'  for (guint64 i = 0; {more}; i++)\n    {free} (v[i]);\n  g_free (v);\n'


def strict_check(row):
    e, c = row.element, row.container
    if c is None:
        return f'  g_assert_true ({e.same("v", f"({e.samples[0]})")});\n'
    same = [lambda x, s=s: f'  g_assert_true ({e.same(x, f"({s})")});\n' for s in e.samples]
    if c in ('fixed', 'zero', 'length'):
        code = ''.join(s(f'v[{i}]') for i, s in enumerate(same))
        return code + (f'  g_assert_true (v[{N}] == 0);\n' if c == 'zero' else '')
    if c == 'garray':
        return f'  g_assert_cmpuint (v->len, ==, {N});\n' + \
            ''.join(s(f'g_array_index (v, {e.ctype}, {i})') for i, s in enumerate(same))
    if c == 'ptrarray':
        return f'  g_assert_cmpuint (v->len, ==, {N});\n' + \
            ''.join(s('(' + e.unpack(f'v->pdata[{i}]') + ')') for i, s in enumerate(same))
    if c == 'bytearray':
        return f'  g_assert_cmpuint (v->len, ==, {N});\n' + ''.join(s(f'v->data[{i}]') for i, s in enumerate(same))
    if c in ('list', 'slist'):
        g = 'g_list' if c == 'list' else 'g_slist'
        return f'  g_assert_cmpuint ({g}_length (v), ==, {N});\n' + \
            ''.join(s('(' + e.unpack(f'{g}_nth_data (v, {i})') + ')') for i, s in enumerate(same))
    return f'  g_assert_cmpuint (g_hash_table_size (v), ==, {N});\n' + \
        ''.join(s('(' + e.unpack(f'g_hash_table_lookup (v, "k{i}")') + ')') for i, s in enumerate(same))


def free_whole(row):
    e, c = row.element, row.container
    if c is None:
        return f'  ({e.free}) (v);\n'.replace('(GDestroyNotify) ', '') if e.is_pointer else ''
    if c in ('fixed', 'zero', 'length'):
        code = f'  for (guint i = 0; i < {N}; i++)\n    ({e.free}) (v[i]);\n'.replace('(GDestroyNotify) ', '') \
            if e.is_pointer else ''
        return code + '  g_free (v);\n'
    if c in ('list', 'slist'):
        g = 'g_list' if c == 'list' else 'g_slist'
        return f'  {g}_free_full (v, {e.free});\n' if e.is_pointer else f'  {g}_free (v);\n'
    return free_shell(row)


def free_shell(row):
    return {'fixed': '  g_free (v);\n', 'zero': '  g_free (v);\n', 'length': '  g_free (v);\n',
            'garray': '  g_array_unref (v);\n', 'ptrarray': '  g_ptr_array_unref (v);\n',
            'bytearray': '  g_byte_array_unref (v);\n', 'list': '  g_list_free (v);\n',
            'slist': '  g_slist_free (v);\n', 'hash': '  g_hash_table_unref (v);\n'}[row.container]


def function(row, way, transfer):
    """The prototype, the comment and the body of one method."""
    name = f'tt_object_{row.name}_{way}_{transfer}'
    t, n = row.ctype, row.length
    nullable = transfer == 'nullable'
    mode = 'full' if nullable and way != 'in' else 'none' if nullable else transfer
    note = row.annotation + (f' (transfer {mode})' if row.is_pointer else '') + (' (nullable)' if nullable else '')
    star = '*' if way in ('out', 'inout') else ''
    params = ['TtObject *self']
    comment = f'/**\n * {name}:\n * @self: an object\n'
    if way != 'return':
        params.append(f'{t} {star}v')
        direction = {'in': '', 'out': ' (out)', 'inout': ' (inout)'}[way]
        comment += f' * @v:{direction}{note}: a value\n'
    if n:
        params.append(f'{n} {"*" if way != "in" else ""}n')
        direction = {'in': '', 'inout': ' (inout)'}.get(way, ' (out)')
        comment += f' * @n:{direction}: its length\n'
    result = 'void'
    if way == 'return':
        result = t
        comment += f' *\n * Returns:{note}: a value\n'
    elif way == 'in' and nullable:
        result = 'gboolean'
        comment += ' *\n * Returns: whether it is NULL\n'
    comment += ' */\n'

    body = '  tt_object_count (self);\n'
    if nullable:
        if way == 'in':
            body += '  return v == NULL;\n'
        elif way == 'return':
            body += ('  *n = 0;\n' if n else '') + '  return NULL;\n'
        else:
            body += ('  if (tt_is_lenient ())\n    return;\n  g_assert_null (*v);\n' if way == 'inout' else '  *v = NULL;\n') + \
                ('  *n = 0;\n' if n else '')
    else:
        if way in ('in', 'inout'):
            v = 'v' if way == 'in' else '*v'
            body += (f'  g_assert_true (tt_is_lenient () || {"n" if way == "in" else "*n"} == {N});\n' if n else '')
            body += f'  check_{row.name} ({v});\n'
            if transfer == 'full' and row.is_pointer:
                count = ('n' if way == 'in' else '*n') if n else '0'
                body += f'  release_{row.name} ({v}, (guint64) {count});\n'
            elif transfer == 'container':
                body += f'  free_shell_{row.name} ({v});\n'
        if way != 'in':
            if transfer == 'full' or not row.is_pointer:
                made = f'make_{row.name} ()'
            elif transfer == 'none':
                made = f'tt_object_keep (self, make_{row.name} (), (GDestroyNotify) free_{row.name})'
            else:
                made = f'make_shell_{row.name} (tt_object_keep (self, make_{row.name} (), ' \
                    f'(GDestroyNotify) free_{row.name}))'
            body += (f'  *n = {N};\n' if n else '')
            body += f'  return {made};\n' if way == 'return' else f'  *v = {made};\n'
    prototype = f'{result} {name} ({", ".join(params)})'
    return comment, prototype, f'{{\n{body}}}\n'


def methods(row):
    for way in 'in', 'out', 'inout', 'return':
        if way in ('in', 'inout') and not row.can_be_given():
            continue
        # That is how a method fails.
        if row.name == 'error' and way in ('out', 'inout'):
            continue
        for transfer in row.transfers + (['nullable'] if row.is_pointer else []):
            yield way, transfer


def library():
    header = '/* Generated by generate.py. */\n#pragma once\n#include "tt-object.h"\nG_BEGIN_DECLS\n'
    source = '/* Generated by generate.py. */\n#include "tt-table.h"\n#include <string.h>\n'
    for e in ELEMENTS:
        if e.is_pointer:
            free = e.free.replace('(GDestroyNotify) ', '')
            source += f'static void clear_{e.name} (gpointer x)\n{{\n  {free} (*({e.ctype}*) x);\n}}\n'
    for row in rows():
        t, n = row.ctype, row.name
        source += f'static void check_{n} ({t} v)\n{{\n{check(row)}}}\n'
        if row.is_pointer:
            source += f'static void free_{n} ({t} v)\n{{\n{free_whole(row)}}}\n'
            source += f'static void release_{n} ({t} v, guint64 n)\n{{\n{release(row)}}}\n'
        source += f'static {t} make_{n} (void)\n{{\n  {t} v;\n{make(row)}  return v;\n}}\n'
        if 'container' in row.transfers:
            source += f'static {t} make_shell_{n} ({t} kept)\n{{\n  {t} v;\n{make(row, True)}  return v;\n}}\n'
            source += f'static void free_shell_{n} ({t} v)\n{{\n{free_shell(row)}}}\n'
        for way, transfer in methods(row):
            comment, prototype, body = function(row, way, transfer)
            header += prototype + ';\n'
            source += comment + prototype + '\n' + body
    return header + 'G_END_DECLS\n', source


def variant_new(e, sample):
    return f'g_variant_new_{e.variant} ({sample})'


def value(row):
    """Statements that make VALUE what a call is to be given, and gives."""
    e, c = row.element, row.container
    if c is None:
        return f'  g_value_init (value, {e.gtype});\n  {e.setter} (value, {e.samples[0]});\n'
    if e.name == 'uint8' and c in ('fixed', 'zero', 'length', 'garray', 'bytearray'):
        return f'  static const guint8 bytes[] = {{ {", ".join(e.samples)} }};\n' \
            f'  g_value_init (value, G_TYPE_BYTES);\n  g_value_take_boxed (value, g_bytes_new (bytes, {N}));\n'
    if e.variant == 'string' and c != 'hash':
        return f'  const char *strings[] = {{ {", ".join(e.samples)}, NULL }};\n' \
            '  g_value_init (value, G_TYPE_STRV);\n  g_value_set_boxed (value, strings);\n'
    if e.variant:
        sign = {'boolean': 'b', 'byte': 'y', 'int16': 'n', 'uint16': 'q', 'int32': 'i', 'uint32': 'u', 'int64': 'x',
                'uint64': 't', 'double': 'd', 'string': 's', 'variant': 'v'}[e.variant]
        sign = f'a{{s{sign}}}' if c == 'hash' else f'a{sign}'
        code = f'  GVariantBuilder builder;\n  g_variant_builder_init (&builder, G_VARIANT_TYPE ("{sign}"));\n'
        for i, s in enumerate(e.samples):
            item = variant_new(e, s)
            if c == 'hash':
                item = f'g_variant_new_dict_entry (g_variant_new_string ("k{i}"), {item})'
            code += f'  g_variant_builder_add_value (&builder, {item});\n'
        return code + '  g_value_init (value, G_TYPE_VARIANT);\n' \
            '  g_value_set_variant (value, g_variant_builder_end (&builder));\n'
    if e.name in ('object', 'interface') and c != 'hash':
        return f'  GListStore *store = g_list_store_new ({e.gtype});\n' + \
            ''.join(f'  g_list_store_append (store, {s});\n' for s in e.samples) + \
            '  g_value_init (value, G_TYPE_LIST_MODEL);\n  g_value_take_object (value, store);\n'
    code = '  GValueArray *values = g_value_array_new (0);\n'
    for i, s in enumerate(e.samples):
        if c == 'hash':
            code += f'  add_key (values, "k{i}");\n'
        code += f'  {{ GValue x = G_VALUE_INIT; g_value_init (&x, {e.gtype}); {e.setter} (&x, {s}); ' \
            'g_value_array_append (values, &x); g_value_unset (&x); }\n'
    return code + '  g_value_init (value, g_value_array_get_type ());\n  g_value_take_boxed (value, values);\n'


def table():
    source = '''/* Generated by generate.py. */
#include "tt-values.h"
G_GNUC_BEGIN_IGNORE_DEPRECATIONS
static void
add_key (GValueArray *values, const char *key)
{
  GValue value = G_VALUE_INIT;
  g_value_init (&value, G_TYPE_STRING);
  g_value_set_string (&value, key);
  g_value_array_append (values, &value);
  g_value_unset (&value);
}
'''
    entries = ''
    for row in rows():
        source += f'static void value_{row.name} (GValue *value)\n{{\n{value(row)}}}\n'
        for way, transfer in methods(row):
            entries += f'  {{ "{row.name}_{way}_{transfer}", TT_WAY_{way.upper()}, ' \
                f'{"TRUE" if transfer == "nullable" else "FALSE"}, value_{row.name} }},\n'
    return source + 'G_GNUC_END_IGNORE_DEPRECATIONS\n' \
        f'const TtMethod tt_methods[] = {{\n{entries}  {{ NULL }}\n}};\n'


def main(folder):
    header, source = library()
    folder = Path(folder)
    (folder / 'tt-table.h').write_text(header, encoding='utf-8')
    (folder / 'tt-table.c').write_text(source, encoding='utf-8')
    (folder / 'tt-values.c').write_text(table(), encoding='utf-8')


main(sys.argv[1])

#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Thimbles as Python sees them with nothing but introspection data, in a process
that has Python's own girepository."""

import os
import subprocess
import sys
import tempfile
import threading
import unittest

import gi

gi.require_version('Thr', '1.0')
from gi.repository import Gio, GLib, Thr

SECONDS = 1000 * 1000


def run_until(condition):
    context = GLib.MainContext.default()
    late = []
    alarm = GLib.timeout_add_seconds(60, lambda: late.append(True) or GLib.SOURCE_REMOVE)
    while not condition():
        context.iteration(True)
        if late:
            raise AssertionError('not in time')
    GLib.source_remove(alarm)


def mapped():
    with open('/proc/self/maps', encoding='utf-8') as maps:
        return {line.split()[-1] for line in maps if '.so' in line}


class Thimbles(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.path = os.path.join(self.folder.name, 'content')
        with open(self.path, 'w', encoding='utf-8') as file:
            file.write('some content')
        self.file = Gio.File.new_for_path(self.path)
        self.home = threading.get_ident()

    def tearDown(self):
        self.folder.cleanup()

    def ask(self, thimble, method, *arguments, finish='call_finish'):
        outcome = []

        # The result belongs to `result`: what is boxed is looked at while it is there.
        def done(source, result):
            self.assertEqual(threading.get_ident(), self.home)
            self.assertIs(source, thimble)
            try:
                value = getattr(source, finish)(result)
                if isinstance(value, GLib.Bytes):
                    value = value.get_data()
                elif isinstance(value, list):
                    value = [v.get_data() if isinstance(v, GLib.Bytes) else v for v in value]
                outcome.append(value)
            except GLib.Error as error:
                outcome.append(error)

        thimble.call(method, arguments, None, done)
        self.assertEqual(outcome, [])
        run_until(lambda: outcome)
        if isinstance(outcome[0], GLib.Error):
            raise outcome[0]
        return outcome[0]

    def test_call(self):
        thimble = Thr.Thimble.new(self.file, None, None)
        self.assertEqual(self.ask(thimble, 'get_basename'), 'content')
        info = self.ask(thimble, 'query_info', 'standard::size', 0)
        self.assertEqual(info.get_size(), 12)
        contents, etag = self.ask(thimble, 'load_contents')
        self.assertEqual(contents, b'some content')
        self.assertIsInstance(etag, str)
        self.assertEqual(self.ask(thimble, 'load_contents', finish='call_finish_values'),
                         [contents, etag])
        self.assertIsNone(self.ask(thimble, 'delete'))
        self.assertFalse(os.path.exists(self.path))
        self.assertIs(thimble.get_target(), self.file)

    def test_errors(self):
        thimble = Thr.Thimble.new(self.file, None, None)
        nothing = Thr.Thimble.new(Gio.File.new_for_path(self.path + '-nothing'), None, None)
        for code, call in [
                (Thr.Error.NO_SUCH_METHOD, lambda: self.ask(thimble, 'get_basenam')),
                (Thr.Error.NOT_SUPPORTED, lambda: self.ask(thimble, 'load_contents_async')),
                (Thr.Error.INVALID_ARGUMENT, lambda: self.ask(thimble, 'query_info', 5)),
                (Thr.Error.NO_SUCH_METHOD, lambda: thimble.call_now('get_basenam', [], None)),
                (Thr.Error.NO_SUCH_METHOD, lambda: thimble.call_thread('get_basenam', [])),
                (Thr.Error.INVALID_ARGUMENT, lambda: thimble.get_target_property('nothing')),
        ]:
            with self.assertRaises(GLib.Error) as caught:
                call()
            self.assertTrue(caught.exception.matches(Thr.error_quark(), code), caught.exception)
        with self.assertRaises(GLib.Error) as caught:
            self.ask(nothing, 'load_contents')
        self.assertTrue(caught.exception.matches(Gio.io_error_quark(), Gio.IOErrorEnum.NOT_FOUND))
        thimble.get_manager().stop()
        with self.assertRaises(GLib.Error) as caught:
            self.ask(thimble, 'get_basename')
        self.assertTrue(caught.exception.matches(Thr.error_quark(), Thr.Error.STOPPED))

    def test_handle_and_now(self):
        thimble = Thr.Thimble.new(self.file, None, ['load_*'])
        self.assertTrue(thimble.is_blocking('load_contents'))
        self.assertFalse(thimble.is_blocking('get_basename'))
        self.assertTrue(thimble.has_method('load_contents'))
        self.assertFalse(thimble.has_method('load_content'))
        self.assertIn('load_contents', thimble.list_methods())
        thread = thimble.call_thread('load_contents', [])
        self.assertTrue(thread.join(60 * SECONDS, None))
        # As a property a result is a copy, which needs no job.
        contents, etag = thread.props.result
        del thread
        self.assertEqual(contents.get_data(), b'some content')
        self.assertIsInstance(etag, str)
        self.assertEqual(thimble.call_now('get_path', [], None), self.path)
        self.assertIsNone(thimble.call_now('delete', [], None))

    def test_functions(self):
        thimble = Thr.Thimble.new_static(None, None)
        self.assertEqual(self.ask(thimble, 'GLib.file_get_contents', self.path), b'some content')
        self.assertTrue(Thr.Thimble.require('Gio', '2.0'))
        with self.assertRaises(GLib.Error):
            Thr.Thimble.require('NoSuchLibrary', None)

    def test_properties_and_hooks(self):
        action = Gio.SimpleAction.new('act', None)
        thimble = Thr.Thimble.new(action, None, ['activate', 'made_up'])
        self.assertEqual(thimble.get_target_property('name'), 'act')
        self.assertTrue(thimble.set_target_property('enabled', False))
        self.assertFalse(action.get_enabled())

        seen = []

        def hook(hooked, access):
            self.assertIs(hooked, thimble)
            seen.append((access.get_member(), access.get_kind(),
                         [access.get_argument(i) for i in range(access.get_n_arguments())]))
            access.set_result('given')
            return True

        for member in 'name', 'get_name', 'made_up':
            thimble.add_hook(member, hook)
        self.assertEqual(thimble.get_target_property('name'), 'given')
        self.assertEqual(self.ask(thimble, 'get_name'), 'given')
        self.assertEqual(self.ask(thimble, 'made_up', 1, 'two'), 'given')
        self.assertEqual(seen, [('name', Thr.AccessKind.GET, []),
                                ('get_name', Thr.AccessKind.IMMEDIATE, []),
                                ('made_up', Thr.AccessKind.BLOCKING, [1, 'two'])])

        def refuse(hooked, access):
            raise GLib.Error.new_literal(Thr.error_quark(), 'not now', Thr.Error.BUSY)

        number = thimble.add_hook('get_state', refuse)
        with self.assertRaises(GLib.Error) as caught:
            self.ask(thimble, 'get_state')
        self.assertEqual(caught.exception.message, 'not now')
        self.assertTrue(thimble.remove_hook(number))
        self.assertIsNone(self.ask(thimble, 'get_state'))

    def test_signals(self):
        action = Gio.SimpleAction.new('act', GLib.VariantType('i'))
        thimble = Thr.Thimble.new(action, None, None)
        heard = []

        def handler(told, name, arguments, *n_arguments):
            self.assertEqual(threading.get_ident(), self.home)
            self.assertIs(told, thimble)
            heard.append((name, arguments))

        number = thimble.connect_signal('activate', handler)
        thimble.connect_signal('notify::enabled', handler)
        elsewhere = threading.Thread(target=lambda: (action.activate(GLib.Variant('i', 7)),
                                                     action.set_enabled(False)))
        elsewhere.start()
        elsewhere.join()
        self.assertEqual(heard, [])
        run_until(lambda: len(heard) == 2)
        self.assertEqual([name for name, _ in heard], ['activate', 'notify::enabled'])
        self.assertEqual(heard[0][1][0].unpack(), 7)
        self.assertTrue(thimble.disconnect_signal(number))
        with self.assertRaises(GLib.Error):
            thimble.connect_signal('no-such-signal', handler)

    def test_one_girepository(self):
        thimble = Thr.Thimble.new(self.file, None, None)
        self.assertEqual(thimble.call_now('get_basename', [], None), 'content')
        for library in 'libgirepository-', 'libthr-girepository-':
            loaded = [path for path in mapped() if os.path.basename(path).startswith(library)]
            self.assertEqual(len(loaded), 1, loaded)


class Linkage(unittest.TestCase):
    """The library itself links no girepository: only the module does."""

    def linked(self, path):
        return subprocess.run(['ldd', path], check=True, stdout=subprocess.PIPE,
                              encoding='utf-8').stdout

    def test_ldd(self):
        self.assertTrue(Thr.generate_uid('-'))
        library = next(path for path in mapped() if 'libthr-glib-1.0.so' in path)
        self.assertIn('libgobject', self.linked(library))
        self.assertNotIn('girepository', self.linked(library))
        module = os.path.join(os.environ['THR_BACKEND_PATH'], 'libthr-girepository-1.0.so')
        if os.path.exists(module):
            self.assertIn('libgirepository-1.0', self.linked(module))


if __name__ == '__main__':
    unittest.main(argv=sys.argv)

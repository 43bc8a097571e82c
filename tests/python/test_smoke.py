#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The library as Python sees it with nothing but its introspection data."""

import sys
import threading
import unittest

import gi
gi.require_version('Thr', '1.0')
from gi.repository import Gio, GLib, GObject, Thr

SECONDS = 1000 * 1000
State = Thr.ExecutionState


def run_until(condition, seconds=30):
    """Iterates the main context until the condition holds."""
    late = []
    timeout = GLib.timeout_add_seconds(seconds, lambda: late.append(True) or GLib.SOURCE_CONTINUE)
    while not condition() and not late:
        GLib.MainContext.default().iteration(True)
    GLib.source_remove(timeout)
    if late:
        raise AssertionError('the condition did not come true in time')


def answer(thread):
    return thread.return_value(42)


class Recorder:
    """Writes down each step that is announced, and on which thread."""

    def __init__(self, thread):
        self.states = []
        self.threads = set()
        thread.connect('notify::execution-state', self.changed)

    def changed(self, thread, pspec):
        self.states.append(thread.get_execution_state())
        self.threads.add(threading.get_ident())

    def closed(self):
        return State.CLOSED in self.states


class SmokeTest(unittest.TestCase):
    def setUp(self):
        self.manager = Thr.ThreadManager()
        self.home = threading.get_ident()

    def tearDown(self):
        self.assertTrue(self.manager.wait_idle(30 * SECONDS, None))

    def test_job(self):
        threads = []

        def work(thread):
            threads.append(threading.get_ident())
            self.assertEqual(thread.get_ident(), Thr.ThreadWrapper.get_current().get_ident())
            thread.set_progress(0.5)
            thread.set_message('half')
            thread.set_status('warm')
            return thread.return_value('done')

        thread = self.manager.do_async('work', work)
        self.assertRegex(thread.get_ident(), r'^thr-\d+$')
        self.assertEqual(thread.dup_name(), 'work')
        recorder = Recorder(thread)
        results = []
        thread.set_on_success(lambda thread, result: results.append(result))
        run_until(recorder.closed)

        self.assertEqual(recorder.states,
                         [State.RUNNING, State.RETURNED, State.FINISHING, State.CLOSED])
        self.assertEqual(recorder.threads, {self.home})
        self.assertEqual(len(threads), 1)
        self.assertNotIn(self.home, threads)
        self.assertEqual(results, ['done'])
        self.assertEqual(thread.get_result(), 'done')
        self.assertIsNone(thread.get_error())
        self.assertEqual(thread.get_finished_with(), State.RETURNED)

    def test_user_data(self):
        thread = self.manager.do_async('sum', lambda thread, a, b: thread.return_value(a + b), 40, 2)
        self.assertTrue(thread.join(30 * SECONDS, None))
        self.assertEqual(thread.get_result(), 42)

    def test_results(self):
        variant = GLib.Variant('(si)', ('a', 1))
        file = Gio.File.new_for_path('/tmp')
        large = GObject.Value(GObject.TYPE_INT64, -2**62)
        for given, wanted in [(True, True), (7, 7), (large, -2**62), (0.25, 0.25), ('grün', 'grün'),
                              (variant, variant), (file, file)]:
            with self.subTest(given=given):
                thread = self.manager.do_async(None, lambda thread: thread.return_value(given))
                self.assertTrue(thread.join(30 * SECONDS, None))
                self.assertEqual(thread.get_result(), wanted)
                self.assertEqual(thread.props.result, wanted)

        thread = self.manager.do_async('nothing', lambda thread: True)
        self.assertTrue(thread.join(30 * SECONDS, None))
        self.assertIsNone(thread.get_result())

    def test_properties(self):
        thread = Thr.ThreadWrapper.new('properties', answer)
        self.assertEqual(thread.props.execution_state, State.CREATED)
        self.assertEqual(thread.props.finished_with, State.CREATED)
        self.assertEqual(thread.props.progress, -1)
        self.assertIsNone(thread.props.message)
        self.assertIsNone(thread.props.status)

        heard = []
        thread.connect('notify', lambda thread, pspec: heard.append(pspec.name))
        thread.props.progress = 0.25
        thread.props.message = 'a quarter'
        thread.props.name = 'renamed'
        thread.set_priority(-5)
        thread.set_status(25)
        run_until(lambda: {'progress', 'message', 'name', 'priority', 'status'} <= set(heard))
        self.assertEqual(thread.get_progress(), 0.25)
        self.assertEqual(thread.dup_message(), 'a quarter')
        self.assertEqual(thread.props.name, 'renamed')
        self.assertEqual(thread.props.priority, -5)
        self.assertEqual(thread.get_status(), (True, 25))
        self.assertEqual(thread.props.status, 25)

        self.manager.submit(thread)
        self.assertTrue(thread.join(30 * SECONDS, None))
        self.assertLessEqual(thread.get_created_at(), thread.get_started_at())
        self.assertLessEqual(thread.get_started_at(), thread.get_ended_at())

    def test_failure(self):
        def work(thread):
            raise GLib.Error.new_literal(Gio.io_error_quark(), 'no such thing',
                                         Gio.IOErrorEnum.NOT_FOUND)

        thread = self.manager.do_async('failing', work)
        recorder = Recorder(thread)
        heard = []
        thread.set_on_fail(lambda thread, error: heard.append(('on_fail', error)))
        thread.connect('failed', lambda thread, error: heard.append(('failed', error)))
        thread.set_on_end(lambda thread: heard.append(('on_end', None)))
        thread.connect('ended', lambda thread: heard.append(('ended', None)))
        run_until(recorder.closed)

        self.assertEqual(recorder.states,
                         [State.RUNNING, State.EXCEPTION, State.FINISHING, State.CLOSED])
        self.assertEqual([name for name, _ in heard], ['on_fail', 'failed', 'on_end', 'ended'])
        for _, error in heard[:2]:
            self.assertTrue(error.matches(Gio.io_error_quark(), Gio.IOErrorEnum.NOT_FOUND))
            self.assertEqual(error.message, 'no such thing')
        with self.assertRaises(GLib.Error) as caught:
            thread.join(0, None)
        self.assertTrue(caught.exception.matches(Gio.io_error_quark(), Gio.IOErrorEnum.NOT_FOUND))

    def test_cancel_while_queued(self):
        self.manager.props.paused = True
        thread = self.manager.do_async('never', answer)
        recorder = Recorder(thread)
        errors = []
        thread.set_on_fail(lambda thread, error: errors.append(error))
        self.assertEqual(self.manager.get_n_queued(), 1)
        thread.cancel()
        run_until(recorder.closed)
        self.manager.props.paused = False

        self.assertEqual(recorder.states, [State.EXCEPTION, State.FINISHING, State.CLOSED])
        self.assertTrue(errors[0].matches(Gio.io_error_quark(), Gio.IOErrorEnum.CANCELLED))

    def test_cancel_while_running(self):
        begun = threading.Event()

        def work(thread):
            begun.set()
            while thread.checkpoint():
                pass
            return True

        thread = self.manager.do_async('spinning', work)
        self.assertTrue(begun.wait(30))
        thread.cancel()
        with self.assertRaises(GLib.Error) as caught:
            thread.join(30 * SECONDS, None)
        self.assertTrue(caught.exception.matches(Gio.io_error_quark(), Gio.IOErrorEnum.CANCELLED))
        self.assertTrue(thread.get_cancellable().is_cancelled())

    def test_join_without_loop(self):
        results = []
        thread = self.manager.do_async('joined', answer)
        thread.set_on_success(lambda thread, result: results.append(result))
        self.assertTrue(thread.join(Thr.FOREVER, None))
        self.assertEqual(results, [42])
        self.assertEqual(thread.get_execution_state(), State.CLOSED)

    def test_join_errors(self):
        thread = self.manager.do_manual('waiting')
        for timeout, code in (-1, Thr.Error.INVALID_ARGUMENT), (SECONDS, Thr.Error.WOULD_DEADLOCK):
            with self.assertRaises(GLib.Error) as caught:
                thread.join(timeout, None)
            self.assertTrue(caught.exception.matches(Thr.error_quark(), code), caught.exception)
        thread.return_value(True)

    def test_wait_async(self):
        results = []
        thread = self.manager.do_async('awaited', answer)
        thread.wait_async(None, lambda thread, result: results.append(thread.wait_finish(result)))
        run_until(lambda: results)
        self.assertEqual(results, [42])

    def test_list_model(self):
        changes = []
        self.manager.set_keep_finished(2)
        self.manager.set_thread_limit(1)  # so that they end in their order
        self.manager.connect('items-changed', lambda model, *change: changes.append(change))
        self.assertEqual(self.manager.get_n_items(), 0)
        threads = [self.manager.do_async(f'job {i}', answer) for i in range(3)]
        self.assertTrue(self.manager.wait_idle(30 * SECONDS, None))
        run_until(lambda: len(self.manager) == 2)
        self.assertEqual(self.manager.get_item_type(), Thr.ThreadWrapper.__gtype__)
        self.assertEqual(list(self.manager), threads[1:])
        self.assertEqual(len(self.manager), 2)
        self.assertEqual(self.manager[0], threads[1])
        self.assertEqual(sum(added - removed for _, removed, added in changes), 2)
        self.assertEqual(self.manager.lookup(threads[2].get_ident()), threads[2])
        self.assertIsNone(self.manager.lookup(threads[0].get_ident()))
        self.assertEqual(self.manager.dup_jobs(), threads[1:])

    def test_queue(self):
        with self.assertRaises(GLib.Error) as caught:
            self.manager.run()
        self.assertTrue(caught.exception.matches(Thr.error_quark(), Thr.Error.NO_THREADS_FOUND))

        threads = [Thr.ThreadWrapper.new(None, answer) for _ in range(3)]
        for thread in threads:
            self.manager.append(thread)
        self.assertEqual(self.manager.props.n_queued, 3)
        self.manager.run()
        for thread in threads:
            self.assertTrue(thread.join(30 * SECONDS, None))

        with self.assertRaises(GLib.Error) as caught:
            self.manager.submit(threads[0])
        self.assertTrue(caught.exception.matches(Thr.error_quark(), Thr.Error.INVALID_STATE))
        with self.assertRaises(GLib.Error) as caught:
            self.manager.set_thread_limit(0)
        self.assertTrue(caught.exception.matches(Thr.error_quark(), Thr.Error.INVALID_ARGUMENT))

    def test_submit_many(self):
        threads = [Thr.ThreadWrapper.new(None, answer) for _ in range(3)]
        self.assertTrue(self.manager.submit_many(threads))
        for thread in threads:
            self.assertTrue(thread.join(30 * SECONDS, None))
            self.assertEqual(thread.get_result(), 42)

    def test_sliced(self):
        steps = []

        def step(thread):
            steps.append(threading.get_ident())
            thread.set_progress(len(steps) / 10)
            if len(steps) < 10:
                return GLib.SOURCE_CONTINUE
            thread.return_value(len(steps))
            return GLib.SOURCE_REMOVE

        thread = self.manager.do_sliced('slices', step)
        recorder = Recorder(thread)
        run_until(recorder.closed)
        self.assertEqual(steps, [self.home] * 10)
        self.assertEqual(thread.get_result(), 10)
        self.assertEqual(thread.get_progress(), 1)

    def test_manual(self):
        thread = self.manager.do_manual('by hand')
        self.assertEqual(thread.get_execution_state(), State.RUNNING)
        recorder = Recorder(thread)
        GLib.idle_add(lambda: thread.return_value('handed over') and GLib.SOURCE_REMOVE)
        run_until(recorder.closed)
        self.assertEqual(thread.get_result(), 'handed over')

        failing = self.manager.do_manual('by hand, badly')
        errors = []
        failing.connect('failed', lambda thread, error: errors.append(error))
        failing.return_error(GLib.Error.new_literal(Thr.error_quark(), 'dropped', Thr.Error.FAILED))
        run_until(lambda: errors)
        self.assertEqual(errors[0].message, 'dropped')

    def test_background(self):
        # PyGObject gives a callback the length of an array, too.
        def join(thread, arguments, *n_arguments):
            return thread.return_value('-'.join(arguments))

        background = Thr.Background.new(self.manager, join)
        background.set_name('joiner')
        results = []
        background.set_on_success(lambda thread, result: results.append(result))
        first = background.call(['a', 'b'])
        second = background.call(['c'])
        self.assertNotEqual(first, second)
        self.assertEqual(first.dup_name(), 'joiner')
        run_until(lambda: len(results) == 2)
        self.assertEqual(sorted(results), ['a-b', 'c'])

    def test_invoke(self):
        threads = []

        def ask(thread):
            threads.append(threading.get_ident())
            return True

        def work(thread):
            Thr.invoke_owner(lambda: threads.append(threading.get_ident()))
            return thread.invoke_sync(ask) and thread.return_value(True)

        thread = self.manager.do_async('asking', work)
        self.assertTrue(thread.join(30 * SECONDS, None))
        self.assertEqual(threads, [self.home, self.home])

    def test_unhandled_error(self):
        heard = []
        # The handler's verdict replaces the default one, which warns.
        def unhandled(manager, thread, error):
            heard.append((thread.dup_name(), error.message))
            manager.stop_emission_by_name('unhandled-error')

        def work(thread):
            raise GLib.Error.new_literal(Thr.error_quark(), 'nobody looks', Thr.Error.FAILED)

        self.manager.connect('unhandled-error', unhandled)
        self.manager.do_async('ignored', work)
        run_until(lambda: heard)
        self.assertEqual(heard, [('ignored', 'nobody looks')])

    def test_shutdown(self):
        outcomes = []
        threads = [self.manager.do_async(None, answer) for _ in range(20)]
        self.manager.shutdown_async(
            Thr.ShutdownMode.DRAIN, 30 * SECONDS, None,
            lambda manager, result: outcomes.append(manager.shutdown_finish(result)))
        run_until(lambda: outcomes)
        self.assertEqual(outcomes, [True])
        self.assertEqual({t.get_execution_state() for t in threads}, {State.CLOSED})

        late = self.manager.do_async('late', answer)
        with self.assertRaises(GLib.Error) as caught:
            late.join(30 * SECONDS, None)
        self.assertTrue(caught.exception.matches(Thr.error_quark(), Thr.Error.STOPPED))
        self.manager.start()
        self.assertTrue(self.manager.do_async('again', answer).join(30 * SECONDS, None))


if __name__ == '__main__':
    unittest.main(argv=sys.argv)

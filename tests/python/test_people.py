#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Jobs and managers in an application with windows."""

import gc
import weakref

from common import Gate, Gio, GLib, GObject, TestCase, Thr, fail_with, main, run_until, time

SOON = 60  # seconds, for a machine that is busy


class Window(GObject.Object):
    """What a job works for. It has attributes, as most windows have."""

    def __init__(self):
        super().__init__()
        self.shown = []

    def show(self, result):
        self.shown.append(result)

    def complain(self, error):
        self.shown.append(type(error))

    def end(self):
        self.shown.append("end")


class Bare(GObject.Object):
    """One without, of which Python itself keeps nothing."""

    shown = []

    def end(self):
        self.shown.append("end")


class Case(TestCase):
    def setUp(self):
        super().setUp()
        self.manager = Thr.ThreadManager()
        self.begun = Gate()
        self.leave = Gate()
        self.addCleanup(self.finish)

    def finish(self):
        self.leave.open()
        self.manager.wait_idle(SOON)

    def work(self, thread):
        self.begun.open()
        self.leave.wait()
        return 7

    def begin(self, function=None, **options):
        """A job that is running."""
        thread = self.manager.do_async(function or self.work, **options)
        self.begun.wait()
        return thread


class Shown(Case):
    def test_fraction_text(self):
        thread = self.manager.do_manual()
        self.assertEqual(thread.fraction_text, "")
        thread.progress = 0.429
        self.assertRegex(thread.fraction_text, r"^42\b")
        thread.return_value(None)

    def test_times_are_seconds(self):
        before = time.monotonic()
        thread = Thr.ThreadWrapper(self.work)
        self.assertEqual((thread.started_at, thread.ended_at, thread.elapsed), (0.0, 0.0, 0.0))
        self.manager.submit(thread)
        self.begun.wait()
        self.assertGreaterEqual(thread.elapsed, 0.0)
        self.leave.open()
        thread.join(SOON)
        after = time.monotonic()
        # The library's are whole microseconds.
        times = [before - 1e-5, thread.created_at, thread.started_at, thread.ended_at, after]
        self.assertEqual(times, sorted(times))
        self.assertAlmostEqual(thread.elapsed, thread.ended_at - thread.started_at, places=5)
        self.assertEqual(thread.props.elapsed, round(thread.elapsed * 1e6))
        for name in "created_at", "started_at", "ended_at", "elapsed", "remaining":
            self.assertIs(type(getattr(thread, name)), float)
            self.assertEqual(getattr(thread, f"get_{name}")(), getattr(thread, name))

    def test_remaining(self):
        thread = self.manager.do_manual()
        self.assertIsNone(thread.remaining)
        self.assertIsNone(thread.get_remaining())
        known = []

        def look(thread, _):
            # A tenth of it for each tenth of a second: it takes a second to be known.
            thread.progress = min(thread.elapsed / 10, 0.9)
            if thread.remaining is not None:
                known.append(thread.remaining)

        thread.connect("notify::elapsed", look)
        self.assertIsNone(thread.remaining)
        run_until(lambda: known)
        self.assertGreater(known[0], 0)
        self.assertLess(known[0], 60)
        thread.return_value(None)
        thread.join(SOON)
        self.assertEqual(thread.remaining, 0.0)

    def test_what_can_be_done(self):
        thread = self.begin()
        heard = []
        for name in "can-pause", "can-cancel", "finished":
            thread.connect(f"notify::{name}", lambda thread, pspec: heard.append(pspec.name))
        self.assertEqual((thread.can_pause, thread.can_cancel, thread.finished), (1, 1, 0))
        self.assertFalse(self.manager.do_manual("m").can_pause)
        self.manager[-1].return_value(None)
        thread.cancel()
        self.assertEqual((thread.can_pause, thread.can_cancel, thread.finished), (0, 0, 0))
        self.leave.open()
        run_until(lambda: thread.finished)
        self.assertEqual(sorted(heard), ["can-cancel", "can-pause", "finished"])

    def test_are_bound(self):
        class Bar(GObject.Object):
            fraction = GObject.Property(type=float)
            text = GObject.Property(type=str)
            sensitive = GObject.Property(type=bool, default=False)

        bar = Bar()
        thread = self.begin()
        for source, target in {
            "progress": "fraction", "fraction-text": "text", "can-cancel": "sensitive"
        }.items():
            thread.bind_property(source, bar, target, GObject.BindingFlags.SYNC_CREATE)
        self.assertTrue(bar.sensitive)
        thread.progress = 0.5
        run_until(lambda: bar.fraction == 0.5 and bar.text == thread.fraction_text)
        self.leave.open()
        run_until(lambda: not bar.sensitive)

    def test_tags(self):
        thread = self.manager.do_manual()
        heard = []
        thread.connect("notify::tags", lambda thread, _: heard.append(thread.tags))
        self.assertEqual(thread.tags, [])
        thread.tags = ["download", "gr\u00fcn"]
        self.assertEqual(thread.tags, ["download", "gr\u00fcn"])
        self.assertTrue(thread.has_tag("download"))
        self.assertFalse(thread.has_tag("down"))
        run_until(lambda: heard)
        thread.tags = (tag for tag in ("a", "b"))
        self.assertEqual(thread.tags, ["a", "b"])
        thread.set_tags(None)
        self.assertEqual(thread.tags, [])
        for wrong in "download", [1], 3, ["a", None], b"a":
            with self.subTest(tags=wrong), self.assertRaises(TypeError):
                thread.tags = wrong
        self.assertEqual(thread.tags, [])
        thread.return_value(None)

    def test_history(self):
        history = self.manager.history
        self.manager.keep_finished = 2
        for number in range(3):
            self.manager.do_async(lambda thread: None, name=str(number)).join(SOON)
        run_until(lambda: [thread.name for thread in history] == ["1", "2"])
        self.assertIs(self.manager.history, history)
        self.assertEqual(history[0].finished_with, "RETURNED")


class Found(GObject.Object):
    def __init__(self, number):
        super().__init__()
        self.number = number


class Items(Case):
    def test_grow_while_the_job_runs(self):
        def search(thread):
            for number in range(1000):
                thread.emit_item(Found(number))
            self.begun.open()
            self.leave.wait()
            thread.emit_item(Found(1000))

        thread = self.manager.do_async(search)
        items = thread.items
        changes = []
        items.connect("items-changed", lambda items, *change: changes.append(change))
        run_until(lambda: len(items) == 1000)
        self.assertLess(len(changes), 500)
        self.leave.open()
        thread.join(SOON)
        self.assertIs(thread.items, items)
        self.assertEqual([found.number for found in items], list(range(1001)))
        self.assertEqual(items[-1].number, 1000)

    def test_outlive_the_job(self):
        thread = self.manager.do_async(lambda thread: thread.emit_item(Found(1)))
        thread.join(SOON)
        items, gone = thread.items, weakref.ref(thread)
        found = weakref.ref(items[0])
        del thread
        self.manager.wait_idle(SOON)
        gc.collect()
        self.assertIsNone(gone())
        self.assertEqual(items[0].number, 1)
        del items
        gc.collect()
        self.assertIsNone(found())

    def test_what_is_no_object(self):
        thread = self.manager.do_manual()
        for wrong in 3, "text", None:
            with self.subTest(item=wrong), self.assertRaises(TypeError):
                thread.emit_item(wrong)
        self.assertEqual(len(thread.items), 0)
        thread.return_value(None)


class Bound(Case):
    CALLBACKS = {"on_success": "show", "on_fail": "complain", "on_end": "end"}

    def callbacks_of(self, window):
        return {name: getattr(window, method) for name, method in self.CALLBACKS.items()}

    def let_go(self, thread, window_ref, shown):
        """The window is gone while its job runs; what that shows then."""
        self.assertIsNone(window_ref())
        self.assertFalse(thread.can_cancel)
        self.leave.open()
        run_until(lambda: thread.finished)
        self.assertEqual(shown, [])

    def test_to_a_window_that_stays(self):
        window = Window()
        self.leave.open()
        options = {"bind_to": window, **self.callbacks_of(window)}
        self.manager.do_async(lambda thread: 7, **options)
        self.manager.do_async(fail_with(ValueError()), **options)
        self.manager.wait_idle(SOON)
        self.assertEqual(sorted(map(str, window.shown)), [
            "7", "<class 'ValueError'>", "end", "end"
        ])

    def test_to_a_window_that_goes(self):
        for make in self.manager.do_async, self.submit, self.append, self.decorated:
            with self.subTest(make.__name__):
                self.begun.clear()
                self.leave.clear()
                window = Window()
                shown, gone = window.shown, weakref.ref(window)
                thread = make(self.work, bind_to=window, **self.callbacks_of(window))
                self.begun.wait()
                del window
                self.let_go(thread, gone, shown)

    def submit(self, function, **options):
        thread = Thr.ThreadWrapper(function, **options)
        self.manager.submit(thread)
        return thread

    def append(self, function, **options):
        thread = self.manager.append(function, give_thread=True, **options)
        self.manager.run()
        return thread

    def decorated(self, function, **options):
        return Thr.BackgroundDecorator(self.manager)(give_thread=True, **options)(function)()

    def test_before_the_callbacks_are_set(self):
        window = Window()
        shown, gone = window.shown, weakref.ref(window)
        thread = self.begin()
        thread.bind_to(window)
        thread.set_on_success(window.show)
        thread.set_on_fail(window.complain)
        thread.set_on_end(window.end)
        del window
        self.let_go(thread, gone, shown)

    def test_of_a_job_in_slices(self):
        window = Window()
        shown, gone = window.shown, weakref.ref(window)
        thread = self.manager.do_sliced(
            lambda thread: True, bind_to=window, **self.callbacks_of(window)
        )
        run_until(lambda: thread.execution_state == "RUNNING")
        del window
        self.let_go(thread, gone, shown)

    def test_in_the_context_of_a_worker(self):
        """What is no window may belong to another thread."""
        shown = []

        def task():
            window = Window()
            thread = self.begin(bind_to=window, on_success=window.show, on_end=window.end)
            self.leave.open()
            thread.join(SOON)
            shown.extend(window.shown)

        worker = Thr.Worker(task).start()
        Thr.wait_thread(worker, SOON)
        self.assertIsNone(worker.err)
        self.assertEqual(shown, [7, "end"])

    def test_to_several(self):
        for first_to_go in 0, 1:
            self.begun.clear()
            self.leave.clear()
            windows = [Window(), Window()]
            thread = self.begin(bind_to=windows[0])
            thread.bind_to(windows[1])
            thread.set_on_success(windows[0].show)
            thread.set_on_end(windows[1].end)
            gone = weakref.ref(windows.pop(first_to_go))
            self.let_go(thread, gone, windows[0].shown)

    def test_closures_keep_it(self):
        def begin():
            window = Window()
            thread = self.begin(bind_to=window, on_success=lambda result: window.show(result))
            return thread, window.shown, weakref.ref(window)

        thread, shown, gone = begin()
        gc.collect()
        self.assertIsNotNone(gone())
        # GTK disposes of a window that is closed, whoever keeps it.
        gone().run_dispose()
        self.assertFalse(thread.can_cancel)
        self.leave.open()
        run_until(lambda: thread.finished)
        self.assertEqual(shown, [])

    def test_methods_of_others_are_kept(self):
        window, other = Window(), Window()
        shown = other.shown
        self.begin(bind_to=window, on_success=other.show)
        del other
        self.leave.open()
        self.manager.wait_idle(SOON)
        self.assertEqual(shown, [7])

    def test_to_what_python_lets_go_of(self):
        """The object lives on in a list, and is told."""
        store = Gio.ListStore()
        store.append(Bare())
        Bare.shown.clear()
        thread = self.begin(bind_to=store[0], on_end=store[0].end)
        gc.collect()
        self.leave.open()
        thread.join(SOON)
        self.assertEqual(Bare.shown, ["end"])

        Bare.shown.clear()
        self.leave.clear()
        self.begun.clear()
        thread = self.begin(bind_to=store[0], on_end=store[0].end)
        store.remove_all()
        self.let_go(thread, lambda: None, Bare.shown)

    def test_goes_where_python_collects_its_garbage(self):
        """A window in a cycle, that another thread collects."""
        window = Window()
        window.itself = window
        shown, gone = window.shown, weakref.ref(window)
        thread = self.begin(bind_to=window, **self.callbacks_of(window))
        del window
        self.assertIsNotNone(gone())
        self.manager.do_async(lambda thread: gc.collect() and None).join(SOON)
        self.let_go(thread, gone, shown)

    def test_is_not_kept_by_a_job_that_is_over(self):
        window = Window()
        gone = weakref.ref(window)
        self.leave.open()
        thread = self.manager.do_async(
            lambda thread: 7, bind_to=window, on_success=window.show
        )
        thread.join(SOON)
        self.assertEqual(window.shown, [7])
        del window
        self.assertIsNone(gone())
        self.assertEqual(thread.finished_with, "RETURNED")
        self.assertFalse(thread.cancellable.is_cancelled())
        gone = weakref.ref(thread)
        del thread
        self.manager.wait_idle(SOON)
        self.assertIsNone(gone())

    def test_to_what_is_no_object(self):
        for wrong in 3, "window", object(), Window:
            with self.subTest(obj=wrong):
                with self.assertRaisesRegex(TypeError, "such as a window"):
                    self.manager.do_async(self.work, bind_to=wrong)
                with self.assertRaisesRegex(TypeError, "such as a window"):
                    self.manager.do_sliced(self.work, bind_to=wrong)
                with self.assertRaisesRegex(TypeError, "such as a window"):
                    Thr.ThreadWrapper(self.work).bind_to(wrong)
        self.assertFalse(self.begun.is_set())
        self.assertEqual(len(self.manager), 0)


class Quitting(Case):
    def run_application(self, act):
        """Runs one whose manager is busy, until act() has had it quit."""
        application = Gio.Application(flags=Gio.ApplicationFlags.NON_UNIQUE)
        manager = self.manager
        manager.attach_application(application)
        late = []
        alarm = GLib.timeout_add_seconds(SOON, lambda: late.append(True) or application.quit())

        def begin():
            self.thread = self.begin(self.work_while_wanted)
            act()

        application.connect("activate", lambda application: GLib.idle_add(begin) and None)
        application.hold()
        application.run(None)
        GLib.source_remove(alarm)
        self.assertEqual(late, [])

    def work_while_wanted(self, thread):
        self.begun.open()
        while not self.leave.is_set():
            thread.checkpoint()
            time.sleep(0.001)

    def stays_with(self, *handlers):
        """Asks each handler, which is to let the application stay, and then quits."""
        asked = []

        def act():
            for handler in handlers:

                def ask(*args):
                    asked.append(args)
                    return handler()

                number = self.manager.connect("quit-requested", ask)
                stays = self.manager.request_quit()
                self.manager.disconnect(number)
                asked.append((stays, self.manager.started, self.thread.can_cancel))
            self.manager.answer_quit(Thr.QuitAnswer.CANCEL)

        self.run_application(act)
        self.assertEqual(asked, [(self.manager,), (False, True, True)] * len(handlers))
        self.assertEqual(self.thread.finished_with, "EXCEPTION")

    def test_stay(self):
        self.stays_with(lambda: Thr.QuitAnswer.STAY, lambda: None)

    def test_what_is_no_answer_stays(self):
        self.stays_with(lambda: "CANCEL", lambda: True, lambda: 3, fail_with(ValueError()))
        *errors, (kind, _, _) = self.unhandled
        self.assertIs(kind, ValueError)
        for kind, error, _ in errors:
            self.assertIs(kind, TypeError)
            self.assertRegex(str(error), "Thr.QuitAnswer")
        self.expected_unhandled = 4

    def test_cancel(self):
        def act():
            self.manager.connect_after("quit_requested", lambda manager, data: data, cancel)
            self.manager.request_quit()

        cancel = Thr.QuitAnswer.CANCEL
        self.run_application(act)
        self.assertEqual(self.thread.finished_with, "EXCEPTION")

    def test_drain_later(self):
        asked = []

        def ask(manager):
            asked.append(True)
            GLib.idle_add(answer)
            return Thr.QuitAnswer.LATER

        def answer():
            self.assertFalse(self.manager.request_quit())  # it is not asked again
            self.manager.answer_quit(Thr.QuitAnswer.DRAIN)
            self.leave.open()

        def act():
            self.manager.connect("quit-requested", ask)
            self.manager.request_quit()

        self.run_application(act)
        self.assertEqual(asked, [True])
        self.assertEqual(self.thread.finished_with, "RETURNED")

    def test_later_is_no_answer(self):
        with self.assertRaisesRegex(ValueError, "LATER"):
            self.manager.answer_quit(Thr.QuitAnswer.LATER)

    def test_handlers_are_disconnected_by_their_function(self):
        def ask(manager):
            pass

        self.manager.connect("quit-requested", ask)
        self.assertEqual(self.manager.disconnect_by_func(ask), 1)
        with self.assertRaises(TypeError):
            self.manager.connect("quit-requested", 3)


if __name__ == "__main__":
    main()

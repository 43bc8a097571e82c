#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""test_jobs.py APPLICATION [TEST…] [--program COMMAND] [--pictures DIR]: the example
with a window, as its user has it.

APPLICATION is the library with the one in C, or the module with the one in Python;
COMMAND is how it is started. The pictures of the guide are written to DIR.
"""

import argparse
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

import gi

gi.require_version("Thr", "1.0")

from applications import maker  # noqa: E402
from driver import DEADLINE, Driver, Gtk, walk  # noqa: E402
from folder import NEEDLE, Folder  # noqa: E402
from gi.repository import Thr  # noqa: E402

options = argparse.Namespace()


class Rows:
    """The jobs, as the window shows them."""

    def __init__(self, driver):
        self.driver = driver

    def all(self):
        view = self.driver.find("jobs")
        rows = [w for w in walk(view) if type(w).__gtype__.name == "JobsRow"]
        return [row for row in rows if row.props.job is not None]

    def __getitem__(self, name):
        for row in self.all():
            if self.driver.find("name", row).get_label() == name:
                return row
        return None

    def names(self):
        return [self.driver.find("name", row).get_label() for row in self.all()]

    def state(self, name):
        return self[name] and self.driver.find("state", self[name]).get_tooltip_text()

    def message(self, name):
        return self.driver.find("message", self[name]).get_label()

    def button(self, name, which):
        return self.driver.find(which, self[name])


class JobsTest(unittest.TestCase):
    def setUp(self):
        temporary = tempfile.TemporaryDirectory()
        self.addCleanup(temporary.cleanup)
        self.folder = Folder(Path(temporary.name) / "Pictures")
        self.temporary = temporary.name

    def run_script(self, script, *arguments, folder=True):
        driver = Driver(options.make())
        driver.rows = Rows(driver)
        if folder:
            arguments = ["--folder", str(self.folder.path), "--search", NEEDLE, *arguments]
        try:
            self.assertEqual(driver.run(script, *arguments), 0)
        finally:
            for window in list(Gtk.Window.get_toplevels()):
                window.destroy()

    @staticmethod
    def at_rest(driver):
        """All is done, and the window says so."""
        return (
            driver.window is not None
            and driver.window.props.manager.props.n_running == 0
            and len(driver.window.props.manager.get_history()) > 0
            and not driver.window.props.manager.props.busy
            and driver.find("summary").get_label() == "Nothing is going on"
        )

    @staticmethod
    def turn_to(driver, title):
        """Clicks on the tab of a page of results."""
        for widget in walk(driver.window):
            label = widget.get_label() if isinstance(widget, Gtk.Label) else None
            if label and label.startswith(title + " ("):
                yield from driver.click(widget)
                return

    @staticmethod
    def texts(driver, view):
        """The texts of the rows of a list, each a list."""
        rows = [w for w in walk(driver.find(view)) if w.get_css_name() == "row"]
        texts = [[w.get_label() for w in walk(row) if isinstance(w, Gtk.Label)] for row in rows]
        return [labels for labels in texts if labels and labels[0]]

    # What it shows.

    def test_shows_what_was_computed(self):
        def script(driver):
            yield lambda: self.at_rest(driver)
            rows = driver.rows
            folders = [
                "Pictures" if name == "." else name for name in self.folder.folders()
            ]
            expected = ["Folders in Pictures"]
            for work in "Pictures in", "Checksums of", "Search in":
                expected += [f"{work} {folder}" for folder in folders]
            yield lambda: len(rows.names()) == len(expected)
            self.assertCountEqual(rows.names(), expected)
            self.assertEqual({rows.state(name) for name in expected}, {"Done"})
            self.assertEqual(rows.message("Folders in Pictures"), f"{len(folders)} folders")
            self.assertEqual(rows.message("Checksums of Letters"), "3 files")
            self.assertEqual(
                rows.message("Pictures in Holidays"), "3 files, 1 of them unreadable"
            )
            for name in expected:
                bar = driver.find("progress", rows[name])
                self.assertEqual(bar.get_fraction(), 1, name)
                self.assertFalse(rows.button(name, "cancel").get_sensitive())
                self.assertFalse(rows.button(name, "pause").get_sensitive())
            self.assertEqual(driver.find("total").get_fraction(), 1)

            shown = {}
            for row in walk(driver.find("pictures")):
                pictures = [w for w in walk(row) if isinstance(w, Gtk.Picture)]
                paintable = pictures[0].get_paintable() if pictures else None
                if row.get_css_name() == "child" and paintable is not None:
                    size = paintable.get_intrinsic_width(), paintable.get_intrinsic_height()
                    shown[pictures[0].get_alternative_text()] = size
            self.assertEqual(shown, dict(self.folder.pictures))

            yield from self.turn_to(driver, "Checksums")
            yield lambda: driver.find("checksum_list").get_mapped()
            sums = self.folder.checksums()
            yield lambda: len(self.texts(driver, "checksum_list")) == len(sums)
            self.assertEqual(dict(self.texts(driver, "checksum_list")), sums)

            yield from self.turn_to(driver, "Found")
            lines = self.folder.lines_with(NEEDLE)
            yield lambda: driver.find("found_list").get_mapped()
            yield lambda: len(self.texts(driver, "found_list")) == len(lines)
            self.assertEqual(dict(self.texts(driver, "found_list")), lines)

            # Another text.
            yield from driver.click(driver.find("text"))
            yield lambda: driver.window.get_focus() is not None
            driver.press("ctrl+a")
            driver.press("g", "u", "l", "l", "Return")
            lines = self.folder.lines_with("gull")
            yield lambda: dict(self.texts(driver, "found_list")) == lines and self.at_rest(driver)
            driver.press("ctrl+w")

        self.run_script(script)

    def test_nothing_at_first(self):
        def script(driver):
            yield lambda: driver.window
            self.assertEqual(driver.find("left").get_visible_child_name(), "empty")
            self.assertFalse(driver.find("save").get_sensitive())
            driver.window.close()

        self.run_script(script, folder=False)

    # What the user does.

    def test_cancel_by_clicking(self):
        self.folder.add_endless()
        name = "Checksums of Holidays"

        def script(driver):
            yield lambda: driver.window and driver.rows.state(name) == "Running"
            yield from driver.click(driver.rows.button(name, "cancel"))
            yield lambda: driver.rows.state(name) == "Cancelled"
            self.assertFalse(driver.rows.button(name, "cancel").get_sensitive())
            yield lambda: self.at_rest(driver)
            driver.window.close()

        self.run_script(script)

    def test_pause_by_clicking(self):
        self.folder.add_endless()
        name = "Checksums of Holidays"

        def script(driver):
            yield lambda: driver.window and driver.rows.state(name) == "Running"
            yield from driver.click(driver.rows.button(name, "pause"))
            yield lambda: driver.rows.state(name) == "Paused"
            self.assertEqual(driver.rows.button(name, "pause").get_tooltip_text(), "Resume")
            job = driver.rows[name].props.job
            paused_at = job.props.progress
            yield from driver.click(driver.rows.button(name, "pause"))
            yield lambda: driver.rows.state(name) == "Running" and job.props.progress > paused_at
            self.assertEqual(driver.rows.button(name, "pause").get_tooltip_text(), "Pause")
            yield from driver.click(driver.rows.button(name, "cancel"))
            yield lambda: self.at_rest(driver)
            driver.window.close()

        self.run_script(script)

    def test_filter_for_finished(self):
        self.folder.add_endless()
        name = "Checksums of Holidays"

        def script(driver):
            yield lambda: driver.window and driver.rows[name]
            yield lambda: driver.find("summary").get_label() == "1 running, 0 waiting"
            self.assertGreater(len(driver.rows.names()), 1)
            yield from driver.click(driver.find("show_finished"))
            yield lambda: driver.rows.names() == [name]
            yield from driver.click(driver.rows.button(name, "cancel"))
            yield lambda: driver.rows.names() == []
            yield from driver.click(driver.find("show_finished"))
            yield lambda: driver.rows[name]
            driver.window.close()

        self.run_script(script)

    def test_limit(self):
        for name in "Holidays", "Letters", "Holidays/Harbour", ".":
            self.folder.add_endless(f"{name}/video.mkv")

        def script(driver):
            yield lambda: driver.window
            limit, manager = driver.find("limit"), driver.window.props.manager
            summary = driver.find("summary")
            self.assertEqual(limit.get_value_as_int(), 10)
            yield lambda: summary.get_label() == "4 running, 0 waiting"

            # Down, while they run: what runs goes on, and what is new waits.
            yield from driver.click(limit)
            yield lambda: driver.window.get_focus() is not None
            driver.press("ctrl+a")
            driver.press("2", "Return")
            yield lambda: manager.props.thread_limit == 2
            yield from driver.click(driver.find("save"))
            yield lambda: summary.get_label() == "4 running, 1 waiting"
            self.assertEqual(driver.rows.state("Save SHA256SUMS"), "Waiting")

            # Up again: it begins.
            plus = [w for w in walk(limit) if isinstance(w, Gtk.Button)][-1]
            for wanted in 3, 4, 5:
                yield from driver.click(plus)
                yield lambda: manager.props.thread_limit == wanted
            yield lambda: driver.rows.state("Save SHA256SUMS") == "Done"
            yield from self.quit(driver, Thr.QuitAnswer.CANCEL)

        self.run_script(script)

    def test_keyboard(self):
        self.folder.add_endless()
        name = "Checksums of Holidays"

        def script(driver):
            yield lambda: driver.window
            yield lambda: driver.find("summary").get_label() == "1 running, 0 waiting"
            driver.press("ctrl+o")
            yield lambda: driver.dialog
            driver.press("Escape", window=driver.dialog)
            yield lambda: driver.dialog is None

            driver.press("alt+f")  # the filter
            yield lambda: driver.rows.names() == [name]
            driver.find("jobs").grab_focus()
            driver.press("Home")
            yield lambda: driver.find("jobs").get_model().get_selected_item() is not None
            driver.press("Return")
            yield lambda: driver.rows.state(name) == "Paused"
            driver.press("Return")
            yield lambda: driver.rows.state(name) == "Running"
            driver.press("alt+a")  # the limit
            yield lambda: driver.window.get_focus().is_ancestor(driver.find("limit"))
            driver.find("jobs").grab_focus()
            driver.press("Delete")
            yield lambda: driver.rows.names() == []
            driver.press("ctrl+p")
            yield lambda: driver.find("pause_all").get_active()
            self.assertTrue(driver.window.props.manager.props.paused)

            # Everything that can be clicked can be reached with the Tab key, too.
            reached = set()
            focus = None
            for _ in range(60):
                driver.press("Tab")
                yield lambda: driver.window.get_focus() is not focus
                focus = driver.window.get_focus()
                reached.add(focus)
            for button in "open", "pause_all", "show_finished", "limit":
                widget = driver.find(button)
                self.assertTrue(
                    any(w is widget or w.is_ancestor(widget) for w in reached), button
                )
            driver.press("ctrl+q")

        self.run_script(script)

    # Closing it.

    @staticmethod
    def destroy(window):
        window.destroy()
        if options.application.endswith(".py"):
            # Python frees it sometime.
            window.run_dispose()

    @staticmethod
    def quit(driver, answer):
        driver.press("ctrl+q")
        yield lambda: driver.dialog
        yield from driver.click(driver.dialog.get_widget_for_response(answer))

    def test_stay(self):
        self.folder.add_endless()

        def script(driver):
            yield lambda: driver.window and driver.rows.state("Checksums of Holidays") == "Running"
            yield from self.quit(driver, Thr.QuitAnswer.STAY)
            yield lambda: driver.dialog is None
            driver.press("ctrl+q")
            yield lambda: driver.dialog
            driver.press("Escape", window=driver.dialog)
            yield lambda: driver.dialog is None
            self.assertEqual(driver.rows.state("Checksums of Holidays"), "Running")
            # It takes new jobs.
            yield from driver.click(driver.find("save"))
            yield lambda: driver.rows.state("Save SHA256SUMS") == "Done"
            yield from self.quit(driver, Thr.QuitAnswer.CANCEL)

        self.run_script(script)

    def test_cancel_and_quit(self):
        self.folder.add_endless()
        jobs = []

        def script(driver):
            yield lambda: driver.window and driver.rows.state("Checksums of Holidays") == "Running"
            jobs.append(driver.rows["Checksums of Holidays"].props.job)
            yield from self.quit(driver, Thr.QuitAnswer.CANCEL)

        self.run_script(script)
        self.assertTrue(jobs[0].props.finished)
        self.assertEqual(jobs[0].props.finished_with, Thr.ExecutionState.EXCEPTION)

    def test_finish_and_quit(self):
        self.folder.add_endless()
        name = "Save SHA256SUMS"
        jobs = []

        def script(driver):
            yield lambda: driver.window
            yield lambda: driver.find("summary").get_label() == "1 running, 0 waiting"
            manager = driver.window.props.manager
            # One job that waits, and is held; what would have no end is cancelled.
            driver.press("ctrl+p")
            yield lambda: manager.props.paused
            yield from driver.click(driver.find("save"))
            yield lambda: driver.rows.state(name) == "Waiting"
            yield from driver.click(driver.rows.button("Checksums of Holidays", "cancel"))
            yield lambda: driver.find("summary").get_label() == "0 running, 1 waiting"
            jobs.append(driver.rows[name].props.job)
            yield from self.quit(driver, Thr.QuitAnswer.DRAIN)
            yield lambda: driver.dialog is None
            self.assertEqual(driver.rows.state(name), "Waiting")
            driver.press("ctrl+p")

        self.run_script(script)
        self.assertEqual(jobs[0].props.finished_with, Thr.ExecutionState.RETURNED)
        self.assertTrue((self.folder.path / "SHA256SUMS").exists())

    def test_window_goes(self):
        """Not closed by the user, but destroyed: its jobs end with it."""
        self.folder.add_endless()
        jobs = []

        def script(driver):
            yield lambda: driver.window and driver.rows.state("Checksums of Holidays") == "Running"
            jobs.append(driver.rows["Checksums of Holidays"].props.job)
            self.destroy(driver.window)

        self.run_script(script)
        self.assertTrue(jobs[0].props.finished)
        self.assertEqual(jobs[0].props.finished_with, Thr.ExecutionState.EXCEPTION)

    def test_window_goes_with_its_chooser(self):
        def script(driver):
            yield lambda: driver.window
            driver.press("ctrl+o")
            yield lambda: driver.dialog
            chooser = driver.dialog
            # Once more is not another one.
            driver.window.activate_action("win.open", None)
            self.assertEqual([w for w in driver.windows() if isinstance(w, Gtk.Dialog)], [chooser])
            self.destroy(driver.window)
            yield lambda: chooser not in list(Gtk.Window.get_toplevels())

        self.run_script(script, folder=False)

    # What it asks.

    def test_question(self):
        self.folder.write("SHA256SUMS", "as it was")
        path = self.folder.path / "SHA256SUMS"

        def ask(driver):
            driver.press("ctrl+s")
            yield lambda: driver.dialog
            self.assertIn("SHA256SUMS", driver.dialog.props.text)
            # The window lives meanwhile.
            yield lambda: driver.find("summary").get_label() == "1 running, 0 waiting"

        def answer(driver, response, state):
            yield from driver.click(driver.dialog.get_widget_for_response(response))
            yield lambda: driver.dialog is None and self.at_rest(driver)
            yield lambda: driver.rows.state("Save SHA256SUMS") == state

        def script(driver):
            yield lambda: self.at_rest(driver)
            sums = self.folder.checksums()

            yield from ask(driver)
            yield from answer(driver, Gtk.ResponseType.CANCEL, "Cancelled")
            self.assertEqual(path.read_text(), "as it was")

            # A job that is cancelled takes its question with it.
            yield from ask(driver)
            for job in driver.window.props.manager:
                job.cancel()
            yield lambda: driver.dialog is None and self.at_rest(driver)
            self.assertEqual(path.read_text(), "as it was")

            yield from ask(driver)
            yield from driver.click(
                driver.dialog.get_widget_for_response(Gtk.ResponseType.ACCEPT)
            )
            yield lambda: driver.dialog is None and self.at_rest(driver)
            written = dict(line.split("  ", 1)[::-1] for line in path.read_text().splitlines())
            self.assertEqual(written, sums)

            # A window that goes takes it, too.
            yield from ask(driver)
            self.destroy(driver.window)

        self.run_script(script)

    # How it looks.

    def test_pictures(self):
        directory = Path(options.pictures or self.temporary)
        directory.mkdir(exist_ok=True)
        self.folder = Folder(Path(self.temporary) / "Harbour" / "Pictures", 16)
        self.folder.add_endless(size=1 << 36)
        self.folder.write("SHA256SUMS", "as it was")

        def script(driver):
            yield lambda: driver.window and driver.rows.state("Checksums of Holidays") == "Running"
            yield lambda: driver.find("summary").get_label() == "1 running, 0 waiting"
            time = driver.find("time", driver.rows["Checksums of Holidays"])
            yield lambda: "left" in (time.get_label() or "")
            running = yield from driver.screenshot(directory / "jobs-running.png", driver.window)

            driver.press("ctrl+s")
            yield lambda: driver.dialog
            yield lambda: driver.find("summary").get_label() == "2 running, 0 waiting"
            question = yield from driver.screenshot(
                directory / "jobs-question.png", driver.window, driver.dialog
            )
            yield from driver.click(
                driver.dialog.get_widget_for_response(Gtk.ResponseType.CANCEL)
            )
            yield lambda: driver.dialog is None
            yield from driver.click(driver.rows.button("Checksums of Holidays", "cancel"))
            yield lambda: self.at_rest(driver)
            done = yield from driver.screenshot(directory / "jobs-done.png", driver.window)

            settings = Gtk.Settings.get_default()
            settings.props.gtk_application_prefer_dark_theme = True
            clock = driver.window.get_frame_clock()
            before = clock.get_frame_counter()
            yield lambda: clock.get_frame_counter() > before + 1
            dark = yield from driver.screenshot(
                Path(self.temporary) / "jobs-dark.png", driver.window
            )
            settings.props.gtk_application_prefer_dark_theme = False

            self.assertNotEqual(question.counts, running.counts)
            for picture in running, question, done, dark:
                self.assertEqual(picture.size, running.size)
                self.assertGreater(picture.n_colours, 2000)
                self.assertLess(picture.background, 0.8)
            self.assertGreater(running.size[0], 900)
            self.assertGreater(done.brightness, 0.7)
            self.assertLess(dark.brightness, 0.4)
            driver.window.close()

        self.run_script(script)

    def test_accessible(self):
        """What has no text to be read has a name."""
        self.folder.add_endless()
        named = Gtk.AccessibleProperty.LABEL, Gtk.AccessibleRelation.LABELLED_BY

        def has_name(widget):
            return (
                Gtk.test_accessible_has_property(widget, named[0])
                or Gtk.test_accessible_has_relation(widget, named[1])
                or widget.get_tooltip_text()
                or any(isinstance(w, Gtk.Label) and w.get_label() for w in walk(widget))
            )

        def script(driver):
            yield lambda: driver.window and driver.rows.state("Checksums of Holidays") == "Running"
            kinds = Gtk.Button, Gtk.CheckButton, Gtk.ProgressBar, Gtk.SpinButton, Gtk.SearchEntry
            kinds += Gtk.ListView, Gtk.GridView
            seen = set()
            for widget in walk(driver.window):
                parts_of_others = widget.get_ancestor(Gtk.SpinButton) or widget.get_ancestor(
                    Gtk.WindowControls
                )
                if isinstance(widget, kinds) and (
                    not parts_of_others or widget is parts_of_others
                ):
                    self.assertTrue(has_name(widget), (widget, widget.get_buildable_id()))
                    seen.add(type(widget))
            self.assertLessEqual(set(kinds), seen)
            row = driver.rows["Checksums of Holidays"]
            for which in "pause", "cancel":
                button = driver.find(which, row)
                self.assertEqual(button.get_accessible_role(), Gtk.AccessibleRole.BUTTON)
                self.assertTrue(
                    Gtk.test_accessible_has_relation(button, Gtk.AccessibleRelation.DESCRIBED_BY)
                )
            yield from self.quit(driver, Thr.QuitAnswer.CANCEL)

        self.run_script(script)

    # As it is started.

    def test_unattended(self):
        if not options.program:
            self.skipTest("no --program was given")
        arguments = "--folder", self.folder.path, "--search", NEEDLE, "--quit-when-done"
        ended = subprocess.run(
            [*options.program, *arguments],
            timeout=DEADLINE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
        )
        self.assertEqual((ended.returncode, ended.stdout), (0, ""))


def main():
    parser = argparse.ArgumentParser(description=__doc__.split(": ")[1])
    parser.add_argument("application")
    parser.add_argument("tests", nargs="*")
    parser.add_argument("--program", type=str.split, default=[])
    parser.add_argument("--pictures", default=None)
    parser.parse_args(namespace=options)
    options.make = maker(options.application)
    unittest.main(argv=[sys.argv[0], "--verbose", *options.tests])


if __name__ == "__main__":
    main()

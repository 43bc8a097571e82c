#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Works on the files of a folder, as many jobs, in a window: the same as
examples/gtk/jobs, and with its descriptions of the widgets."""

import hashlib
import mimetypes
import os
import sys
from pathlib import Path

import gi

gi.require_version("Gdk", "4.0")
gi.require_version("GdkPixbuf", "2.0")
gi.require_version("Gtk", "4.0")
gi.require_version("Thr", "1.0")
from gi.repository import Gdk, GdkPixbuf, Gio, GLib, GObject, Gtk, Thr  # noqa: E402

UI = Path(__file__).resolve().parent.parent / "gtk" / "jobs"
KEEP_FINISHED = 1000


class Result(GObject.Object):
    """What a job found out about a file."""

    __gtype_name__ = "JobsResult"

    name = GObject.Property(type=str)
    text = GObject.Property(type=str)
    picture = GObject.Property(type=Gdk.Paintable)


# ---- in the threads of jobs ----


def on_each_file(work):
    """Makes a job of what is to be done with one file: a generator of results."""

    def job(thread, root, folder, *args):
        files = [entry for entry in os.scandir(folder) if entry.is_file(follow_symlinks=False)]
        files.sort(key=lambda entry: entry.name)
        total = sum(entry.stat().st_size for entry in files)
        begun = n_unreadable = 0

        def advance(done):
            if total > 0:
                thread.progress = min((begun + done) / total, 1)
            thread.checkpoint()

        for entry in files:
            thread.message = entry.name
            advance(0)
            try:
                for name, text, picture in work(entry.path, advance, *args):
                    name = os.path.relpath(entry.path, root) + name
                    thread.emit_item(Result(name=name, text=text, picture=picture))
            except (OSError, GLib.Error):
                thread.checkpoint()
                n_unreadable += 1
            begun += entry.stat().st_size
        thread.progress = 1
        unreadable = f", {n_unreadable} of them unreadable" if n_unreadable else ""
        thread.message = f"{len(files)} files{unreadable}"

    return job


@on_each_file
def make_checksums(path, advance):
    sha256 = hashlib.sha256()
    with open(path, "rb", buffering=0) as file:
        while piece := file.read(1 << 18):
            sha256.update(piece)
            advance(file.tell())
    yield "", sha256.hexdigest(), None


@on_each_file
def make_thumbnails(path, advance):
    if (mimetypes.guess_type(path)[0] or "").startswith("image/"):
        pixbuf = GdkPixbuf.Pixbuf.new_from_file_at_scale(path, 96, 96, True)
        yield "", None, Gdk.Texture.new_for_pixbuf(pixbuf.apply_embedded_orientation())


@on_each_file
def search(path, advance, text):
    with open(path, "rb") as file:
        if b"\0" in file.peek():
            return
        for number, line in enumerate(file, 1):
            if text.encode() in line:
                yield f":{number}", line.decode(errors="replace").strip()[:200], None
            advance(file.tell())


def find_folders(thread, root):
    n_folders = 0
    for folder, below, files in os.walk(root):
        thread.checkpoint()
        below[:] = sorted(name for name in below if not name.startswith("."))
        thread.emit_item(Gio.File.new_for_path(folder))
        n_folders += 1
    thread.progress = 1
    thread.message = f"{n_folders} folders"


def save(thread, path, contents, ask):
    if path.exists() and not thread.invoke_sync(ask):
        thread.cancel()
        thread.checkpoint()
    path.write_text(contents)
    thread.progress = 1
    thread.message = "Written"


# The kinds of work: the page of what comes of it, its name, and the job.
WORKS = {
    "thumbnails": ("Pictures in", make_thumbnails),
    "checksums": ("Checksums of", make_checksums),
    "found": ("Search in", search),
}


# ---- in the main thread ----


@Gtk.Template(filename=str(UI / "jobs-row.ui"))
class Row(Gtk.Box):
    """A job, as the list shows it."""

    __gtype_name__ = "JobsRow"

    job = GObject.Property(type=Thr.ThreadWrapper)

    def find_state(self, state, finished_with, failure, paused):
        if finished_with == "RETURNED":
            return "object-select-symbolic", "Done"
        if finished_with == "EXCEPTION":
            if failure.matches(Gio.io_error_quark(), Gio.IOErrorEnum.CANCELLED):
                return "process-stop-symbolic", "Cancelled"
            return "dialog-warning-symbolic", "Failed"
        if paused:
            return "media-playback-pause-symbolic", "Paused"
        if state == "CREATED":
            return "content-loading-symbolic", "Waiting"
        return "media-playback-start-symbolic", "Running"

    @Gtk.Template.Callback()
    def state_icon(self, row, *state):
        return self.find_state(*state)[0]

    @Gtk.Template.Callback()
    def state_name(self, row, *state):
        return self.find_state(*state)[1]

    @Gtk.Template.Callback()
    def fraction_of(self, widget, progress):
        return max(progress, 0)

    @Gtk.Template.Callback()
    def time_left(self, row, fraction_text, remaining, finished):
        seconds = -(-remaining // 1_000_000)
        if finished:
            return None
        if remaining < 0:
            return fraction_text
        if seconds < 60:
            return f"{fraction_text}, {seconds} s left"
        return f"{fraction_text}, {min(-(-seconds // 60), 999)} min left"

    @Gtk.Template.Callback()
    def is_under_way(self, row, finished):
        return not finished

    @Gtk.Template.Callback()
    def what_it_says(self, row, message, failure):
        return failure.message if failure is not None else message

    @Gtk.Template.Callback()
    def pause_icon(self, row, paused):
        return f"media-playback-{'start' if paused else 'pause'}-symbolic"

    @Gtk.Template.Callback()
    def pause_name(self, row, paused):
        return "Resume" if paused else "Pause"

    @Gtk.Template.Callback()
    def pause_clicked(self, button):
        toggle(self.job)

    @Gtk.Template.Callback()
    def cancel_clicked(self, button):
        self.job.cancel()


def toggle(job):
    if job.paused:
        job.resume()
    else:
        job.pause()


@Gtk.Template(filename=str(UI / "jobs-window.ui"))
class Window(Gtk.ApplicationWindow):
    """What is going on, what came of it, and what to do about it."""

    __gtype_name__ = "JobsWindow"

    manager = GObject.Property(type=Thr.ThreadManager)

    subtitle, left, selection, shown, unfinished = (Gtk.Template.Child() for _ in range(5))
    limit, text, thumbnails, checksums, found = (Gtk.Template.Child() for _ in range(5))

    def __init__(self, application, manager):
        super().__init__(application=application, manager=manager)
        self.root, self.folders, self.chooser = Path(), None, None
        self.results = {tag: Gio.ListStore(item_type=Gio.ListModel) for tag in WORKS}
        for tag, lists in self.results.items():
            getattr(self, tag).set_model(lists)

        for name in "open", "save", "cancel":
            action = Gio.SimpleAction(name=name, enabled=name != "save")
            action.connect("activate", getattr(self, f"{name}_activated"))
            self.add_action(action)
        self.add_action(Gio.PropertyAction.new("pause-all", manager, "paused"))

        both_ways = GObject.BindingFlags.BIDIRECTIONAL | GObject.BindingFlags.SYNC_CREATE
        self.connect("destroy", self.destroyed)
        manager.connect("quit-requested", self.quit_requested)
        manager.get_history().connect("items-changed", self.history_changed)
        manager.bind_property("thread-limit", self.limit, "value", both_ways)

    # Jobs.

    def begin(self, name, tag, function, *args):
        """A job of this window: whatever becomes of it, it is over when that goes."""
        job = Thr.ThreadWrapper(function, args, name=name)
        job.set_tags([tag])
        job.bind_to(self)
        try:
            self.manager.submit(job)
        except Thr.Error as error:
            self.subtitle.set_label(error.message)
        return job.get_items()

    def begin_work(self, tag, folder):
        title, function = WORKS[tag]
        path = os.path.relpath(folder.get_path(), self.root)
        args = [self.text.get_text()] if tag == "found" else []
        name = f"{title} {self.root.name if path == '.' else path}"
        items = self.begin(name, tag, function, self.root, folder.get_path(), *args)
        self.results[tag].append(items)

    def cancel_all(self, tag=None):
        for job in self.manager:
            if tag is None or job.has_tag(tag):
                job.cancel()

    def open(self, root):
        """Works on all folders in it, as soon as they are found."""
        self.root = root
        self.subtitle.set_label(root.name)
        self.subtitle.set_tooltip_text(str(root))
        self.subtitle.set_visible(True)
        self.left.set_visible_child_name("jobs")
        self.lookup_action("save").set_enabled(True)
        self.cancel_all()
        for lists in self.results.values():
            lists.remove_all()
        self.folders = self.begin(f"Folders in {root.name}", "folders", find_folders, root)
        self.folders.connect("items-changed", self.folders_found)

    def folders_found(self, folders, position, n_removed, n_added):
        if folders is self.folders:
            for i in range(position, position + n_added):
                for tag in WORKS:
                    self.begin_work(tag, folders[i])

    def search(self, text):
        """Searches the folders for another text."""
        self.text.set_text(text)
        self.cancel_all("found")
        self.results["found"].remove_all()
        for folder in self.folders or ():
            self.begin_work("found", folder)

    # What it shows.

    @Gtk.Template.Callback()
    def summary_of(self, window, n_running, n_queued):
        if n_running + n_queued == 0:
            return "Nothing is going on"
        return f"{n_running} running, {n_queued} waiting"

    @Gtk.Template.Callback()
    def fraction_of(self, widget, progress):
        return max(progress, 0)

    @Gtk.Template.Callback()
    def counted(self, page, title, n_items):
        return f"{title} ({n_items})"

    def history_changed(self, history, position, n_removed, n_added):
        # A filter does not see by itself what becomes of those that it lets through.
        self.unfinished.changed(Gtk.FilterChange.MORE_STRICT)
        # GTK would leave the keys to a row that is no longer there.
        focus = self.get_focus()
        if focus is not None and not focus.get_mapped():
            self.set_focus(None)

    # What the user does.

    def open_activated(self, action, parameter):
        if self.chooser is None:
            self.chooser = Gtk.FileChooserNative(
                title="Open Folder",
                transient_for=self,
                modal=True,
                action=Gtk.FileChooserAction.SELECT_FOLDER,
            )
            self.chooser.connect("response", self.folder_chosen)
        self.chooser.show()

    def folder_chosen(self, chooser, response):
        if response == Gtk.ResponseType.ACCEPT:
            self.open(Path(chooser.get_file().get_path()))
        self.chooser = None

    def destroyed(self, window):
        """No window holds such a dialog: it goes with the answer, or here."""
        self.chooser = None

    def save_activated(self, action, parameter):
        path = self.root / "SHA256SUMS"
        contents = "".join(f"{result.text}  {result.name}\n" for result in self.checksums)
        self.begin(f"Save {path.name}", "save", save, path, contents, self.ask)

    def cancel_activated(self, action, parameter):
        job = self.selection.get_selected_item()
        if job is not None:
            job.cancel()

    @Gtk.Template.Callback()
    def job_activated(self, view, position):
        toggle(self.selection[position])

    @Gtk.Template.Callback()
    def search_activated(self, text):
        self.search(text.get_text())

    @Gtk.Template.Callback()
    def show_finished_toggled(self, button):
        self.shown.set_filter(None if button.get_active() else self.unfinished)

    # What it asks.

    def dialog(self, text, detail, *buttons):
        dialog = Gtk.MessageDialog(
            transient_for=self,
            modal=True,
            destroy_with_parent=True,
            message_type=Gtk.MessageType.QUESTION,
            text=text,
            secondary_text=detail,
        )
        dialog.add_buttons(*buttons)
        return dialog

    def ask(self, thread):
        """Called in the main thread; the job waits, and the window goes on."""
        answers = []
        loop = GLib.MainLoop()
        dialog = self.dialog(
            "Overwrite “SHA256SUMS”?",
            "The folder has a file of that name already. What it holds is lost then.",
            "_Keep", Gtk.ResponseType.CANCEL, "_Overwrite", Gtk.ResponseType.ACCEPT,
        )
        dialog.set_default_response(Gtk.ResponseType.CANCEL)
        overwrite = dialog.get_widget_for_response(Gtk.ResponseType.ACCEPT)
        overwrite.add_css_class("destructive-action")

        def responded(dialog, response):
            answers.append(response)
            loop.quit()

        dialog.connect("response", responded)
        dialog.connect("destroy", lambda dialog: loop.quit())
        cancelled = thread.cancellable.connect(loop.quit)
        dialog.present()
        if not thread.cancellable.is_cancelled():
            loop.run()
        thread.cancellable.disconnect(cancelled)
        dialog.destroy()
        return answers == [Gtk.ResponseType.ACCEPT]

    @Gtk.Template.Callback()
    def close_requested(self, window):
        return not self.manager.request_quit()

    def quit_requested(self, manager):
        dialog = self.dialog(
            "There is work going on",
            "Jobs that are cancelled have to begin anew another time.",
            "_Stay", Thr.QuitAnswer.STAY,
            "_Finish First", Thr.QuitAnswer.DRAIN,
            "_Cancel All", Thr.QuitAnswer.CANCEL,
        )
        dialog.set_default_response(Thr.QuitAnswer.STAY)

        def answered(dialog, response):
            dialog.destroy()
            # The responses are the answers themselves.
            manager.answer_quit(Thr.QuitAnswer(max(response, Thr.QuitAnswer.STAY)))

        dialog.connect("response", answered)
        dialog.present()
        return Thr.QuitAnswer.LATER


class Application(Gtk.Application):
    __gtype_name__ = "JobsApplication"

    def __init__(self):
        super().__init__(
            application_id="org.example.Jobs", flags=Gio.ApplicationFlags.NON_UNIQUE
        )
        for name, kind, description, value in (
            ("folder", GLib.OptionArg.FILENAME, "Begin with this folder", "DIR"),
            ("search", GLib.OptionArg.STRING, "Search it for this text", "TEXT"),
            ("quit-when-done", GLib.OptionArg.NONE, "Quit when all of it is done", None),
        ):
            self.add_main_option(
                name, ord(name[0]), GLib.OptionFlags.NONE, kind, description, value
            )
        self.folder = self.text = None

    def do_handle_local_options(self, options):
        options = options.end().unpack()
        if "folder" in options:
            self.folder = Path(os.fsdecode(bytes(options["folder"]).rstrip(b"\0"))).resolve()
        self.text = options.get("search")
        self.quit_when_done = "quit-when-done" in options
        return -1

    def do_startup(self):
        Gtk.Application.do_startup(self)
        self.manager = Thr.ThreadManager(keep_finished=KEEP_FINISHED)
        self.manager.attach_application(self)
        if self.quit_when_done:
            self.manager.connect("notify::busy", lambda manager, _: manager.busy or self.quit())

    def do_activate(self):
        window = Window(self, self.manager)
        if self.text is not None:
            window.search(self.text)
        if self.folder is not None:
            window.open(self.folder)
        window.present()


if __name__ == "__main__":
    GLib.set_application_name("Jobs")
    sys.exit(Application().run(sys.argv))

# SPDX-License-Identifier: LGPL-2.1-or-later
"""Runs an application with a window, and does in it what a user does."""

import ctypes
import os
import subprocess
import time
import traceback

import gi

gi.require_version("GdkPixbuf", "2.0")
gi.require_version("GdkX11", "4.0")
gi.require_version("Graphene", "1.0")
gi.require_version("Gtk", "4.0")
from gi.repository import GdkPixbuf, GdkX11, GLib, Graphene, Gtk  # noqa: E402, F401

DEADLINE = int(os.environ.get("THR_TEST_DEADLINE", 60))  # seconds
LOOK_EVERY = 4  # milliseconds


class Driver:
    """A script is a generator. It yields conditions, functions that say whether they
    hold, and goes on when they do: the application runs its own main loop."""

    def __init__(self, application):
        self.application = application
        self.failure = None
        self.ended = False

    def run(self, script, *arguments):
        steps = script(self)
        condition, late = None, time.monotonic() + DEADLINE

        def look():
            nonlocal condition, late
            try:
                if condition is not None and not condition():
                    if time.monotonic() > late:
                        raise AssertionError(f"line {where(steps)} waits for what does not come")
                    return GLib.SOURCE_CONTINUE
                condition = next(steps)
                late = time.monotonic() + DEADLINE
                return GLib.SOURCE_CONTINUE
            except StopIteration:
                self.ended = True
            except BaseException as failure:
                self.failure = failure
                traceback.print_exc()
                # A question has a main loop of its own.
                for window in self.windows():
                    window.destroy()
                self.application.quit()
            return GLib.SOURCE_REMOVE

        source = GLib.timeout_add(LOOK_EVERY, look, priority=GLib.PRIORITY_HIGH)
        status = self.application.run(["jobs", *arguments])
        if self.failure is not None:
            raise self.failure
        if not self.ended:
            GLib.source_remove(source)
            if condition is None or not condition():
                raise AssertionError(f"it quit before line {where(steps)}")
            for _ in steps:
                raise AssertionError(f"it quit before line {where(steps)}")
        return status

    # What there is.

    @property
    def window(self):
        windows = [w for w in self.windows() if isinstance(w, Gtk.ApplicationWindow)]
        return windows[0] if windows else None

    @staticmethod
    def windows():
        return [w for w in Gtk.Window.get_toplevels() if w.get_mapped()]

    @property
    def dialog(self):
        dialogs = [w for w in self.windows() if isinstance(w, Gtk.Dialog)]
        return dialogs[0] if dialogs else None

    def find(self, name, within=None):
        """The widget that the description calls so."""
        for widget in walk(within or self.window):
            if widget.get_buildable_id() == name:
                return widget
        raise AssertionError(f"there is no {name}")

    # What a user does.

    def click(self, widget):
        """In a script: yield from this."""
        native = widget.get_native()

        def in_reach():
            self.at = widget.translate_coordinates(
                native, widget.get_width() / 2, widget.get_height() / 2
            )
            under = self.at and native.pick(*self.at, Gtk.PickFlags.DEFAULT)
            return under and (under == widget or under.is_ancestor(widget))

        yield in_reach
        place = [str(round(sum(xy))) for xy in zip(self.at, native.get_surface_transform())]
        xdotool("mousemove", "--window", xid(native), *place, "click", "1")

    def press(self, *keys, window=None):
        xdotool("windowfocus", "--sync", xid(window or self.window), "key", *keys)

    # What a user sees.

    def screenshot(self, path, *windows):
        """A picture of the first window, with the others in its middle, in a script:
        picture = yield from this."""
        drawings = [Gtk.WidgetPaintable(widget=window) for window in windows]

        def drawn():
            sizes = [(d.get_intrinsic_width(), d.get_intrinsic_height()) for d in drawings]
            snapshot = Gtk.Snapshot()
            for drawing, (width, height) in zip(drawings, sizes):
                if not has_content(drawing, width, height):
                    return False
                place = Graphene.Point()
                place.init((sizes[0][0] - width) // 2, (sizes[0][1] - height) // 2)
                snapshot.save()
                snapshot.translate(place)
                drawing.snapshot(snapshot, width, height)
                snapshot.restore()
            save(windows[0].get_renderer(), snapshot, (0, 0, *sizes[0]), path)
            return True

        yield drawn
        return Picture(path)


class Picture:
    """What can be said of a picture without looking at it."""

    def __init__(self, path):
        pixbuf = GdkPixbuf.Pixbuf.new_from_file(str(path))
        self.size = pixbuf.get_width(), pixbuf.get_height()
        pixels = pixbuf.get_pixels()
        depth, stride = pixbuf.get_n_channels(), pixbuf.get_rowstride()
        counts = {}
        for y in range(self.size[1]):
            row = pixels[y * stride : y * stride + self.size[0] * depth]
            for x in range(0, len(row), depth):
                colour = row[x : x + 3]
                counts[colour] = counts.get(colour, 0) + 1
        self.counts = counts
        self.n_colours = len(counts)
        self.brightness = sum(sum(c) * n for c, n in counts.items()) / sum(counts.values()) / 765
        self.background = max(counts.values()) / (self.size[0] * self.size[1])


def walk(widget):
    yield widget
    child = widget.get_first_child()
    while child is not None:
        yield from walk(child)
        child = child.get_next_sibling()


def where(generator):
    while generator.gi_yieldfrom is not None:
        generator = generator.gi_yieldfrom
    return generator.gi_frame.f_lineno if generator.gi_frame is not None else "the last"


# What Python cannot do by itself, as it has no render nodes.


def take_node(snapshot):
    gtk = ctypes.CDLL("libgtk-4.so.1")
    gtk.gtk_snapshot_to_node.restype = gtk.gsk_renderer_render_texture.restype = ctypes.c_void_p
    return gtk, ctypes.c_void_p(gtk.gtk_snapshot_to_node(ctypes.c_void_p(hash(snapshot))))


def has_content(drawing, width, height):
    """Not so while the window is about to be drawn anew."""
    snapshot = Gtk.Snapshot()
    drawing.snapshot(snapshot, width, height)
    gtk, node = take_node(snapshot)
    if node:
        gtk.gsk_render_node_unref(node)
    return bool(node)


def save(renderer, snapshot, area, path):
    gtk, node = take_node(snapshot)
    area = (ctypes.c_float * 4)(*area)
    texture = gtk.gsk_renderer_render_texture(ctypes.c_void_p(hash(renderer)), node, area)
    texture = ctypes.c_void_p(texture)
    saved = gtk.gdk_texture_save_to_png(texture, str(path).encode())
    gtk.g_object_unref(texture)
    gtk.gsk_render_node_unref(node)
    if not saved:
        raise OSError(f"{path} could not be written")


def xid(window):
    return str(window.get_surface().get_xid())


def xdotool(*arguments):
    subprocess.run(["xdotool", *arguments], check=True, timeout=DEADLINE)

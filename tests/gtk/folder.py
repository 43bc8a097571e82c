# SPDX-License-Identifier: LGPL-2.1-or-later
"""Folders of files for the tests, and what is to be found out about them."""

import hashlib
import math
import os
from pathlib import Path

import gi

gi.require_version("GdkPixbuf", "2.0")
from gi.repository import GdkPixbuf, GLib  # noqa: E402

NEEDLE = "lighthouse"
SIZE = 96
POEM = [
    "The harbour sleeps, the boats are in,",
    "the lighthouse counts the hours.",
    "A gull walks up and down the quay",
    "and no one keeps the lighthouse but the sea.",
]


def make_picture(path, hue, width=480, height=320):
    """A sky, a sun, and waves, in one of all the colours there are."""

    def shade(turn, light):
        return bytes(
            int(255 * light * (0.6 + 0.4 * math.cos(2 * math.pi * (hue + turn + third / 3))))
            for third in range(3)
        )

    rows = []
    columns = [math.sin(x / width * 14 + hue * 9) * height / 30 for x in range(width)]
    sky = [shade(0, 0.55 + 0.45 * y / height) for y in range(height)]
    sea = [shade(0.45, 0.8 - 0.4 * y / height) for y in range(height)]
    sun = shade(0.1, 1)
    for y in range(height):
        row = bytearray()
        for x in range(width):
            if y > height * 0.65 + columns[x]:
                row += sea[y]
            elif math.hypot(x - width * (0.2 + 0.6 * hue), y - height * 0.3) < height / 7:
                row += sun
            else:
                row += sky[y]
        rows.append(bytes(row))
    pixels = GLib.Bytes.new(b"".join(rows))
    pixbuf = GdkPixbuf.Pixbuf.new_from_bytes(
        pixels, GdkPixbuf.Colorspace.RGB, False, 8, width, height, width * 3
    )
    pixbuf.savev(str(path), "png", [], [])


class Folder:
    """A folder with texts, pictures, what looks like one, and what is none."""

    def __init__(self, path, n_pictures=4):
        self.path = Path(path)
        self.pictures = []
        for name in "Holidays", "Holidays/Harbour", "Letters", ".cache":
            (self.path / name).mkdir(parents=True)
        for i in range(n_pictures):
            folder = "Holidays" if i % 2 else "Holidays/Harbour"
            size = (480, 320) if i % 3 else (240, 400)
            name = f"{folder}/evening-{i + 1:02}.png"
            make_picture(self.path / name, i / n_pictures, *size)
            scale = SIZE / max(size)
            self.pictures.append((name, (round(size[0] * scale), round(size[1] * scale))))
        self.pictures.sort()
        self.write("Letters/poem.txt", "\n".join(POEM) + "\n")
        self.write("Letters/latin.txt", f"caf\xe9 at the {NEEDLE}\n".encode("latin-1"))
        self.write("Letters/empty.txt", "")
        self.write("notes.txt", f"no newline after {NEEDLE}")
        self.write("data.bin", bytes(range(256)) * 1000 + NEEDLE.encode())
        self.write("Holidays/broken.png", b"\x89PNG\r\n\x1a\nno picture")
        self.write(".cache/hidden.txt", NEEDLE)

    def write(self, name, contents):
        if isinstance(contents, str):
            contents = contents.encode()
        (self.path / name).write_bytes(contents)

    def add_endless(self, name="Holidays/video.mkv", size=1 << 42):
        """A file that takes no room, and that nobody ever has read to its end."""
        (self.path / name).touch()
        os.truncate(self.path / name, size)

    def folders(self):
        return sorted(
            str(path.relative_to(self.path))
            for path in [self.path, *self.path.rglob("*")]
            if path.is_dir() and ".cache" not in path.parts
        )

    def files(self):
        return sorted(
            str(path.relative_to(self.path))
            for path in self.path.rglob("*")
            if path.is_file() and ".cache" not in path.parts
        )

    def checksums(self):
        return {
            name: hashlib.sha256((self.path / name).read_bytes()).hexdigest()
            for name in self.files()
        }

    def lines_with(self, text):
        found = {}
        for name in self.files():
            contents = (self.path / name).read_bytes()
            if b"\0" in contents:
                continue
            for number, line in enumerate(contents.split(b"\n"), 1):
                if text.encode() in line:
                    found[f"{name}:{number}"] = line.decode(errors="replace").strip()
        return found

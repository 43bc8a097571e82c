#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""with-display.py COMMAND…: runs it on a display of its own, that nobody sees.

Nothing of the desktop that it is started from, if there is one, has a say: neither
its settings, nor its theme, nor its services.
"""

import os
import subprocess
import sys

SCREEN = "1280x800x24"


def main(command):
    reading, writing = os.pipe()
    display = subprocess.Popen(
        ["Xvfb", "-displayfd", str(writing), "-noreset", "-screen", "0", SCREEN],
        pass_fds=[writing],
        stderr=subprocess.DEVNULL,
    )
    try:
        os.close(writing)
        with os.fdopen(reading) as said:
            number = said.readline().strip()
        if not number:
            sys.exit("with-display.py: Xvfb did not start")
        environment = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith(("GTK_", "GDK_", "GSK_", "WAYLAND_", "DBUS_", "XDG_"))
        }
        environment.update(
            DISPLAY=f":{number}",
            GDK_BACKEND="x11",
            GDK_DEBUG="gl-disable",
            GSK_RENDERER="cairo",
            GSETTINGS_BACKEND="memory",
            GTK_A11Y="test",
            GTK_USE_PORTAL="0",
        )
        return subprocess.run(command, env=environment).returncode
    finally:
        display.terminate()
        display.wait()


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    sys.exit(main(sys.argv[1:]))

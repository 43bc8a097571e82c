#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""check-devenv.py BUILD_FOLDER: does `meson devenv` find the library that
was built there?"""

import os
import shutil
import subprocess
import sys

PYTHON = '''
import gi
gi.require_version("Thr", "1.0")
from gi.repository import GIRepository, Thr
Thr.ThreadManager()
print(GIRepository.Repository.get_default().get_typelib_path("Thr"))
print(*{line.split()[-1] for line in open("/proc/self/maps") if "libthr-glib" in line})
'''
JAVASCRIPT = '''
imports.gi.versions.Thr = "1.0";
const {Gio, GIRepository, Thr} = imports.gi;
new Thr.ThreadManager();
print(GIRepository.Repository.get_default().get_typelib_path("Thr"));
const [, maps] = Gio.File.new_for_path("/proc/self/maps").load_contents(null);
print(imports.byteArray.toString(maps).match(/\\/\\S*libthr-glib\\S*/)[0]);
if (typeof Thr.call !== "function")
    throw new Error("the override was not found");
'''


def main(build_folder):
    # As from a shell that knows nothing of the build folder.
    env = {name: value for name, value in os.environ.items()
           if name not in ('GI_TYPELIB_PATH', 'GJS_PATH', 'LD_LIBRARY_PATH')}
    programs = [[sys.executable, '-c', PYTHON]]
    if shutil.which('gjs'):
        programs.append(['gjs', '-c', JAVASCRIPT])
    for program in programs:
        result = subprocess.run(['meson', 'devenv', '-C', build_folder, *program],
                                stdout=subprocess.PIPE, env=env, encoding='utf-8')
        print(os.path.basename(program[0]), *result.stdout.split())
        if result.returncode != 0:
            print(f'{program[0]} failed with status {result.returncode} in `meson devenv -C {build_folder}`')
            return 1
        found = [line for line in result.stdout.splitlines() if line.startswith(build_folder)]
        if len(found) < 2:
            print(f'{program[0]} did not take both the typelib and the library from {build_folder}')
            return 1
    return 0


if __name__ == '__main__':
    sys.exit(main(*sys.argv[1:]))

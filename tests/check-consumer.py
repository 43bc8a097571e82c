#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""check-consumer.py PROJECT MESON [VALAC]: a small program of somebody else is
built with the library as a subproject, and again with the library installed in a
prefix and found by pkg-config; there also the same one in Vala. All have to run."""

import os
import shlex
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

OPTIONS = ['introspection=disabled', 'vapi=disabled', 'python=disabled', 'gjs=disabled',
           'tests=false', 'examples=false']


def run(*command, **environment):
    command = [str(part) for part in command]
    print('+', shlex.join(command), flush=True)
    result = subprocess.run(command, env={**os.environ, **environment}, encoding='utf-8',
                            stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    if result.returncode != 0:
        sys.exit(f'{result.stdout}\nThat failed with status {result.returncode}')
    return result.stdout


def as_subproject(project, meson, folder):
    app = folder / 'app'
    shutil.copytree(project / 'tests/consumer', app)
    (app / 'subprojects').mkdir()
    (app / 'subprojects/thr-glib').symlink_to(project)
    run(meson, 'setup', app / 'build', app, '--wrap-mode=forcefallback', '-Dbuildtype=debug',
        *(f'-Dthr-glib:{option}' for option in OPTIONS))
    run('ninja', '-C', app / 'build')
    print(run(app / 'build/consumer'))


def installed(project, meson, folder, valac=None):
    prefix = folder / 'prefix'
    options = [*OPTIONS, *(['introspection=enabled', 'vapi=enabled'] if valac else [])]
    run(meson, 'setup', folder / 'build', project, f'--prefix={prefix}', '--libdir=lib',
        '-Dbuildtype=debug', *(f'-D{option}' for option in options))
    run(meson, 'install', '-C', folder / 'build', '--quiet')
    flags = run('pkg-config', '--cflags', '--libs', 'thr-glib-1.0',
                PKG_CONFIG_PATH=f'{prefix}/lib/pkgconfig')
    run(*shlex.split(os.environ.get('CC', 'cc')), '-Wall', '-Werror', '-o', folder / 'consumer',
        project / 'tests/consumer/consumer.c', *shlex.split(flags))
    print(run(folder / 'consumer', LD_LIBRARY_PATH=f'{prefix}/lib'))

    if valac:
        # What else it needs, Gio, is named in the .deps file beside the vapi.
        run(valac, '--fatal-warnings', '--enable-experimental-non-null', '--pkg=thr-glib-1.0',
            f'--vapidir={prefix}/share/vala/vapi', '-X', '-w', '-o', folder / 'consumer-vala',
            project / 'tests/consumer/consumer.vala', PKG_CONFIG_PATH=f'{prefix}/lib/pkgconfig')
        print(run(folder / 'consumer-vala', LD_LIBRARY_PATH=f'{prefix}/lib'))


def main(project, meson, *valac):
    # Neither what meson's own test run nor a developer environment has set.
    for name in 'DESTDIR', 'MESON_BUILD_ROOT', 'MESON_SOURCE_ROOT', 'PKG_CONFIG_PATH':
        os.environ.pop(name, None)
    with tempfile.TemporaryDirectory() as folder:
        as_subproject(Path(project), meson, Path(folder))
        installed(Path(project), meson, Path(folder), *valac)


if __name__ == '__main__':
    main(*sys.argv[1:])

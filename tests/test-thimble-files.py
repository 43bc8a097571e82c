#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""test-thimble-files.py PROGRAM: does examples/c/thimble-files make, read, scale
and write what it says? TAP on stdout."""

import os
import pty
import signal
import struct
import subprocess
import sys
import tempfile
import traceback

PROGRAM = [os.path.abspath(sys.argv[1])]
DEADLINE = 120


def run(*arguments, environment=None):
    return subprocess.run([*PROGRAM, *arguments], timeout=DEADLINE, stdin=subprocess.DEVNULL,
                          capture_output=True, env={**os.environ, **(environment or {})})


def check(condition, *details):
    if not condition:
        raise AssertionError(' '.join(repr(d) for d in details))


def size_of(path):
    """Width and height of a PNG file."""
    with open(path, 'rb') as file:
        head = file.read(24)
    check(head[:8] == b'\x89PNG\r\n\x1a\n' and head[12:16] == b'IHDR', path, head)
    return struct.unpack('>II', head[16:24])


def check_folder(folder, n_images, size):
    names = [f'image-{i:04}.png' for i in range(n_images)]
    for part, pixels in ('originals', 2 * size), ('copies', size):
        part = os.path.join(folder, part)
        check(sorted(os.listdir(part)) == names, os.listdir(part))
        for name in names:
            check(size_of(os.path.join(part, name)) == (pixels, pixels), part, name)


def test_all_is_well(folder):
    result = run('--images=40', '--size=24', folder)
    check(result.returncode == 0, result)
    check(result.stderr == b'', result.stderr)
    check(b'40 images made' in result.stdout and b'40 scaled to 24' in result.stdout, result.stdout)
    check_folder(folder, 40, 24)


def test_again_one_at_a_time(folder):
    for _ in range(2):
        check(run('-n', '5', '-s', '10', '-j', '1', folder).returncode == 0)
        check_folder(folder, 5, 10)


def test_live_count(folder):
    master, slave = pty.openpty()
    program = subprocess.Popen([*PROGRAM, '--images=30', folder], stdin=subprocess.DEVNULL,
                               stdout=subprocess.PIPE, stderr=slave)
    os.close(slave)
    shown = b''
    while True:
        try:
            part = os.read(master, 65536)
        except OSError:
            break
        if not part:
            break
        shown += part
    output, _ = program.communicate(timeout=DEADLINE)
    os.close(master)
    check(program.returncode == 0, program.returncode)
    check(b'1 of 30 images made, 0 scaled' in shown, shown)
    check(b'30 of 30 images made, 30 scaled' in shown, shown)
    check(shown.endswith(b'\r\033[K'), shown[-20:])
    check(b'30 images made' in output, output)


def test_help(folder):
    result = run('--help')
    check(result.returncode == 0, result)
    for word in b'--images', b'--size', b'--jobs', b'Exit status':
        check(word in result.stdout, word, result.stdout)


def test_bad_arguments(folder):
    for arguments in (), ('a', 'b'), ('--images=0', folder), ('--size=x', folder), ('--no', folder), \
            ('--jobs=0', folder), ('--size=100000', folder):
        result = run(*arguments)
        check(result.returncode == 2, arguments, result)
        check(result.stderr.startswith(b'thimble-files: '), result.stderr)
        check(result.stdout == b'', result.stdout)


def test_cannot_write(folder):
    path = os.path.join(folder, 'file')
    with open(path, 'w', encoding='utf-8'):
        pass
    result = run(path)
    check(result.returncode == 1, result)
    check(result.stderr.startswith(b'thimble-files: '), result.stderr)


def test_no_module(folder):
    result = run(folder, environment={'THR_BACKEND_PATH': '/no/such/folder'})
    check(result.returncode == 1, result)
    check(b'THR_BACKEND_PATH' in result.stderr, result.stderr)


def test_interrupted(folder):
    program = subprocess.Popen([*PROGRAM, '--images=5000', folder], stdin=subprocess.DEVNULL,
                               stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    # Its first image says that it is at work.
    while program.poll() is None and not os.path.exists(
            os.path.join(folder, 'originals', 'image-0000.png')):
        pass
    program.send_signal(signal.SIGINT)
    output, errors = program.communicate(timeout=DEADLINE)
    check(program.returncode == 130, program.returncode, output, errors)
    check(output == b'', output)
    check(errors == b'', errors)


def main():
    tests = [(name[5:], test) for name, test in globals().items() if name.startswith('test_')]
    failures = 0
    print(f'1..{len(tests)}')
    for number, (name, test) in enumerate(tests, 1):
        with tempfile.TemporaryDirectory() as folder:
            try:
                test(folder)
                print(f'ok {number} {name}', flush=True)
            except Exception:
                failures += 1
                print(f'not ok {number} {name}')
                print(''.join(f'# {line}\n' for line in traceback.format_exc().splitlines()),
                      flush=True)
    sys.exit(failures != 0)


if __name__ == '__main__':
    main()

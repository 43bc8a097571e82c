#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""test-gjs-examples.py NAME GJS [CHECKSUM]: runs an example in JavaScript as a
user would, and looks at what it prints. CHECKSUM is the same example in C."""

import os
import re
import struct
import subprocess
import sys
import tempfile
import zlib
from pathlib import Path

EXAMPLES = Path(__file__).parent.parent / 'examples/gjs'
REAL_PICTURES = Path('/usr/share/icons/Adwaita/48x48/legacy')

name, gjs, *others = sys.argv[1:]
n_tests = 0


def run(*arguments, status=0):
    """What it prints on its standard output; all else would be a complaint."""
    result = subprocess.run([gjs, '-m', str(EXAMPLES / f'{name}.js'), *map(str, arguments)],
                            stdout=subprocess.PIPE, stderr=subprocess.PIPE, encoding='utf-8', timeout=200)
    if "namespace 'GdkPixbuf'" in result.stderr and not os.environ.get('THR_TEST_ALL'):
        print('1..0 # SKIP GdkPixbuf has no introspection data here')
        sys.exit()
    if result.returncode != status or (status == 0 and result.stderr):
        fail(f'{arguments}: status {result.returncode}, {result.stdout}{result.stderr}')
    return result.stdout if status == 0 else result.stderr


def fail(complaint):
    print(f'Bail out! {complaint}')
    sys.exit(1)


def ok(truth, what, seen):
    global n_tests

    n_tests += 1
    if not truth:
        fail(f'{what}: {seen}')
    print(f'ok {n_tests} - {what}')


def write_png(file, width, height):
    def chunk(kind, data):
        return struct.pack('>I', len(data)) + kind + data + struct.pack('>I', zlib.crc32(kind + data))

    rows = (b'\0' + b'\x80\x40\x20' * width) * height
    file.write_bytes(b'\x89PNG\r\n\x1a\n' + chunk(b'IHDR', struct.pack('>IIBBBBB', width, height, 8, 2, 0, 0, 0))
                     + chunk(b'IDAT', zlib.compress(rows)) + chunk(b'IEND', b''))


def test_checksum(folder):
    (folder / 'a/b/c').mkdir(parents=True)
    for i in range(200):
        (folder / f'a/{i}').write_text(f'{i}' * i)
    (folder / 'a-b').mkdir()
    (folder / 'a-b/x').write_bytes(b'\0' * 3000000)
    (folder / 'a.b').write_text('dot')
    (folder / 'a/b/c/strange \\ name\n').write_text('strange')
    (folder / 'a/b/Ünïcödé').write_text('')
    (folder / 'link').symlink_to('a')
    os.mkfifo(folder / 'fifo')
    wanted = subprocess.run([others[0], str(folder)], stdout=subprocess.PIPE, encoding='utf-8', check=True).stdout
    got = run(folder)
    ok(len(wanted.splitlines()) == 204 and got == wanted, 'the same as in C', got)
    ok('nothing' in run(folder / 'nothing', status=2), 'a folder that is not there', '')


def test_sliced_search(folder):
    text = run('needle', 10)
    found = re.search(r'“needle” is there (\d+) times', text)
    ok(found and int(found[1]) == 14, 'all is found', text)
    ticked = re.search(r'took (\d+) ms; the clock ticked (\d+) times, and at least every (\d+) ms', text)
    ok(ticked and int(ticked[2]) > 0, 'the clock ticked', text)
    # A tick each 20 ms, however busy the machine is otherwise.
    ok(int(ticked[2]) * 20 > int(ticked[1]) / 10, 'and often', text)


def test_thumbnails(folder):
    for i, (width, height) in enumerate([(400, 200), (50, 100), (128, 128)]):
        write_png(folder / f'{i}.png', width, height)
    (folder / 'no-picture.txt').write_text('text')
    (folder / 'made').mkdir()
    text = run(folder, folder / 'made')
    ok(f'{folder}/0.png: 128 × 64\n' in text and text.endswith('\n') and '3 thumbnails' in text, 'made', text)
    ok(sorted(file.name for file in (folder / 'made').iterdir()) == ['0.png.png', '1.png.png', '2.png.png'],
       'saved', list((folder / 'made').iterdir()))
    (folder / 'broken.png').write_text('this is none')
    ok('broken.png: ' in run(folder, status=1), 'what is no picture', '')
    ok('Usage' in run(status=2), 'without a folder', '')
    if REAL_PICTURES.is_dir():
        text = run(REAL_PICTURES)
        ok(f'{len(list(REAL_PICTURES.glob("*.png")))} thumbnails' in text, 'a folder of the system', text)


def test_channel(folder):
    text = run('one', 'two', 'three')
    for who in 'function', 'loop':
        heard = re.findall(rf'^The {who} heard “(.*)”\.$', text, re.MULTILINE)
        ok(heard == ['one', 'two', 'three'], f'the {who} heard all, in order', text)
    ok('3 texts were heard.' in text, 'counted', text)
    ok('2 texts were heard.' in run(), 'without arguments', '')


with tempfile.TemporaryDirectory() as temporary:
    globals()[f'test_{name.replace("-", "_")}'](Path(temporary))
print(f'1..{n_tests}')

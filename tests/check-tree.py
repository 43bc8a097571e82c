#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""check-tree.py PROJECT: what is easily forgotten in the project's files."""

import os
import re
import sys
from pathlib import Path

project = Path(sys.argv[1])
problems = []


def text_of(name):
    return (project / name).read_text(encoding='utf-8')


def expect(truth, complaint):
    if not truth:
        problems.append(complaint)


# The two commands: told in the README, with one package list for both.
readme = text_of('README.md')
for script in 'examples/run', 'tests/run', '.ci/run':
    expect(os.access(project / script, os.X_OK), f'{script} cannot be executed')
for script, sections in ('examples/run', ['build']), ('tests/run', ['build', 'test']):
    expect(re.search(rf'^ *{script}\b', readme, re.MULTILINE), f'README.md does not show {script}')
    text = text_of(script)
    expect('setup.sh"' in text and re.search(rf'^set_up {" ".join(sections)}$', text, re.MULTILINE),
           f'{script} does not set up the packages for: {" ".join(sections)}')
    expect('apt-get' not in text, f'{script} installs something by itself')
expect('packages.debian' in text_of('tests/setup.sh'), 'tests/setup.sh does not read packages.debian')
expect(re.findall(r'^\[(.+)\]$', text_of('tests/packages.debian'), re.MULTILINE) == ['build', 'test'],
       'tests/packages.debian has other sections than [build] and [test]')
expect([line for line in text_of('.ci/run').splitlines() if 'tests/run' in line and 'exec' in line]
       and len(text_of('.ci/run').splitlines()) <= 3, '.ci/run does more than call tests/run')

# Every file is part of the build.
for folder, pattern in ('tests', 'test-*.c'), ('doc', '*.md'), ('src', '*/thr-*.c'), \
        ('src/bindings/python', 'gi/**/*.py'), ('tests', 'python/test_*.py'):
    build = text_of(f'{folder}/meson.build')
    if folder == 'doc':
        build += text_of('doc/thr-glib.toml.in')
    for file in sorted((project / folder).glob(pattern)):
        name = str(file.relative_to(project / folder))
        wanted = file.stem[len('test-'):] if folder == 'tests' else name
        if name in ('python/test_smoke.py', 'python/test_thimble.py'):
            wanted = name  # without the override
        expect(f"'{wanted}'" in build or f'"{wanted}"' in build, f'{folder}/{name} is not in the build')

# Every source says under which license it is.
for folder, patterns in ('src', ['*.c', '*.h', '*.in']), ('tests', ['*.c', '*.h', '*.py', '*.js', '*.vala']), \
        ('examples', ['*.c', '*.h', '*.py', '*.js', '*.vala']):
    for pattern in patterns:
        for file in sorted((project / folder).rglob(pattern)):
            if 'forward.h.in' not in file.name:
                expect('SPDX-License-Identifier: LGPL-2.1-or-later' in file.read_text(encoding='utf-8')[:200],
                       f'{file.relative_to(project)} has no SPDX line')

# Each lock, atomic and queue operation is one where -Dschedules=true may yield.
schedules = text_of('src/base/thr-schedule-private.h')
yielding = set(re.findall(r'^#define (\w+)', schedules, re.MULTILINE))
operations = re.compile(
    r'\b(?:g_(?:mutex|rec_mutex|rw_lock|cond|once|bit|pointer_bit|atomic|async_queue|thread_pool)_\w+|g_once|'
    r'g_main_context_(?:acquire|release|is_owner|wakeup|iteration|invoke\w*|p\w+_thread_default)|'
    r'g_source_(?:attach|add_child_source|remove_child_source|destroy|set_ready_time|set_priority)|'
    r'g_(?:idle|timeout)_add\w*|g_task_(?:attach|return)_\w+|g_thread_(?:new|try_new|join)|'
    r'g_cancellable_(?:cancel|connect|disconnect|\w*is_cancelled|set_error_if_cancelled)|'
    r'g_object_(?:ref|ref_sink|unref|take_ref|weak_\w+|\w+_qdata\w*)|g_set_object|g_weak_ref_\w+|'
    r'atomic_\w+|__(?:atomic|sync)_\w+)(?= \()')
for file in sorted((project / 'src').rglob('thr-*.[ch]')) + sorted((project / 'src/thimble/backend').glob('*.[ch]')):
    if not file.stem.startswith('thr-schedule'):
        code = re.sub(r'/\*.*?\*/|"(?:\\.|[^"\\])*"', '', file.read_text(encoding='utf-8'), flags=re.DOTALL)
        for name in sorted(set(operations.findall(code)) - yielding):
            # What makes or frees one is not shared with anybody.
            expect(re.search('_(init|clear|new|free|get_num_threads)$', name),
                   f'{file.relative_to(project)} calls {name} (), which thr-schedule-private.h does not wrap')

print(*problems, f'{len(problems)} problems', sep='\n')
sys.exit(1 if problems else 0)

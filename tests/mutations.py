#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later

"""mutations.py SOURCE BUILD: breaks each rule of the owner context on purpose, in a copy of
the tree that is built with -Downer_checks=true, and looks whether a test says so."""

import os
import pathlib
import shutil
import subprocess
import sys

HOME = 'if (thr_dispatcher_is_home (%s))'

# What is called where it must not be: the file, what stands there, what is put there, and
# the tests of which one has to fail.
MUTATIONS = {
    'handlers, as deliveries are made at once': (
        'base/thr-dispatcher.c',
        '  ThrNode *head = atomic_load_explicit (&self->head, memory_order_acquire);\n\n  for (;;)',
        '  ThrNode *head = atomic_load_explicit (&self->head, memory_order_acquire);\n\n'
        '  if (!thr_dispatcher_is_home (self))\n    {\n      node->deliver (node);\n      return;\n    }\n'
        '  for (;;)',
        ['callbacks']),
    'the end of a light job': (
        'threads/thr-light-job.c',
        '  self->node.deliver = light_job_deliver;\n  thr_dispatcher_push (self->home, &self->node);',
        '  light_job_deliver (&self->node);',
        ['light']),
    'notify of a job': (
        'threads/thr-job-runner.c',
        '  thr_job_leave (self);\n',
        '  thr_job_leave (self);\n  g_object_notify (G_OBJECT (self), "message");\n',
        ['callbacks', 'notify']),
    'notify of a worker': (
        'workers/thr-worker.c',
        HOME % 'thr_worker_home (self)' + '\n    {\n      announce',
        'if (TRUE)\n    {\n      announce',
        ['worker-order', 'worker-stop']),
    'destroy notify of a job': (
        'threads/thr-job-runner.c',
        '  thr_job_leave (self);\n',
        '  thr_job_leave (self);\n  thr_callback_clear (&self->function, self->home.dispatcher);\n',
        ['results', 'callbacks', 'wrapper']),
    'destroy notify of a callback that is replaced': (
        'threads/thr-thread-wrapper.c',
        'if (old.destroy == NULL || thr_dispatcher_is_home (home))',
        'if (TRUE)',
        ['callbacks']),
    'destroy notify of a worker': (
        'workers/thr-worker.c',
        HOME % 'thr_worker_home (self)' + '\n    destroy_cb',
        'if (TRUE)\n    destroy_cb',
        ['worker-later']),
    'destroy notify of a subscription': (
        'workers/thr-subscription.c',
        'if (self->destroy == NULL || thr_dispatcher_is_home (self->group->home))',
        'if (TRUE)',
        ['freed']),
    'destroy notify of a background function': (
        'threads/thr-background.c',
        HOME % 'self->home' + '\n    shared_free',
        'if (TRUE)\n    shared_free',
        ['freed']),
    'freeing of a result': (
        'workers/thr-promise.c',
        'if (!G_IS_VALUE (&self->value) || thr_dispatcher_is_home (self->home))',
        'if (TRUE)',
        ['freed']),
    'dispose and finalize': (
        'base/thr-home.c',
        HOME % 'self->dispatcher' + '\n    return TRUE;',
        'if (TRUE)\n    return TRUE;',
        ['home']),
}


def run(command, **options):
    return subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, **options)


def first_failure(build, tests):
    """What says that one of these tests failed, or nothing."""
    environment = os.environ | {
        'G_TEST_SRCDIR': str(build / '../source/tests'),
        'G_TEST_BUILDDIR': str(build / 'tests'),
        'THR_TEST_QUICK': '1',
    }
    for test in tests:
        built = run(['ninja', '-C', str(build), f'tests/test-{test}'])
        if built.returncode:
            sys.exit(built.stdout)
        try:
            ended = run([str(build / f'tests/test-{test}')], env=environment, timeout=300)
        except subprocess.TimeoutExpired:
            return f'{test}: does not end'
        if ended.returncode:
            said = [line for line in ended.stdout.splitlines() if 'ERROR' in line or 'not ok' in line]
            return f'{test}: {said[0] if said else ended.returncode}'
    return None


def main():
    source, build = (pathlib.Path(path).resolve() for path in sys.argv[1:3])
    copy = build / 'source'
    shutil.rmtree(build, ignore_errors=True)
    shutil.copytree(source, copy, ignore=shutil.ignore_patterns('.git', 'build*'))
    made = run(['meson', 'setup', str(build / 'build'), str(copy), '-Downer_checks=true',
                '-Dintrospection=disabled', '-Dgirepository=disabled', '-Dexamples=false'])
    if made.returncode:
        sys.exit(made.stdout)

    survivors = 0
    for number, (what, (name, old, new, tests)) in enumerate(MUTATIONS.items(), 1):
        path = copy / 'src' / name
        text = path.read_text()
        if text.count(old) != 1:
            sys.exit(f'{name} does not read as it did: change the mutation “{what}” with it')
        path.write_text(text.replace(old, new))
        failure = first_failure(build / 'build', tests)
        path.write_text(text)
        survivors += failure is None
        print('ok' if failure else 'not ok', number, '-', f'{what}: {failure}', flush=True)
    print(f'1..{len(MUTATIONS)}')
    sys.exit(survivors > 0)


main()

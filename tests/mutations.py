#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later

"""mutations.py SOURCE BUILD: breaks each rule of the owner context on purpose, in a copy of
the tree that is built with -Downer_checks=true, and looks whether these checks say so. That
a test says so itself does not count: all else that is run has no such tests."""

import os
import pathlib
import re
import shutil
import subprocess
import sys

HOME = 'if (thr_dispatcher_is_home (%s))'
RUN_CALL = '''run_call (ThrThreadWrapper *thread,
          gpointer          user_data,
          GError          **error)
{
  ThrCall *self = user_data;
  gboolean ok;
'''

# What an owner check of the library, not of a test, says when it fails.
NOTICED = re.compile(r'ERROR:\S*/src/(\S+?):\d+:(\w+): assertion failed: '
                     r'.*(?:thr_dispatcher_is_home|g_main_context_is_owner|thr_local\.owner == )')

# What is called where it must not be: the file, what stands there, what is put there, and
# the tests in one of which that has to be noticed.
MUTATIONS = {
    'handlers, as deliveries are made at once': (
        'base/thr-dispatcher.c',
        '  ThrNode *head = atomic_load_explicit (&self->head, memory_order_acquire);\n\n  for (;;)',
        '  ThrNode *head = atomic_load_explicit (&self->head, memory_order_acquire);\n\n'
        '  if (!thr_dispatcher_is_home (self))\n    {\n      node->deliver (node);\n      return;\n    }\n'
        '  for (;;)',
        ['callbacks']),
    'a wait that delivers for a context that it does not own': (
        'base/thr-dispatcher.c',
        '    return g_main_context_acquire (self->context);\n  return take_over (self);',
        '    return g_main_context_acquire (self->context);\n  take_over (self);\n  return TRUE;',
        ['join']),
    'a background thread that takes over a context': (
        'base/thr-dispatcher.c',
        '  if (thr_local.owner != NULL)\n    return FALSE;\n',
        '',
        ['join']),
    'the end of a light job': (
        'threads/thr-light-job.c',
        '  self->node.deliver = light_job_deliver;\n  thr_dispatcher_push (self->home, &self->node);',
        '  light_job_deliver (&self->node);',
        ['light']),
    'what a job posts': (
        'threads/thr-invoke.c',
        '  thr_dispatcher_invoke (top->owner, post_cb, self);',
        '  post_cb (self);',
        ['invoke']),
    'what a job asks': (
        'threads/thr-invoke.c',
        '  thr_dispatcher_invoke (ask->owner, ask_cb, ask);',
        '  ask_cb (ask);',
        ['invoke']),
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
    'the outcome of a defer': (
        'workers/thr-promise.c',
        '      thr_dispatcher_push (call->context, &call->node);\n    }\n  return TRUE;',
        '      call_deliver (&call->node);\n    }\n  return TRUE;',
        ['defer']),
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
    'the callback of a thimble': (
        'thimble/thr-thimble-call.c',
        '/* On a background thread. */\nstatic gboolean\n' + RUN_CALL,
        'static void call_back (ThrCall *self);\n\nstatic gboolean\n' + RUN_CALL + '\n  call_back (self);\n',
        ['thimble']),
    'handlers of signals, by a thimble': (
        'thimble/thr-thimble-signals.c',
        'if (atomic_load (&self->n_pending) == 0 && thr_dispatcher_is_home (self->owner))',
        'if (TRUE)',
        ['thimble-signals']),
    'destroy notify of a handler, by a thimble': (
        'thimble/thr-thimble-signals.c',
        HOME % 'self->owner' + '\n    connection_free',
        'if (TRUE)\n    connection_free',
        ['thimble-signals']),
    'destroy notify of a hook': (
        'thimble/thr-thimble-hooks.c',
        HOME % 'self->home' + '\n    hook_free',
        'if (TRUE)\n    hook_free',
        ['thimble-hooks']),
    'destroy notify of a function that a hook sets': (
        'thimble/thr-access.c',
        'thr_callback_clear_at_home (&function',
        'thr_callback_clear (&function',
        ['thimble-hooks']),
}


def call(command, **options):
    return subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                          errors='replace', **options)


def run_test(build, test):
    """What it says, and what it ends with: None where it does not end."""
    environment = os.environ | {
        'G_TEST_SRCDIR': str(build / '../source/tests'),
        'G_TEST_BUILDDIR': str(build / 'tests'),
        'THR_BACKEND_PATH': str(build / 'src/thimble/backend'),
        'THR_TEST_QUICK': '1',
    }
    try:
        ended = call([str(build / f'tests/test-{test}')], env=environment, timeout=300)
    except subprocess.TimeoutExpired as late:
        return (late.stdout or b'').decode(errors='replace'), None
    return ended.stdout, ended.returncode


def build_tests(build, tests):
    built = call(['ninja', '-C', str(build), *(f'tests/test-{test}' for test in tests)])
    if built.returncode:
        sys.exit(built.stdout)


def first_lines(said):
    return [line for line in said.splitlines() if 'ERROR' in line or line.startswith('not ok')]


def look(build, tests):
    """Whether an owner check notices it in one of these tests, and what they say."""
    others = []
    build_tests(build, tests)
    for test in tests:
        said, status = run_test(build, test)
        noticed = NOTICED.search(said)
        if noticed:
            return True, f'{test}: {noticed[2]}() in {noticed[1]}'
        if status is None:
            others.append(f'{test} does not end')
        elif status == 0:
            others.append(f'{test} passes')
        else:
            others.append(f'{test} fails, but by itself: {(first_lines(said) or [status])[0]}')
    return False, '; '.join(others)


def main():
    source, build = (pathlib.Path(path).resolve() for path in sys.argv[1:3])
    copy = build / 'source'
    shutil.rmtree(build, ignore_errors=True)
    shutil.copytree(source, copy, ignore=shutil.ignore_patterns('.git', 'build*'))
    build /= 'build'
    made = call(['meson', 'setup', str(build), str(copy), '-Downer_checks=true',
                 '-Dintrospection=disabled', '-Dgirepository=enabled', '-Dexamples=false'])
    if made.returncode:
        sys.exit(made.stdout)
    # With the modules that thimbles load, and what their tests load besides.
    built = call(['ninja', '-C', str(build)])
    if built.returncode:
        sys.exit(built.stdout)

    # Who fails anyway says nothing about a mutation.
    for test in sorted({test for *_, tests in MUTATIONS.values() for test in tests}):
        said, status = run_test(build, test)
        if status != 0:
            sys.exit(f'{said}\n{test} does not pass as it is')

    survivors = 0
    for number, (what, (name, old, new, tests)) in enumerate(MUTATIONS.items(), 1):
        path = copy / 'src' / name
        text = path.read_text()
        if text.count(old) != 1:
            sys.exit(f'{name} does not read as it did: change the mutation “{what}” with it')
        path.write_text(text.replace(old, new))
        noticed, how = look(build, tests)
        path.write_text(text)
        survivors += not noticed
        print('ok' if noticed else 'not ok', number, '-', f'{what}: {how}', flush=True)
    print(f'1..{len(MUTATIONS)}')
    sys.exit(survivors > 0)


main()

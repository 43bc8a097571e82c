#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""test-worker-examples.py NAME PROGRAM: does an example about workers do what
its --help says? TAP on stdout.
"""

import os
import pty
import re
import select
import shutil
import signal
import socket
import subprocess
import sys
import time
import traceback

NAME = sys.argv[1]
PROGRAM = os.path.abspath(sys.argv[2])
DEADLINE = 120


class Skip(Exception):
    pass


def check(condition, *details):
    if not condition:
        raise AssertionError(' '.join(repr(d) for d in details))


class Run:
    """The program, with pipes or with a terminal."""

    def __init__(self, *arguments, prefix=(), terminal=False):
        self.seen = b''
        self.slave = None
        if terminal:
            self.input, self.slave = pty.openpty()
        self.process = subprocess.Popen([*prefix, PROGRAM, *arguments],
                                        stdin=self.slave if terminal else subprocess.PIPE,
                                        stdout=self.slave if terminal else subprocess.PIPE,
                                        stderr=self.slave if terminal else subprocess.PIPE,
                                        start_new_session=True)
        if terminal:
            os.close(self.slave)
            self.output = self.input
        else:
            self.input = self.process.stdin.fileno()
            self.output = self.process.stdout.fileno()

    def type(self, *lines):
        os.write(self.input, b''.join(line.encode() + b'\n' for line in lines))

    def read(self, until):
        """Reads until the pattern was seen, and gives what it matched."""
        end = time.monotonic() + DEADLINE
        while True:
            found = re.search(until, self.seen)
            if found:
                return found
            ready, _, _ = select.select([self.output], [], [], max(0, end - time.monotonic()))
            check(ready, 'time is up; seen:', self.seen[-500:])
            try:
                data = os.read(self.output, 65536)
            except OSError:  # How a terminal says that nobody is left.
                data = b''
            check(data, 'the program has ended; seen:', self.seen[-500:])
            self.seen += data

    def interrupt(self):
        """As long as there may be more input; little enough is printed for a pipe."""
        self.process.send_signal(signal.SIGINT)
        self.process.wait(DEADLINE)

    def finish(self, status=0, messages=b''):
        """To the end of the input; gives all that was printed."""
        if self.slave is None:
            out, err = self.process.communicate(timeout=DEADLINE)
            self.seen += out
            check(err == messages, 'stderr:', err)
        else:
            check(self.process.wait(DEADLINE) == status, self.process.returncode)
            os.close(self.input)
        check(self.process.returncode == status, self.process.returncode, self.seen)
        return self.seen

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()


def test_help():
    """explains itself"""
    result = subprocess.run([PROGRAM, '--help'], capture_output=True, timeout=DEADLINE)
    check(result.returncode == 0 and result.stderr == b'', result)
    for word in (b'Usage:', b'Ctrl-C', b'130'):
        check(word in result.stdout, word, result.stdout)


def test_bad_arguments():
    """refuses bad arguments with one sentence and exit status 2"""
    for arguments in ([['--nonsense'], ['word']] + BAD_ARGUMENTS[NAME]):
        result = subprocess.run([PROGRAM, *arguments], stdin=subprocess.DEVNULL, capture_output=True,
                                timeout=DEADLINE)
        check(result.returncode == 2 and result.stdout == b'', arguments, result)
        check(re.fullmatch(NAME.encode() + rb': [^\n]{10,}\n', result.stderr), arguments, result)


def test_end_of_input():
    """ends at once when there is no input"""
    with Run() as run:
        run.finish()


def test_ctrl_c():
    """Ctrl-C ends it, with exit status 130"""
    with Run(*ARGUMENTS[NAME]) as run:
        START[NAME](run)
        run.interrupt()
        run.finish(130, NAME.encode() + b': interrupted\n')


def test_terminal():
    """asks for input on a terminal"""
    with Run(*ARGUMENTS[NAME], terminal=True) as run:
        run.read(b'> ')
        START[NAME](run)
        os.write(run.input, b'\x04')
        run.finish()


def test_valgrind():
    """memcheck finds no error and no leak, to the end and interrupted"""
    if shutil.which('valgrind') is None:
        raise Skip('valgrind is not installed')
    with open(PROGRAM, 'rb') as file:
        if b'__asan_init' in file.read():
            raise Skip('the address sanitizer watches the program already')
    prefix = ['valgrind', '--quiet', '--fair-sched=try', '--leak-check=full',
              '--errors-for-leak-kinds=definite', '--show-leak-kinds=definite', '--error-exitcode=99']
    with Run(*ARGUMENTS[NAME], prefix=prefix) as run:
        START[NAME](run)
        run.finish()
    with Run(*ARGUMENTS[NAME], prefix=prefix) as run:
        START[NAME](run)
        run.interrupt()
        run.finish(130, NAME.encode() + b': interrupted\n')


# counter

def start_counter(run):
    run.type('start')
    run.read(rb'1\r?\n(> )*2\r?\n(> )*3\r?\n')


def numbers(text):
    return [int(line) for line in text.split(b'\n') if line.strip().isdigit()]


def test_counter_set():
    """counter: goes on from the number that is set"""
    with Run('--interval=0.01') as run:
        start_counter(run)
        run.type('set 1000')
        run.read(rb'\n1000\n1001\n')
        run.type('set -7')
        run.read(rb'\n-7\n-6\n')
        run.type('exit')
        out = run.finish()
    check(re.search(rb'\nstopped before \d+\n$', out) or b'\nstopped before -' in out, out)


def test_counter_pause():
    """counter: is held by pause, and goes on after resume without a gap"""
    with Run('--interval=0.01') as run:
        start_counter(run)
        run.type('pause')
        time.sleep(0.3)
        while select.select([run.output], [], [], 0)[0]:
            run.seen += os.read(run.output, 65536)
        held = numbers(run.seen)
        check(not select.select([run.output], [], [], 0.3)[0], 'it counts while it is paused')
        run.type('resume')
        run.read(rb'\n%d\n' % (held[-1] + 3))
        run.type('pause', 'exit')  # It can be stopped while it is paused.
        seen = numbers(run.finish())
    check(seen == list(range(1, len(seen) + 1)), seen)


def test_counter_restart():
    """counter: begins anew when it is started again"""
    with Run('--interval=0.01') as run:
        start_counter(run)
        run.type('stop')
        run.read(rb'stopped before \d+\n')
        run.type('start')
        run.read(rb'stopped before \d+\n1\n2\n')
        run.type('exit')
        out = run.finish()
    check(len(re.findall(rb'stopped before', out)) == 2, out)


def test_counter_nonsense():
    """counter: says what can be typed"""
    with Run('--interval=0.01') as run:
        run.type('nonsense', 'set', 'set x', 'set 99999999999', '', '  exit  ')
        out = run.finish(messages=b'counter: type start, stop, pause, resume, set N or exit\n' * 4)
    check(out == b'', out)


# printer

def start_printer(run):
    run.type('one', 'two')
    run.read(rb'1: one\r?\n(> )*2: two\r?\n')


def test_printer_all():
    """printer: prints every line in order, also those typed just before the end"""
    lines = [f'line {i}' for i in range(1, 2001)]
    with Run() as run:
        out, err = run.process.communicate('\n'.join(lines).encode() + b'\n', timeout=DEADLINE)
    check(run.process.returncode == 0 and err == b'', err)
    check(out.decode().splitlines() == [f'{i}: {line}' for i, line in enumerate(lines, 1)], out[-500:])


# channel

def start_channel(run):
    run.type('hello')
    for i in range(1, 11):
        run.read(rb'worker %d received \xe2\x80\x9chello\xe2\x80\x9d' % i)


def test_channel_all():
    """channel: each worker hears each line once, in order"""
    for arguments, n_workers in ([], 10), (['--workers=3'], 3), (['-n', '50'], 50):
        with Run(*arguments) as run:
            out, err = run.process.communicate(b'one\ntwo\nthree\n', timeout=DEADLINE)
        check(run.process.returncode == 0 and err == b'', err)
        for i in range(1, n_workers + 1):
            heard = re.findall(r'^worker %d received “(.*)”$' % i, out.decode(), re.MULTILINE)
            check(heard == ['one', 'two', 'three'], i, heard)
        check(out.count(b'\n') == 3 * n_workers, out)


# server

def start_server(run):
    return int(run.read(rb'listening on port (\d+)\r?\n')[1])


def visit(port):
    with socket.create_connection(('127.0.0.1', port), timeout=DEADLINE) as connection:
        text = b''
        while data := connection.recv(1000):
            text += data
    return text


def test_server_visitors():
    """server: tells each visitor his number, and closes when it is stopped"""
    with Run() as run:
        port = start_server(run)
        for i in range(1, 21):
            check(visit(port) == b'You are visitor %d.\n' % i, i)
        run.type('exit')
        out = run.finish()
        check(out.endswith(b'closed after 20 visitors\n'), out)
        try:
            visit(port)
            check(False, 'the port is still open')
        except ConnectionRefusedError:
            pass


def test_server_port_taken():
    """server: says so when the port is taken, exit status 1"""
    with socket.create_server(('127.0.0.1', 0)) as taken:
        port = taken.getsockname()[1]
        with Run('--port', str(port)) as run:
            _, err = run.process.communicate(timeout=DEADLINE)
            check(run.process.returncode == 1, run.process.returncode)
            check(re.fullmatch(rb'server: [^\n]+\n', err), err)


ARGUMENTS = {'counter': ['--interval=0.01'], 'printer': [], 'channel': [], 'server': []}
START = {'counter': start_counter, 'printer': start_printer, 'channel': start_channel,
         'server': start_server}
BAD_ARGUMENTS = {
    'counter': [['--interval=0'], ['--interval=-1'], ['--interval=x'], ['--interval'],
                ['--interval=nan'], ['--interval=1e9']],
    'printer': [],
    'channel': [['--workers=0'], ['--workers=-1'], ['--workers=1001'], ['-n', 'many']],
    'server': [['--port=-1'], ['--port=65536'], ['-p', 'x']],
}


def main():
    mine = [test for name, test in sorted(globals().items()) if name.startswith(f'test_{NAME}_')]
    tests = [test_help, test_bad_arguments, test_end_of_input, *mine, test_ctrl_c, test_terminal,
             test_valgrind]
    os.environ['LC_ALL'] = 'C.UTF-8'
    failures = 0
    print(f'1..{len(tests)}')
    for number, test in enumerate(tests, 1):
        line = f'ok {number} - {test.__doc__}'
        try:
            test()
        except Skip as reason:
            line += f' # SKIP {reason}'
        except Exception:  # pylint: disable=broad-except
            line = 'not ' + line
            failures += 1
            for text in traceback.format_exc().splitlines():
                print('#', text)
        print(line, flush=True)
    return failures > 0


if __name__ == '__main__':
    sys.exit(main())

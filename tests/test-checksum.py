#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""test-checksum.py PROGRAM [NAME…]: is examples/c/checksum, or the same in
another language, what it says it is? NAME is a test to leave out.

Its peer is sha256sum of coreutils, over the same trees. TAP on stdout.
"""

import errno
import fcntl
import os
import pty
import re
import select
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import termios
import time
import traceback

PROGRAM = [os.path.abspath(sys.argv[1])]
if PROGRAM[0].endswith('.py'):
    PROGRAM.insert(0, sys.executable)
DEADLINE = 120
CLEAR = b'\r\033[K'


class Skip(Exception):
    pass


def run(*arguments, prefix=(), cwd=None):
    return subprocess.run([*prefix, *PROGRAM, *arguments], cwd=cwd, timeout=DEADLINE,
                          stdin=subprocess.DEVNULL, capture_output=True)


def shell(command, *arguments, cwd=None, prefix=()):
    return subprocess.run([*prefix, 'sh', '-c', command, 'sh', *arguments], cwd=cwd,
                          timeout=DEADLINE, capture_output=True).stdout


def expected(folder, cwd=None, prefix=()):
    """What sha256sum prints; -H, as a folder given by the user may be a link."""
    return shell('find -H "$1" -type f -print0 | LC_ALL=C sort -z | xargs -0 -r sha256sum', folder,
                 cwd=cwd, prefix=prefix)


def write(path, content=b'', size=None):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, 'wb') as file:
        file.write(content)
        if size is not None:
            file.truncate(size)


def check(condition, *details):
    if not condition:
        raise AssertionError(' '.join(repr(d) for d in details))


def same(ours, theirs):
    if ours != theirs:
        for a, b in zip(ours.split(b'\n'), theirs.split(b'\n')):
            check(a == b, 'first difference:', a, b)
        check(False, 'lines:', ours.count(b'\n'), theirs.count(b'\n'))


def clean(result, status=0):
    check(result.returncode == status, 'exit status', result.returncode, result.stderr)
    check(result.stderr == b'', 'stderr', result.stderr)


class Terminal:
    """The program with stderr, and perhaps stdout, on a terminal of its own."""

    def __init__(self, *arguments, output=None, prefix=()):
        master, slave = pty.openpty()

        def own_terminal():
            fcntl.ioctl(slave, termios.TIOCSCTTY, 0)

        self.seen = b''
        self.master = master
        self.process = subprocess.Popen([*prefix, *PROGRAM, *arguments], stdin=slave, stderr=slave,
                                        stdout=slave if output is None else output,
                                        start_new_session=True, preexec_fn=own_terminal)
        os.close(slave)

    def read(self, until=None):
        """Reads until the pattern was seen, or to the end."""
        end = time.monotonic() + DEADLINE
        while until is None or not re.search(until, self.seen):
            ready, _, _ = select.select([self.master], [], [], max(0, end - time.monotonic()))
            check(ready, 'time is up; seen:', self.seen[-500:])
            try:
                data = os.read(self.master, 65536)
            except OSError as error:  # How a terminal says that nobody is left.
                check(error.errno == errno.EIO, error)
                data = b''
            if not data:
                check(until is None, 'the program has ended; seen:', self.seen[-500:])
                return
            self.seen += data

    def press_ctrl_c(self):
        os.write(self.master, b'\x03')

    def finish(self):
        self.read()
        os.close(self.master)
        return self.process.wait(DEADLINE)


def make_tree(top):
    """Odd names, odd sizes, and what is not a regular file."""
    names = [b'a', b'a.b', b'a-b/x', b'a-b.c', b'a b/x', b'A/x', b'aa/x', b'd/x', b'd.e/x', b'd-/x',
             b'd/e/f/g', b'd/e.f', b'd/e-f/x', b'-leading', b'--', b' leading', b'trailing ',
             b'*', b'$HOME', b'"quoted"', b"it's", b'tab\there', b'bell\x07', b'\xc3\xa9t\xc3\xa9',
             b'\xe2\x82\xac/\xf0\x9f\x98\x80', b'not-utf8-\xff\xfe', b'back\\slash', b'\\', b'new\nline',
             b'\n', b'carriage\rreturn', b'all\\\n\r', b'folder\nwith\\all\r/x', b'.hidden',
             b'.hidden-folder/x', b'n' * 255, b'/'.join([b'deep'] * 200) + b'/x']
    top = os.fsencode(top)
    for name in names:
        write(os.path.join(top, name), b'This is ' + name)
    for size in (0, 1, 63, 64, 65, 262143, 262144, 262145, 3 * 1024 * 1024):
        write(os.path.join(top, b'size/%d' % size), os.urandom(size))
    os.makedirs(os.path.join(top, b'empty/empty'))
    os.mkfifo(os.path.join(top, b'a-pipe'))
    os.symlink(b'a', os.path.join(top, b'link-to-file'))
    os.symlink(b'..', os.path.join(top, b'd', b'link-to-folder'))
    os.symlink(b'nowhere', os.path.join(top, b'link-to-nothing'))
    here = os.getcwd()
    os.chdir(top)  # The path of a socket has to be short.
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind('a-socket')
    os.chdir(here)


def make_many(top, number):
    for folder in range(number // 500):
        path = os.path.join(top, str(folder))
        os.makedirs(path)
        for file in range(500):
            with open(f'{path}/{file}', 'w', encoding='ascii') as stream:
                stream.write(f'{folder}/{file}')


def make_endless(top):
    """Three files, and then more than can be read in a lifetime."""
    for i in range(3):
        write(f'{top}/a{i}', b'short')
    for i in range(64):
        write(f'{top}/b{i:02}', size=1 << 40)


def test_output(work):
    """prints what sha256sum prints, byte by byte, and nothing else"""
    result = run('tree', cwd=work)
    clean(result)
    same(result.stdout, expected('tree', cwd=work))
    check(result.stdout.count(b'\n') >= 45, 'lines', result.stdout.count(b'\n'))


def test_check(work):
    """its output passes sha256sum -c"""
    result = run('tree', cwd=work)
    subprocess.run(['sha256sum', '-c', '--strict', '--quiet'], input=result.stdout, check=True, cwd=work)


def test_spellings(work):
    """takes the folder by any name, also through a link"""
    os.symlink('tree', f'{work}/link')
    for folder, cwd in (('tree/', work), ('tree//', work), ('./tree', work), ('.', f'{work}/tree'),
                        ('../tree', f'{work}/tree'), (f'{work}/tree', '/'), ('tree/d', work),
                        ('link', work), ('link/', work)):
        result = run(folder, cwd=cwd)
        clean(result)
        same(result.stdout, expected(folder, cwd=cwd))
    os.mkdir(f'{work}/-n')
    write(f'{work}/-n/x', b'x')
    result = run('--', '-n', cwd=work)
    clean(result)
    check(result.stdout.endswith(b'  -n/x\n'), result.stdout)


def test_locales(work):
    """prints the same in every locale"""
    theirs = expected('tree', cwd=work)
    for locale in ('C', 'C.UTF-8', 'POSIX'):
        result = run('tree', cwd=work, prefix=['env', f'LC_ALL={locale}'])
        clean(result)
        same(result.stdout, theirs)


def test_jobs(work):
    """prints the same with 1, 3 and 64 threads"""
    theirs = expected('tree', cwd=work)
    for options in (['--jobs=1'], ['-j', '3'], ['--jobs=64']):
        result = run(*options, 'tree', cwd=work)
        clean(result)
        same(result.stdout, theirs)


def test_empty(work):
    """finds nothing in an empty folder, and that is no failure"""
    os.mkdir(f'{work}/nothing')
    result = run('nothing', cwd=work)
    clean(result)
    check(result.stdout == b'', result.stdout)


def test_default(work):
    """hashes /usr/share when no folder is named"""
    result = run(cwd=work)
    # Something there may be for root alone.
    check(result.returncode == (b'could not read' in result.stderr), result)
    same(result.stdout, expected('/usr/share'))


def test_help(work):
    """explains itself"""
    result = run('--help')
    clean(result)
    for word in (b'--jobs', b'[DIR]', b'/usr/share', b'sha256sum'):
        check(word in result.stdout, word, result.stdout)


def test_bad_arguments(work):
    """refuses bad arguments with one sentence and exit status 2"""
    write(f'{work}/file')
    for arguments in (['--jobs', '0', 'tree'], ['--jobs=-1', 'tree'], ['--jobs', 'many', 'tree'],
                      ['--jobs', '1000000', 'tree'], ['--jobs', '99999999999999999999', 'tree'],
                      ['--jobs'], ['--nonsense'], ['tree', 'tree'], ['missing'], ['file'], ['']):
        result = run(*arguments, cwd=work)
        check(result.returncode == 2, arguments, result)
        check(result.stdout == b'', arguments, result)
        check(re.fullmatch(rb'checksum: [^\n]{10,}\n', result.stderr), arguments, result)


def without_privileges(path):
    """What to put before a command so that permissions apply to it, for root too."""
    for prefix in ([], ['setpriv', '--bounding-set=-dac_override,-dac_read_search']):
        try:
            if subprocess.run([*prefix, 'cat', path], capture_output=True).returncode != 0:
                if subprocess.run([*prefix, 'true'], capture_output=True).returncode == 0:
                    return prefix
        except FileNotFoundError:
            pass
    raise Skip('whatever we try here, a file without permissions can be read')


def test_unreadable(work):
    """reports and counts what it cannot read, hashes the rest, exit status 1"""
    for name in ('a', 'closed', 'closed\nodd', 'folder/x', 'z'):
        write(f'{work}/unreadable/{name}', name.encode())
    closed = [f'{work}/unreadable/{name}' for name in ('closed', 'closed\nodd', 'folder')]
    for path in closed:
        os.chmod(path, 0)
    try:
        prefix = without_privileges(closed[0])
        result = run('unreadable', cwd=work, prefix=prefix)
        theirs = expected('unreadable', cwd=work, prefix=prefix)
    finally:
        os.chmod(closed[2], 0o700)
    check(result.returncode == 1, result)
    same(result.stdout, theirs)
    check(result.stdout.count(b'\n') == 2, result.stdout)
    lines = result.stderr.split(b'\n')
    check(sorted(lines[:3]) == [b'checksum: unreadable/closed: Permission denied',
                                b'checksum: unreadable/closed\\nodd: Permission denied',
                                b'checksum: unreadable/folder: Permission denied'], result.stderr)
    check(lines[3:] == [b'checksum: could not read 3 files or folders', b''], result.stderr)


def test_output_fails(work):
    """says so when the list cannot be written, exit status 1"""
    if not os.path.exists('/dev/full'):
        raise Skip('there is no /dev/full')
    make_many(f'{work}/some', 2000)
    for folder in ('tree', 'some'):  # Fails at the end; on the way.
        with open('/dev/full', 'wb') as full:
            result = subprocess.run([*PROGRAM, folder], cwd=work, stdout=full,
                                    stderr=subprocess.PIPE, timeout=DEADLINE)
        check(result.returncode == 1, result)
        check(re.fullmatch(rb'checksum: cannot write the list: [^\n]+\n', result.stderr), result)


def test_live_line(work):
    """shows a live line on a terminal; the list is unharmed"""
    theirs = expected(f'{work}/tree')
    with open(f'{work}/list', 'wb') as output:
        terminal = Terminal(f'{work}/tree', output=output)
        status = terminal.finish()
    check(status == 0, status, terminal.seen)
    with open(f'{work}/list', 'rb') as output:
        same(output.read(), theirs)
    last = terminal.seen.split(CLEAR)[-1]
    check(re.fullmatch(rb'%d files, [^\n]+/s, in \d+:\d\d\r\n' % theirs.count(b'\n'), last), last)


def interrupted(work, prefix=()):
    with open(f'{work}/list', 'wb') as output:
        terminal = Terminal('--jobs=2', f'{work}/endless', output=output, prefix=prefix)
        terminal.read(until=rb'3 / 67 files, [1-9][^\r]* left')
        terminal.press_ctrl_c()
        status = terminal.finish()
    check(status == 130, status, terminal.seen[-500:])
    with open(f'{work}/list', 'rb') as output:
        lines = output.read()
    check(re.fullmatch(rb'([0-9a-f]{64}  [^\n]+/endless/a[0-2]\n){3}', lines), lines)
    check(re.search(rb'3 files, [^\n]+/s, in \d+:\d\d\r\n', terminal.seen), terminal.seen[-500:])
    check(b'checksum: interrupted; 3 files were done\r\n' in terminal.seen, terminal.seen[-500:])
    check(b'WARNING' not in terminal.seen and b'CRITICAL' not in terminal.seen, terminal.seen[-500:])


def test_ctrl_c(work):
    """Ctrl-C ends it, with exit status 130 and the number of files done"""
    interrupted(work)


def test_sigint_piped(work):
    """so does SIGINT when nobody watches"""
    process = subprocess.Popen([*PROGRAM, '--jobs=2', 'endless'], cwd=work, stdin=subprocess.DEVNULL,
                               stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    opened = f'/proc/{process.pid}/fd'
    if not os.path.isdir(opened):
        process.kill()
        process.communicate()
        raise Skip('there is no /proc to see what the program has open')
    end = time.monotonic() + DEADLINE
    files = []
    while not any('/endless/b' in file for file in files):
        check(time.monotonic() < end, 'time is up; open:', files)
        files = []
        for name in os.listdir(opened):
            try:
                files.append(os.readlink(f'{opened}/{name}'))
            except FileNotFoundError:
                pass
    process.send_signal(signal.SIGINT)
    lines, messages = process.communicate(timeout=DEADLINE)
    check(process.returncode == 130, process.returncode, messages)
    # The threads may be ahead of what the main loop has heard, on a busy machine by all.
    done = re.fullmatch(rb'checksum: interrupted; ([0-3]) files were done\n', messages)
    check(done, messages)
    check(lines.count(b'\n') == int(done[1]), lines, messages)


# A process begins with the peak of the one that started it: so that one is small.
MEASURE = '''
import os, sys
null = os.open(os.devnull, os.O_WRONLY)
pid = os.posix_spawn(sys.argv[1], sys.argv[1:], os.environ, file_actions=[(os.POSIX_SPAWN_DUP2, null, 1)])
_, status, usage = os.wait4(pid, 0)
print(usage.ru_maxrss)
sys.exit(status != 0)
'''


def peak_memory(folder):
    result = subprocess.run([sys.executable, '-I', '-S', '-c', MEASURE, *PROGRAM, folder], check=True,
                            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, timeout=DEADLINE)
    return int(result.stdout)


def is_sanitized():
    with open(PROGRAM[0], 'rb') as file:
        return b'__asan_init' in file.read()


def test_memory(work):
    """50,000 files take no more memory than 5,000"""
    make_many(f'{work}/few', 5000)
    few = [peak_memory(f'{work}/few') for _ in range(3)]
    many = [peak_memory(f'{work}/many') for _ in range(3)]
    if is_sanitized():
        raise Skip('the address sanitizer keeps what was freed')
    print(f'# peak memory in KiB: {few} for 5,000 files, {many} for 50,000')
    # Kept for 45,000 files, a path and a line alone would be 9 MiB, a job with them 25.
    check(min(many) < min(few) + 4096, few, many)


def test_many(work):
    """its list of 50,000 files is right; how fast, beside sha256sum"""
    def timed(function):
        begin = time.monotonic()
        result = function()
        return result, time.monotonic() - begin

    result, ours = timed(lambda: run(f'{work}/many'))
    clean(result)
    same(result.stdout, expected(f'{work}/many'))
    _, theirs = timed(lambda: shell('find "$1" -type f -print0 | xargs -0 -P "$(nproc)" sha256sum',
                                    f'{work}/many'))
    print(f'# 50,000 tiny files: checksum {ours:.2f} s, xargs sha256sum {theirs:.2f} s')


def test_shared_terminal(work):
    """list and live line on one terminal do not mix"""
    theirs = expected(f'{work}/many').replace(b'\n', b'\r\n')
    terminal = Terminal(f'{work}/many')
    status = terminal.finish()
    check(status == 0, status, terminal.seen[-500:])
    # What was erased again is not to be seen.
    seen = re.sub(rb'[^\n]*\r\033\[K', b'', terminal.seen)
    same(seen[:len(theirs)], theirs)
    check(re.fullmatch(rb'50000 files, [^\n]+\r\n', seen[len(theirs):]), seen[len(theirs):])


def test_window(work):
    """does not run far ahead of a file that takes long"""
    write(f'{work}/many/.first', size=1 << 40)
    with open(f'{work}/list', 'wb') as output:
        terminal = Terminal('--jobs=2', f'{work}/many', output=output)
        # Until the number of files that are done has stood still for a while.
        terminal.read(until=rb'(\r\033\[K(\d{4,}) / 50001 files[^\r]*)(\r\033\[K\2 / [^\r]*){5}')
        terminal.press_ctrl_c()
        status = terminal.finish()
    os.unlink(f'{work}/many/.first')
    check(status == 130, status, terminal.seen[-500:])
    done = int(re.search(rb'interrupted; (\d+) files', terminal.seen)[1])
    print(f'# {done} files were done after the first, which was not')
    check(done < 20000, done)
    with open(f'{work}/list', 'rb') as output:
        check(output.read().count(b'\n') == done, done)


def test_valgrind(work):
    """memcheck finds no error and no leak, to the end and interrupted"""
    if shutil.which('valgrind') is None:
        raise Skip('valgrind is not installed')
    if is_sanitized():
        raise Skip('the address sanitizer watches the program already')
    log = f'{work}/valgrind'

    def report():
        with open(log, encoding='utf-8', errors='replace') as file:
            return file.read()

    prefix = ['valgrind', '--quiet', '--fair-sched=try', '--leak-check=full',
              '--errors-for-leak-kinds=definite', '--show-leak-kinds=definite',
              '--error-exitcode=99', f'--log-file={log}']
    result = run('tree', cwd=work, prefix=prefix)
    check(result.returncode == 0 and report() == '', result.returncode, report(), result.stderr)
    same(result.stdout, expected('tree', cwd=work))
    interrupted(work, prefix=prefix)
    check(report() == '', report())


def main():
    tests = [test_output, test_check, test_spellings, test_locales, test_jobs, test_empty, test_default,
             test_help, test_bad_arguments, test_unreadable, test_output_fails, test_live_line,
             test_ctrl_c, test_sigint_piped, test_memory, test_many, test_shared_terminal, test_window,
             test_valgrind]
    tests = [test for test in tests if test.__name__[len('test_'):] not in sys.argv[2:]]
    os.environ['LC_ALL'] = 'C.UTF-8'
    failures = 0
    print(f'1..{len(tests)}')
    with tempfile.TemporaryDirectory(prefix='test-checksum-') as work:
        make_tree(f'{work}/tree')
        make_endless(f'{work}/endless')
        make_many(f'{work}/many', 50000)
        for number, test in enumerate(tests, 1):
            line = f'ok {number} - {test.__doc__}'
            try:
                test(work)
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

#!/usr/bin/env python3
"""On a terminal no table is wider or higher than it, also after its size has
changed; the summary begins on a line of its own."""
import fcntl
import os
import pty
import select
import signal
import struct
import subprocess
import sys
import termios
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), 'lib'))
import mmt

CLEAR = '\x1b[H\x1b[2J'
SIZES = [(24, 80), (16, 60), (30, 120)]
SCREENS = 3  # of each size


def resize(fd, size):
    fcntl.ioctl(fd, termios.TIOCSWINSZ, struct.pack('HHHH', *size, 0, 0))


def read_until(fd, text, enough):
    """Reads until `enough` of text say so, or until it ends."""
    end = time.time() + mmt.PATIENCE
    while not enough(text):
        mmt.check(time.time() < end, 'nothing more is drawn: %r' % text[-200:])
        if select.select([fd], [], [], 1)[0]:
            try:
                read = os.read(fd, 65536)
            except OSError:  # its last process has ended
                read = b''
            if not read:
                return text
            text += read.decode('utf-8', 'replace').replace('\r\n', '\n')
    return text


def check_screen(screen, size, wanted):
    lines = screen.rstrip('\n').split('\n')
    mmt.check(max(map(len, lines)) <= size[1], '%d columns of %d: %s' % (max(map(len, lines)), size[1], lines))
    mmt.check(len(lines) < size[0], '%d lines of %d' % (len(lines), size[0]))
    titles = next(line for line in lines if wanted[0] in line).split()
    if 'MAPPING' in wanted and size[1] >= 80: # one of the common classes at least
        mmt.check({'ANON_R', 'ANON_W', 'SHMEM', 'SPUR', 'ANON', 'OTHER'} & {t.split('/')[0] for t in titles}, 'no class of %s' % titles)
    mmt.check(set(wanted) <= set(titles), '%s of %s at %d columns' % (titles, wanted, size[1]))


def end_of(pid):
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        pass
    os.waitpid(pid, 0)


def drawn(arguments, wanted):
    env = dict(os.environ, LC_ALL='C.UTF-8')
    resized = []
    go, ready = os.pipe()
    pid, fd = pty.fork()
    if not pid:
        os.read(go, 1)  # the size is set
        os.execve(mmt.MMTRACE, [mmt.MMTRACE] + arguments, env)
    try:
        for size in SIZES:
            resize(fd, size)
            os.write(ready, b'x')
            # the first screen may be half of the old size
            text = read_until(fd, '', lambda text: text.count(CLEAR) > SCREENS + 1)
            mmt.check(text.count(CLEAR) > SCREENS, 'it ended: %r' % text[-300:])
            for screen in text.split(CLEAR)[2:-1]:
                check_screen(screen, size, wanted)
            resized.append('%dx%d' % size)
        os.write(fd, b'\x03')
        text = read_until(fd, '', lambda text: False)
        mmt.check(arguments[0] == 'leak' or '\nmmtrace ' in text.split('^C')[-1], 'the summary does not begin on its own line: %r' % text[-500:])
    finally:
        end_of(pid)
        for end in fd, go, ready:
            os.close(end)
    return ', '.join(resized)


def screens(arguments, size, env=(), until=lambda text: text.count(CLEAR) > 1):
    """What a terminal shows of it, until that says enough; then ^C."""
    pid, fd = pty.fork()
    if not pid:
        fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack('HHHH', *size, 0, 0))
        os.execve(mmt.MMTRACE, [mmt.MMTRACE] + arguments, dict(os.environ, LC_ALL='C.UTF-8', **dict(env)))
    try:
        text = read_until(fd, '', until)
        os.write(fd, b'\x03')
        return read_until(fd, text, lambda text: False).split(CLEAR)
    finally:
        end_of(pid)
        os.close(fd)


def shows_what_it_has():
    """Without an interval too, and of the whole run; where nothing can be drawn over, nothing comes before the end."""
    shown = screens(['hist', 'slab'], (24, 80))
    mmt.check('so far' in shown[1] and 'slab: ' in shown[1], shown[1])
    check_screen(shown[1], (24, 80), ['slab:'])
    dumb = screens(['hist', 'slab'], (24, 80), {'TERM': 'dumb'}, lambda text: 'Ctrl-C' in text)
    mmt.check(len(dumb) == 1 and '\x1b' not in dumb[0] and 'so far' not in dumb[0] and 'whole run' in dumb[0], str(dumb))


def what_grows_is_first():
    with subprocess.Popen([mmt.victim('slab_hidden'), '4'], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as v:
        truth = []

        def until(text):
            if text.count(CLEAR) == 2 and not truth:
                v.stdin.write('go\n')
                v.stdin.flush()
                truth.append(None)
            if truth == [None] and select.select([v.stdout], [], [], 0)[0]:
                truth[0] = [int(n) for n in v.stdout.readline().split()] + [text.count(CLEAR)]
            return truth and truth[0] and text.count(CLEAR) >= truth[0][2] + 2

        shown = screens(['leak', '-i', '200ms', '-p', str(v.pid)], (24, 80), (), until)
        v.stdin.close()
    rows = [line.split() for line in shown[-2].split('\n')]
    first = next((row for row in rows if any(w.startswith('do_eventfd') for w in row)), None)
    mmt.check(first and int(first[0]) == truth[0][0] and 'grows' in first, '%s of %s' % (first, shown[-2]))
    caches = [i for i, row in enumerate(rows) if 'dentry' in row]
    mmt.check(caches and rows.index(first) < caches[0] and rows.index(first) <= 4 and 'grows' not in rows[caches[0]], shown[-2])


# Many mappings that fault all the time.
FAULTS = """
import mmap, time
maps = [mmap.mmap(-1, 1 << 16, prot=3 if i % 2 else 1) for i in range(80)]
while True:
    for m in maps:
        m[0]
        m.madvise(mmap.MADV_DONTNEED)
    time.sleep(0.01)
"""


def main():
    mmt.usable('terminal')
    with subprocess.Popen([sys.executable, '-c', FAULTS]) as victim:
        pid = str(victim.pid)
        mmt.run('terminal: -p', drawn, ['-i', '200ms', '-p', pid], ['FAULTS', 'FLT/s', 'KIND', 'MAPPING'])
        mmt.run('terminal: -a', drawn, ['-i', '200ms', '-a'], ['PID', 'COMM', 'FAULTS', 'FLT/s'])
        mmt.run('terminal: -a --expand', drawn, ['-i', '200ms', '-a', '--expand', pid], ['PID', 'COMM', 'FAULTS', 'FLT/s'])
        if not subprocess.run([mmt.MMTRACE, 'hist', 'slab', 'kmalloc', '-q', '-d', '10ms'], capture_output=True).returncode:
            mmt.run('terminal: hist --by -i', drawn, ['hist', 'slab', 'kmalloc', '--by', 'cache,site', '-i', '200ms'], ['COUNT', 'GIVEN', 'cache', 'site'])
            mmt.run('terminal: hist shows what it has', shows_what_it_has)
        if not subprocess.run([mmt.MMTRACE, 'leak', '-q', '-d', '10ms'], capture_output=True).returncode:
            mmt.run('terminal: leak', drawn, ['leak', '-i', '200ms'], ['COUNT', 'BYTES', 'SITE'])
            mmt.run('terminal: leak names on its first screen what grows beside a cache that fills', what_grows_is_first)
        victim.kill()
    mmt.finish()


main()

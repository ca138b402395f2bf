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
    titles = next(line for line in lines[1:] if 'FAULTS' in line).split()
    if 'MAPPING' in wanted and size[1] >= 80: # one of the common classes at least
        mmt.check({'ANON_R', 'ANON_W', 'SHMEM', 'SPUR', 'ANON', 'OTHER'} & {t.split('/')[0] for t in titles}, 'no class of %s' % titles)
    mmt.check(set(wanted) <= set(titles), '%s of %s at %d columns' % (titles, wanted, size[1]))


def drawn(arguments, wanted):
    env = dict(os.environ, LC_ALL='C.UTF-8')
    resized = []
    go, ready = os.pipe()
    pid, fd = pty.fork()
    if not pid:
        os.read(go, 1)  # the size is set
        os.execve(mmt.MMTRACE, [mmt.MMTRACE, '-i', '200ms'] + arguments, env)
    try:
        for size in SIZES:
            resize(fd, size)
            os.write(ready, b'x')
            # the first screen may be half of the old size
            text = read_until(fd, '', lambda text: text.count(CLEAR) > SCREENS + 1)
            for screen in text.split(CLEAR)[2:-1]:
                check_screen(screen, size, wanted)
            resized.append('%dx%d' % size)
        os.write(fd, b'\x03')
        text = read_until(fd, '', lambda text: False)
        mmt.check('\nmmtrace ' in text.split('^C')[-1], 'the summary does not begin on its own line: %r' % text[-500:])
    finally:
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        os.waitpid(pid, 0)
        for end in fd, go, ready:
            os.close(end)
    return ', '.join(resized)


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
        mmt.run('terminal: -p', drawn, ['-p', pid], ['FAULTS', 'FLT/s', 'KIND', 'MAPPING'])
        mmt.run('terminal: -a', drawn, ['-a'], ['PID', 'COMM', 'FAULTS', 'FLT/s'])
        mmt.run('terminal: -a --expand', drawn, ['-a', '--expand', pid], ['PID', 'COMM', 'FAULTS', 'FLT/s'])
        victim.kill()
    mmt.finish()


main()

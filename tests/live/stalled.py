#!/usr/bin/env python3
"""Readers that stall: signals and -d are heard, tracing ends in time, what was not
written is said, and a reader that is only slow gets all of it."""
import fcntl
import os
import pty
import signal
import subprocess
import sys
import tempfile
import termios
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), 'lib'))
import mmt

SLACK = 60 # seconds: a machine under load; one that hangs hangs for ever


class Stalled:
    """mmtrace with a pipe, a FIFO, a socket or a terminal as its stdout that nobody reads."""

    def __init__(self, kind, *words, both=False):
        self.kind = kind
        self.log = tempfile.TemporaryFile()
        self.read, write = self.pair()
        self.process = subprocess.Popen([mmt.MMTRACE, *words], stdin=subprocess.DEVNULL, stdout=write,
                                        stderr=subprocess.STDOUT if both else self.log)
        os.close(write)

    def pair(self):
        if self.kind == 'socket':
            import socket
            ours, theirs = socket.socketpair()
            return ours.detach(), theirs.detach()
        if self.kind == 'terminal':
            ours, theirs = pty.openpty()
            termios.tcflow(theirs, termios.TCOOFF)
            return ours, theirs
        return os.pipe()

    def full(self):
        """Waits until it writes no more: the reader's side does not fill up any further."""
        before, since = -1, time.monotonic()
        # a pipe has room for so much; a writer that gets no CPU is no reader that stalls
        room = fcntl.fcntl(self.read, fcntl.F_GETPIPE_SZ) if self.kind == 'pipe' else 0
        while time.monotonic() - since < 2 or before < room - 2 * 4096:
            mmt.check(self.process.poll() is None and time.monotonic() - since < SLACK, 'it writes %d bytes of %d' % (before, room))
            now = self.waiting()
            if now != before:
                before, since = now, time.monotonic()
            time.sleep(0.1)
        return self

    def waiting(self):
        import array
        n = array.array('i', [0])
        fcntl.ioctl(self.read, termios.FIONREAD, n)
        return n[0]

    def ended(self):
        try:
            return self.process.wait(timeout=SLACK)
        except subprocess.TimeoutExpired:
            self.process.kill()
            mmt.check(False, 'it does not end: %s' % self.words())

    def words(self):
        self.log.seek(0)
        return self.log.read().decode('utf-8', 'replace')


def busy(body):
    """Runs body with the pid of a process that faults all the time."""
    with mmt.Victim(mmt.victim('threads'), '2') as victim:
        victim.line()
        return body(str(victim.pid))


def hurried(one, number):
    """A signal ends tracing, a further one the waiting for the reader."""
    while one.process.poll() is None:
        one.process.send_signal(number)
        time.sleep(0.5)


def signalled(kind, words, number, both=False, again=True):
    def body(pid):
        one = Stalled(kind, *[w.replace('PID', pid) for w in words], both=both)
        one.full().process.send_signal(number)
        if again:
            threading.Thread(target=hurried, args=(one, number), daemon=True).start()
        status = one.ended()
        mmt.check(status == 1, 'exit %d' % status)
        if both:
            return 'it ends'
        mmt.check('bytes were not written' in one.words(), 'it says: ' + one.words()[-200:])
        return one.words().strip().splitlines()[-1]
    return busy(body)


def timed(kind, words):
    def body(pid):
        one = Stalled(kind, *[w.replace('PID', pid) for w in words])
        status = one.ended()
        mmt.check(status == 1 and 'bytes were not written' in one.words(), 'exit %d: %s' % (status, one.words()[-200:]))
        return 'ended by itself'
    return busy(body)


def slow():
    """All lines come, though the reader sleeps until tracing has ended."""
    def body(pid):
        one = Stalled('pipe', 'trace', '-p', pid, '--json', '-d', '1s')
        time.sleep(3)
        with os.fdopen(one.read, encoding='utf-8') as f:
            last = f.read().splitlines()[-1]
        mmt.check(one.ended() == 0, 'it says: ' + one.words()[-200:])
        mmt.check('"type":"end"' in last, 'the last line is ' + last[:100])
        return 'the last line is there'
    return busy(body)


TRACE = 'trace', '-p', 'PID', '--json'
mmt.usable('stalled')
mmt.run('stalled: pipe, SIGTERM', lambda: signalled('pipe', TRACE, signal.SIGTERM, again=False))
mmt.run('stalled: pipe with the messages too', lambda: signalled('pipe', TRACE[:3], signal.SIGTERM, both=True))
mmt.run('stalled: pipe, SIGINT, text', lambda: signalled('pipe', TRACE[:3], signal.SIGINT))
mmt.run('stalled: socket, SIGINT', lambda: signalled('socket', TRACE, signal.SIGINT))
mmt.run('stalled: terminal stopped by ^S, SIGINT', lambda: signalled('terminal', TRACE[:3], signal.SIGINT))
mmt.run('stalled: pipe, -d', lambda: timed('pipe', TRACE + ('-d', '1s')))
mmt.run('stalled: a slow reader', slow)
mmt.finish()

#!/usr/bin/env python3
"""Signals: those that were ignored by who starts mmtrace, and those for a command."""
import signal
import subprocess
import sys
import time

from lib.mmt import MMTRACE, PATIENCE, Tracer, Victim, check, finish, run, usable, victim

COMMANDS = {'live': [], 'hist': ['hist']}
TICKS = {'live': ['-i', '50ms'], 'hist': ['50ms']}


def ended(process):
    """Status and stdout of a process that must end by itself."""
    try:
        out, _ = process.communicate(timeout=PATIENCE)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
        check(False, 'it does not end')
    return process.returncode, out


def start(args, **options):
    return subprocess.Popen([MMTRACE, *args], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                            stderr=subprocess.DEVNULL, text=True, **options)


def children_ignored(args):
    shows = 'import signal, sys; print(signal.getsignal(signal.SIGCHLD) == signal.SIG_IGN); sys.exit(9)'
    status, out = ended(start([*args, '-q', '--', sys.executable, '-c', shows],
                              preexec_fn=lambda: signal.signal(signal.SIGCHLD, signal.SIG_IGN)))
    check(status == 9, 'status %d of a command that ended with 9' % status)
    check('True' in out, 'the command finds SIGCHLD no longer ignored')


def hangup(ignored):
    """Ended by SIGHUP, but not under nohup."""
    how = signal.SIG_IGN if ignored else signal.SIG_DFL
    with Victim(victim('storm'), '1') as v, Tracer('-p', v.pid, preexec_fn=lambda: signal.signal(signal.SIGHUP, how)) as t:
        t.started().settled()
        t.process.send_signal(signal.SIGHUP)
        if ignored:
            t.settled()
            check(t.process.poll() is None, 'it has ended')
            t.stop()
        t.finished()
        check(t.status == 0, 'status %d' % t.status)


def interrupt(args):
    """SIGINT by kill(2) is the command's: it went to mmtrace alone."""
    waits = 'trap "exit 3" INT; echo ready; while :; do sleep 0.05; done'
    # a shell never traps what was ignored when it began, as it is behind a '&'
    p = start([*args, '-q', '--', 'sh', '-c', waits], preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL))
    p.stdout.readline()
    p.send_signal(signal.SIGINT)
    status, _ = ended(p)
    check(status == 3, 'status %d of a command that ends with 3' % status)


def nobody_reads(args):
    """The pipe is closed while the command runs: its status is waited for."""
    begin = time.monotonic()
    p = start([*args, '--json', '--', 'sh', '-c', 'sleep 1; exit 4'])
    p.stdout.readline()
    p.stdout.close()
    p.stdout = None
    status, _ = ended(p)
    check(status == 4, 'status %d after %.2f s' % (status, time.monotonic() - begin))


usable('signals')
for name, command in COMMANDS.items():
    run('signals: SIGCHLD ignored, %s' % name, children_ignored, command)
    run('signals: SIGINT by kill(2), %s' % name, interrupt, command)
    run('signals: closed pipe, %s' % name, nobody_reads, command + TICKS[name])
run('signals: SIGHUP', hangup, False)
run('signals: SIGHUP under nohup', hangup, True)
finish()

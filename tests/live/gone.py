#!/usr/bin/env python3
"""A run ends when what is traced has ended, however it ends: collected by its parent or
not, its leader before its other threads, under another thread's exec."""
import json
import os
import signal
import subprocess

from lib.mmt import FORCED, MMTRACE, Skip, Victim, check, finish, run, scratch, stat_of, usable, victim, wait_for

COMMANDS = [['live', *FORCED], ['trace', *FORCED], ['hist', 'kmalloc'], ['leak', 'kmalloc'], ['top']]


class Traced:
    """mmtrace, until the first line of its JSON, and its end."""

    def __init__(self, command, *target):
        self.output, self.log = (os.path.join(scratch(), 'gone' + x) for x in ('', '.err'))
        open(self.output, 'w').close()
        with open(self.log, 'w') as log:
            self.process = subprocess.Popen(
                [MMTRACE, *command, '--json', '-o', self.output, *map(str, target), *([] if '-i' in target or command[0] == 'trace' else ['100ms'])],
                stderr=log, stdin=subprocess.DEVNULL)
        wait_for(lambda: self.process.poll() is not None or os.path.getsize(self.output), 'it does not begin')

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()

    def ended(self):
        try:
            status = self.process.wait(timeout=20)
        except subprocess.TimeoutExpired:
            check(False, 'it goes on')
        check(status == 0, 'status %d: %s' % (status, open(self.log).read()))


def process(command, mode, collected):
    with Victim(victim('leader'), mode) as v:
        v.line()
        if mode == 'ends':
            wait_for(lambda: stat_of(v.pid)[0] == 'Z', 'the leader does not end')
        with Traced(command, '-p', v.pid) as t:
            check(v.ask('go') == 'done', 'no answer')
            check(t.process.poll() is None, 'it has ended too early: %s' % open(t.log).read())
            v.process.stdin.close()
            if collected:
                v.process.wait()
            t.ended()


def thread(command, mode):
    """-t: the thread ends, its process lives."""
    with Victim(victim('leader'), mode) as v:
        tid = v.line().split()[1]
        with Traced(command, '-t', tid) as t:
            v.ask('go')
            t.ended()
            check(v.process.poll() is None, 'the victim ended')


def thread_execs(command):
    """-t: the thread goes on under its process's id."""
    with Victim(victim('leader'), 'execs') as v:
        tid = v.line().split()[1]
        with Traced(command, '-t', tid) as t:
            v.ask('go')
            t.process.poll()
            check(t.process.returncode is None, 'it has ended too early')
            v.process.stdin.close()
            v.process.wait()
            t.ended()


def fork_as(pid):
    """A process that has that id, if nobody was faster."""
    with open('/proc/sys/kernel/ns_last_pid', 'w') as f:
        f.write(str(pid - 1))
    return Victim(victim('leader'), 'stays')


def pid_used_again():
    for _ in range(50):
        with Victim(victim('leader'), 'stays') as v:
            v.line()
            with Traced(['top'], '-p', v.pid, '-i', '60s') as t:
                start = stat_of(v.pid)[19]
                v.process.kill()
                v.process.wait()
                with fork_as(v.pid) as other:
                    other.line()
                    if other.pid != v.pid or stat_of(v.pid)[19] == start:
                        continue
                    t.process.send_signal(signal.SIGINT)
                    t.ended()
                with open(t.output) as f:
                    rows = [r for r in map(json.loads, f) if r['type'] == 'top' and r['pid'] == v.pid]
                check(not rows or {r['start_time_ns'] // 10000000 for r in rows} == {int(start)}, 'another process: %s' % rows)
                return
    raise Skip('no process gets the id of another')


if 'MMT_ONE_CPU' in os.environ: # QEMU may panic where one CPU patches code that another runs: see ends.py
    os.sched_setaffinity(0, {0})
usable('gone')
for each in COMMANDS:
    name = each[0]
    run('gone: %s: the process ends' % name, process, each, 'stays', True)
    run('gone: %s: it ends and is not collected' % name, process, each, 'stays', False)
    run('gone: %s: its leader had ended before' % name, process, each, 'ends', True)
    run('gone: %s: another thread executes a program' % name, process, each, 'execs', True)
for each in COMMANDS[:2]:
    run('gone: %s -t: the thread ends' % each[0], thread, each, 'thread')
    run('gone: %s -t: the thread executes a program' % each[0], thread_execs, each)
run('gone: top: the id is used again by another', pid_used_again)
finish()

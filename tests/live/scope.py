#!/usr/bin/env python3
"""Targets that are not a list of pids: -a and --cgroup."""
import os
import subprocess
import sys

from lib.mmt import MMTRACE, Skip, Tracer, Victim, check, faults_of, finish, run, scratch, usable, victim


def all_processes():
    """It stays until it was read: the name of one that ends before that is not known."""
    with Victim(victim('hold')) as v, Tracer('-a') as t:
        t.started().settled()
        before = faults_of(v.pid)
        v.ask('touch 65536')
        after = faults_of(v.pid)
        t.settled().stop()
        row = t.process_of(v.pid)
        check(row, 'the victim is not among the processes')
        check(after[0] - before[0] >= 65536, 'the victim made %d faults' % (after[0] - before[0]))
        check(row['faults']['minor'] >= after[0] - before[0], '%d faults of %d' % (row['faults']['minor'], after[0] - before[0]))
        check(row['comm'] == 'hold', 'called %s' % row['comm'])
        check(not t.process_of(t.process.pid), 'mmtrace counts itself')
        check(t.end['events']['dropped'] == 0 and t.end['events']['delivered'] == 0, 'not by rows: %s' % t.end['events'])
    return '%d faults after %d' % (row['faults']['minor'], before[0])


def cgroup_root():
    for line in open('/proc/mounts'):
        words = line.split()
        if words[2] == 'cgroup2':
            return words[1]
    raise Skip('no cgroup v2 is mounted')


def enter(path):
    with open(os.path.join(path, 'cgroup.procs'), 'w') as f:
        f.write('0')


def cgroup():
    top = os.path.join(cgroup_root(), 'mmtrace-test-%d' % os.getpid())
    below = os.path.join(top, 'below')
    try:
        os.makedirs(below)
    except OSError as e:
        raise Skip('no cgroup can be made: %s' % e)
    try:
        with Victim(victim('storm'), '2', preexec_fn=lambda: enter(below)) as old, Tracer('--cgroup', top) as t:
            t.started().settled()
            outside = Victim(victim('storm'), '1')
            # one that enters the group only now, and one that stays outside
            with outside, Victim(victim('storm'), '3', preexec_fn=lambda: enter(top)) as young:
                for v in (old, young, outside):
                    v.ask('go')
                    v.process.wait()
            t.settled().stop()
            for v, rounds in ((old, 2), (young, 3)):
                row = t.process_of(v.pid)
                check(row and row['faults']['minor'] >= rounds * 32768, '%d rounds: %s' % (rounds, row and row['faults']))
                group = '/' + os.path.relpath(below if v is old else top, cgroup_root())
                check(row['cgroup'] == group, 'in %s, shown in %s' % (group, row['cgroup']))
            check(not t.process_of(outside.pid), 'a process outside the group is shown')
            check(t.end['events']['dropped'] == 0, 'dropped')
    finally:
        os.rmdir(below)
        os.rmdir(top)


RENAME = """if 1:
    import sys
    print('up', flush=True)
    for line in sys.stdin:
        with open('/proc/self/comm', 'w') as f:
            f.write(line.strip())
        print('called', flush=True)
"""


def renamed():
    """A process has the name that it has now."""
    with Victim(sys.executable, '-S', '-E', '-c', RENAME) as v:
        v.line()
        with Tracer('-p', v.pid) as t:
            t.started().settled()
            for name in ('first', 'second)('):
                v.ask(name)
                t.settled()
                got = t.process_of(v.pid)['comm']
                check(got == name, 'called %s, not %s' % (got, name))


def itself():
    """mmtrace in the group that it traces is no target."""
    top = os.path.join(cgroup_root(), 'mmtrace-self-%d' % os.getpid())
    try:
        os.mkdir(top)
    except OSError as e:
        raise Skip('no cgroup can be made: %s' % e)
    try:
        with Tracer('--cgroup', top, preexec_fn=lambda: enter(top)) as t:
            t.started()
            with Victim(victim('hold'), preexec_fn=lambda: enter(top)) as v:
                v.ask('touch 1000')
                t.settled().stop()
                check(t.process_of(v.pid)['faults']['minor'] >= 1000, str(t.process_of(v.pid)))
            check(not t.process_of(t.process.pid), 'it counts itself: %s' % t.process_of(t.process.pid))
    finally:
        os.rmdir(top)


def cgroup_v1():
    for line in open('/proc/mounts'):
        words = line.split()
        if words[2] == 'cgroup':
            break
    else:
        raise Skip('no cgroup of version 1 is mounted')
    m = subprocess.run([MMTRACE, '--cgroup', words[1], '-d', '1'], capture_output=True, text=True)
    check(m.returncode == 3 and 'hint:' in m.stderr, 'status %d: %s' % (m.returncode, m.stderr))


usable('scope')
run('scope: all processes', all_processes)
run('scope: cgroup v2 and those below', cgroup)
run('scope: mmtrace in the group that it traces', itself)
run('scope: a process that renames itself', renamed)
run('scope: cgroup v1 is refused', cgroup_v1)
finish()

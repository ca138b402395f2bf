#!/usr/bin/env python3
"""mmtrace comes into a storm: 50 processes fork, exec, map and fault while it
attaches.  From then on no fault is missing and none is counted twice."""
import collections
import os
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), 'lib'))
import mmt

WORKERS = int(os.environ.get('MMT_WORKERS', '50'))
SECONDS = float(os.environ.get('MMT_SECONDS', '1.5'))


def reported(victim):
    """{pid: [(faults, phase)...]} of all children, as wait4 reported; a pid may serve again."""
    children = collections.defaultdict(list)
    while True:
        words = victim.line().split()
        if words[0] == 'done':
            return children
        _, pid, minor, major, phase = map(int, ['0'] + words[1:])
        children[pid].append((minor + major, phase))


def hurry():
    try:
        os.nice(-15)
    except OSError: # then as fast as it is
        pass


def storm(**options):
    with mmt.Victim(mmt.victim('fork_storm'), str(WORKERS)) as victim:
        workers = [int(victim.line().split()[1]) for _ in range(WORKERS)]
        mmt.check(victim.line() == 'ready', 'the victim is not ready')
        count = lambda: {pid: sum(mmt.faults_of(pid)) for pid in workers}
        before = count()
        with mmt.Tracer('-p', ','.join(map(str, workers)), interval='1s', **options) as tracer:
            tracer.started()
            attached = count()
            mmt.check(victim.ask('mark') == 'marked', 'the victim does not mark')
            time.sleep(SECONDS)
            victim.process.stdin.write('stop\n')
            children = reported(victim)
            end = count()
            tracer.settled().stop()
        # details may be lost in such a storm, counts may not
        mmt.check(not tracer.end['events']['dropped'], 'dropped: %s' % tracer.lost())
        rows = collections.defaultdict(list)
        for p in tracer.processes.values():
            rows[p['pid']].append(mmt.fault_count(p))
    for pid in workers:
        low, high = end[pid] - attached[pid], end[pid] - before[pid]
        mmt.check(len(rows[pid]) == 1 and low <= rows[pid][0] <= high,
                  'worker %d: %s faults, %d to %d by /proc' % (pid, rows[pid], low, high))
    wrong, born, ever = [], 0, 0
    for pid, lives in children.items():
        later = [n for n, phase in lives if phase]
        born, ever = born + len(later), ever + len(lives)
        if collections.Counter(later) - collections.Counter(rows[pid]):
            wrong.append('%d: %s, %s by wait4' % (pid, rows[pid], later))
        elif sum(rows[pid]) > sum(n for n, _ in lives):
            wrong.append('%d: %s, too much for %s' % (pid, rows[pid], lives))
    mmt.check(not wrong, '%d of %d children born after the attach: %s; %s' % (
        len(wrong), born, '; '.join(wrong[:4]), tracer.lost()))
    mmt.check(born >= WORKERS, 'only %d children' % born)
    return '%d workers, %d children born after the attach, %d before, %d faults%s' % (
        WORKERS, born, ever - born, sum(map(sum, rows.values())),
        ''.join(', %s %d' % one for one in tracer.lost().items()))


mmt.usable('storm')
mmt.run('storm: attach', storm)
mmt.run('storm: attach, mmtrace before the others', lambda: storm(preexec_fn=hurry))
mmt.finish()

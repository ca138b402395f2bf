#!/usr/bin/env python3
"""mmtrace comes into a storm: 50 processes fork, exec, map and fault while it
attaches.  From then on no fault is missing and none is counted twice."""
import os
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), 'lib'))
import mmt

WORKERS = int(os.environ.get('MMT_WORKERS', '50'))
SECONDS = float(os.environ.get('MMT_SECONDS', '1.5'))


def told(victim):
    """{pid: (faults, phase)} of all children, as wait4 told."""
    children = {}
    while True:
        words = victim.line().split()
        if words[0] == 'done':
            return children
        _, pid, minor, major, phase = words
        mmt.check(pid not in children, 'pid %s was used twice: the test cannot tell them apart' % pid)
        children[int(pid)] = int(minor) + int(major), int(phase)


def hurry():
    try:
        os.nice(-15)
    except OSError: # then as fast as it is
        pass


def storm(**options):
    with mmt.Victim(mmt.victim('fork_storm', '-static'), str(WORKERS)) as victim:
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
            children = told(victim)
            end = count()
            tracer.settled().stop()
        # details may be lost in such a storm, counts may not
        mmt.check(not tracer.end['events']['dropped'], 'dropped: %s' % tracer.lost())
        rows = {}
        for p in tracer.processes.values():
            mmt.check(p['pid'] not in rows, 'pid %d is two processes' % p['pid'])
            rows[p['pid']] = mmt.fault_count(p)
    for pid in workers:
        low, high = end[pid] - attached[pid], end[pid] - before[pid]
        mmt.check(low <= rows[pid] <= high, 'worker %d: %d faults, %d to %d by /proc' % (pid, rows[pid], low, high))
    later = {pid: n for pid, (n, phase) in children.items() if phase == 1}
    wrong = ['%d: %s, %d by wait4' % (pid, rows.get(pid, 'not shown'), n) for pid, n in later.items() if rows.get(pid) != n]
    mmt.check(not wrong, '%d of %d children born after the attach: %s' % (len(wrong), len(later), '; '.join(wrong[:4])))
    mmt.check(len(later) >= WORKERS, 'only %d children' % len(later))
    half = [pid for pid, (n, phase) in children.items() if phase == 0 and rows.get(pid, 0) > n]
    mmt.check(not half, 'children from before the attach have too many faults: %s' % half[:4])
    return '%d workers, %d children born after the attach, %d before, %d faults%s' % (
        WORKERS, len(later), len(children) - len(later), sum(rows.values()),
        ''.join(', %s %d' % one for one in tracer.lost().items()))


mmt.usable('storm')
mmt.run('storm: attach', storm)
mmt.run('storm: attach, mmtrace before the others', lambda: storm(preexec_fn=hurry))
mmt.finish()

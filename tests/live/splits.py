#!/usr/bin/env python3
"""Faults stay with the addresses they happened at, while the VMA there is split and
merged all the time: no row has more than happened at its addresses."""
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), 'lib'))
import mmt

PAGE = 4096


def rows_of(tracer, pid, area):
    return [v for v in tracer.vmas.values() if v['pid'] == pid and v['start'] and area[0] <= int(v['start'], 16) < area[1]]


def signals(reads, threads, *options):
    with mmt.Victim(mmt.victim('splits'), str(reads), str(threads)) as victim:
        area = [int(x, 16) for x in victim.line().split()[1:]]
        with mmt.Tracer('-p', victim.pid, *options) as tracer:
            tracer.started()
            victim.process.stdin.write('\n')
            said = [line.split() for line in victim.rest()]
            tracer.finished()
    at = {int(line[1]): int(line[2]) for line in said if line[0] == 'page'}
    total = int(said[-1][1])
    mmt.check(total > reads / 20, 'the victim hardly faulted: %d signals' % total)
    rows = rows_of(tracer, victim.pid, area)
    seen = sum(v['faults']['error'] for v in rows)
    astray = 0
    for v in rows:
        first, last = ((int(v[key], 16) - area[0]) // PAGE for key in ('start', 'end'))
        there = sum(at.get(page, 0) for page in range(first, last))
        astray += max(0, v['faults']['error'] - there)
    mmt.check(tracer.end['faults']['error'] == total, '%d errors, %d signals' % (tracer.end['faults']['error'], total))
    mmt.check(not astray, '%d of %d stand on rows without their addresses' % (astray, total))
    # beside a thread that changes the VMAs, one may not be found
    mmt.check(total >= seen >= total * (1 if threads == 1 else 0.99), '%d in rows, %d signals' % (seen, total))
    return '%d signals in %d rows' % (total, len(rows))


mmt.usable('splits')
READS = int(os.environ.get('MMT_READS', '60000'))
mmt.run('splits: one thread', signals, READS, 1)
mmt.run('splits: beside a thread that changes protection', signals, READS, 2)
mmt.run('splits: aggregated', signals, READS, 1, '--aggregate')
mmt.finish()

#!/usr/bin/env python3
"""A fault belongs to the VMA that was at its address when it was served, while
the address is remapped between two files all the time."""
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), 'lib'))
import mmt


def area_rows(tracer, pid, area):
    rows = [v for v in tracer.vmas.values() if v['pid'] == pid]
    return [v for v in rows if area[0] <= int(v['start'], 16) < area[1] and v['name']]


def slots(seconds, count, readers, mappers):
    with mmt.Victim(mmt.victim('remap_slots'), *map(str, (seconds, count, readers, mappers))) as victim:
        inode = {}
        for _ in range(2):
            _, letter, inode[letter] = victim.line().split()
        area = [int(x, 16) for x in victim.line().split()[1:]]
        with mmt.Tracer('-p', victim.pid) as tracer:
            tracer.started()
            victim.process.stdin.write('\n')
            said = {key: int(n) for key, n in (line.split() for line in victim.rest())}
            tracer.finished()
        mmt.check(not tracer.lost(), 'lost: %s' % tracer.lost())
        seen = {letter: sum(mmt.fault_count(v) for v in area_rows(tracer, victim.pid, area) if v['ino'] == inode[letter])
                for letter in 'AB'}
    faults = said['minor'] + said['major']
    mmt.check(said['A'] > 10 and said['B'] > 10, 'the victim hardly faulted: %s' % said)
    mmt.check(said['unclear'] < faults / 2, 'the victim hardly knows: %s' % said)
    for letter in 'AB':
        low, high = said[letter], said[letter] + said['unclear']
        mmt.check(low <= seen[letter] <= high, 'file %s: %d faults, %d to %d by its pages (the other: %s, %s)' % (
            letter, seen[letter], low, high, seen, said))
    mmt.check(sum(seen.values()) == faults, '%s seen, %d by getrusage' % (seen, faults))
    return '%d generations, %d faults, %d unclear' % (said['generations'], faults, said['unclear'])


mmt.usable('attribution')
SECONDS = float(os.environ.get('MMT_SECONDS', '3'))
mmt.run('attribution: 2 threads fault, one remaps', slots, SECONDS, 8, 2, 1)
mmt.run('attribution: 4 threads fault, two map, unmap, remap', slots, SECONDS, 8, 4, 2)
mmt.run('attribution: one slot', slots, SECONDS, 1, 1, 1)
mmt.finish()

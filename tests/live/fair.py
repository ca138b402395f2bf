#!/usr/bin/env python3
"""A target that maps and unmaps without end takes nothing from the others: a quiet one
beside it keeps its names and its faults."""
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), 'lib'))
import mmt

PAGES = 8


def beside_a_flood(floods, count, quiet_count, *options):
    flooders = [mmt.Victim(mmt.victim('map_flood'), 'flood', str(count)) for _ in range(floods)]
    quiet = mmt.Victim(mmt.victim('map_flood'), 'quiet', str(quiet_count))
    with quiet as victim:
        everybody = flooders + [victim]
        for one in everybody:
            one.line()
        with mmt.Tracer('-p', ','.join(str(one.pid) for one in everybody), *options) as tracer:
            tracer.started()
            for one in everybody:
                one.process.stdin.write('\n')
                one.process.stdin.flush()
            said = [int(one.line().split()[1]) for one in everybody]
            for one in everybody:
                one.rest()
            tracer.finished()
    rows = [v for v in tracer.vmas.values() if v['pid'] == victim.pid]
    at = {}
    for v in rows:
        name = (v['name'] or '').replace('/memfd:', '').replace('memfd:', '').replace(' (deleted)', '')
        at[name] = at.get(name, 0) + mmt.fault_count(v)
    named = sum(at.get('quiet-%d' % i, 0) == PAGES for i in range(quiet_count))
    mmt.check(named == quiet_count, '%d of %d mappings have their name and faults; lost: %s' % (named, quiet_count, tracer.lost()))
    mmt.check(not tracer.end['lost']['control_full'], '%d records of the control ring are lost' % tracer.end['lost']['control_full'])
    for one, faults in zip(everybody, said):
        process = [p for p in tracer.processes.values() if p['pid'] == one.pid]
        seen = sum(mmt.fault_count(p) for p in process)
        mmt.check(faults <= seen <= faults + 100, '%d faults of pid %d, it had %d' % (seen, one.pid, faults))
    limited = tracer.end['detail_lost']['announce_limited']
    mmt.check(limited, 'nobody was limited')
    return '%d faults of the flood, %d announcements held back' % (sum(said[:-1]), limited)


mmt.usable('fair')
FLOOD = int(os.environ.get('MMT_FLOOD', '30000'))
mmt.run('fair: beside one that floods', beside_a_flood, 1, FLOOD, 100, '--control-size', '256K')
mmt.run('fair: beside two that flood', beside_a_flood, 2, FLOOD // 2, 100, '--control-size', '256K')
mmt.finish()

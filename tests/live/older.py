#!/usr/bin/env python3
"""-a: a process that ran before us and ends before the first reading has its name."""
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), 'lib'))
import mmt


def ends_early():
    # the reading comes after an interval that nobody waits for
    with mmt.Victim(mmt.victim('map_flood'), 'flood', '20') as victim:
        victim.line()
        start = int(mmt.stat_of(victim.pid)[19]) * 1_000_000_000 // os.sysconf('SC_CLK_TCK')
        with mmt.Tracer('-a', interval='1h') as tracer:
            tracer.started()
            victim.process.stdin.write('\n')
            victim.rest()
            tracer.stop()
    row = tracer.process_of(victim.pid)
    mmt.check(row, 'no row of the process')
    mmt.check(row['comm'] == 'map_flood', 'its name is %r' % row['comm'])
    mmt.check(row['start_time_ns'] and abs(row['start_time_ns'] - start) < 2e9, 'it started at %s, not %d' % (row['start_time_ns'], start))
    return '%d faults of %s' % (mmt.fault_count(row), row['comm'])


mmt.usable('older')
mmt.run('older: its name', ends_early)
mmt.finish()

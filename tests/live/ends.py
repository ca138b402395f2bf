#!/usr/bin/env python3
"""How tracing begins and ends amid faults: nothing is made up then, one thread's
faults are not another's, and threads that exit at once are all counted."""
import os
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), 'lib'))
import mmt

THREADS = int(os.environ.get('MMT_THREADS', '32'))


def totals(tracer, pid):
    return [p for p in tracer.processes.values() if p['pid'] == pid][0]


def busy():
    """A victim that faults all the time and never by get_user_pages."""
    with mmt.Victim(mmt.victim('threads'), '2') as victim:
        tids = victim.line().split()[1:]
        with mmt.Tracer('-p', victim.pid) as tracer:
            tracer.started().settled().stop()
        row = totals(tracer, victim.pid)
    faults, known = row['faults'], sum(c.get('minor', 0) for c in row['class'].values())
    other = row['class'].get('other', {}).get('minor', 0)
    mmt.check(known > 1000, 'only %d faults' % known)
    # each thread may be amid one fault when it begins
    mmt.check(other <= len(tids), '%d of %d faults have no class' % (other, known))
    mmt.check(not faults['unattributed_minor'], '%d faults by get_user_pages' % faults['unattributed_minor'])
    return '%d faults, %d without class' % (known, other)


def one_thread():
    with mmt.Victim(mmt.victim('threads'), '4') as victim:
        tids = victim.line().split()[1:]
        with mmt.Tracer('-t', tids[1]) as tracer:
            tracer.started()
            low = int(victim.ask('counts').split()[2])
            mmt.wait_for(lambda: int(victim.ask('counts').split()[2]) > low + 1000, 'the thread does not fault')
            high = int(victim.ask('counts').split()[2])
            tracer.settled().stop()
            end = int(victim.ask('counts').split()[2])
        got = mmt.fault_count(totals(tracer, victim.pid))
    mmt.check(high - low - 64 <= got <= end, '%d faults, the thread had %d to %d' % (got, high - low, end))
    return '%d faults, the thread %d in that time' % (got, high - low)


def exit_at_once():
    command = [mmt.victim('threads'), str(THREADS)]
    with mmt.Tracer('--', *command, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL) as tracer:
        tracer.started()
        # each of them faults by the time that all of them together have
        tracer.wait(lambda: sum(map(mmt.fault_count, tracer.processes.values())) > 1000 * THREADS, 'the threads do not fault')
        tracer.process.stdin.close()
        tracer.finished()
    faults = tracer.end['faults']
    for kind in 'minor', 'major':
        mmt.check(faults[kind] == faults['kernel_' + kind],
                  '%d %s faults, wait4 says %d; %s' % (faults[kind], kind, faults['kernel_' + kind], tracer.lost()))
    return '%d threads, %d faults' % (THREADS, faults['minor'])


mmt.usable('ends')
if 'MMT_ONE_CPU' in os.environ:
    # QEMU lets one CPU run into a breakpoint that another, patching code, has taken
    # away already; the kernel knows nothing of it then and panics.
    os.sched_setaffinity(0, {0})
mmt.run('ends: amid faults', busy)
mmt.run('ends: one thread of many', one_thread)
mmt.run('ends: many threads exit at once', exit_at_once)
mmt.finish()

#!/usr/bin/env python3
"""The live rows of a process are what /proc/PID/maps says, whatever it does to
its mappings, and each kind of call is noticed alone."""
import os
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), 'lib'))
import mmt

CALLS = int(os.environ.get('MMT_STRESS_CALLS', '100000'))
STOPS = int(os.environ.get('MMT_STRESS_STOPS', '40'))


def agree(tracer, pid, what):
    believed = mmt.Layout.of_rows(tracer.settled().live(pid))
    wrong = mmt.difference(believed, mmt.Layout.of_proc(pid))
    mmt.check(not wrong, '%s: %s' % (what, wrong))
    return len(believed)


def stress(seed):
    every = CALLS // STOPS
    command = mmt.victim('vma_stress'), '--calls', CALLS, '--stop-every', every, '--seed', seed
    with mmt.Victim(*map(str, command)) as victim:
        sizes = []
        victim.wait_stopped() # mmtrace comes to a layout that has already been changed
        with mmt.Tracer('-p', victim.pid) as tracer:
            tracer.started()
            for i in range(STOPS):
                mmt.check(victim.line() == 'stop %d' % ((i + 1) * every), 'the victim lost count')
                victim.wait_stopped()
                sizes.append(agree(tracer, victim.pid, 'after call %d' % ((i + 1) * every)))
                victim.go_on()
            mmt.check(victim.rest() == ['done %d' % CALLS], 'the victim does not end')
            tracer.finished()
        mmt.check(not tracer.lost(), 'lost: %s' % tracer.lost())
    return '%d calls, %d looks at %d to %d VMAs' % (CALLS, STOPS, min(sizes), max(sizes))


def one(name):
    """Each call, made alone, changes what maps says and so the rows."""
    with mmt.Victim(mmt.victim('vma_stress'), '--one', name) as victim, \
         mmt.Tracer('-p', victim.pid) as tracer:
        tracer.started()
        mmt.check(victim.line() == 'ready', 'the victim is not ready')
        agree(tracer, victim.pid, 'before')
        changes = 0
        for i in range(2):
            before = mmt.Layout.of_proc(victim.pid)
            answer = victim.ask('')
            refused = answer == 'failed 22' and name == 'name'
            mmt.check(answer == 'ok' or refused, 'the call: %s' % answer)
            changes += mmt.Layout.of_proc(victim.pid) != before
            agree(tracer, victim.pid, 'after call %d' % (i + 1))
        tracer.stop()
    if refused: # no CONFIG_ANON_VMA_NAME: such a call changes nothing, and so no row
        mmt.check(not changes, 'refused, but maps changed')
        return 'this kernel refuses it, and no row changes'
    mmt.check(changes, 'no line of maps changed')
    return 'noticed'


mmt.usable('layout')
for s in map(int, os.environ.get('MMT_STRESS_SEEDS', '1 2').split()):
    mmt.run('layout: stress, seed %d' % s, stress, s)
calls = os.environ.get('MMT_CALLS')
if calls is None:
    calls = subprocess.check_output([mmt.victim('vma_stress'), '--list'], text=True)
for call in calls.split():
    mmt.run('layout: %s alone' % call, one, call)
mmt.finish()

#!/usr/bin/env python3
"""CPUs that go and come while traced.  Takes CPU 1 away from the machine: only
where MMT_HOTPLUG allows that."""
import os

from lib.mmt import INTERVAL, Skip, Tracer, Victim, check, finish, run, victim, wait_for

CPU = '/sys/devices/system/cpu/cpu1/online'


def online(yes):
    try:
        with open(CPU, 'w') as f:
            f.write('1' if yes else '0')
    except OSError as e:
        raise Skip('CPU 1 cannot be taken away: %s' % e)


def storm_on_cpu1(v, t):
    """A victim's faults there, as its own and with their VMA."""
    wait_for(lambda: 'came online' in t.words(), 'it does not announce that the CPU came')
    os.sched_setaffinity(v.pid, {1})
    v.ask('go')
    v.process.wait()
    t.finished()
    faults = t.process_of(v.pid)['faults']
    check(faults['minor'] >= 32768, '%d faults' % faults['minor'])
    check(faults['unattributed_minor'] < 100, '%d of %d faults have no event' % (faults['unattributed_minor'], faults['minor']))
    check(t.lost() == {'cpu_online': 1}, 'lost: %s' % t.lost())


def comes(interval, before, after):
    """before and after: what happens to the CPU before and after the start."""
    if not os.environ.get('MMT_HOTPLUG'):
        raise Skip('MMT_HOTPLUG is not set: no CPU is taken from this machine')
    try:
        for yes in before:
            online(yes)
        with Victim(victim('storm'), '1') as v, Tracer('-p', v.pid, interval=interval) as t:
            t.started()
            for yes in after:
                online(yes)
            storm_on_cpu1(v, t)
    finally:
        if os.environ.get('MMT_HOTPLUG'):
            online(True)


run('cpus: one comes online', comes, INTERVAL, [False], [True])
run('cpus: one is away for less than an interval', comes, '3s', [], [False, True])
finish()

#!/usr/bin/env python3
"""hist fault counts what the kernel counts for the processes, on each backend: faults of
which no event comes are there without a time."""
import json
import os
import signal
import subprocess

from lib.mmt import BACKEND, MMTRACE, PATIENCE, Skip, Victim, check, finish, run, scratch, usable, victim, wait_for

FORCED = ['--backend', 'hist_fault=' + BACKEND] if BACKEND else []
CPU = '/sys/devices/system/cpu/cpu1/online'


class Hist:
    def __init__(self, *args):
        self.output, self.log = (os.path.join(scratch(), 'hist_fault' + x) for x in ('', '.err'))
        open(self.output, 'w').close()
        with open(self.log, 'w') as log:
            self.process = subprocess.Popen([MMTRACE, 'hist', 'fault', '--by', 'process', *FORCED, *map(str, args),
                                             '-o', self.output, '--json'], stderr=log)
        wait_for(lambda: os.path.getsize(self.output) or self.process.poll() is not None, 'it does not begin')
        check(self.process.poll() is None, 'it ended: %s' % self.words())

    def words(self):
        with open(self.log) as f:
            return f.read()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()

    def ended(self, stop=False):
        """Faults by pid, those with a time and those without."""
        if stop:
            self.process.send_signal(signal.SIGINT)
        check(self.process.wait(timeout=PATIENCE) == 0, 'it failed: %s' % self.words())
        with open(self.output) as f:
            rows = [json.loads(line) for line in f]
        lost = {k: n for k, n in rows[-1]['lost'].items() if n}
        check(not lost, 'lost: %s' % lost)
        counts = {}
        for r in rows:
            if r['type'] == 'hist':
                counts.setdefault(r['key']['process']['pid'], {})[r['op']] = r['count']
        return counts


def children():
    """They come and go under it."""
    with Victim(victim('crowd'), '100', '20') as v:
        v.line()
        with Hist('-p', v.pid) as h:
            v.ask('go')
            _, minor, major = map(int, v.rest()[-1].split()[1:])
            counts = h.ended()
    got = [sum(c.get(op, 0) for pid, c in counts.items() if pid != v.pid) for op in ('latency', 'untimed')]
    check(sum(got) == minor + major, '%d faults with a time, %d without, the kernel counted %d' % (*got, minor + major))
    return '%d with a time, %d without' % tuple(got)


def gup():
    """read() into fresh memory: the kernel faults the pages in for itself by get_user_pages
    (process_vm_writev), in a thread that goes on."""
    with Victim(victim('gup')) as v:
        v.line()
        with Hist('-p', v.pid) as h:
            before = sum(map(int, v.ask('faults').split()[1:]))
            v.ask('go')
            after = sum(map(int, v.ask('faults').split()[1:]))
            counts = h.ended(stop=True)[v.pid]
    total = counts.get('latency', 0) + counts.get('untimed', 0)
    check(after - before >= 1000 and after - before <= total <= after - before + 20,
          '%s, the kernel counted %d' % (counts, after - before))
    if BACKEND == 'tracepoint':
        check(counts.get('untimed', 0) >= 1000, 'without a time: %s' % counts)
    return str(counts)


def online(yes):
    try:
        with open(CPU, 'w') as f:
            f.write('1' if yes else '0')
    except OSError as e:
        raise Skip('CPU 1 cannot be taken away: %s' % e)


def cpu_comes():
    if not os.environ.get('MMT_HOTPLUG'):
        raise Skip('MMT_HOTPLUG is not set: no CPU is taken from this machine')
    online(False)
    try:
        with Victim(victim('storm'), '1') as v, Hist('-p', v.pid) as h:
            online(True)
            if BACKEND == 'tracepoint':
                wait_for(lambda: 'came online' in h.words(), 'it does not announce that the CPU came')
            os.sched_setaffinity(v.pid, {1})
            v.ask('go')
            v.process.wait()
            counts = h.ended()[v.pid]
    finally:
        online(True)
    check(counts['latency'] >= 32768, 'with a time: %s' % counts)


if 'MMT_ONE_CPU' in os.environ: # QEMU may panic where one CPU patches code that another runs: see ends.py
    os.sched_setaffinity(0, {0})
usable('hist_fault')
run('hist_fault: the faults of children are those of wait4', children)
run('hist_fault: faults by get_user_pages', gup)
run('hist_fault: a CPU comes online', cpu_comes)
finish()

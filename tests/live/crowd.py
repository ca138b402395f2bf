#!/usr/bin/env python3
"""More children at a time than any fixed table would hold: all of them count."""
import json
import os
import signal
import subprocess

from lib.mmt import MMTRACE, PATIENCE, Skip, Tracer, Victim, check, finish, run, scratch, usable, victim, wait_for

MANY = 9000 # more than 8,192
MORE = 17000 # more than 16,384


def room_for(children):
    """Of memory some 120 KiB each, and of process ids."""
    with open('/proc/meminfo') as f:
        free = next(int(line.split()[1]) for line in f if line.startswith('MemAvailable'))
    if free < 2 * children * 120:
        raise Skip('%d MiB of memory are too few for %d processes' % (free >> 10, children))
    for name in 'pid_max', 'threads-max':
        with open('/proc/sys/kernel/' + name) as f:
            if int(f.read()) < children + 4000:
                raise Skip('%s is too small for %d processes' % (name, children))
    try:
        with open('/sys/fs/cgroup/pids.max') as f:
            limit = f.read().strip()
    except OSError:
        limit = 'max'
    if limit != 'max' and int(limit) < children + 4000:
        raise Skip('pids.max is %s' % limit)


class Other:
    """mmtrace hist, leak or top: its JSON once it has ended."""

    def __init__(self, *args):
        self.output = os.path.join(scratch(), 'crowd')
        self.log = os.path.join(scratch(), 'crowd.err')
        open(self.output, 'w').close()
        with open(self.log, 'w') as log:
            self.process = subprocess.Popen([MMTRACE, *map(str, args), '--json', '-o', self.output], stderr=log,
                                            stdin=subprocess.DEVNULL)
        wait_for(self.begun, 'it does not begin')

    def begun(self):
        with open(self.log) as log:
            check(self.process.poll() is None, 'it ended: %s' % log.read())
        return '\n' in open(self.output).read(1 << 16)

    def stop(self):
        self.process.send_signal(signal.SIGINT)
        self.process.wait(timeout=PATIENCE)
        with open(self.output) as f:
            return [json.loads(line) for line in f]

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()


def none_left_out(end, key):
    check(not end['lost'][key], 'lost: %s' % end['lost'])


def live():
    room_for(MANY)
    with Victim(victim('crowd'), str(MANY), '20') as v:
        v.line()
        with Tracer('-p', v.pid, interval='1s') as t:
            t.started()
            v.ask('go')
            children, minor, major = map(int, v.rest()[-1].split()[1:])
            t.finished()
    rows = [p for p in t.processes.values() if p['pid'] != v.pid]
    none_left_out(t.end, 'targets_full')
    faults = t.end['faults']
    own = t.process_of(v.pid)['faults']
    got = [faults[k] + faults['unattributed_' + k] - own[k] - own['unattributed_' + k] for k in ('minor', 'major')]
    check(children == MANY and got == [minor, major], '%s faults of children, wait4 says %d and %d' % (got, minor, major))
    return '%d children, %d rows, %d faults' % (children, len(rows), minor)


def hist():
    room_for(MANY)
    with Victim(victim('crowd'), str(MANY), '0') as v:
        v.line()
        with Other('hist', 'kmalloc', '--by', 'site', '-p', v.pid) as t:
            v.ask('go')
            rows = t.stop()
        v.rest()
    got = sum(r['count'] for r in rows if r['type'] == 'hist' and 'eventfd' in json.dumps(r['key']))
    none_left_out(rows[-1], 'processes')
    check(got == MANY, '%d eventfds of %d' % (got, MANY))


def leak():
    room_for(MANY)
    with Victim(victim('crowd'), str(MANY), '0') as v:
        v.line()
        with Other('leak', 'kmalloc', '-p', v.pid) as t:
            v.ask('go')
            rows = t.stop()
        v.rest()
    got = sum(r['count'] for r in rows if r['type'] == 'outstanding' and 'eventfd' in json.dumps(r['site']))
    none_left_out(rows[-1], 'processes_full')
    check(got == MANY, '%d eventfds of %d' % (got, MANY))


def top():
    room_for(MORE)
    with Victim(victim('crowd'), str(MORE), '0') as v:
        v.line()
        with Other('top', '60s') as t:
            v.ask('go')
            rows = t.stop()
        v.rest()
    none_left_out(rows[-1], 'rows_full')
    last = {r['pid']: r for r in rows if r['type'] == 'top' and r['comm'] == 'crowd'}
    known = [r for r in last.values() if r['kmalloc_count']]
    check(len(known) >= MORE, '%d children have allocations of their own' % len(known))


usable('crowd')
run('crowd: live counts each of %d children' % MANY, live)
run('crowd: hist counts each of %d children' % MANY, hist)
run('crowd: leak counts each of %d children' % MANY, leak)
run('crowd: top counts each of %d processes' % MORE, top)
finish()

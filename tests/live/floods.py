#!/usr/bin/env python3
"""Five floods at once - executable memfds, processes, mappings, names, cgroups - and
six mmtrace beside them: each stays as large as it was, and counts what the kernel counted.

MMT_FLOOD_SECONDS: how long (60)."""
import json
import os
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), 'lib'))
import mmt

SECONDS = float(os.environ.get('MMT_FLOOD_SECONDS', '60'))
# Resident, of the last third beyond the middle third, which finds full whatever has a bound.
GROWTH = lambda middle: middle / 10 + (4 << 20) if SECONDS >= 600 else middle * 0.3 + (32 << 20) # a short run fills tables late
INTERVAL = '2s'
# hist keeps 131,072 rows of processes that ended, of some 900 bytes each: in a minute they are not full yet.
FULL = {'hist --by process': 131072 * 900 + 20e6}
LIVE_ALL, LIVE_TREE, HIST, CGROUPS, LEAK, TOP = 'live -a', 'live -p', 'hist --by process', 'hist --by cgroup', 'leak', 'top'
COMMANDS = {
    LIVE_ALL: ['live', '-a'],
    LIVE_TREE: ['live', '-p', 'PID'],
    HIST: ['hist', '-p', 'PID', '--by', 'process', 'fault', 'kmalloc'],
    CGROUPS: ['hist', '-p', 'PID', '--by', 'cgroup', 'kmalloc'],
    LEAK: ['leak', '-p', 'PID'],
    TOP: ['top'],
}


def cgroup_mount():
    with open('/proc/mounts', encoding='utf-8') as f:
        return next((words[1] for words in map(str.split, f) if words[2] == 'cgroup2'), None)


class Flooded:
    """mmtrace --json amid floods: only its last lines are kept, there are millions."""

    def __init__(self, name, pid):
        self.name, self.sizes, self.start, self.end = name, [], threading.Event(), None
        command, *options = [str(pid) if a == 'PID' else a for a in COMMANDS[name]]
        forced = mmt.FORCED if command == 'live' else []
        self.log = tempfile.TemporaryFile(dir=mmt.scratch())
        self.process = subprocess.Popen([mmt.MMTRACE, command, '--json', '-i', INTERVAL, *forced, *options],
                                        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=self.log)
        self.reader = threading.Thread(target=self.read, daemon=True)
        self.reader.start()

    def read(self):
        for line in self.process.stdout:
            if line.startswith(b'{"type":"start"'):
                self.start.set()
            elif line.startswith(b'{"type":"end"'):
                self.end = json.loads(line)
        self.start.set()

    def words(self):
        self.log.seek(0)
        return self.log.read().decode('utf-8', 'replace').strip()[-300:]

    def measure(self):
        """Resident bytes, descriptors, threads."""
        pid = self.process.pid
        with open('/proc/%d/statm' % pid, encoding='ascii') as f:
            resident = int(f.read().split()[1]) * 4096
        self.sizes.append((resident, len(os.listdir('/proc/%d/fd' % pid)), len(os.listdir('/proc/%d/task' % pid))))

    def stop(self):
        self.process.send_signal(signal.SIGINT)
        self.reader.join(mmt.PATIENCE)
        status = self.process.wait(timeout=mmt.PATIENCE)
        mmt.check(status == 0 and self.end, '%s: status %d: %s' % (self.name, status, self.words()))

    def kill(self):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()

    def flat(self):
        """What it said of its size; raises where it grew. A reader that the floods keep from running has much to
        take up at once, and gives it back: what counts is the usual size."""
        third = len(self.sizes) // 3
        middle, last = (list(zip(*self.sizes[i:i + third])) for i in (third, 2 * third))
        usual = [statistics.median(part[0]) for part in (middle, last)]
        text = 'resident %.1f MB in the middle third, %.1f in the last, %.1f at most; %d descriptors, %d threads' % (
            usual[0] / 1e6, usual[1] / 1e6, max(size[0] for size in self.sizes) / 1e6, min(last[1]), min(last[2]))
        mmt.check(usual[1] <= max(usual[0] + GROWTH(usual[0]), FULL.get(self.name, 0)), 'memory grows: ' + text)
        for i, what in (1, 'descriptors'), (2, 'threads'): # more while a file is read
            mmt.check(min(last[i]) <= min(middle[i]), '%d %s, then %d' % (min(middle[i]), what, min(last[i])))
        return text


class Counts:
    """What the kernel counts of the floods, and of the whole machine."""

    def __init__(self, pid):
        fields = mmt.stat_of(pid)
        self.minor, self.major = int(fields[7]) + int(fields[8]), int(fields[9]) + int(fields[10])
        with open('/proc/vmstat', encoding='ascii') as f:
            self.machine = int(dict(map(str.split, f))['pgfault'])

    def __sub__(self, before):
        self.minor -= before.minor
        self.major -= before.major
        return self


def flood(victim, tracers):
    """Starts the floods, measures, ends them; {name: how often}."""
    mmt.check(victim.ask('go') == 'going', 'the floods do not begin')
    end = time.monotonic() + SECONDS
    while time.monotonic() < end:
        for t in tracers:
            mmt.check(t.process.poll() is None, '%s ended: %s' % (t.name, t.words()))
            t.measure()
        time.sleep(min(1, SECONDS / 60))
    victim.process.stdin.write('stop\n')
    counts = {}
    while True:
        words = victim.line().split()
        if words[0] != 'flood':
            mmt.check(words[0] == 'done', 'a flood failed')
            return counts
        counts[words[1]] = int(words[2])


def flood_all():
    """Tracers by name, how often each flood came, what the kernel counted before and after."""
    mount = cgroup_mount()
    cgroup = [os.path.join(mount, 'mmtrace-floods-%d' % os.getpid())] if mount else []
    directory = os.path.join(mmt.scratch(), 'floods')
    for each in [directory, *cgroup]:
        os.mkdir(each)
    tracers = []
    try:
        with mmt.Victim(mmt.victim('floods'), directory, *cgroup, preexec_fn=lambda: os.nice(10)) as victim:
            mmt.check(victim.ask('hello') == 'ready', 'the victim is not ready')
            before = Counts(victim.pid)
            tracers = [Flooded(name, victim.pid) for name in COMMANDS]
            for t in tracers:
                t.start.wait(mmt.PATIENCE)
                mmt.check(t.process.poll() is None, '%s does not start: %s' % (t.name, t.words()))
            counts = flood(victim, tracers)
            kernel = Counts(victim.pid) - before
            for t in tracers:
                t.stop()
            kernel.machine = Counts(victim.pid).machine - before.machine
    finally:
        for t in tracers:
            t.kill()
        shutil.rmtree(directory, True)
        for each in cgroup:
            os.rmdir(each)
    return {t.name: t for t in tracers}, counts, kernel


def tree_is_exact(tracer, kernel):
    faults, events = tracer.end['faults'], tracer.end['events']
    mmt.check((faults['minor'], faults['major']) == (kernel.minor, kernel.major), '%d minor, %d major; the kernel %d and %d; %s' % (
        faults['minor'], faults['major'], kernel.minor, kernel.major, tracer.end['lost']))
    mmt.check(not events['dropped'], 'dropped %d' % events['dropped'])
    return '%d faults, all of them; %d folded, %d control records lost' % (
        faults['total'], events['folded'], tracer.end['lost']['control_full'])


def machine_is_within(tracer, kernel):
    """Other programs run too: no less than the floods, no more than the machine."""
    faults = tracer.end.get('faults', tracer.end)
    total = faults['minor'] + faults['major']
    mmt.check(kernel.minor + kernel.major <= total <= kernel.machine, '%d faults, the floods had %d, the machine %d' % (
        total, kernel.minor + kernel.major, kernel.machine))
    return '%d faults, the floods had %d, the machine %d' % (total, kernel.minor + kernel.major, kernel.machine)


def events_are_all(tracer, kernel, live):
    """hist counts the faults that raise events; those by get_user_pages may raise none."""
    seen = tracer.end['totals']['fault']['latency']['count'] + tracer.end['lost']['unpaired']
    total = kernel.minor + kernel.major
    silent = live.end['faults']['unattributed_minor'] + live.end['faults']['unattributed_major']
    mmt.check(total - silent <= seen <= total, '%d faults, the kernel %d, %d of them without an event' % (seen, total, silent))
    return '%d faults of %d, %d without an event' % (seen, total, silent)


def table_agrees(tracer):
    lost = tracer.end['lost']
    mmt.check(not lost['mismatch'], 'the table and the counters differ by %d' % lost['mismatch'])
    return '%d allocations' % tracer.end['events']['allocations']


mmt.usable('floods')
try:
    tracers, counts, kernel = flood_all()
except mmt.Failed as e:
    mmt.say('not ok', 'floods', str(e))
    sys.exit(1)
mmt.say('ok', 'floods: %d s' % SECONDS, ', '.join('%s %d' % one for one in counts.items()))
for t in tracers.values():
    mmt.run('floods: %s stays as large as it was' % t.name, t.flat)
mmt.run('floods: live -p counts what the kernel counted', tree_is_exact, tracers[LIVE_TREE], kernel)
mmt.run('floods: live -a', machine_is_within, tracers[LIVE_ALL], kernel)
mmt.run('floods: top', machine_is_within, tracers[TOP], kernel)
mmt.run('floods: hist fault', events_are_all, tracers[HIST], kernel, tracers[LIVE_TREE])
mmt.run('floods: leak', table_agrees, tracers[LEAK])
mmt.finish()

#!/usr/bin/env python3
"""Five floods at once - executable memfds, processes, mappings, names, cgroups - and
five mmtrace beside them: each stays as large as it was, and counts what the kernel counted.

MMT_FLOOD_SECONDS: how long (60)."""
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), 'lib'))
import mmt

SECONDS = float(os.environ.get('MMT_FLOOD_SECONDS', '60'))
# Resident, of the last third against the middle third: what was full by then stays as it is.
GROWTH = lambda middle: middle / 10 + (4 << 20)
INTERVAL = '2s'
LIVE_ALL, LIVE_TREE, HIST, LEAK, TOP = 'live -a', 'live -p', 'hist --by process', 'leak', 'top'
COMMANDS = {
    LIVE_ALL: ['live', '-a'],
    LIVE_TREE: ['live', '-p', 'PID'],
    HIST: ['hist', '-p', 'PID', '--by', 'process', 'fault', 'kmalloc'],
    LEAK: ['leak', '-p', 'PID'],
    TOP: ['top'],
}


def cgroup_mount():
    with open('/proc/mounts', encoding='utf-8') as f:
        return next((words[1] for words in map(str.split, f) if words[2] == 'cgroup2'), None)


class Flooded:
    """mmtrace --json amid floods: only its last lines are kept, there are millions."""

    def __init__(self, name, pid):
        self.name, self.sizes, self.kinds, self.start, self.end = name, [], {}, threading.Event(), None
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
            elif line.startswith(b'{"type":"kind"'):
                row = json.loads(line)
                self.kinds[row['kind']] = row
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
        """What it said of its size; raises where it grew."""
        third = len(self.sizes) // 3
        middle, last = (list(zip(*self.sizes[i:i + third])) for i in (third, 2 * third))
        text = 'resident %.1f MB in the middle third, %.1f in the last; %d descriptors, %d threads' % (
            max(middle[0]) / 1e6, max(last[0]) / 1e6, max(last[1]), max(last[2]))
        mmt.check(max(last[0]) <= max(middle[0]) + GROWTH(max(middle[0])), 'memory grows: ' + text)
        for i, what in (1, 'descriptors'), (2, 'threads'):
            mmt.check(max(last[i]) <= max(middle[i]), '%d %s, then %d' % (max(middle[i]), what, max(last[i])))
        return text


class Counts:
    """What the kernel counts of the floods, and of the whole machine."""

    def __init__(self, pid):
        fields = mmt.stat_of(pid)
        self.minor, self.major = int(fields[7]) + int(fields[8]), int(fields[9]) + int(fields[10])
        with open('/proc/vmstat', encoding='ascii') as f:
            self.machine = int(dict(map(str.split, f))['pgfault'])


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


def run_all():
    mount = cgroup_mount()
    cgroup = os.path.join(mount, 'mmtrace-floods-%d' % os.getpid()) if mount else None
    directory = os.path.join(mmt.scratch(), 'floods')
    os.mkdir(directory)
    if cgroup:
        os.mkdir(cgroup)
    tracers = []
    try:
        with mmt.Victim(mmt.victim('floods'), directory, *([cgroup] if cgroup else [])) as victim:
            mmt.check(victim.ask('hello') == 'ready', 'the victim is not ready')
            before = Counts(victim.pid)
            for name in ONLY:
                tracers.append(Flooded(name, victim.pid))
            for t in tracers:
                t.start.wait(mmt.PATIENCE)
                mmt.check(t.process.poll() is None, '%s does not start: %s' % (t.name, t.words()))
            counts = flood(victim, tracers)
            after = Counts(victim.pid)
            for t in tracers:
                t.stop()
    finally:
        for t in tracers:
            t.kill()
        shutil.rmtree(directory, True)
        if cgroup:
            os.rmdir(cgroup)
    return {t.name: t for t in tracers}, counts, Counts.__new__(Counts)


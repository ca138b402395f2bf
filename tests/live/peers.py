#!/usr/bin/env python3
"""Three tracers beside each other on one storm of allocations: the same counts."""
import collections
import json
import os
import re
import select
import signal
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), 'lib'))
import mmt

TURNS = 20000 # of eventfd + close: one kmalloc, three objects of slab caches
PROGRAM = ('BEGIN { printf("ready\\n"); } tracepoint:kmem:kmalloc, tracepoint:kmem:kmem_cache_alloc /pid == %d/ '
           '{ @[ksym(args->call_site)] = count(); }')
CONTROL = None


def load():
    path = os.path.join(mmt.scratch(), 'load')
    if not os.path.exists(path):
        subprocess.run(['cc', '-O2', '-D_GNU_SOURCE', '-pthread', '-o', path, os.path.join(mmt.ROOT, 'tests/bench/load.c')],
                       check=True)
    return mmt.Victim(path, 'eventfd')


class Peer:
    """ready: text that it prints once it counts; CONTROL: it does so when asked to by --control."""

    def __init__(self, name, ready, *command):
        self.name, self.path = name, os.path.join(mmt.scratch(), name)
        (self.asked, ask), (self.answer, answers) = os.pipe(), os.pipe()
        if ready is CONTROL:
            command = [*command, '-D', '-1', '--control', 'fd:%d,%d' % (self.asked, answers)]
        with open(self.path, 'w') as out:
            self.process = subprocess.Popen([a.replace('OUT', self.path + '.out') for a in command], stdin=subprocess.DEVNULL,
                                            stdout=out, stderr=out, pass_fds=(self.asked, answers))
        if ready is CONTROL:
            os.write(ask, b'enable\n')
            ready = 'ack'
        mmt.wait_for(lambda: self.process.poll() is not None or ready in self.text() + self.answered(), name + ' does not start')
        mmt.check(self.process.poll() is None, '%s ended: %s' % (name, self.text()[-300:]))

    def answered(self):
        can = select.select([self.answer], [], [], 0)[0]
        return os.read(self.answer, 64).decode() if can else ''

    def text(self):
        texts = [open(p, errors='replace').read() for p in (self.path, self.path + '.out') if p and os.path.exists(p)]
        return ''.join(texts)

    def stop(self):
        self.process.send_signal(signal.SIGINT)
        self.process.wait(timeout=mmt.PATIENCE)
        return self.text()


def sites(counts):
    """{function: count}; the places in a function together, strays of the process left out."""
    sums = collections.Counter()
    for site, n in counts:
        sums[re.sub(r'\+.*', '', site)] += int(n)
    return {site: n for site, n in sums.items() if n >= TURNS // 2}


def by_mmtrace(text):
    rows = [json.loads(line) for line in text.splitlines() if line.startswith('{')]
    return sites((r['key']['site'], r['count']) for r in rows if r['type'] == 'hist' and r['op'] == 'alloc')


def beside(name, ready, count, *command):
    """What mmtrace and a peer counted of one storm."""
    mmt.need(command[0])
    with load() as victim:
        mmtrace = Peer('mmtrace', '"type":"start"', mmt.MMTRACE, 'hist', 'kmalloc', 'slab', '--by', 'site', '--json', '-o', 'OUT',
                       '-p', str(victim.pid))
        peer = Peer(name, ready, *(a.replace('%d', str(victim.pid)) for a in command))
        victim.ask(str(TURNS // 1000))
        theirs = count(peer)
        ours = by_mmtrace(mmtrace.stop())
    mmt.check(sum(ours.values()) >= 4 * TURNS, 'mmtrace: %s' % ours)
    return ours, theirs


def bpftrace():
    def count(peer):
        return sites(re.findall(r'@\[(\S+)\]: (\d+)', peer.stop()))

    ours, theirs = beside('bpftrace', 'ready', count, 'bpftrace', '-q', '-e', PROGRAM)
    mmt.check(ours == theirs, 'mmtrace: %s, bpftrace: %s' % (ours, theirs))
    return ', '.join('%s %d' % one for one in sorted(ours.items()))


def perf_kmem():
    def count(peer):
        lost = 'lost' in peer.stop().lower()
        out = subprocess.run(['perf', 'script', '-i', peer.path + '.out', '-F', 'comm,event'], capture_output=True, text=True)
        if lost or 'lost' in out.stderr.lower():
            raise mmt.Skip('perf lost events')
        return len(re.findall(r'load +kmem:(?:kmalloc|kmem_cache_alloc):', out.stdout))

    ours, theirs = beside('perf', CONTROL, count, 'perf', 'kmem', '--slab', 'record', '-o', 'OUT', '-m', '4096', '-p', '%d')
    total = sum(ours.values())
    if theirs < 4 * TURNS: # fewer than were made, where the machine is busy: nothing to hold ours against
        raise mmt.Skip('perf kmem has %d of the %d allocations that were made' % (theirs, 4 * TURNS))
    mmt.check(total <= theirs < total + TURNS // 100, 'mmtrace: %d, perf kmem: %d' % (total, theirs))
    return '%d, perf kmem with the strays of the process %d' % (total, theirs)


mmt.usable('peers')
mmt.run('peers: hist and bpftrace', bpftrace)
mmt.run('peers: hist and perf kmem', perf_kmem)
mmt.finish()

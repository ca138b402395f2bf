#!/usr/bin/env python3
"""Calls of 32-bit programs have other numbers: they are seen where the backend is
tracepoint, and said to be missing where it is fentry."""
import json
import os
import subprocess

from lib.mmt import MMTRACE, PATIENCE, Skip, Victim, check, finish, run, scratch, usable, victim, wait_for

CALLS = ['mmap', 'mprotect', 'madvise', 'mlock', 'munlock', 'mremap', 'munmap', 'mmap', 'shmat', 'shmdt', 'brk']
LENGTH = 0x7000


def traced(*args):
    """JSON of a run of the victim, and the addresses that it saw."""
    if subprocess.run([victim('calls32')], input='go\n', capture_output=True, text=True).stdout.startswith('no'):
        raise Skip('this kernel has no 32-bit calls')
    output = os.path.join(scratch(), 'calls32.json')
    m = subprocess.run([MMTRACE, *args, '--json', '-o', output, '--', victim('calls32')], input='go\n',
                       capture_output=True, text=True)
    check(m.returncode == 0, 'status %d: %s' % (m.returncode, m.stderr))
    with open(output) as f:
        rows = [json.loads(line) for line in f]
    return rows, {k: int(v, 16) for k, v in (line.split() for line in m.stdout.splitlines() if ' ' in line)}


def trace():
    rows, at = traced('trace', '--backend', 'vma=tracepoint')
    calls = [r for r in rows if r['type'] == 'call']
    first = next(i for i, r in enumerate(calls) if int(r['ret']) == at['mmap'])
    got = calls[first:first + len(CALLS)]
    check([r['call'] for r in got] == CALLS, 'calls: %s' % [r['call'] for r in got])
    args = [[int(a, 16) for a in r['args']] for r in got]
    check(args[0][1] == LENGTH and args[0][2] == 3, 'mmap2%s' % args[0])
    check(args[1] == [at['mmap'], LENGTH, 1], 'mprotect%s' % args[1])
    check(args[5][:3] == [at['mmap'], LENGTH, 2 * LENGTH] and int(got[5]['ret']) == at['mremap'], 'mremap%s' % args[5])
    check(args[7][1] == 3 * LENGTH and int(got[7]['ret']) == at['old'], 'old mmap%s' % args[7])
    check(int(got[8]['ret']) == at['shmat'] and args[9] == [at['shmat']], 'shmat %s, shmdt%s' % (got[8]['ret'], args[9]))


def hist():
    rows, _ = traced('hist', 'mmap', '--backend', 'mmap=tracepoint')
    buckets = {b['lo']: b['count'] for r in rows if r['type'] == 'hist' for b in r['buckets']}
    check(buckets.get(16384, 0) >= 1 and buckets.get(65536, 0) >= 1, 'mmap by size: %s' % buckets)


def top():
    output = os.path.join(scratch(), 'calls32.top')
    with Victim(victim('calls32')) as v:
        if v.line() == 'no':
            raise Skip('this kernel has no 32-bit calls')
        with open(output, 'w') as out:
            m = subprocess.Popen([MMTRACE, 'top', '--calls', '--backend', 'top_calls=tracepoint', '--json', '-p', str(v.pid),
                                  '100ms'], stdout=out)
        wait_for(lambda: os.path.getsize(output) or m.poll() is not None, 'it does not begin')
        v.ask('go')
        v.process.wait()
        check(m.wait(timeout=PATIENCE) == 0, 'status %d' % m.returncode)
    with open(output) as f:
        rows = [json.loads(line) for line in f]
    mine = [r for r in rows if r['type'] == 'top' and r['comm'] == 'calls32'][-1]
    check(mine['mmap_bytes'] >= 4 * LENGTH and mine['munmap_bytes'] >= 2 * LENGTH, 'mmap %s, munmap %s' % (
        mine['mmap_bytes'], mine['munmap_bytes']))


def said():
    m = subprocess.run([MMTRACE, 'trace', '--backend', 'vma=fentry', '--json', '--', 'true'], capture_output=True, text=True)
    if m.returncode:
        raise Skip('no fentry here')
    check('32-bit' in json.loads(m.stdout.splitlines()[0])['unknown']['vma'], m.stdout.splitlines()[0])


if 'MMT_ONE_CPU' in os.environ: # QEMU may panic where one CPU patches code that another runs: see ends.py
    os.sched_setaffinity(0, {0})
usable('calls32')
run('calls32: trace shows each', trace)
run('calls32: hist mmap counts them', hist)
run('calls32: top --calls counts them', top)
run('calls32: fentry does not see them, and says so', said)
finish()

#!/usr/bin/env python3
"""Inside a pid namespace: the pids named, found and shown are those of there.  Starts
itself in one that has a /proc of its own."""
import json
import os
import signal
import subprocess
import sys

from lib.mmt import FORCED, MMTRACE, PATIENCE, Tracer, Victim, check, faults_of, finish, run, scratch, usable, victim, wait_for

INSIDE = 'MMT_PIDNS'
CHILDREN = 40
ROWS = 4096 # of hist


def unshare(*command):
    return ['unshare', '--pid', '--fork', '--mount-proc', *command]


def is_low(pid):
    check(pid < 2000, 'pid %d is not one of this namespace' % pid)


def live(*scope):
    with Victim(victim('storm'), '2') as v:
        is_low(v.pid)
        with Tracer(*(scope or ('-p', v.pid))) as t:
            t.started().settled()
            before = faults_of(v.pid)[0]
            v.ask('go')
            after = faults_of(v.pid)[0]
            v.process.wait()
            t.settled().stop() if scope else t.finished()
    row = t.process_of(v.pid)
    check(row and row['comm'] == 'storm', 'row of pid %d: %s' % (v.pid, row))
    got = row['faults']['minor'] + row['faults']['unattributed_minor']
    check(got >= after - before >= 65536, '%d faults, the kernel counted %d and more' % (got, after - before))
    for p in t.processes.values():
        is_low(p['pid'])
    return '%d faults' % got


def thread():
    with Victim(victim('threads'), '4') as v:
        tids = v.line().split()[1:]
        with Tracer('-t', tids[1]) as t:
            t.started()
            low = int(v.ask('counts').split()[2])
            wait_for(lambda: int(v.ask('counts').split()[2]) > low + 1000, 'the thread does not fault')
            t.settled().stop()
    check(t.process_of(v.pid)['faults']['minor'] > 900, 'faults: %s' % t.process_of(v.pid)['faults'])


def command(*words):
    with Tracer('--', *words, victim('crowd'), str(CHILDREN), '50', stdin=subprocess.PIPE, stdout=subprocess.DEVNULL) as t:
        t.process.stdin.write(b'go\n')
        t.process.stdin.close()
        t.finished()
    f = t.end['faults']
    check(f['minor'] == f['kernel_minor'] and f['major'] == f['kernel_major'] and f['minor'] > CHILDREN * 50,
          '%s; lost: %s' % (f, t.lost()))
    if os.environ.get(INSIDE):
        for p in t.processes.values():
            is_low(p['pid'])
    return '%d faults of %d processes' % (f['minor'], len(t.processes))


def rows_of(*args, until=None):
    """JSON of hist, leak, top or trace beside a crowd."""
    output = os.path.join(scratch(), 'pidns.json')
    open(output, 'w').close()
    with Victim(victim('crowd'), str(CHILDREN), '50') as v:
        v.line()
        with subprocess.Popen([MMTRACE, *args, '--json', '-o', output, '-p', str(v.pid)]) as m:
            wait_for(lambda: os.path.getsize(output) or m.poll() is not None, 'it does not begin')
            check(m.poll() is None, 'it ended')
            v.ask('go')
            own = faults_of(v.pid)
            if until == 'asked':
                m.send_signal(signal.SIGINT)
            else:
                v.process.stdin.close()
                v.process.wait()
            check(m.wait(timeout=PATIENCE) == 0, 'status %d' % m.returncode)
    with open(output) as f:
        return v.pid, own, [json.loads(line) for line in f]


def trace():
    pid, _, rows = rows_of('trace', *FORCED)
    faults = [r for r in rows if r['type'] == 'fault']
    check(len({r['pid'] for r in faults}) == CHILDREN + 1, 'pids: %s' % {r['pid'] for r in faults})
    for r in faults:
        is_low(r['pid'])
        is_low(r['tid'])


def hist():
    pid, _, rows = rows_of('hist', 'kmalloc', '--by', 'process')
    last = [r for r in rows if r['type'] == 'hist']
    pids = {r['key']['process']['pid'] for r in last if r['count'] and not r['key']['other']}
    check(len(pids) == CHILDREN + 1 and pid in pids, 'pids: %s' % pids)
    for p in pids:
        is_low(p)


def hist_reuse():
    """The rows of processes that ended are used again: more are shown than there is room for at once."""
    output = os.path.join(scratch(), 'reuse.json')
    m = subprocess.run([MMTRACE, 'hist', 'kmalloc', 'slab', '--by', 'process', '--rows', str(ROWS), '--json', '-o', output,
                        '--', victim('processes'), '2000', '7', '1'], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    check(m.returncode == 0, m.stderr[-300:])
    with open(output) as f:
        rows = [r for r in map(json.loads, f) if r['type'] == 'hist' and not r['key']['other']]
    made = sum(len(r['buckets']) for r in rows)
    check(made > ROWS, '%d rows were made, there is room for %d' % (made, ROWS))
    return '%d rows' % made


def leak():
    _, _, rows = rows_of('leak', 'kmalloc', until='asked')
    got = sum(r['count'] for r in rows if r['type'] == 'outstanding' and 'eventfd' in json.dumps(r['site']))
    check(got == CHILDREN, '%d eventfds' % got)


def leak_ends():
    rows_of('leak', 'kmalloc')


def top():
    pid, own, rows = rows_of('top', '60s', until='asked')
    mine = [r for r in rows if r['type'] == 'top' and r['pid']]
    check({(r['pid'], r['comm']) for r in mine} == {(pid, 'crowd')}, 'rows of %s' % {(r['pid'], r['comm']) for r in mine})
    check(0 < mine[-1]['minor'] <= own[0], '%d faults, the kernel counted %d' % (mine[-1]['minor'], own[0]))


def top_all():
    m = subprocess.run([MMTRACE, 'top', '--json', '50ms', '3'], capture_output=True, text=True)
    check(m.returncode == 0, m.stderr)
    for r in map(json.loads, m.stdout.splitlines()):
        if r['type'] == 'top' and r['pid']:
            is_low(r['pid'])


def other_proc():
    """The /proc of another namespace says nothing of the pids here."""
    for words in ['-a'], ['trace', '-a'], ['top', '-p', '1'], ['hist', '-p', '1'], ['leak', '-p', '1']:
        m = subprocess.run(['unshare', '--pid', '--fork', MMTRACE, *words, '-d', '100ms'], capture_output=True, text=True)
        check(m.returncode == 3 and 'another pid namespace' in m.stderr, '%s: status %d: %s' % (words, m.returncode, m.stderr))


if 'MMT_ONE_CPU' in os.environ: # QEMU may panic where one CPU patches code that another runs: see ends.py
    os.sched_setaffinity(0, {0})
if not os.environ.get(INSIDE):
    usable('pidns')
    if subprocess.run(unshare('true'), capture_output=True).returncode:
        print('skip - pidns: no pid namespace can be made')
        sys.exit(0)
    run('pidns: a command that makes a namespace, from outside', command, *unshare())
    run('pidns: the /proc of another namespace is refused', other_proc)
    sys.stdout.flush()
    sys.exit(subprocess.run(unshare(sys.executable, os.path.abspath(__file__)), env={**os.environ, INSIDE: '1'}).returncode)
run('pidns: live -p', live)
run('pidns: live -a', live, '-a')
run('pidns: live -t', thread)
run('pidns: live -- CMD', command)
run('pidns: live -- CMD in a namespace further in', command, *unshare())
run('pidns: trace -p', trace)
run('pidns: hist -p --by process', hist)
run('pidns: leak -p', leak)
run('pidns: leak -p ends', leak_ends)
run('pidns: top -p', top)
run('pidns: top', top_all)
run('pidns: hist --by process uses rows of ended processes again', hist_reuse)
finish()

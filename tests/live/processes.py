#!/usr/bin/env python3
"""mmtrace hist --by process: each of thousands of processes that live for a moment has
its rows, with what it did, and the kernel's table has room for those that come later."""
import json
import os
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), 'lib'))
from mmt import MMTRACE, check, finish, run, scratch, usable, victim

COUNT = int(os.environ.get('MMT_PROCESSES', '5000'))
EVENTFDS, PAGES = 7, 20
KERNEL_ROWS = 24576 # more than the default: mmtrace may have to wait for a busy CPU before it reads them


def hist(*args, rows=KERNEL_ROWS, expect=0):
    """The lines of a run over the children, and what wait4() says of each: {name: faults}.  A name
    is (pid, how often it was given before): numbers are used again on a busy machine."""
    output = os.path.join(scratch(), 'hist')
    done = subprocess.run([MMTRACE, 'hist', '--rows', str(rows), *args, '--json', '-o', output, '--', victim('processes'),
                           str(COUNT), str(EVENTFDS), str(PAGES)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    check(done.returncode == expect, 'status %d: %s' % (done.returncode, done.stderr[-300:]))
    children, given = {}, {}
    for pid, minor, major in (map(int, line.split()) for line in done.stdout.splitlines()):
        children[pid, given.get(pid, 0)] = minor + major
        given[pid] = given.get(pid, 0) + 1
    check(len(children) == COUNT, '%d children' % len(children))
    with open(output, encoding='utf-8') as f:
        return [json.loads(line) for line in f], children


def by_process(lines, wanted):
    """Counts of each process, by the names of hist(): in the order in which they started."""
    counts, given, names = {}, {}, {}
    rows = [r for r in lines if r['type'] == 'hist' and not r['key']['other']]
    for pid, start in sorted({(r['key']['process']['pid'], r['key']['process']['start_time_ns']) for r in rows}):
        names[pid, start] = pid, given.get(pid, 0)
        given[pid] = given.get(pid, 0) + 1
    for r in filter(wanted, rows):
        name = names[r['key']['process']['pid'], r['key']['process']['start_time_ns']]
        counts[name] = counts.get(name, 0) + r['count']
    return counts


def nothing_lost(lines):
    other = sum(r['count'] for r in lines if r['type'] == 'hist' and r['key']['other'])
    check(not other and not lines[-1]['lost'].get('rows_full'), '%d events found no row' % other)


def differing(counts, want):
    return {pid: (counts.get(pid), n) for pid, n in want.items() if counts.get(pid) != n}


def allocations():
    """By process alone a child has ten rows and more: the sizes that fork and exit ask for."""
    lines, children = hist('kmalloc', 'slab', 'page', '--by', 'process')
    nothing_lost(lines)
    rows = sum(len(r['buckets']) for r in lines if r['type'] == 'hist' and r['buckets'])
    check(COUNT < 5000 or rows > KERNEL_ROWS, 'only %d rows: fewer than the kernel has room for' % rows)
    counts = by_process(lines, lambda r: r['event'] == 'kmalloc')
    missing = [pid for pid in children if counts.get(pid, 0) < EVENTFDS]
    check(not missing, '%d of %d children have fewer than %d: %s' % (len(missing), COUNT, EVENTFDS, missing[:5]))
    total = lines[-1]['totals']['kmalloc']['alloc']['count']
    check(total == sum(counts.values()), 'rows make %d, the total is %d' % (sum(counts.values()), total))
    names = {r['key']['process']['comm'] for r in lines if r['type'] == 'hist' and r['event'] == 'page'}
    check(names == {'processes'}, 'children are called %s' % names)


def sites():
    """Each child's own calls, exactly."""
    lines, children = hist('kmalloc', 'slab', '--by', 'site,process')
    if lines[0]['unknown'].get('site'):
        return 'sites are hidden here'
    nothing_lost(lines)
    counts = by_process(lines, lambda r: r['key']['site'].startswith('do_eventfd'))
    wrong = differing(counts, {pid: EVENTFDS for pid in children})
    check(not wrong, '%d of %d children: %s' % (len(wrong), COUNT, list(wrong.items())[:5]))
    return '%d children, %d eventfds each' % (COUNT, EVENTFDS)


def faults():
    """As many as wait4() says, but for those before the child's first run, which are its parent's."""
    lines, children = hist('fault', 'page', '--by', 'process')
    nothing_lost(lines)
    lost = lines[-1]['lost']['unpaired']
    counts = by_process(lines, lambda r: r['event'] == 'fault')
    wrong = differing(counts, children)
    check(len(wrong) <= lost, '%d of %d children, %d lost: %s' % (len(wrong), COUNT, lost, list(wrong.items())[:5]))


def too_few_rows():
    lines, _ = hist('kmalloc', '--by', 'process', '--strict', rows=1, expect=5)
    check(lines[-1]['lost']['rows_full'] > 0, str(lines[-1]['lost']))
    other = sum(r['count'] for r in lines if r['type'] == 'hist' and r['key']['other'])
    check(other == lines[-1]['lost']['rows_full'], 'other counts %d: %s' % (other, lines[-1]['lost']))


usable('processes')
run('hist: %d short processes have their rows' % COUNT, allocations)
run('hist: %d short processes by site, exactly' % COUNT, sites)
run('hist: %d short processes: faults as wait4 says' % COUNT, faults)
run('hist: rows that have no room are a loss', too_few_rows)
finish()

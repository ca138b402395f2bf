#!/usr/bin/env python3
"""mmtrace trace: each mapping call of a program whose calls are known, and what options leave out."""
import json
import os
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), 'lib'))
from mmt import FORCED, MMTRACE, check, finish, run, scratch, usable, victim

COUNT, BYTES = 100, 1000000


def events(options, work):
    out = os.path.join(scratch(), 'trace.json')
    m = subprocess.run([MMTRACE, 'trace', '--json', '-o', out, *FORCED, *options, '--', victim('kernel_allocs'), *map(str, work)],
                       capture_output=True, text=True)
    check(m.returncode == 0, m.stderr)
    rows = [json.loads(line) for line in open(out)]
    check(rows[-1]['events']['delivered'] == rows[-1]['events']['seen'], 'not all is here: %s' % rows[-1]['events'])
    return rows


def calls(rows, name, *args):
    """Calls of that name that begin with these arguments; None: any."""
    of = [r for r in rows if r['type'] == 'call' and r['call'] == name]
    return [r for r in of if all(a is None or int(r['args'][i], 16) == a for i, a in enumerate(args))]


def each_call_is_there():
    rows = events([], ['mmap', COUNT, BYTES])
    maps, unmaps = calls(rows, 'mmap', 0, BYTES), calls(rows, 'munmap', None, BYTES)
    check((len(maps), len(unmaps)) == (COUNT, COUNT), '%d mmaps, %d munmaps, not %d' % (len(maps), len(unmaps), COUNT))
    for m, u in zip(maps, unmaps):
        check(int(m['ret']) == int(u['args'][0], 16) and u['ret'] == '0', '%s, then %s' % (m, u))
        check(m['pid'] == u['pid'] and m['t'] < u['t'], '%s, then %s' % (m, u))
    check([r for r in rows if r['type'] == 'fault'], 'no faults')


def calls_that_fail_say_so():
    rows = events([], ['failmmap', 10])
    fails = calls(rows, 'mmap', 0, 1 << 63)
    check(len(fails) == 10 and all(r['ret'] == '-12' for r in fails), str(fails[:2])) # ENOMEM
    rows = events([], ['shrink', 10, 8192])
    check(len(calls(rows, 'brk')) >= 30, '%d brks' % len(calls(rows, 'brk')))


def classes_leave_calls_out():
    rows = events(['-F', 'anon_write'], ['touch', 300])
    kinds = {r['type'] for r in rows} & {'call', 'life', 'fault'}
    check(kinds == {'fault', 'life'}, str(kinds))
    faults = [r for r in rows if r['type'] == 'fault']
    check({r['class'] for r in faults} == {'anon_write'} and len(faults) >= 300, '%d faults: %s' % (len(faults), {r['class'] for r in faults}))
    # all that are counted of that class are shown
    check(len(faults) == rows[-1]['class']['anon_write']['minor'], '%d shown, %s' % (len(faults), rows[-1]['class']['anon_write']))


def a_range_leaves_the_rest_out():
    low, high = 0x7000_0000_0000, 0x8000_0000_0000
    rows = events(['--range', '%#x-%#x' % (low, high)], ['mmap', COUNT, BYTES])
    shown = [r for r in rows if r['type'] in ('fault', 'call', 'life')]
    check([r for r in shown if r['type'] == 'life'], 'no lives')
    outside = [r for r in shown if r['type'] == 'fault' and not low <= int(r['addr'], 16) < high]
    check(not outside, str(outside[:1]))
    check(len(calls(rows, 'mmap', 0, BYTES)) == COUNT, 'mmaps into the range: %d' % len(calls(rows, 'mmap', 0, BYTES)))
    check(not calls(rows, 'brk'), 'a brk is below')


def filters_leave_out_lines_alone():
    """What is not shown is counted: totals are of all faults, and the end says how many had a line."""
    rows = events(['--min-latency', '1us', '--path', '[heap]', '--no-processes'], ['shrink', 10, 8192])
    faults, end = [r for r in rows if r['type'] == 'fault'], rows[-1]
    heaps = {r['vma'] for r in rows if r['type'] == 'vma_seen' and r['name'] == '[heap]'}
    check(heaps and all(r['vma'] in heaps and r['ns'] >= 1000 for r in faults), str(faults[:1]))
    check(not [r for r in rows if r['type'] in ('call', 'life')], 'a call, or a life')
    check(end['filter']['shown_faults'] == len(faults) < end['filter']['faults'], str(end['filter']))
    check(end['filter']['faults'] == end['faults']['total'] - end['faults']['unattributed_minor'] - end['faults']['unattributed_major'],
          '%s of %s' % (end['filter'], end['faults']))


def every_mapping_is_introduced():
    rows, known = events([], ['mmap', COUNT, BYTES]), set()
    for r in rows:
        if r['type'] == 'vma_seen':
            known.add(r['vma'])
        elif r['type'] in ('fault', 'call') and r['vma'] is not None:
            check(r['vma'] in known, 'nothing said what %d is' % r['vma'])
    check(known, 'no mapping at all')


def code_is_where_the_program_was():
    """Before the place that a call returns to stands a system call; code that faults itself in is where it is."""
    rows, files = events([], ['mmap', COUNT, BYTES]), {}
    for r in rows:
        if r['type'] == 'vma_seen' and os.path.isfile(r['name']):
            files[os.path.basename(r['name'])] = r['name']
            files[r['vma']] = r
    at = [r['code'] for r in calls(rows, 'mmap', 0, BYTES)]
    check(len(at) == COUNT and len(set(at)) == 1 and at[0], 'code of %d calls: %s' % (len(at), set(at)))
    name, offset = at[0].rsplit('+', 1)
    with open(files[name], 'rb') as f:
        f.seek(int(offset, 16) - 2)
        check(f.read(2) == b'\x0f\x05', '%s is not behind a system call' % at[0])
    fetched = [r for r in rows if r['type'] == 'fault' and r['ip'] == r['addr'] and r['vma'] in files]
    check(fetched, 'no code faulted itself in')
    for r in fetched:
        vma = files[r['vma']]
        want = '%s+%#x' % (os.path.basename(vma['name']), int(r['ip'], 16) - int(vma['start'], 16) + int(vma['offset'], 16))
        check(r['code'] == want, '%s, not %s' % (r['code'], want))


def forks_say_how_long_they_copied():
    """What is copied takes time, less than there was; a new thread copies nothing."""
    out = os.path.join(scratch(), 'fork.json')
    m = subprocess.run([MMTRACE, 'trace', '--json', '-o', out, *FORCED, '--', 'sh', '-c', '(exit 0); (exit 0)'], capture_output=True, text=True)
    check(m.returncode == 0, m.stderr)
    forks = [r for r in map(json.loads, open(out)) if r['type'] == 'life' and r['event'] == 'fork']
    check(len(forks) >= 2, '%d forks' % len(forks))
    shown = tuple(map(int, os.uname().release.split('.')[:2])) >= (6, 2)
    for r in forks:
        check(0 < r['ns'] < r['t'] if shown else r['ns'] is None, str(r))
    out = os.path.join(scratch(), 'thread.json')
    m = subprocess.run([MMTRACE, 'trace', '--json', '-o', out, *FORCED, '--', victim('threads'), '2'], stdin=subprocess.DEVNULL,
                       capture_output=True, text=True, timeout=60)
    threads = [r for r in map(json.loads, open(out)) if r['type'] == 'life' and r['text'].startswith('thread of')]
    check(threads and not [r for r in threads if r['ns'] is not None], str(threads[:1]))


def a_look_is_no_fault():
    """futex(2) looks with faults disabled: an exception that nothing follows, and that nobody abandoned."""
    end = events([], ['look', 1, 256 * 4096])[-1]
    check(end['class']['anon_read']['minor'] >= 256 and end['mode']['kernel'] >= 256, str(end['class']['anon_read']))
    check(end['events']['abandoned'] == 0, 'abandoned: %d' % end['events']['abandoned'])


usable('trace')
run('trace: each mapping call of a program', each_call_is_there)
run('trace: calls that fail', calls_that_fail_say_so)
run('trace: -F shows faults of these classes only', classes_leave_calls_out)
run('trace: what filters leave out is counted', filters_leave_out_lines_alone)
run('trace: a mapping is introduced before the first event on it', every_mapping_is_introduced)
run('trace: --range', a_range_leaves_the_rest_out)
run('trace: where the code was', code_is_where_the_program_was)
run('trace: forks', forks_say_how_long_they_copied)
run('trace: a look with faults disabled is no fault', a_look_is_no_fault)
finish()

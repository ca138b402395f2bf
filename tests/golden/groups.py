#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""Rows add up at every level: mappings to what VMAs have, and groups by each key and by each
pair of keys to their rows, in counts, classes and latencies, in recordings of real runs."""
import itertools
import json
import os
import subprocess
import sys

GOLDEN, RECORDINGS = sys.argv[1], sys.argv[2:]
# Keys of slices: pairs with one of theirs, and what mappings and processes have apart.
SLICES = ['class', 'mode', 'thread', 'pid', 'ppid', 'comm', 'parent', 'kind', 'name', 'file', 'mapping']
KEYS = {'mapping': ['pid', 'comm', 'kind', 'name', 'file', 'mapping'],
        'vma': ['pid', 'comm', 'vma', 'perm', 'kind', 'source', 'name'],
        'process': ['pid', 'ppid', 'parent', 'comm']}
bad = False


def last_rows(recording, by):
    """The rows of the end of the run, of the type that by leads to."""
    command = [GOLDEN, recording, os.path.basename(recording).split('-')[0], 'json', 'by=' + by]
    out = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    rows, kept = [json.loads(line) for line in out.splitlines()], []
    for row in rows:
        if row['type'] == 'tick':
            kept = []
        elif row['type'] not in ('start', 'end', 'kind', 'merged', 'fault', 'call', 'life', 'vma_seen'):
            kept.append(row)
    return kept


def amounts(row):
    """All that is added up, by name."""
    out = {'total': row['faults']['total'], 'minor': row['faults']['minor'], 'major': row['faults']['major'],
           'time': row['time_ns'] or 0}
    for name, c in row['class'].items():
        for key in ('minor', 'major', 'error', 'ns_sum'):
            out[name + '.' + key] = c[key]
        for i, n in enumerate(c['hist']):
            out['%s.hist.%d' % (name, i)] = n
    return {k: v for k, v in out.items() if v}


def total(rows):
    sums = {}
    for row in rows:
        for key, n in amounts(row).items():
            sums[key] = sums.get(key, 0) + n
    return sums


def check(name, got, want):
    global bad
    differs = {k: (got.get(k), want.get(k)) for k in set(got) | set(want) if got.get(k) != want.get(k)}
    if differs:
        bad = True
        print('not ok - golden: groups: %s: %s' % (name, dict(list(differs.items())[:4])))
    else:
        print('ok - golden: groups: %s' % name)


for path in RECORDINGS:
    short = path.split('/')[-1].replace('.mmtrace', '')
    vmas = total(r for r in last_rows(path, 'vma') if r['type'] == 'vma')
    if not vmas:
        sys.exit('%s has no faults' % path)
    check('%s: mappings have what VMAs have' % short,
          total(r for r in last_rows(path, 'mapping') if r['type'] == 'mapping'), vmas)
    for kind, keys in KEYS.items():
        base = total(r for r in last_rows(path, kind) if r['type'] == kind)
        wrong = []
        for by in [(k,) for k in keys] + list(itertools.combinations(keys, 2)):
            if by[0] in KEYS and len(by) == 1:
                continue # the name of a row type: not grouped
            rows = last_rows(path, ','.join(by))
            of = {r.get('of') for r in rows} # None: in trace kind is a type of row
            want = base if of == {kind} else None # keys that another type has too are that one's
            if want is not None and total(rows) != want:
                wrong.append(','.join(by))
        if kind == 'mapping': # slices are parts of mappings
            for by in itertools.combinations(SLICES, 2):
                rows = last_rows(path, ','.join(by))
                if {r['of'] for r in rows} <= {'slice', 'mapping'} and total(rows) != base:
                    wrong.append(','.join(by))
                if set(by) & set(SLICES[:3]) and {r['of'] for r in rows} != {'slice'}:
                    wrong.append('%s (no slices)' % ','.join(by))
        if wrong:
            bad = True
            print('not ok - golden: groups: %s: %s by %s do not add up' % (short, kind, ' '.join(wrong)))
        else:
            print('ok - golden: groups: %s: %s by each key and each pair of keys' % (short, kind))
sys.exit(bad)

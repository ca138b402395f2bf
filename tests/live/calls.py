#!/usr/bin/env python3
"""mmtrace live --calls: calls that change mappings, counted by what they are about."""
import json
import os
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), 'lib'))
import mmt


def file_of_64_pages():
    path = os.path.join(mmt.scratch(), 'pages')
    with open(path, 'wb') as f:
        f.write(b'x' * (64 * 4096))
    return path


def traced(*options):
    """The last line of each row of a run over the victim."""
    out = os.path.join(mmt.scratch(), 'calls.json')
    done = subprocess.run([mmt.MMTRACE, 'live', '--json', '-o', out, *mmt.FORCED, *options, '--', mmt.victim('mapping_calls'), file_of_64_pages()],
                          input='\n', stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, check=False)
    mmt.check(done.returncode == 0 and done.stdout.startswith('done'), done.stderr)
    rows = {}
    with open(out, encoding='utf-8') as f:
        for r in map(json.loads, f):
            rows[r['type'], r.get('mapping')] = r
    return [r for r in rows.values() if r['type'] == 'mapping'], rows['end', None]


def by_mapping():
    rows, end = traced('--calls')
    area = [r for r in rows if r['calls'].get('dontneed')]
    mmt.check(len(area) == 1 and area[0]['kind'] == 'anon', 'DONTNEED: %s' % area)
    mmt.check({k: area[0]['calls'].get(k) for k in ('dontneed', 'hugepage', 'mprotect')} == {'dontneed': 7, 'hugepage': 3, 'mprotect': 4},
              str(area[0]['calls']))
    chunks = [r for r in rows if r['calls'].get('munmap', 0) >= 50]
    mmt.check(len(chunks) == 1 and chunks[0]['calls']['munmap'] == 50 and chunks[0]['name'].startswith('/dev/zero'),
              'munmap: %s' % [(r['name'], r['calls']) for r in chunks])
    mmt.check(end['calls_apart'] is not None, 'calls_apart is null')
    return 'apart: %d' % end['calls_apart']


def not_asked_for():
    rows, end = traced()
    mmt.check({r['calls'] for r in rows} == {None} and end['calls_apart'] is None, 'counted without --calls')


def refused():
    done = subprocess.run([mmt.MMTRACE, 'live', '--calls', '--aggregate', '--', 'true'], stderr=subprocess.PIPE, text=True, check=False)
    mmt.check(done.returncode == 2 and 'calls' in done.stderr, '%d: %s' % (done.returncode, done.stderr))


mmt.usable('calls')
mmt.run('calls: by mapping, of madvise by advice', by_mapping)
mmt.run('calls: only on request', not_asked_for)
mmt.run('calls: with --aggregate', refused)
mmt.finish()

#!/usr/bin/env python3
"""mmtrace leak against a module whose amounts are known, in a virtual machine.

usage: leak.py 6.1|6.12"""
import json
import os
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
GUEST = os.path.join(HERE, 'leak_guest.sh')
RUN = os.path.join(HERE, '..', 'vm', 'run')
# function -> domain, from, bytes of each, how many the module allocates
KNOWN = {
    'mmt_alloc_small': ('kmalloc', 'kmalloc-128', 128, 1000),
    'mmt_alloc_large': ('kmalloc', 'kmalloc-8k', 8192, 500),
    'mmt_alloc_huge': ('kmalloc', 'kmalloc large', 32768, 20),
    'mmt_alloc_object': ('slab', 'mmt_known_object', 208, 100),
    # 1,000,000 bytes are 245 pages, and the guard page
    'mmt_alloc_area': ('vmalloc', 'vmalloc', 246 * 4096, 10),
    'mmt_alloc_page': ('page', 'page order 0', 4096, 64),
    'mmt_alloc_block': ('page', 'page order 3', 32768, 16),
}
failed = False


def say(good, name, why=''):
    global failed
    failed |= not good
    print('%s - leak: %s%s' % ('ok' if good else 'not ok', name, '' if good else ': ' + why), flush=True)


def known_rows(lines):
    """Rows of the module's functions up to the last tick or end; kmalloc's own pages left out."""
    now, last = [], []
    for r in lines:
        if r['type'] == 'outstanding' and r['site']['module'] == 'mmt_known':
            if r['domain'] == KNOWN[r['site']['function']][0]:
                now.append(r)
        elif r['type'] in ('tick', 'end'):
            last, now = now, []
    return last


def half_is_held(rows):
    seen = {r['site']['function']: r for r in rows}
    for function, (domain, source, each, amount) in KNOWN.items():
        r = seen.get(function)
        want = (domain, source, each, amount // 2, each * amount // 2, amount, amount // 2)
        got = r and (r['domain'], r['from'], r['bytes_each'], r['count'], r['bytes'], r['allocated'], r['freed'])
        say(got == want, '%s: %d of %d bytes each' % (function, amount // 2, each), '%s, not %s' % (got, want))
    say(len(rows) == len(KNOWN), 'one row per function', str([r['site'] for r in rows]))


def main():
    kernel = sys.argv[1]
    built = subprocess.run([os.path.join(HERE, 'build'), kernel], stdout=subprocess.PIPE, text=True)
    if built.returncode:
        sys.exit(built.returncode)
    guest = subprocess.run([RUN, '-k', kernel, '--timeout', '240', '--module', built.stdout.strip(), '--file', GUEST, '--',
                            GUEST], stdout=subprocess.PIPE, text=True)
    if guest.returncode == 77:
        sys.exit(77)
    if guest.returncode or 'MARK\n' not in guest.stdout:
        say(False, 'run', 'status %d: %s' % (guest.returncode, guest.stdout[-500:]))
        sys.exit(1)
    first, second = ([json.loads(line) for line in part.splitlines()] for part in guest.stdout.split('MARK\n'))
    half_is_held(known_rows(first))
    rest = known_rows(second)
    say(not rest, 'nothing is left when the other half is freed', str(rest))
    end = second[-1]
    lost = {k: v for k, v in end['lost'].items() if v and k in ('table_full', 'sites_full', 'busy', 'busy_frees')}
    say(not lost, 'nothing was lost', str(lost))
    print('# events %s lost %s' % (end['events'], end['lost']))
    sys.exit(failed)


main()

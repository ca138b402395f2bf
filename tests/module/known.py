#!/usr/bin/env python3
"""mmtrace hist and leak against a module whose amounts are known, in a virtual machine.

usage: known.py 6.1|6.12"""
import json
import os
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
GUEST = os.path.join(HERE, 'known_guest.sh')
RUN = os.path.join(HERE, '..', 'vm', 'run')
CACHE = 'mmt_known_object'
# function -> domain, from, bytes asked for and taken by each, how many the module allocates
KNOWN = {
    'mmt_alloc_small': ('kmalloc', 'kmalloc-128', 100, 128, 1000),
    'mmt_alloc_large': ('kmalloc', 'kmalloc-8k', 5000, 8192, 500),
    'mmt_alloc_huge': ('kmalloc', 'kmalloc large', 20000, 32768, 20),
    'mmt_alloc_object': ('slab', CACHE, 200, 208, 100),
    # 1,000,000 bytes are 245 pages; then the guard page
    'mmt_alloc_area': ('vmalloc', 'vmalloc', 245 * 4096, 246 * 4096, 10),
    'mmt_alloc_page': ('page', 'page order 0', 4096, 4096, 64),
    'mmt_alloc_block': ('page', 'page order 3', 32768, 32768, 16),
    'mmt_alloc_deferred': ('kmalloc', 'kmalloc-512', 400, 512, 60),
    'mmt_alloc_interrupt': ('kmalloc', 'kmalloc-1k', 700, 1024, 40),
    'mmt_alloc_bulk': ('slab', CACHE, 200, 208, 80),
}
failed = False


def say(good, name, why=''):
    global failed
    failed |= not good
    print('%s - module: %s%s' % ('ok' if good else 'not ok', name, '' if good else ': ' + why), flush=True)


def equal(name, got, want):
    say(got == want, name, '%s, not %s' % (got, want))


# --- hist ---

def hist_rows(lines):
    """(domain, function) -> row of the end, the module's functions only."""
    rows = {}
    for r in lines:
        site = r['key'].get('site') if r['type'] == 'hist' and r['op'] == 'alloc' else None
        if site and site.endswith(' [mmt_known]'):
            rows[r['event'], site.split('+')[0]] = r
    return rows


def hist_is_exact(lines):
    rows = hist_rows(lines)
    for function, (domain, _, asked, taken, amount) in KNOWN.items():
        if function == 'mmt_alloc_bulk':
            continue # no event reports it
        r = rows.get((domain, function))
        got = r and (r['count'], r['bytes_req'], r['bytes_alloc'], [(b['lo'], b['count']) for b in r['buckets']])
        bucket = 1 << (asked.bit_length() - 1)
        equal('hist: %s: %d of %d bytes, %d wasted' % (function, amount, asked, (taken - asked) * amount),
              got, (amount, asked * amount, taken * amount, [(bucket, amount)]))
    # the pages below the areas
    pages = rows.get(('page', 'mmt_alloc_area'))
    equal('hist: the areas have 245 pages each', pages and pages['bytes_req'] // 4096, 2450)


def cache_is_named(lines):
    named = {(r['key']['site'].split('+')[0], r['key']['cache']): r['count'] for r in lines
             if r['type'] == 'hist' and r['op'] == 'alloc' and '[mmt_known]' in (r['key'].get('site') or '')}
    equal('hist: cache of the objects', named.get(('mmt_alloc_object', CACHE)), 100)
    equal('hist: size class', named.get(('mmt_alloc_small', 'kmalloc-128')), 1000)


def module_is_alone(lines):
    """hist --module, without rows by site: totals of the module's own."""
    totals = lines[-1]['totals']
    for domain in ('kmalloc', 'slab', 'vmalloc'):
        amounts = [amount for function, (d, _, _, _, amount) in KNOWN.items() if d == domain and function != 'mmt_alloc_bulk']
        equal('hist --module: %s' % domain, totals[domain]['alloc']['count'], sum(amounts))


# --- leak ---

def leak_rows(lines):
    """Rows of the module's functions before the last tick or end; pages below
    kmalloc and vmalloc left out."""
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
    for function, (domain, source, _, taken, amount) in KNOWN.items():
        r = seen.get(function)
        want = (domain, source, taken, amount // 2, taken * amount // 2, amount, amount // 2)
        got = r and (r['domain'], r['from'], r['bytes_each'], r['count'], r['bytes'], r['allocated'], r['freed'])
        equal('leak: %s: %d of %d bytes each' % (function, amount // 2, taken), got, want)
        equal('leak: %s: ages' % function, r and sum(a['count'] for a in r['ages']), amount // 2)
    equal('leak: one row per function', len(rows), len(KNOWN))


def main():
    kernel = sys.argv[1]
    built = subprocess.run([os.path.join(HERE, 'build'), kernel], stdout=subprocess.PIPE, text=True)
    if built.returncode:
        sys.exit(built.returncode)
    # One CPU: QEMU's own threads do not always see in time that the kernel has
    # patched code, and then it dies of an int3 at a tracepoint.
    guest = subprocess.run([RUN, '-k', kernel, '--cpus', '1', '--timeout', '300', '--module', built.stdout.strip(),
                            '--file', GUEST, '--', GUEST], stdout=subprocess.PIPE, text=True)
    if guest.returncode == 77:
        sys.exit(77)
    parts = {}
    for line in guest.stdout.splitlines():
        if line.startswith('# '):
            lines = parts.setdefault(line[2:], [])
        elif line.startswith('{'):
            lines.append(json.loads(line))
    if guest.returncode or 'rest' not in parts:
        say(False, 'run', 'status %d: %s' % (guest.returncode, guest.stdout[-500:]))
        sys.exit(1)
    hist_is_exact(parts['site'])
    cache_is_named(parts['cache'])
    module_is_alone(parts['module'])
    others = [r['site'] for r in parts['half'] + parts['rest'] if r['type'] == 'outstanding' and r['site']['module'] != 'mmt_known']
    say(not others, 'leak --module: no sites of others', str(others[:3]))
    half_is_held(leak_rows(parts['half']))
    rest = leak_rows(parts['rest'])
    say(not rest, 'leak: nothing is left when the other half is freed', str(rest))
    end = parts['rest'][-1]
    lost = {k: v for k, v in end['lost'].items() if v and k in ('table_full', 'sites_full', 'busy', 'busy_frees', 'mismatch')}
    say(not lost, 'leak: nothing was lost', str(lost))
    print('# events %s lost %s' % (end['events'], end['lost']))
    sys.exit(failed)


main()

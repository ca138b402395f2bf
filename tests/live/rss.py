#!/usr/bin/env python3
"""RSS, huge pages and swap of each VMA are those of smaps, and reading them costs
little of what smaps does. A process that does not fault is shown."""
import json
import os
import signal
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), 'lib'))
import mmt

PAGES = '/proc/sys/vm/nr_hugepages'
DIRECTORY = os.environ.get('MMT_DISK') or mmt.scratch()


def smaps(pid):
    """rss (with hugetlb), huge, hugetlb, swap in bytes and the flags of each VMA by its start."""
    vmas = {}
    with open('/proc/%d/smaps' % pid, encoding='utf-8', errors='surrogateescape') as f:
        for text in f:
            key, _, rest = text.partition(':')
            words = rest.split()
            if '-' in key.split()[0]:
                vmas[int(key.split('-')[0], 16)] = vma = {'name': text.split(None, 5)[5:]}
            elif key == 'VmFlags':
                vma['flags'] = words
            elif words[1:] == ['kB']:
                vma[key] = int(words[0]) * 1024
    out = {}
    for start, v in vmas.items():
        tlb = v['Shared_Hugetlb'] + v['Private_Hugetlb']
        out[start] = (v['Rss'] + tlb, v['AnonHugePages'] + v['ShmemPmdMapped'] + v['FilePmdMapped'], tlb, v['Swap'])
    return out


def smaps_of(pid, key):
    """That key of each VMA by its start, in KiB."""
    out, start = {}, 0
    with open('/proc/%d/smaps' % pid, encoding='utf-8', errors='surrogateescape') as f:
        for text in f:
            if '-' in text.split()[0]:
                start = int(text.split('-')[0], 16)
            elif text.startswith(key + ':'):
                out[start] = int(text.split()[1])
    return out


def rows(tracer, pid):
    return {int(v['start'], 16): (v['rss_bytes'], v['huge_bytes'], v['hugetlb_bytes'], v['swap_bytes'])
            for v in tracer.live(pid) if v['name'] != '[vsyscall]'}


def wrong(tracer, victim, regions):
    """What the rows have else than smaps; '': nothing."""
    shown = rows(tracer, victim.pid)
    real = {start: v for start, v in smaps(victim.pid).items() if start >> 63 == 0}
    named = {start: name for name, (start, _) in regions.items()}
    for start, v in real.items():
        here = shown.get(start)
        # what a file in memory has swapped out stands in no page table
        if here and here[3] is None:
            v = v[:3] + (None,)
        if here != v:
            return '%x %s: rss, huge, hugetlb, swap %s, smaps %s' % (start, named.get(start, ''), here, v)
    for name, (start, pages) in regions.items():
        if pages >= 0 and shown.get(start, (None,))[0] != pages * 4096:
            return '%s: rss %s, touched %d pages' % (name, shown.get(start), pages)
    return '' if set(shown) == set(real) else 'VMAs are not those of smaps'


def same(tracer, victim, regions):
    """It is stopped, but khugepaged is not, and a reading may be late: once they agree is enough."""
    os.kill(victim.pid, signal.SIGSTOP)
    victim.wait_stopped()
    try:
        mmt.wait_for(lambda: not wrong(tracer, victim, regions), 'not equal')
    except mmt.Failed:
        mmt.check(False, wrong(tracer, victim, regions))
    shown = rows(tracer, victim.pid)
    os.kill(victim.pid, signal.SIGCONT)
    return shown


def reserve(n):
    """So many huge pages more, if there is memory; how many there were."""
    try:
        with open(PAGES) as f:
            before = int(f.read())
        with open(PAGES, 'w') as f:
            f.write('%d\n' % (before + n))
        return before
    except OSError:
        return None


def regions_of(victim):
    regions = {}
    for text in iter(victim.line, 'ready'):
        name, start, _, pages = text.split()
        regions[name] = int(start, 16), int(pages)
    return regions


def with_smaps():
    """Without CAP_SYS_ADMIN nobody says where page tables are."""
    mmt.need('setpriv')
    real, mmt.MMTRACE = mmt.MMTRACE, os.path.join(mmt.scratch(), 'mmtrace')
    with open(mmt.MMTRACE, 'w') as f:
        f.write('#!/bin/sh\nexec setpriv --bounding-set=-sys_admin %s "$@"\n' % real)
    os.chmod(mmt.MMTRACE, 0o755)
    try:
        tried = subprocess.run([mmt.MMTRACE, 'live', *mmt.FORCED, '-d', '100ms', '-p', str(os.getpid())], stdout=subprocess.DEVNULL,
                               stderr=subprocess.PIPE, text=True)
        if tried.returncode: # the backend wants CAP_SYS_ADMIN as well, as tracepoints do on 6.1
            raise mmt.Skip(tried.stderr.splitlines()[0])
        return as_smaps(True)
    finally:
        mmt.MMTRACE = real


def as_smaps(by_smaps=False):
    hugetlb = reserve(2)
    try:
        with mmt.Victim(mmt.victim('resident'), DIRECTORY) as victim:
            regions = regions_of(victim)
            with mmt.Tracer('-p', victim.pid) as tracer:
                tracer.started()
                mmt.check(bool(tracer.start['unknown'].get('rss')) == by_smaps, 'unknown: %s' % tracer.start['unknown'])
                shown = same(tracer, victim, regions)
                mmt.check(victim.ask('more') == 'ready', 'the victim does not go on')
                regions['first'] = regions['first'][0], 400
                same(tracer, victim, regions)
                tracer.stop()
    finally:
        if hugetlb is not None:
            with open(PAGES, 'w') as f:
                f.write('%d\n' % hugetlb)
    sums = [sum(v[i] or 0 for v in shown.values()) >> 10 for i in range(4)]
    return '%d VMAs, rss %d KiB, huge %d, hugetlb %d, swap %d' % (len(shown), *sums)


def among_changing_tables():
    """What does not change is read right while the tables beside it come and go; nothing has more than its size."""
    with mmt.Victim(mmt.victim('resident'), DIRECTORY, 'churn') as victim:
        regions = regions_of(victim)
        with mmt.Tracer('-p', victim.pid, interval='20ms') as tracer:
            tracer.started().wait(lambda: len(tracer.ticks) > 40, 'no ticks')
            tracer.stop()
    fixed = {start: pages * 4096 for start, pages in regions.values() if pages >= 0}
    readings = 0
    with open(tracer.output, encoding='utf-8') as f:
        for row in map(json.loads, f):
            if row['type'] != 'vma' or row['rss_bytes'] is None:
                continue
            readings += 1
            want = fixed.get(int(row['start'], 16))
            mmt.check(want in (None, row['rss_bytes']), '%s: rss %d, touched %s' % (row['start'], row['rss_bytes'], want))
            mmt.check(not row['live'] or row['rss_bytes'] <= row['size_bytes'], '%s: rss %d of %d' % (
                row['start'], row['rss_bytes'], row['size_bytes']))
    mmt.check(readings > 40, 'only %d rows' % readings)
    return '%d rows' % readings


def copied():
    """Of a private mapping of a file what was written is the process's own; of a shared one nothing is."""
    path = os.path.join(DIRECTORY, 'copied')
    with open(path, 'wb') as f:
        f.write(b'x' * (64 * 4096))
    with subprocess.Popen([mmt.victim('mapping_calls'), path], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as victim:
        victim.stdin.write('\n')
        victim.stdin.flush()
        mmt.check(victim.stdout.readline().startswith('done'), 'the victim does not start')
        data = os.path.join(mmt.scratch(), 'copied.json')
        subprocess.run([mmt.MMTRACE, 'live', '-p', str(victim.pid), '--by', 'vma', '-s', 'copied', '--also', 'json=' + data, *mmt.FORCED,
                        mmt.INTERVAL, '3'], stdout=subprocess.DEVNULL, check=True)
        with open(data, encoding='utf-8') as f:
            out = f.read()
        real = smaps_of(victim.pid, 'Anonymous')
        victim.communicate('')
    last = {r['start']: r for r in map(json.loads, out.splitlines()) if r['type'] == 'vma' and r['name'] == path}
    shown = sorted((r['copied_bytes'] is None, r['copied_bytes']) for r in last.values())
    mmt.check(shown == [(False, 40960), (True, None)], 'private and shared: %s' % shown)
    for r in map(json.loads, out.splitlines()):
        if r['type'] == 'vma' and r['copied_bytes'] is not None:
            mmt.check(r['copied_bytes'] == real[int(r['start'], 16)] * 1024, '%s: %s, smaps %s' % (r['start'], r['copied_bytes'], real))
    return '%d bytes' % shown[0][1]


def idle():
    with mmt.Victim(mmt.victim('resident'), DIRECTORY) as victim:
        regions_of(victim)
        out = subprocess.run([mmt.MMTRACE, 'live', '-p', str(victim.pid), '-s', 'rss', *mmt.FORCED,
                              '--columns', 'rss,rss_change,swap,huge,hugetlb,pss,what', mmt.INTERVAL, '3'],
                             stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
        mmt.check(out.returncode == 0, out.stdout)
        mmt.check('[heap]' in out.stdout or '[anon' in out.stdout, 'no mapping of an idle process: %s' % out.stdout)
    return ''


mmt.usable('rss')
mmt.run('rss: as smaps says', as_smaps)
mmt.run('rss: while page tables come and go', among_changing_tables)
mmt.run('rss: by smaps where page tables cannot be read', with_smaps)
mmt.run('rss: what a private mapping has copied', copied)
mmt.run('rss: of a process that does not fault', idle)
mmt.finish()

#!/usr/bin/env python3
"""`mmtrace layout --pages` and `--walk`: as pagemap, kpageflags and kpagecount have them."""
import json
import os
import struct
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), 'lib'))
import mmt
from layout_rows import Layout, hexa

PFN = (1 << 55) - 1
PRESENT, SWAPPED, FILE, EXCLUSIVE, SOFT_DIRTY = 1 << 63, 1 << 62, 1 << 61, 1 << 56, 1 << 55
KPF = ('locked error referenced uptodate dirty lru active slab writeback reclaim buddy mmap anon swapcache swapbacked head '
       'tail hugetlb unevictable hwpoison nopage ksm thp offline zero idle pgtable').split()
HEAD_TAIL_KSM = 1 << 15 | 1 << 16 | 1 << 21
# What a large page is called where it is one; else it is of small ones.
LARGE = {'huge': ('anon huge', 'anon'), 'hugezero': ('huge zero', 'zero')}
SMALL = {'anon': 'anon', 'zero': 'zero', 'absent': 'absent', 'file': 'file', 'copied': 'anon', 'shmem': 'shmem', 'forked': 'anon'}


def words(path, at, n):
    with open(path, 'rb') as f:
        f.seek(at * 8)
        return struct.unpack('%dQ' % n, f.read(8 * n))


def pagemap(pid, addr, n):
    return words('/proc/%d/pagemap' % pid, addr >> 12, n)


def frame(entry):
    """(flags, count) of the page of an entry."""
    pfn = entry & PFN if entry & PRESENT else 0
    return (words('/proc/kpageflags', pfn, 1)[0], words('/proc/kpagecount', pfn, 1)[0]) if pfn else (0, None)


def in_tmpfs():
    """A guest has its programs in memory."""
    dev = os.stat(mmt.victim('pages')).st_dev
    with open('/proc/self/mountinfo') as f:
        kinds = [line.partition(' - ')[2].split()[0] for line in f if line.split()[2] == '%d:%d' % (os.major(dev), os.minor(dev))]
    return bool({'tmpfs', 'rootfs', 'ramfs'} & set(kinds))


def pages(layout):
    """{address: (run, index in it)} of all runs."""
    out = {}
    for run in layout.of('page'):
        for i in range(run['pages']):
            out[hexa(run['start']) + i * 4096] = run, i
    return out


def check_page(entry, kernel, run, i, ksm_unknown):
    flags, count = kernel
    mmt.check(run['present'] == bool(entry & PRESENT) and run['swapped'] == bool(entry & SWAPPED), 'present, swapped')
    mmt.check(run['file'] == bool(entry & FILE) and run['exclusive'] == bool(entry & EXCLUSIVE), 'file, exclusive')
    mmt.check(run['soft_dirty'] == bool(entry & SOFT_DIRTY), 'soft dirty')
    pfn = hexa(run['pfn']) + (i if run['what'] != 'zero' else 0) if run['pfn'] else 0
    mmt.check(pfn == (entry & PFN if entry & PRESENT else 0), 'pfn is %x, pagemap has %x' % (pfn, entry))
    if entry & SWAPPED:
        mmt.check((run['swap_area'], run['swap_offset'] + i) == (entry & 31, (entry & PFN) >> 5), 'swap: %s, %x' % (run, entry))
    if pfn:
        names = {n for b, n in enumerate(KPF) if flags >> b & 1 and not HEAD_TAIL_KSM >> b & 1}
        mine = set((run['flags'] or '').split(','))
        mmt.check(names == mine & (set(KPF) - {'head', 'tail', 'ksm'}), 'flags: %s, kpageflags has %s' % (mine, names))
        mmt.check(ksm_unknown or ('ksm' in mine) == bool(flags >> 21 & 1), 'ksm')
        mmt.check(run['mapcount'] == count, 'mapcount %s, kpagecount has %s' % (run['mapcount'], count))
        mmt.check(run['refcount'] is None or run['refcount'] >= 1, 'refcount %s' % run['refcount'])


def quiet(pid, addr, n, look):
    """What look() shows while the kernel shows the same before and after: pages may be moved any time."""
    for _ in range(100):
        before = pagemap(pid, addr, n)
        kernel = [frame(e) for e in before]
        seen = look()
        if pagemap(pid, addr, n) == before and [frame(e) for e in before] == kernel:
            return seen, before, kernel
    raise mmt.Skip('pages are moved all the time')


def check_area(pid, name, addr, n):
    args = ('-p', pid, '--pages=%x-%x' % (addr, addr + n * 4096))
    layout, entries, kernel = quiet(pid, addr, n, lambda: Layout(*args))
    got = pages(layout)
    for i, entry in enumerate(entries):
        mmt.check(addr + i * 4096 in got, '%s: page %d is in no run' % (name, i))
        run, at = got[addr + i * 4096]
        check_page(entry, kernel[i], run, at, 'ksm' in layout.end['unknown'])
    mmt.check(len(got) == n, '%s: %d pages' % (name, len(got)))
    what = {r['what'] for r in layout.of('page')}
    by = {r['mapped_by'] for r in layout.of('page')}
    if name in SMALL:
        mmt.check(what == {SMALL[name]} or (name == 'file' and what == {'shmem'} and in_tmpfs()), '%s is %s' % (name, what))
        mmt.check(by <= {'PTE', None}, '%s is mapped by %s' % (name, by))
    elif name in LARGE:
        mmt.check(what == {LARGE[name][by != {'PMD'}]}, '%s is %s by %s' % (name, what, by))
    if name == 'zero':
        mmt.check(len(layout.of('page')) == 1, 'the zero page is %d runs' % len(layout.of('page')))
    if name == 'forked':
        mmt.check({r['mapcount'] for r in layout.of('page')} == {2}, 'mapcount after fork')
        mmt.check({r['refcount'] for r in layout.of('page')} <= {2, None}, 'refcount after fork')
    summed = sum(s['pages'] for s in layout.of('page_sum'))
    mmt.check(summed == sum(r['pages'] for r in layout.of('page') if r['what'] != 'absent'), 'sums')
    return '/'.join(sorted(what)) + ' by ' + '/'.join(sorted(b or '-' for b in by))


def check_walk(pid, name, addr, n):
    addr += (n // 2) * 4096 + 0x123
    page = addr & ~4095
    (layout), (entry,), _ = quiet(pid, page, 1, lambda: Layout('-p', pid, '--walk', '%x' % addr))
    steps = layout.of('entry')
    if not steps:
        raise mmt.Skip('no rows: %s' % layout.end['unknown'])
    levels = [s['level'] for s in steps]
    mmt.check(levels[0] == 'PGD' and levels == [x for x in ('PGD', 'P4D', 'PUD', 'PMD', 'PTE') if x in levels], 'levels %s' % levels)
    shift = {'PGD': 48 if 'P4D' in levels else 39, 'P4D': 39, 'PUD': 30, 'PMD': 21, 'PTE': 12}
    for s, after in zip(steps, steps[1:] + [None]):
        mmt.check(s['index'] == page >> shift[s['level']] & 511, 'index of %s' % s['level'])
        mmt.check(s['span_bytes'] == 1 << shift[s['level']], 'span of %s' % s['level'])
        mmt.check(after is None or (s['what'] == 'table' and s['phys'] == after['table'] and 'P' in s['flags'].split()), 'a wrong table: %s' % s)
    last = steps[-1]
    pfn = hexa(last['phys']) + page % last['span_bytes'] >> 12 if last['phys'] else 0
    mmt.check((hexa(last['pagemap']) if last['pagemap'] else 0) == entry, 'pagemap %s, %x' % (last['pagemap'], entry))
    if entry & PRESENT:
        # a PROT_NONE page is present for pagemap, and not for the processor
        mmt.check(last['what'] in ('page', 'large page', 'page without access') and pfn == entry & PFN, '%s: %s, pagemap has %x' % (name, last, entry))
        mmt.check((last['what'] == 'page without access') == (name == 'none'), '%s is %s' % (name, last['what']))
        mmt.check(name != 'zero' or 'special' in last['flags'], 'the zero page is not special: %s' % last)
        mmt.check(name not in ('zero', 'file', 'hugezero') or 'RW' not in last['flags'].split(), '%s is writable' % name)
        mmt.check(name not in ('anon', 'huge', 'shmem') or {'D', 'A'} <= set(last['flags'].split()) or 'saved-dirty' in last['flags'],
                  '%s is not dirty: %s' % (name, last))
    elif entry & SWAPPED:
        mmt.check(last['what'] == 'swapped' and (last['swap_type'], last['swap_offset']) == (entry & 31, (entry & PFN) >> 5),
                  'swap: %s, pagemap has %x' % (last, entry))
    else:
        mmt.check(last['what'] == 'nothing' and hexa(last['entry']) == 0, '%s: %s' % (name, last))
    return '%s %s' % (last['level'], last['what'])


def whole(pid):
    """Without a range: sums of all pages, as many as are resident."""
    for _ in range(20):
        layout = Layout('-p', pid, '--pages')
        real = 0
        for start, end, *_, name in mmt.Layout.of_proc(pid):
            real += sum(bool(e & PRESENT) for e in pagemap(pid, start, (end - start) // 4096))
        mine = sum(s['pages'] for s in layout.of('page_sum') if s['present'])
        if mine == real:
            return '%d pages' % mine
    raise mmt.Failed('%d pages are present, pagemap has %d' % (mine, real))


def gap(pid):
    """An address that no VMA holds: said, to people too."""
    for args in (['--walk', '1000'], ['--pages=1000-3000'], ['--walk', 'ffffffffff600000']):
        out = subprocess.run([mmt.MMTRACE, 'layout', '-p', str(pid), *args], capture_output=True, text=True, timeout=mmt.PATIENCE)
        mmt.check(out.returncode == 0 and ('--walk' not in args or ' lies in ' in out.stdout), '%s: %d %s' % (args, out.returncode, out.stdout + out.stderr))


def reservation():
    """Addresses without pages cost nothing, and of many pages some are looked at, which is said."""
    code = "import mmap\nm = mmap.mmap(-1, 1 << 42, mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS | 0x4000)\n" \
           "for i in range(0, 1 << 42, 1 << 38): m[i:i + 8192] = b'x' * 8192\nprint('ready', flush=True)\ninput()\n"
    with mmt.Victim(sys.executable, '-c', code) as victim:
        victim.line()
        layout = Layout('-p', victim.pid, '--pages')
        if 'mapped_by' in layout.end['unknown']:
            raise mmt.Skip('page tables cannot be read')
        found = [r for r in layout.of('page') if r['pages'] >= 1]
        start = min(hexa(a['start']) for a in layout.vmas() if a['size_bytes'] >= 1 << 42)
        at = pages(layout)
        mmt.check(all(start + i in at for i in range(0, 1 << 42, 1 << 38)), 'pages of a reservation were not found')
        return '%d runs' % len(found)


def unprivileged():
    """The same without page tables: pagemap says where pages are, or it is said that it cannot."""
    nobody = dict(user=65534, group=65534, extra_groups=[], text=True)
    code = "import mmap\nm = mmap.mmap(-1, 1 << 42, mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS | 0x4000)\nm.madvise(15)\n" \
           "for i in range(0, 1 << 42, 1 << 38): m[i:i + 8192] = b'x' * 8192\nprint('ready', flush=True)\ninput()\n"
    python = '/usr/bin/python3' # that of the test may be root's alone
    if not os.path.exists(python):
        raise mmt.Skip('there is no %s' % python)
    with subprocess.Popen([python, '-c', code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, **nobody) as victim:
        try:
            victim.stdout.readline()
            out = subprocess.run([mmt.MMTRACE, 'layout', '--json', '--pages', '-p', str(victim.pid)], stdin=subprocess.DEVNULL,
                                 capture_output=True, timeout=mmt.PATIENCE, **nobody)
        finally:
            victim.kill()
    mmt.check(out.returncode == 0, out.stderr)
    end = json.loads(out.stdout.splitlines()[-1])
    if 'blocks' in end['unknown']:
        mmt.check(end['pages']['blocks'] is None, 'blocks that are not known')
        return 'pagemap does not say where pages are'
    mmt.check(end['pages']['blocks'] < 2048 and end['pages']['sample'] == 1, 'blocks of a reservation: %s' % end['pages'])
    return '%d blocks' % end['pages']['blocks']


def sampled():
    """Of very many pages one block in some is looked at, which is said; what is seen of them is a fair part."""
    size = 5 << 30
    code = "import mmap\nm = mmap.mmap(-1, %d, mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)\nm.madvise(15)\nm.madvise(22)\n" \
           "print('ready', flush=True)\ninput()\n" % size # MADV_NOHUGEPAGE, MADV_POPULATE_READ: the zero page everywhere
    with mmt.Victim(sys.executable, '-c', code) as victim:
        victim.line()
        layout = Layout('-p', victim.pid, '--pages')
        n = layout.end['pages']['sample']
        seen = sum(s['pages'] for s in layout.of('page_sum') if s['what'] == 'zero')
        mmt.check(n > 1 and layout.end['pages']['blocks'] >= size >> 21, 'not sampled: %s' % layout.end['pages'])
        mmt.check(abs(seen * n - size // 4096) <= 2 * n * 512, '%d pages of 1 in %d' % (seen, n))
        return '1 in %d' % n


def hidden(pid):
    """Of [vvar] pagemap has nothing, although something is there: neither absent nor not there."""
    layout = Layout('-p', pid)
    vvar = [a for a in layout.vmas() if a['name'] == '[vvar]' and 'pf' in (a['flags'] or '').split()]
    if not vvar:
        raise mmt.Skip('[vvar] is not of the kind that is hidden')
    (run,) = Layout('-p', pid, '--walk', vvar[0]['start']).of('page')
    mmt.check(run['what'] == 'hidden', 'a page of [vvar] is %s' % run['what'])


with mmt.Victim(mmt.victim('pages')) as victim:
    areas = []
    while (line := victim.line()) != 'ready':
        name, addr, n = line.split()
        areas.append((name, hexa(addr), int(n)))
    for area in areas:
        mmt.run('pages, ' + area[0], check_area, victim.pid, *area)
        mmt.run('walk, ' + area[0], check_walk, victim.pid, *area)
    mmt.run('pages, all of a process', whole, victim.pid)
    mmt.run('pages, in a gap', gap, victim.pid)
    mmt.run('pages, hidden', hidden, victim.pid)
mmt.run('pages, a reservation', reservation)
mmt.run('pages, a reservation without rights', unprivileged)
if not os.environ.get('MMT_FEW'):
    mmt.run('pages, very many', sampled)
mmt.finish()

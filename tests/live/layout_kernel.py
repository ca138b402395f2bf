#!/usr/bin/env python3
"""`mmtrace layout --kernel`: against kallsyms, vmallocinfo, modules, meminfo, the kernel's own dump, and a page whose frame is known."""
import collections
import ctypes
import functools
import mmap
import os
import re
import struct
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), 'lib'))
import mmt
from layout_rows import Layout, hexa

PARTS = {'text': ('_stext', '_etext'), 'rodata': ('__start_rodata', '__end_rodata'), 'data': ('_sdata', '_edata'),
         'init': ('__init_begin', '__init_end'), 'bss': ('__bss_start', '__bss_stop')}
MARKERS = {'Low Kernel Mapping': 'linear map', 'vmalloc() Area': 'vmalloc', 'Vmemmap': 'vmemmap', 'CPU entry Area': 'cpu entry area',
           'ESPfix Area': 'espfix'}


def layout(*args):
    return Layout('--kernel', *args)


@functools.cache
def first():
    """What does not change."""
    return layout()


def regions(one, inside=None):
    return {r['name']: r for r in one.of('region') if r['in'] == inside}


def symbols():
    found = {}
    with open('/proc/kallsyms') as f:
        for line in f:
            at, _, name, *module = line.split()
            if not module:
                found[name] = int(at, 16)
    return found


def image():
    one, known = first(), symbols()
    if not known.get('_text'):
        mmt.check('symbols' in one.end['unknown'], 'hidden symbols are no reason')
        raise mmt.Skip('kallsyms hides addresses')
    parts, whole = regions(one, 'kernel image'), regions(one)['kernel image']
    mmt.check(hexa(whole['start']) == known['_text'], 'the image begins at %s' % whole['start'])
    mmt.check('_end' not in known or hexa(whole['end']) == known['_end'], 'the image ends at %s' % whole['end'])
    full = 0
    for name, (begin, last) in PARTS.items():
        if known.get(begin) and known.get(last):
            mmt.check((hexa(parts[name]['start']), hexa(parts[name]['end'])) == (known[begin], known[last]), 'part %s: %s' % (name, parts[name]))
            full += 1
        else:
            mmt.check(parts[name]['start'] is None and 'does not show' in parts[name]['note'], 'part %s: %s' % (name, parts[name]))
    return '%d of %d parts' % (full, len(PARTS))


def by_caller():
    sums = collections.Counter()
    with open('/proc/vmallocinfo') as f:
        for line in f:
            words = line.split()
            name = words[2] if len(words) > 2 else ''
            name = '(freed, addresses not in use again yet)' if name == 'unpurged' else '' if '=' in name else name.partition('+0x')[0]
            sums[name or '(no caller)'] += int(words[1])
    return sums


def vmalloc():
    for _ in range(50):
        before = by_caller()
        mine = {r['name']: r['used_bytes'] for r in layout().of('region') if r['in'] == 'vmalloc'}
        # the run itself maps and frees some for its programs
        same = {k for k in before if before[k] == by_caller()[k]}
        wrong = [k for k in same if mine.get(k) != before[k] and 'bpf' not in k and 'htab' not in k and 'array_map' not in k
                 and 'module_alloc' not in k and 'execmem' not in k and 'freed' not in k and 'clone' not in k and 'fork' not in k]
        if not wrong:
            return '%d callers' % len(mine)
    raise mmt.Failed('callers: %s' % [(k, mine.get(k), before[k]) for k in wrong[:5]])


def modules():
    if not os.path.exists('/proc/modules'):
        mmt.check('modules' in first().end['unknown'], 'no modules, and no reason')
        return 'this kernel has none'
    real = {}
    with open('/proc/modules') as f:
        for line in f:
            words = line.split()
            real[words[0]] = int(words[1]), int(words[5], 16)
    mine = {r['name']: (r['used_bytes'], hexa(r['start']) if r['start'] else 0) for r in first().of('region') if r['in'] == 'modules'}
    mmt.check(mine == real, 'modules: %s, /proc/modules has %s' % (mine, real))
    order = [r['used_bytes'] for r in first().of('region') if r['in'] == 'modules']
    mmt.check(order == sorted(order, reverse=True), 'not by size')
    return '%d modules' % len(real)


def dump():
    """Where the kernel lists its page tables: the marks there are where the regions begin."""
    path = '/sys/kernel/debug/page_tables/kernel'
    if not os.path.exists(path):
        os.system('mount -t debugfs debugfs /sys/kernel/debug 2> /dev/null')
    if not os.path.exists(path):
        raise mmt.Skip('this kernel has no dump of its page tables')
    found, mark = {}, None
    with open(path) as f:
        for line in f:
            m = re.match(r'---\[ (.*) \]---', line)
            if m:
                mark = m.group(1)
            elif mark:
                found[mark], mark = int(line.split('-')[0], 16), None
    mine = regions(first())
    for marker, name in MARKERS.items():
        if marker in found and mine[name]['start']:
            mmt.check(hexa(mine[name]['start']) == found[marker], '%s is at %s, the dump has %x' % (name, mine[name]['start'], found[marker]))
    return ', '.join(sorted(set(MARKERS) & set(found)))


def own_page():
    """A page of ours at its place in the linear map: base, frame and struct page are what they should be."""
    page = mmap.mmap(-1, 4096, mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
    page[:4] = b'mine'
    at = ctypes.addressof(ctypes.c_char.from_buffer(page))
    base = regions(first())['linear map']['start']
    if not base:
        raise mmt.Skip('the linear map was not found: %s' % first().end['unknown'])
    for _ in range(20): # it may be moved
        with open('/proc/self/pagemap', 'rb') as f:
            f.seek(at // 4096 * 8)
            pfn = struct.unpack('Q', f.read(8))[0] & ((1 << 55) - 1)
        one = layout('--addr', '%x' % (hexa(base) + pfn * 4096 + 0x10))
        place, run = one.of('place')[0], one.of('page')
        if run and run[0]['what'] == 'anon':
            break
    mmt.check(place['region'] == 'linear map' and hexa(place['phys']) == pfn * 4096 + 0x10, 'place: %s, pfn %x' % (place, pfn))
    mmt.check(hexa(run[0]['pfn']) == pfn and run[0]['what'] == 'anon' and run[0]['mapcount'] == 1, 'page: %s' % run)
    mmt.check(run[0]['refcount'] is None or run[0]['refcount'] >= 1, 'refcount: %s' % run)
    mmt.check(one.of('entry')[-1]['what'] in ('page', 'large page'), 'entries: %s' % one.of('entry'))
    return 'frame %x, refcount %s' % (pfn, run[0]['refcount'])


def addresses():
    known = symbols()
    for addr, region in ((0x1000, 'user addresses'), (1 << 62, 'non-canonical hole')):
        one = layout('--addr', '%x' % addr)
        mmt.check(one.of('place')[0]['region'] == region, '%x lies in %s' % (addr, one.of('place')))
    if known.get('schedule'):
        one = layout('--addr', '%x' % (known['schedule'] + 1))
        mmt.check(one.of('place')[0]['symbol'].startswith('schedule+0x1') and one.of('place')[0]['region'] == 'kernel image', one.of('place'))


def not_canonical():
    """No page table has an entry for it: no rows, and the reason."""
    for args in (('--kernel', '--addr', '1000800000000000'), ('-p', os.getpid(), '--walk', '1000000000400000')):
        one = Layout(*args)
        unknown = one.end['unknown']
        mmt.check(not one.of('entry'), '%s: it was looked up' % (args,))
        mmt.check('not canonical' in unknown.get('walk', '') or 'cannot be read' in unknown.get('walk', ''), 'reason: %s' % unknown)
        mmt.check('vmalloc' not in unknown and not [r for r in one.of('region') if r['in'] == 'modules'], 'more than asked for')


def unprivileged():
    """What is merely not permitted is not called not found."""
    out = subprocess.run([mmt.MMTRACE, 'layout', '--kernel'], capture_output=True, text=True, timeout=mmt.PATIENCE, user=65534, group=65534,
                         extra_groups=[])
    mmt.check(out.returncode == 0 and 'not permitted' in out.stdout and 'not found on' not in out.stdout, out.stdout + out.stderr)


def total():
    one = regions(first())
    with open('/proc/meminfo') as f:
        info = {line.split(':')[0]: int(line.split()[1]) << 10 for line in f}
    mmt.check(one['linear map']['used_bytes'] == info['MemTotal'], 'linear map')
    at = [hexa(r['start']) for r in first().of('region') if r['start'] and not r['in']]
    mmt.check(at == sorted(at), 'regions are not in order')


mmt.usable('layout --kernel')
mmt.run('kernel, image', image)
mmt.run('kernel, order and sizes', total)
mmt.run('kernel, vmalloc', vmalloc)
mmt.run('kernel, modules', modules)
mmt.run('kernel, page-table dump', dump)
mmt.run('kernel, a page of ours', own_page)
mmt.run('kernel, addresses', addresses)
mmt.run('kernel, not canonical', not_canonical)
mmt.run('kernel, without rights', unprivileged)
mmt.finish()

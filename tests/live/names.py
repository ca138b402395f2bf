#!/usr/bin/env python3
"""A mapping is called what /proc/PID/maps calls it, however short it lives; its file is the
one that is mapped, whatever its number and its name were before."""
import os
import re
import shutil
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), 'lib'))
import mmt

ROOM = 767 # a name may be cut beyond so many bytes


def fresh(name):
    """An empty directory; on a disk where there is one, as overlayfs wants."""
    path = os.path.join(os.environ.get('MMT_DISK') or mmt.scratch(), 'names-' + name)
    shutil.rmtree(path, True)
    os.makedirs(path)
    return path


def unescaped(name):
    """maps writes a newline as \\012, and nothing else."""
    return name.replace('\\012', '\n')


def reported(lines):
    """{start: (inode, name)} of what the victim says."""
    out = {}
    for line in lines:
        if line != 'ready':
            start, inode, name = (line.split(' ', 2) + [''])[:3]
            out[int(start, 16)] = inode, unescaped(name)
    return out


def wrong_names(rows, said):
    """Rows that are not called as the kernel calls them; which ones were cut."""
    wrong, cut = [], 0
    for start, (inode, name) in said.items():
        found = [v for v in rows if v['start'] and int(v['start'], 16) == start]
        for v in found:
            shown = v['name']
            if v['name_cut'] and len(name) > ROOM and shown.startswith('.../') and name.endswith(shown[3:]):
                cut += 1
            elif v['name_cut'] or shown != name or v['ino'] != inode:
                wrong.append('%r inode %s, not %r inode %s' % (shown[-60:], v['ino'], name[-60:], inode))
        if not found:
            wrong.append('no row for %r' % name[-60:])
    return wrong, cut


def hugetlb_page():
    """One page of hugetlb at least, as long as the test runs."""
    path = '/proc/sys/vm/nr_hugepages'
    with open(path) as f:
        before = f.read()
    with open(path, 'w') as f:
        f.write(str(int(before) + 2))
    return lambda: open(path, 'w').write(before)


def short_lived():
    """All are gone before any layout is read."""
    give_back = hugetlb_page()
    try:
        with open(os.path.join(mmt.scratch(), 'said'), 'w') as out:
            with mmt.Tracer('-d', '60s', '--', mmt.victim('names'), fresh('short'), interval='30s', stdout=out) as tracer:
                tracer.finished()
    finally:
        give_back()
    with open(os.path.join(mmt.scratch(), 'said'), encoding='utf-8') as f:
        said = reported(f.read().splitlines())
    mmt.check(len(said) > 9, '%d mappings' % len(said))
    wrong, cut = wrong_names(tracer.vmas.values(), said)
    mmt.check(not wrong, '; '.join(wrong))
    mmt.check(cut == 1, '%d names are cut' % cut)
    overlay = [name for _, name in said.values() if '/over/' in name]
    return '%d mappings, %s overlayfs' % (len(said), 'with' if overlay else 'without')


def long_lived():
    """The same names from a layout, nothing is cut there; hugetlb and its pages."""
    give_back = hugetlb_page()
    try:
        with mmt.Victim(mmt.victim('names'), fresh('long'), 'stay') as victim:
            lines = []
            while (line := victim.line()) != 'ready':
                lines.append(line)
            with mmt.Tracer('-p', victim.pid) as tracer:
                tracer.started().settled()
                rows = tracer.live(victim.pid)
                wrong, cut = wrong_names(rows, reported(lines))
                deep = [name for _, name in reported(lines).values() if len(name) > ROOM and '/d' in name]
                mmt.check(not wrong and not cut, '; '.join(wrong) or '%d of %d cut' % (cut, len(deep)))
                tracer.stop()
            huge = [v for v in rows if v['name'].startswith('/anon_hugepage')]
            bad = [(v['kind'], v['rss_bytes']) for v in huge if v['kind'] != 'hugetlb' or v['rss_bytes'] != 2 << 20]
            mmt.check(not bad, 'hugetlb is %s' % bad)
    finally:
        give_back()
    return '%d mappings, %d of hugetlb' % (len(lines), len(huge))


def one_name_for_one_file():
    """Grouped by name, short- and long-lived mappings of a file are one row."""
    out = subprocess.run([mmt.MMTRACE, '--json', '--by', 'name', *mmt.FORCED, '--', 'sh', '-c', 'true; true | true'],
                         capture_output=True, text=True, timeout=mmt.PATIENCE).stdout
    names = set(re.findall(r'"name":"([^"]*)"', out))
    relative = [n for n in names if n and n[0] not in '/[']
    mmt.check(names and not relative, 'not as in maps: %s' % relative)
    return '%d names' % len(names)


def relro_rows(rows, pid, address):
    found = [v for v in rows if v['pid'] == pid and v['start'] and int(v['start'], 16) <= address < int(v['end'], 16)]
    kinds = [mmt.kinds_at([v], address) for v in found]
    return ['%s at %x' % (k, address) for k in kinds if 'relro' not in k] or ([] if found else ['no row at %x' % address])


def relro_early_and_late():
    """What is relocated is relro: in a program that ends at once, in one whose layout is read,
    and in its child."""
    program = mmt.victim('relro')
    with mmt.Tracer('-d', '60s', '--', program, interval='30s', stdout=open(os.path.join(mmt.scratch(), 'at'), 'w')) as tracer:
        tracer.finished()
    with open(os.path.join(mmt.scratch(), 'at')) as f:
        address = int(f.read().split()[0], 16)
    pids = {v['pid'] for v in tracer.vmas.values()}
    wrong = [w for pid in pids for w in relro_rows(tracer.vmas.values(), pid, address)]
    mmt.check(not wrong, 'ended at once: %s' % '; '.join(wrong))
    with mmt.Victim(program, 'stay') as victim:
        parent = int(victim.line().split()[0], 16)
        with mmt.Tracer('-p', victim.pid) as tracer:
            tracer.started().settled()
            wrong = relro_rows(tracer.live(victim.pid), victim.pid, parent)
            child = int(victim.rest()[0].split()[0], 16)
            tracer.finished()
    others = {v['pid'] for v in tracer.vmas.values()} - {victim.pid}
    mmt.check(len(others) == 1, '%d children' % len(others))
    wrong += relro_rows(tracer.vmas.values(), others.pop(), child)
    mmt.check(not wrong, '; '.join(wrong))


mmt.usable('names')
mmt.run('names: of mappings that no layout has shown', short_lived)
mmt.run('names: of mappings in a layout', long_lived)
mmt.run('names: one for one file', one_name_for_one_file)
mmt.run('names: relro early and late, in parent and child', relro_early_and_late)
mmt.finish()

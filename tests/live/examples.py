#!/usr/bin/env python3
"""The examples of any introduction to memory management show the words of the
text: where text, data, bss, heap and stack lie, and the pages a malloc takes."""
import os
import shutil
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), 'lib'))
import mmt

PLACES = {'text': 'text', 'data': 'data', 'bss': 'bss', 'stack': 'stack', 'rodata': ('rodata', 'text'),
          'break_after': 'heap'}


def addresses(victim):
    """What layout_addrs prints: {word: address}."""
    words = 'text', 'data', 'bss', 'rodata', 'stack', 'break_before', 'break_after'
    said = dict(victim.line().split() for _ in words)
    return {word: int(said[word], 16) for word in words}


def places_right(tracer, pid, at, names=PLACES):
    rows = tracer.settled().live(pid)
    # the break is the first address above the heap, within its last page
    looked_at = dict(at, break_after=at['break_after'] - 1)
    for word, kinds in names.items():
        found = mmt.kinds_at(rows, looked_at[word])
        mmt.check(found & set([kinds] if isinstance(kinds, str) else kinds),
                  '%s at %#x is %s' % (word, at[word], ' and '.join(sorted(found)) or 'in no VMA'))
    return rows


def layout(program):
    with mmt.Victim(mmt.victim(program)) as victim:
        at = addresses(victim)
        mmt.check(at['break_after'] == at['break_before'] + 4, 'the break moved by %d' % (at['break_after'] - at['break_before']))
        with mmt.Tracer('-p', victim.pid) as tracer:
            rows = places_right(tracer.started(), victim.pid, at)
            heap = [v for v in rows if v['name'] == '[heap]']
            mmt.check(len(heap) == 1, '%d VMAs named [heap]' % len(heap))
            end = int(heap[0]['end'], 16)
            mmt.check(end == (at['break_after'] + 4095) & ~4095, 'the heap ends at %#x, the break is %#x' % (end, at['break_after']))
            tracer.stop()


def without_file(way):
    """The program's file is gone, or in a mount namespace of its own."""
    path = os.path.join(mmt.scratch(), 'program-' + way)
    if way == 'deleted':
        shutil.copy(mmt.victim('layout_addrs-static'), path)
        command = [path]
    else:
        mmt.need('unshare', 'mount', 'sh', 'cp')
        os.mkdir(path)
        command = ['unshare', '-m', 'sh', '-c', 'mount -t tmpfs none "$1" && cp "$2" "$1/inside" && exec "$1/inside"', 'sh',
                   path, mmt.victim('layout_addrs-static')]
    with mmt.Victim(*command) as victim:
        try:
            at = addresses(victim)
        except mmt.Failed:
            raise mmt.Skip('a tmpfs in a mount namespace of its own is refused')
        if way == 'deleted':
            os.unlink(path)
        with mmt.Tracer('-p', victim.pid) as tracer:
            rows = places_right(tracer.started(), victim.pid, at)
            name = next(v['name'] for v in rows if int(v['start'], 16) <= at['text'] < int(v['end'], 16))
            real = [v[5] for v in mmt.Layout.of_proc(victim.pid) if v[0] <= at['text'] < v[1]]
            mmt.check(name == real[0], "the text's name is %s, in maps %s" % (name, real[0]))
            tracer.stop()
    return name.replace(mmt.scratch(), '')


def heap_writes(tracer, pid):
    heap = [v for v in tracer.vmas.values() if v['pid'] == pid and v['name'] == '[heap]']
    return sum(mmt.class_count(v, 'anon_write') for v in heap), sum(mmt.fault_count(v) for v in heap)


def malloc_pages():
    with mmt.Tracer('--', mmt.victim('malloc_100k'), stdout=subprocess.DEVNULL) as tracer:
        tracer.finished()
    pid = next(p['pid'] for p in tracer.processes.values() if p['comm'] == 'malloc_100k')
    writes, all_faults = heap_writes(tracer, pid)
    # 25 pages of the block, one more if it does not start on a page, and
    # what the C library has there (thread data, stdio) before and after it
    mmt.check(25 <= writes <= 28, '%d anon_write faults on the heap, 25 pages were filled' % writes)
    mmt.check(writes == all_faults, '%d faults on the heap, %d of them writes' % (all_faults, writes))
    return '%d pages of the heap written' % writes


def ten_copies():
    script = 'for i in 1 2 3 4 5 6 7 8 9 10; do "$1" < /dev/null & done; wait'
    with mmt.Tracer('--', 'sh', '-c', script, 'sh', mmt.victim('malloc_100k'), stdout=subprocess.DEVNULL) as tracer:
        tracer.finished()
    copies = [p for p in tracer.processes.values() if p['comm'] == 'malloc_100k']
    mmt.check(len(copies) == 10, '%d processes' % len(copies))
    mmt.check(len({p['pid'] for p in copies}) == 10 and len({p['proc'] for p in copies}) == 10, 'some share an identity')
    heaps = {heap_writes(tracer, p['pid']) for p in copies}
    mmt.check(len(heaps) == 1, 'their heaps differ: %s' % sorted(heaps))
    rows = {p['pid']: {v['vma'] for v in tracer.vmas.values() if v['proc'] == p['proc']} for p in copies}
    for a in rows:
        mmt.check(all(a == b or not rows[a] & rows[b] for b in rows), 'two processes share a VMA row')
    return '%d pages each' % heaps.pop()[0]


mmt.usable('examples')
mmt.run('examples: parts of a static program', layout, 'layout_addrs-static')
mmt.run('examples: parts of a PIE', layout, 'layout_addrs-pie')
mmt.run('examples: parts of a program that is no PIE', layout, 'layout_addrs-no-pie')
mmt.run('examples: 100 KiB by malloc', malloc_pages)
mmt.run('examples: ten copies side by side', ten_copies)
mmt.run('examples: program deleted while it runs', without_file, 'deleted')
mmt.run('examples: program in a mount namespace of its own', without_file, 'namespace')
mmt.finish()

#!/usr/bin/env python3
"""The kind of the part at an address is what the program that owns it says."""
import os
import shutil
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), 'lib'))
import mmt

LEGACY = ['setarch', '-R'] # without randomisation bss and heap touch


def kind_at(rows, address):
    for v in rows:
        for part in v['parts']:
            if int(part['start'], 16) <= address < int(part['end'], 16):
                return part['kind']
    return None


def tiled(v):
    """The parts of a VMA lie in order, without gaps, from its start to its end."""
    at = v['start']
    for part in v['parts']:
        if part['start'] != at or int(part['end'], 16) <= int(at, 16):
            return False
        at = part['end']
    return at == v['end'] and v['kind'] in [p['kind'] for p in v['parts']]


def wrong_kinds(rows, reported):
    return ['%s at %s is %s' % (kind, address, kind_at(rows, int(address, 16)))
            for kind, address in reported if kind_at(rows, int(address, 16)) != kind]


def kinds(command, prepare=None):
    with mmt.Victim(*command) as victim:
        reported = []
        while (line := victim.line()) != 'ready':
            reported.append(line.split())
        if prepare:
            prepare(victim)
        with mmt.Tracer('-p', victim.pid) as tracer:
            tracer.started().settled()
            rows = tracer.live(victim.pid)
            layout = mmt.difference(mmt.Layout.of_rows(rows), mmt.Layout.of_proc(threads(victim.pid)[-1]))
            mmt.check(not layout, layout)
            gaps = [v['start'] for v in rows if not tiled(v)]
            mmt.check(not gaps, 'parts are no tiling of %s' % ' '.join(gaps))
            wrong = wrong_kinds(rows, reported)
            mmt.check(not wrong, '; '.join(wrong))
            guessed = [v['name'] for v in rows if v['kind_source'] == 'perm' and v['kind'] != 'file']
            mmt.check(not guessed, 'guessed: %s' % guessed)
            victim.rest()
            tracer.finished()
            dead = [v for v in tracer.vmas.values() if v['pid'] == victim.pid]
            mmt.check(dead and not any(v['live'] for v in dead), 'rows live after the end')
            wrong = wrong_kinds(dead, reported)
            mmt.check(not wrong, 'after its end: %s' % '; '.join(wrong))
    return '%d addresses' % len(reported)


def threads(pid):
    return sorted(map(int, os.listdir('/proc/%d/task' % pid)))


def of_deleted():
    path = os.path.join(mmt.scratch(), 'gone')
    shutil.copy(mmt.victim('kinds'), path)
    return kinds([path], lambda victim: os.unlink(path))


def without_randomisation(*command):
    mmt.need('setarch')
    return kinds([*LEGACY, *command])


def leaderless():
    def gone(victim):
        mmt.wait_for(lambda: mmt.stat_of(victim.pid)[0] == 'Z', 'its leader does not end')
    return kinds([mmt.victim('kinds'), '--leaderless'], gone)


def short_lived():
    """What no layout has shown is judged by what its faults showed and by the marks."""
    with mmt.Tracer('-d', '60s', '--', mmt.victim('kinds'), interval='10s', stdout=open(os.path.join(mmt.scratch(), 'reported'), 'w')) as tracer:
        tracer.finished()
    with open(os.path.join(mmt.scratch(), 'reported')) as f:
        reported = [line.split() for line in f if line.strip() != 'ready']
    rows = [v for v in tracer.vmas.values() if v['start'] and v['faults']['total']]
    seen = {kind for kind, _ in reported if kind in ('data', 'heap', 'stack')}
    wrong = wrong_kinds(rows, [t for t in reported if t[0] in seen])
    mmt.check(not wrong, '; '.join(wrong))
    exec_rows = [v for v in tracer.vmas.values() if v['name'] == '[exec]']
    mmt.check(len(exec_rows) == 1 and exec_rows[0]['start'] is None, '%d rows [exec]' % len(exec_rows))
    mmt.check(exec_rows[0]['faults']['total'] > 0, 'exec made no faults')
    return '%d faults before the end of exec' % exec_rows[0]['faults']['total']


mmt.usable('kinds')
plain, static = mmt.victim('kinds'), mmt.victim('kinds-static')
mmt.run('kinds: a dynamic program', kinds, [plain])
mmt.run('kinds: a static program', kinds, [static])
mmt.run('kinds: without randomisation', without_randomisation, plain)
mmt.run('kinds: static, without randomisation', without_randomisation, static)
mmt.run('kinds: a deleted program', of_deleted)
mmt.run('kinds: the first thread has ended', leaderless)
mmt.run('kinds: a program that ends at once', short_lived)
mmt.finish()

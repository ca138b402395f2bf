#!/usr/bin/env python3
"""Symptoms with one cause each: one command names it on its first screen of 80 columns, with the
numbers that the program measured of itself."""
import fcntl
import os
import pty
import re
import struct
import sys
import termios

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), 'lib'))
import mmt
from mmt import Skip, check

ROWS, COLUMNS = 24, 80
LIMIT = 8 << 20


def start_mmtrace(pid, *options):
    """mmtrace on a terminal of its own: its pid and that terminal."""
    child, fd = pty.fork()
    if not child:
        env = dict(os.environ, LC_ALL='C.UTF-8', TERM='xterm')
        fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack('HHHH', ROWS, COLUMNS, 0, 0))
        os.execve(mmt.MMTRACE, [mmt.MMTRACE, 'live', *mmt.FORCED, *options, '-p', str(pid)], env)
    return child, fd


def read_to_end(fd, until=None):
    text = ''
    while until is None or until not in text:
        try:
            read = os.read(fd, 65536)
        except OSError: # it has ended
            break
        if not read:
            break
        text += read.decode('utf-8', 'replace').replace('\r\n', '\n')
    return text


def last_screen(name, *options, prepare=None):
    """What is left on the screen when victim and mmtrace have ended, and the victim's numbers."""
    directory = os.environ.get('MMT_DISK') or ('/var/tmp' if name in ('cold', 'refault') else mmt.scratch())
    with mmt.Victim(mmt.victim('culprits'), name, directory) as victim:
        if prepare:
            prepare(victim.pid)
        child, fd = start_mmtrace(victim.pid, *options)
        text = read_to_end(fd, until='mmtrace culprits')
        victim.process.stdin.write('\n')
        text += read_to_end(fd) # at once: mmtrace may wait for a reader
        said = [line for line in victim.line().split() if '=' in line]
        victim.rest()
        status = os.waitpid(child, 0)[1]
        os.close(fd)
    for file in ('index.dat', 'journal.dat', 'table.dat'):
        if os.path.exists(os.path.join(directory, file)):
            os.unlink(os.path.join(directory, file))
    check(status == 0, 'status %d: %s' % (status, text[-300:]))
    lines = text.split('\x1b[2J')[-1].rstrip('\n').split('\n')
    summary = lines[max(i for i, line in enumerate(lines) if line.startswith('mmtrace culprits')):]
    check(max(map(len, summary)) <= COLUMNS, summary)
    return [line.replace('×', 'x') for line in summary[:ROWS]], {word.split('=')[0]: int(word.split('=')[1]) for word in said}


def first_row(screen):
    """The row under the first titles, by title; what follows KIND in one piece."""
    at = next(i for i, line in enumerate(screen) if 'FAULTS' in line)
    titles = screen[at].split()
    cells = screen[at + 1].split(None, len(titles) - 1)
    return dict(zip(titles, cells))


def number(cell):
    return int(cell) if cell.isdigit() else round(float(cell[:-1]) * {'k': 1e3, 'M': 1e6}[cell[-1]])


def near(seen, truth, more=0):
    """A cell may be rounded, as 24.6k."""
    check(truth * 0.995 - 1 <= seen <= (truth + more) * 1.005 + 1, '%s, the victim says %s' % (seen, truth))


def one_page(screen):
    return ' '.join(line.strip() for line in screen)


def purge():
    screen, truth = last_screen('purge')
    row = first_row(screen)
    near(number(row['FAULTS']), truth['faults'], 20)
    check('[anon 8M] touched x%d' % truth['cycles'] in row['MAPPING'], row)


def chain():
    screen, truth = last_screen('chain')
    row = first_row(screen)
    near(number(row['FAULTS']), truth['faults'], 20)
    check(re.match(r'\[anon 256K-64M\] x%d' % (truth['moved'] + 1), row['MAPPING']), row)


def stack():
    screen, truth = last_screen('stack')
    row = first_row(screen)
    near(number(row['FAULTS']), truth['faults'], 20)
    check(row['MAPPING'].startswith('[stack]') and row['KIND'] == 'stack', row)


def save():
    screen, truth = last_screen('save')
    table = next(line.split() for line in screen if re.match(r'anon .*16M\]', line))
    titles = next(line for line in screen if line.startswith('KIND')).split()
    near(number(table[titles.index('COW')]), truth['cow'], 20)
    titles = next(line for line in screen if 'COMM' in line).split()
    parent, child = [line.split() for line in screen if re.match(r' *\d+ culprits ', line)]
    near(number(parent[titles.index('COW')]), truth['cow'], 20)
    check(child[titles.index('PARENT')] == 'culprits' and number(child[titles.index('COW')]) < 20, child)


def shift():
    with open('/sys/kernel/mm/transparent_hugepage/enabled') as f:
        if '[never]' in f.read():
            raise Skip('huge pages are off here')
    screen, truth = last_screen('shift')
    if truth['plain'] > truth['shifted'] / 2:
        raise Skip('the kernel had no huge pages left')
    page = one_page(screen)
    found = re.search(r'(\d+) small pages, not huge ones: their VMAs hold no aligned 2 MiB', page)
    check(found, page)
    near(int(found[1]), truth['shifted'], 20)


def cold():
    screen, truth = last_screen('cold')
    if not truth['index']:
        raise Skip('reading a file makes no major faults there')
    row, page = first_row(screen), one_page(screen)
    check(number(row['MAJOR']) == truth['index'] and row['MAPPING'].split()[0].endswith('index.dat'), row)
    found = re.search(r'index\.dat: (\d+) major faults, (\d+) % of them in order: read at random; read-ahead off', page)
    check(found and int(found[1]) == truth['index'] and int(found[2]) < 10, page)


def memory_group():
    """A new cgroup with the limit, of either version: its directory."""
    with open('/proc/self/mounts') as f:
        mounts = [line.split() for line in f]
    for _, where, kind, options, *_ in mounts:
        group = os.path.join(where, 'mmtrace-culprit-%d' % os.getpid())
        if kind == 'cgroup' and 'memory' in options.split(','):
            os.mkdir(group)
            limit = 'memory.limit_in_bytes'
        elif kind == 'cgroup2' and 'memory' in open(os.path.join(where, 'cgroup.controllers')).read().split():
            with open(os.path.join(where, 'cgroup.subtree_control'), 'w') as f:
                f.write('+memory')
            os.mkdir(group)
            limit = 'memory.max'
        else:
            continue
        with open(os.path.join(group, limit), 'w') as f:
            f.write(str(LIMIT))
        return group
    raise Skip('no hierarchy of cgroups has the memory controller')


def refault():
    group = memory_group()

    def enter(pid):
        with open(os.path.join(group, 'cgroup.procs'), 'w') as f:
            f.write(str(pid))
    try:
        screen, truth = last_screen('refault', '-i', '100ms', prepare=enter)
    finally:
        mmt.wait_for(lambda: not open(os.path.join(group, 'cgroup.procs')).read(), 'the group is not empty')
        os.rmdir(group)
    if truth['majors'] < truth['pages'] * 2:
        raise Skip('reading a file makes no major faults there')
    row, page = first_row(screen), one_page(screen)
    majors = number(row['MAJOR']) # at the limit the program's own pages are read again, too
    check(truth['majors'] * 0.9 <= majors <= truth['majors'], '%d majors, the victim says %d' % (majors, truth['majors']))
    check('table.dat read x' in row['MAPPING'], row)
    over = float(re.search(r'its pages were read in ([0-9.]+) times over', page)[1])
    check(abs(over - majors / truth['pages']) < 0.06, page)
    found = re.search(r'cgroup /\S*%s came to its memory limit of 8M (\d+) times' % os.path.basename(group), page)
    check(found and int(found[1]), page)


def storm():
    screen, truth = last_screen('storm', '--by', 'parent,comm')
    row = first_row(screen)
    check(row['PARENT'] == 'culprits' and row['COMM'] == 'exe', screen)
    check(row['ROWS'] == str(truth['starts']), screen)


mmt.usable('culprits')
for case in (purge, chain, stack, save, shift, cold, refault, storm):
    mmt.run('culprits: ' + case.__name__, case)
mmt.finish()

#!/usr/bin/env python3
"""`mmtrace layout`: VMAs and gaps as in maps and smaps, sections as in the ELF file, marks as the kernel has them."""
import fcntl
import os
import pty
import re
import shutil
import signal
import struct
import subprocess
import sys
import termios

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), 'lib'))
import mmt
from layout_rows import Layout, hexa

KEYS = {'KernelPageSize': 'page_size_bytes', 'Rss': 'rss_bytes', 'Pss': 'pss_bytes', 'Shared_Clean': 'shared_clean_bytes',
        'Shared_Dirty': 'shared_dirty_bytes', 'Private_Clean': 'private_clean_bytes',
        'Private_Dirty': 'private_dirty_bytes', 'Referenced': 'referenced_bytes', 'Anonymous': 'anonymous_bytes',
        'LazyFree': 'lazy_free_bytes', 'AnonHugePages': 'anon_huge_bytes', 'ShmemPmdMapped': 'shmem_huge_bytes',
        'FilePmdMapped': 'file_huge_bytes', 'Shared_Hugetlb': 'shared_hugetlb_bytes',
        'Private_Hugetlb': 'private_hugetlb_bytes', 'Swap': 'swap_bytes', 'SwapPss': 'swap_pss_bytes',
        'Locked': 'locked_bytes'}
# Fields of /proc/PID/stat, from the state on as mmt.stat_of() has them.
STAT = {'start_code': 26, 'end_code': 27, 'start_stack': 28, 'start_data': 45, 'end_data': 46, 'start_brk': 47,
        'arg_start': 48, 'arg_end': 49, 'env_start': 50, 'env_end': 51}


def smaps(pid):
    """[(start, end, perm, offset, ino, name, {key: bytes}, flags)]"""
    rows = []
    with open('/proc/%d/smaps' % pid, encoding='utf-8', errors='surrogateescape') as f:
        for line in f:
            head = re.match(r'([0-9a-f]+)-([0-9a-f]+) (\S+) ([0-9a-f]+) \S+ (\d+) *(.*)', line)
            if head:
                start, end, perm, offset, ino, name = head.groups()
                rows.append([int(start, 16), int(end, 16), perm, int(offset, 16), int(ino), name, {}, ''])
                continue
            key, _, value = line.partition(':')
            if key == 'VmFlags':
                rows[-1][7] = value.strip()
            elif key in KEYS:
                rows[-1][6][KEYS[key]] = int(value.split()[0]) << 10
    return rows


def of_layout(layout):
    return [[hexa(a['start']), hexa(a['end']), a['perm'], hexa(a['offset']), int(a['ino']), a['name'] or '',
             {k: a[k] for k in KEYS.values() if a[k] is not None}, a['flags'] or ''] for a in layout.vmas()]


def quiet_layout(pid):
    """A layout, and what smaps said before and after it, where that was the same."""
    for _ in range(200):
        before = smaps(pid)
        layout = Layout('-p', pid)
        if smaps(pid) == before:
            return layout, before
    raise mmt.Skip('smaps of the process changes all the time')


def comparable(vma):
    """mmtrace itself maps some of these files while it looks: how many share their pages is other then."""
    if vma[4]:
        vma[6] = {k: v for k, v in vma[6].items() if not k.startswith(('pss_', 'shared_', 'private_'))}
    return vma


def check_areas(layout, real):
    shown = of_layout(layout)
    for mine, theirs in zip(shown, real):
        mine, theirs = comparable(mine), comparable(theirs)
        mmt.check(mine == theirs, '%s, smaps has %s' % (mine, theirs))
    mmt.check(len(shown) == len(real), '%d VMAs, smaps has %d' % (len(shown), len(real)))
    at = 0
    for a in layout.areas: # gaps fill what lies between, up to the end of user addresses
        if hexa(a['start']) < 1 << 63:
            mmt.check(hexa(a['start']) == at, 'a hole at %x before %s' % (at, a['start']))
            at = hexa(a['end'])
    total = [k for k in layout.kinds if k['kind'] == 'total'][0]
    mmt.check(total['vmas'] == len(real) == sum(k['vmas'] for k in layout.kinds) - total['vmas'], 'kinds do not add up')
    mmt.check(total['rss_bytes'] == sum(v[6]['rss_bytes'] for v in real), 'rss does not add up')


def elf_sections(path):
    """{name: (addr, size)} of what is in memory, and is it ET_EXEC, by readelf."""
    env = {**os.environ, 'LC_ALL': 'C'}
    text = subprocess.run(['readelf', '-W', '-S', '-h', path], capture_output=True, text=True, check=True, env=env).stdout
    found = {}
    for m in re.finditer(r'\] (\S+) +(\S+) +([0-9a-f]{16}) [0-9a-f]+ ([0-9a-f]+) [0-9a-f]{2} +([A-Za-z]*) ', text):
        name, kind, addr, size, flags = m.groups()
        if 'A' in flags and not ('T' in flags and kind == 'NOBITS') and int(size, 16):
            found[name[:23]] = int(addr, 16), int(size, 16)
    return found, ' EXEC ' in text


def check_sections(layout, path):
    """Each section of the file stands where it is loaded, whole, in pieces where VMAs cut it."""
    want, fixed = elf_sections(path)
    mine = [a for a in layout.vmas() if a['name'] == path]
    bias = {a['bias'] for a in mine if a['bias']}
    if len(bias) > 1:
        return 0 # it has mapped a part of itself once more: node does with its text
    mmt.check(len(bias) == 1 and (hexa(min(bias)) == 0) == fixed, 'loaded at %s' % bias)
    mmt.check({a['elf_type'] for a in mine} == {'EXEC' if fixed else 'DYN'}, 'type of ELF file')
    bias = hexa(bias.pop())
    areas = layout.vmas()
    last = max(i for i, a in enumerate(areas) if a['name'] == path)
    got = {}
    for a in mine + [a for a in areas[last + 1:last + 2] if not a['name']]: # bss goes on in the next one
        for s in a['sections']:
            mmt.check(hexa(a['start']) <= hexa(s['start']) < hexa(s['end']) <= hexa(a['end']), '%s is not in %s' % (s, a['start']))
            start, end = hexa(s['start']), hexa(s['end'])
            known = got.setdefault(s['name'], [start, start])
            mmt.check(known[1] == start, 'a piece of %s is missing' % s['name'])
            known[1] = end
    got = {name: (start - bias, end - start) for name, (start, end) in got.items()}
    mmt.check(got == want, 'sections: %s' % sorted(set(got.items()) ^ set(want.items())))
    return len(want)


def check_marks(layout, pid):
    stat = [''] * 3 + mmt.stat_of(pid)
    auxv = open('/proc/%d/auxv' % pid, 'rb').read()
    aux = dict(struct.iter_unpack('QQ', auxv))
    status = dict(line.split(':', 1) for line in open('/proc/%d/status' % pid))
    kib = lambda key: int(status[key].split()[0]) << 10
    for key, field in STAT.items():
        mmt.check(layout.mark(key) == int(stat[field]), '%s is %x, stat has %x' % (key, layout.mark(key), int(stat[field])))
    mmt.check(layout.mark('total_vm') == kib('VmSize'), 'total_vm')
    mmt.check(layout.mark('data_vm') == kib('VmData') and layout.mark('stack_vm') == kib('VmStk'), 'data_vm, stack_vm')
    mmt.check(layout.mark('pgtables_bytes') == kib('VmPTE'), 'page tables')
    mmt.check(max(layout.mark('hiwater_vm'), layout.mark('total_vm')) == kib('VmPeak'), 'hiwater_vm')
    rss = {'anon_bytes': 'RssAnon', 'file_bytes': 'RssFile', 'shmem_bytes': 'RssShmem', 'swap_bytes': 'VmSwap'}
    for mine, theirs in rss.items():
        mmt.check(layout.end['rss'][mine] == kib(theirs), theirs)
    mmt.check(layout.end['max_map_count'] == int(open('/proc/sys/vm/max_map_count').read()), 'max_map_count')
    mmt.check(layout.mark('map_count') == len([a for a in layout.vmas() if a['name'] != '[vsyscall]']), 'map_count')
    mmt.check(layout.mark('start_code') <= aux[9] < layout.mark('end_code') or aux[7], 'AT_ENTRY')
    heap = [a for a in layout.vmas() if a['kind'] == 'heap']
    mmt.check(not heap or hexa(heap[0]['end']) >= layout.mark('brk') > hexa(heap[0]['start']), 'brk is not in the heap')
    mmt.check(layout.mark('mmap_base') < layout.mark('start_stack') < layout.mark('task_size'), 'mmap_base')
    mmt.check(layout.mark('mm_users') >= 1, 'mm_users')


def program(command, path=None):
    """A program that has come to rest."""
    with mmt.Victim(*command) as victim:
        if command[0].startswith(mmt.VICTIMS):
            victim.line()
        else:
            mmt.wait_for(lambda: mmt.stat_of(victim.pid)[0] == 'S' and
                         os.readlink('/proc/%d/exe' % victim.pid) == os.path.realpath(command[0]), 'it does not start')
        victim.process.send_signal(signal.SIGSTOP)
        victim.wait_stopped()
        layout, real = quiet_layout(victim.pid)
        check_areas(layout, real)
        check_marks(layout, victim.pid)
        count = 0
        if shutil.which('readelf'):
            paths = {a['name'] for a in layout.vmas() if a['elf_type'] and a['name'].startswith('/')}
            mmt.check(os.path.realpath(command[0]) in paths, 'the program is not among %s' % paths)
            count = sum(check_sections(layout, p) for p in paths)
        victim.process.send_signal(signal.SIGCONT)
        return '%d VMAs, %d sections' % (len(real), count)


def real(name, *arguments):
    path = shutil.which(name)
    if not path:
        raise mmt.Skip('%s is not installed' % name)
    path = os.path.realpath(path)
    if os.path.basename(path) == 'busybox':
        raise mmt.Skip('%s is one of busybox' % name)
    return program([path, *arguments])


def text():
    """What people see: a drawing that names the parts, and a summary of 24 lines by 80 columns."""
    with mmt.Victim(mmt.victim('kinds')) as victim:
        victim.line()
        args = [mmt.MMTRACE, 'layout', '-p', str(victim.pid)]
        out = subprocess.run(args, capture_output=True, text=True, check=True, timeout=mmt.PATIENCE).stdout
        for word in ('.text', '.bss', 'heap', 'gap', 'start_code', 'mmap_base', 'total', 'page tables'):
            mmt.check(word in out, 'no %s in the drawing' % word)
        short = subprocess.run(args + ['-q'], capture_output=True, text=True, check=True, timeout=mmt.PATIENCE).stdout
        mmt.check(len(short.splitlines()) <= 24, 'the summary has %d lines' % len(short.splitlines()))
        mmt.check(max(map(len, short.splitlines()[1:-1])) <= 80, 'a line of the summary is wide')
        wide = subprocess.run(args + ['-w'], capture_output=True, text=True, check=True, timeout=mmt.PATIENCE).stdout
        for word in ('KernelPageSize 4.0K', 'Private_Dirty', 'LOAD 1 r-x', 'rd ex mr mw me'):
            mmt.check(word.replace('4.0K', '4K') in wide, 'no %s in -w' % word)
        spelled = subprocess.run(args + ['--columns', 'start,flags_text'], capture_output=True, text=True, check=True).stdout
        mmt.check('readable, executable, may read' in spelled, 'flags are not spelled out')


def changes():
    """With INTERVAL what came, grew and went is marked."""
    with mmt.Victim(mmt.victim('mapper')) as victim:
        layouts = Layout('-p', victim.pid, '50ms', '2')
        mmt.check(all(a['change'] is None for a in layouts.areas), 'changes in a process that waits')
    code = "import mmap, sys\nprint('ready', flush=True)\nsys.stdin.readline()\nm = mmap.mmap(-1, 1 << 20)\nm[:8192] = b'x' * 8192\nprint('did', flush=True)\nsys.stdin.readline()\n"
    with mmt.Victim(sys.executable, '-c', code) as victim:
        mmt.check(victim.line() == 'ready', 'it does not begin')
        with Layout.running('-p', victim.pid, '50ms') as run:
            run.ticks(2)
            victim.ask('')
            run.wait(lambda r: r['type'] == 'area' and r['change'] and r['name'].startswith('/dev/zero') and r['size_bytes'] == 1 << 20,
                     'the new mapping is not marked')
            victim.process.kill()
            for _ in run.process.stdout:
                pass
            mmt.check(run.process.wait(timeout=mmt.PATIENCE) == 0, 'it fails when the process ends')


def on_terminal():
    """Drawn over each other: all of it once, then the summary and what changed."""
    main, side = pty.openpty()
    fcntl.ioctl(side, termios.TIOCSWINSZ, struct.pack('HHHH', 24, 80, 0, 0))
    with mmt.Victim('sleep', '1000') as victim:
        run = subprocess.Popen([mmt.MMTRACE, 'layout', '-p', str(victim.pid), '50ms', '3'], stdin=side, stdout=side, stderr=side,
                               env={**os.environ, 'TERM': 'xterm', 'LC_ALL': 'C.UTF-8'})
        os.close(side)
        text = b''
        try:
            while part := os.read(main, 65536):
                text += part
        except OSError: # the other end is closed
            pass
        os.close(main)
        mmt.check(run.wait(timeout=mmt.PATIENCE) == 0, 'it ends with %d' % run.returncode)
    screens = text.decode().split('\033[H\033[2J')
    mmt.check('gap' in screens[1] and 'more line' in screens[1], 'the first screen is no drawing')
    mmt.check('VMAs as they were' in screens[2] and 'more line' not in screens[2], 'the second one does not fit: %s' % screens[2])
    mmt.check(screens[2].index('VMAs as they were') < screens[2].index('total'), 'what changed is not the first: %s' % screens[2])
    mmt.check(max(len(line.rstrip('\r')) for line in screens[2].splitlines()) <= 80, 'a line is too wide')


def refused():
    """No such process, a kernel thread, another user's: words and a status, no rows."""
    def run(*args, **options):
        return subprocess.run([mmt.MMTRACE, 'layout', *args], capture_output=True, text=True, timeout=mmt.PATIENCE, **options)
    for args, words in (('-p', '999999999'), 'no such process'), (('-p', '2'), 'kernel thread'), ((), 'no target'), \
            (('-p', '1,2'), 'too many'):
        out = run(*args)
        mmt.check(out.returncode and not out.stdout and words in out.stderr, '%s: %d %s' % (args, out.returncode, out.stderr))
    with mmt.Victim('sleep', '1000') as victim:
        out = run('-p', str(victim.pid), user=65534, group=65534, extra_groups=[])
        mmt.check(out.returncode == 4 and not out.stdout and 'cannot read the address space' in out.stderr, out.stderr)
    own = subprocess.Popen(['sleep', '1000'], user=65534, group=65534, extra_groups=[])
    try:
        out = run('-p', str(own.pid), '--json', user=65534, group=65534, extra_groups=[])
        mmt.check(out.returncode == 0 and '"mmap_base","address":null' in out.stdout and '"area"' in out.stdout,
                  "one's own process without rights: %s" % out.stderr)
    finally:
        own.kill()
        own.wait()


def restless():
    """A process that changes all the time: whatever is shown is in order, and is what was there, or is said to race."""
    raced = 0
    with mmt.Victim(mmt.victim('map_flood'), 'flood', '1000000000') as victim:
        victim.process.stdin.write('\n')
        for _ in range(5):
            layout = Layout('-p', victim.pid)
            at = 0
            for a in layout.areas:
                mmt.check(hexa(a['start']) >= at, 'rows overlap at %s' % a['start'])
                at = hexa(a['end'])
            mmt.check(layout.end['racing'] or not layout.end['lost']['decode_error'], 'damaged inputs')
            raced += layout.end['racing']
    return '%d of 5 readings raced' % raced


def ending():
    """A process that ends meanwhile: rows of a whole reading, or words; never half a reading."""
    words = 0
    for i in range(30):
        victim = subprocess.Popen(['sleep', '%.3f' % (i * 0.003)])
        out = subprocess.run([mmt.MMTRACE, 'layout', '--json', '-p', str(victim.pid)], capture_output=True, text=True, timeout=mmt.PATIENCE)
        if out.returncode == 0:
            mmt.check('"end"' in out.stdout and '"total"' in out.stdout, 'an incomplete reading')
        else:
            said = ('it has ended', 'no such process', 'it has exited (zombie)')
            mmt.check(out.returncode == 1 and any(s in out.stderr for s in said), '%d: %s' % (out.returncode, out.stderr))
            mmt.check('"area"' not in out.stdout, 'rows of a process that ended')
            words += 1
        victim.wait()
    return '%d of 30 were too late' % words


def ended():
    """With INTERVAL: that the process ended is said in the last row, and only then."""
    victim = subprocess.Popen(['sleep', '1000'])
    with Layout.running('-p', victim.pid, '0.05') as layout:
        layout.wait(lambda row: row['type'] == 'tick', 'no tick')
        victim.kill()
        victim.wait()
        end = layout.wait(lambda row: row['type'] == 'end', 'no end')
    mmt.check(end['ended'], 'it ended, and it is not said')
    with mmt.Victim('sleep', '1000') as victim:
        mmt.check(not Layout('-p', victim.pid).end['ended'], 'it lives')


def columns():
    """A table is of what was asked for."""
    for args, title in ((('--kernel', '--columns', 'name,note'), 'REGION'), (('-p', str(os.getpid()), '--walk', '1000', '--columns', 'level'), 'LEVEL'),
                        (('-p', str(os.getpid()), '--pages', '--columns', 'pages,what', '-n', '1'), 'PAGES WHAT')):
        out = subprocess.run([mmt.MMTRACE, 'layout', *args], capture_output=True, text=True, timeout=mmt.PATIENCE)
        mmt.check(out.returncode == 0 and out.stdout.strip().startswith(title), '%s: %s%s' % (args, out.stdout, out.stderr))


mmt.run('layout text', text)
FEW = bool(os.environ.get('MMT_FEW'))
for name in 'layout_addrs-pie', 'layout_addrs-no-pie', 'layout_addrs-static', *(() if FEW else ('kinds', 'threads')):
    mmt.run('layout of ' + name, lambda n=name: program([os.path.realpath(mmt.victim(n))]))
for name, *arguments in () if FEW else (('sleep', '1000'), ('cat',), ('bash',), ('perl', '-e', 'sleep 1000'), ('node', '-e', 'setTimeout(Date, 1e9)'),
                                        ('python3', '-c', 'import time; time.sleep(1000)')):
    mmt.run('layout of ' + name, real, name, *arguments)
mmt.run('layout, changes', changes)
mmt.run('layout on a terminal', on_terminal)
mmt.run('layout, refusals', refused)
mmt.run('layout, restless', restless)
mmt.run('layout, ending', ending)
mmt.run('layout, ended', ended)
mmt.run('layout, columns', columns)
mmt.finish()

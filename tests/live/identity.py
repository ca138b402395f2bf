#!/usr/bin/env python3
"""Many VMAs, and identities: what is another process or another mapping has
another number, even where the kernel uses a pid or an address again."""
import os
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), 'lib'))
import mmt

MANY = int(os.environ.get('MMT_VMAS', '20000'))


def in_area(rows, start, n):
    return [v for v in rows if start <= int(v['start'], 16) < start + n * 4096]


def many():
    with open('/proc/sys/vm/max_map_count') as f:
        if int(f.read()) < MANY + 100:
            raise mmt.Skip('vm.max_map_count is below %d' % (MANY + 100))
    with mmt.Victim(mmt.victim('many_vmas'), str(MANY)) as victim:
        _, start, n = victim.line().split()
        start, n = int(start, 16), int(n)
        with mmt.Tracer('-p', victim.pid) as tracer:
            rows = tracer.started().settled().live(victim.pid)
            wrong = mmt.difference(mmt.Layout.of_rows(rows), mmt.Layout.of_proc(victim.pid))
            mmt.check(not wrong, 'before: ' + wrong)
            _, minor, major = victim.ask('go').split()
            mmt.check(int(minor) == n and int(major) == 0, 'the victim says %s and %s faults' % (minor, major))
            before = len(tracer.ticks)
            rows = in_area(tracer.settled().live(victim.pid), start, n)
            mmt.check(len(tracer.ticks) > before, 'no ticks')
            mmt.check(len(rows) == n, '%d rows of %d VMAs' % (len(rows), n))
            wrong = [v for v in rows if mmt.fault_count(v) != 1]
            mmt.check(not wrong, '%d VMAs have not exactly one fault, as %s' % (len(wrong), wrong[:1]))
            tracer.stop()
        mmt.check(tracer.status == 0 and not tracer.lost(), 'status %d, lost %s' % (tracer.status, tracer.lost()))
        final = in_area([v for v in tracer.vmas.values() if v['live']], start, n)
        mmt.check(sum(map(mmt.fault_count, final)) == n, 'the final report has other counts')
    return '%d VMAs, one fault each, %d ticks' % (n, len(tracer.ticks))


def exec_anew():
    script = 'cat /dev/null; exec "$0" </dev/null'
    with mmt.Tracer('--', 'sh', '-c', script, mmt.victim('malloc_100k'), stdout=subprocess.DEVNULL) as tracer:
        tracer.finished()
    pid = next(p['pid'] for p in tracer.processes.values() if p['comm'] == 'malloc_100k')
    rows = [v for v in tracer.vmas.values() if v['pid'] == pid]
    heaps = {v['vma'] for v in rows if v['name'] == '[heap]' and mmt.fault_count(v)}
    stacks = {v['vma'] for v in rows if v['name'] == '[stack]' and mmt.fault_count(v)}
    # the launcher's own stack, the shell's, the victim's; the last is its own row
    mmt.check(len(heaps) >= 2, '%d heaps: the shell has one and the program has one' % len(heaps))
    mmt.check(len(stacks) >= 2, '%d stacks' % len(stacks))
    texts = {v['name'] for v in rows if v['kind'] == 'text'}
    mmt.check(any(t.endswith('malloc_100k') for t in texts), 'no text of the program: %s' % texts)
    return '%d heaps, %d stacks of pid %d' % (len(heaps), len(stacks), pid)


# Forks children until one gets the pid of the first; each of them exits at once.
REUSE = r'''
import os
def child():
    pid = os.fork()
    if not pid:
        os._exit(0)
    os.waitpid(pid, 0)
    return pid
first = child()
for attempt in range(100):
    with open('/proc/sys/kernel/ns_last_pid', 'w') as f:
        f.write(str(first - 1))
    if child() == first:
        print('again', first)
        break
else:
    print('never', first)
'''


def reuse():
    try:
        with open('/proc/sys/kernel/ns_last_pid') as f:
            last = f.read().strip()
        with open('/proc/sys/kernel/ns_last_pid', 'w') as f:
            f.write(last)
    except OSError as e:
        raise mmt.Skip('/proc/sys/kernel/ns_last_pid: %s' % e.strerror)
    out = os.path.join(mmt.scratch(), 'reuse')
    with open(out, 'w') as f, mmt.Tracer('--', sys.executable, '-S', '-E', '-c', REUSE, stdout=f) as tracer:
        tracer.finished()
    with open(out) as f:
        word, pid = f.read().split()
    if word == 'never':
        raise mmt.Skip('the kernel gave pid %s to nobody again' % pid)
    rows = [p for p in tracer.processes.values() if p['pid'] == int(pid)]
    mmt.check(len(rows) == 2, 'pid %s was used twice, %d processes are shown' % (pid, len(rows)))
    mmt.check(rows[0]['start_time_ns'] != rows[1]['start_time_ns'], 'both have the same start time')
    mmt.check(all(mmt.fault_count(p) for p in rows), 'one of them has no faults')
    by_proc = [{v['vma'] for v in tracer.vmas.values() if v['proc'] == p['proc']} for p in rows]
    mmt.check(by_proc[0] and by_proc[1] and not by_proc[0] & by_proc[1], 'their VMAs are %s' % by_proc)
    return 'pid %s, two processes' % pid


# Maps two files one after the other in one place. A fresh tmpfs numbers its inodes anew.
TWICE = r'''
import ctypes, os, sys
libc = ctypes.CDLL(None, use_errno=True)
libc.mmap.restype = ctypes.c_void_p
libc.mmap.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int, ctypes.c_int, ctypes.c_int, ctypes.c_long]
os.unshare(os.CLONE_NEWNS) if hasattr(os, "unshare") else libc.unshare(0x20000)
libc.mount(None, b"/", None, 0x44000, None) # private
place, size = None, 16 * 4096
for number in range(2):
    where = os.path.join(sys.argv[1], "mount%d" % number)
    os.makedirs(where)
    if libc.mount(b"none", where.encode(), b"tmpfs", 0, b"inode64"):
        print("cannot")
        sys.exit()
    fd = os.open(os.path.join(where, "same"), os.O_RDWR | os.O_CREAT)
    os.ftruncate(fd, size)
    place = libc.mmap(place, size, 3, 0x11 if number else 0x1, fd, 0)
    ctypes.memset(place, 1, size)
    print("%x" % place, os.fstat(fd).st_ino, os.fstat(fd).st_dev)
'''


def one_inode_on_two_devices():
    out = os.path.join(mmt.scratch(), 'twice')
    with open(out, 'w') as f, mmt.Tracer('--', sys.executable, '-S', '-E', '-c', TWICE, mmt.scratch(), stdout=f) as tracer:
        tracer.finished()
    with open(out) as f:
        lines = [line.split() for line in f]
    if len(lines) != 2:
        raise mmt.Skip('no tmpfs can be mounted')
    (place, inode, first), (_, other, second) = lines
    if inode != other or first == second:
        raise mmt.Skip('inodes %s and %s of devices %s and %s' % (inode, other, first, second))
    rows = [v for v in tracer.vmas.values() if v['ino'] == inode and int(v['start'], 16) == int(place, 16)]
    counts = [mmt.fault_count(v) for v in rows if mmt.fault_count(v)]
    mmt.check(counts == [16, 16], 'two files of 16 pages at %s: rows have %s faults' % (place, counts))
    return 'inode %s twice' % inode


mmt.usable('identity')
mmt.run('identity: %d VMAs' % MANY, many)
mmt.run('identity: exec', exec_anew)
mmt.run('identity: a pid used again', reuse)
mmt.run('identity: one inode on two devices is two files', one_inode_on_two_devices)
mmt.finish()

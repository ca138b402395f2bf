#!/usr/bin/env python3
"""stress-ng under mmtrace: the total is what the kernel counted, twice: what wait4
reported to mmtrace, and what it reported to a program in between that waits for all that ran.
What lies between has a line that names it.

Usage: tests/live/stressors.py [--all] [NAME...]
Ten stressors of memory, processes, signals, namespaces and IPC; --all: all of them."""
import json
import os
import shutil
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), 'lib'))
import mmt

# {name: (operations, options)}. Each ends by itself within seconds and stays below 256 MiB.
STRESSORS = {
    # address spaces
    'bigheap': (300, ['--bigheap-growth', '64K']),
    'brk': (10000, []),
    'fault': (300, []),
    'madvise': (5, []),
    'malloc': (5000, ['--malloc-bytes', '32M']),
    'memfd': (3, ['--memfd-bytes', '8M']),
    'mincore': (50, []),
    'mlock': (20, []),
    'mmap': (2, ['--mmap-bytes', '8M']),
    'mmapaddr': (300, []),
    'mmapfixed': (50, []),
    'mmapmany': (2000, []),
    'mprotect': (1000, []),
    'mremap': (10, ['--mremap-bytes', '4M']),
    'msync': (20, ['--msync-bytes', '2M']),
    'msyncmany': (50, []),
    'munmap': (10, []),
    'pagemove': (5, ['--pagemove-bytes', '2M']),
    'pageswap': (100, []),
    'remap': (5, []),
    'rmap': (5, []),
    'secretmem': (5, []),
    'shm': (10, ['--shm-bytes', '1M']),
    'shm-sysv': (8, ['--shm-sysv-bytes', '1M']),
    'stackmmap': (2, []),
    'tlb-shootdown': (10, []),
    'userfaultfd': (300, ['--userfaultfd-bytes', '4M']),
    'vm': (1000, ['--vm-bytes', '8M']),
    'vm-addr': (5, []),
    'vm-rw': (20, ['--vm-rw-bytes', '4M']),
    'vm-segv': (50, []),
    'zero': (100, []),
    # processes and threads
    'clone': (100, []),
    'daemon': (30, []),
    'dynlib': (50, []),
    'env': (2, []),
    'exec': (50, ['--exec-max', '4']),
    'exit-group': (10, []),
    'fork': (100, []),
    'pthread': (200, []),
    'ptrace': (200, []),
    'spawn': (30, []),
    'vfork': (100, []),
    'zombie': (100, []),
    # signals
    'bad-altstack': (50, []),
    'sigsegv': (300, []),
    # namespaces, files, IPC
    'aio': (50, []),
    'futex': (200, []),
    'iomix': (20, ['--iomix-bytes', '2M']),
    'seccomp': (10, []),
    'unshare': (3, []),
}
SHORT = ['daemon', 'exec', 'mremap', 'msyncmany', 'pthread', 'shm', 'sigsegv', 'unshare', 'userfaultfd', 'vm-rw']
NOT_ROOT = ['exec', 'spawn'] # they refuse to run as root
EXECUTE = ['exec', 'spawn']
ARGUMENT_PAGES = 2
IGNORE_SIGCHLD = ['shm'] # their children are waited for by nobody
LINES = ['[unwaited]', '[gup]', '[foreign]', '[outside]', '[unknown]']


def command(name, directory):
    operations, options = STRESSORS[name]
    rights = ['setpriv', '--reuid', '65534', '--regid', '65534', '--clear-groups'] if name in NOT_ROOT else []
    return [*rights, 'stress-ng', '--quiet', '--oomable', '--temp-path', directory, '--timeout', '60', '--' + name, '1',
            '--%s-ops' % name, str(operations), *options]


def trace(name):
    """Last rows of a run by type and key, and what the program in between says: status, minor, major."""
    directory, said = os.path.join(mmt.scratch(), name), os.path.join(mmt.scratch(), name + '.said')
    output = os.path.join(mmt.scratch(), name + '.json')
    os.mkdir(directory)
    os.chmod(directory, 0o777)
    mmtrace = subprocess.run([mmt.MMTRACE, '--json', '-q', '-i', '1s', *mmt.FORCED, '-o', output, '--', mmt.victim('reaper'), said,
                              *command(name, directory)],
                             stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    mmt.check(mmtrace.returncode == 0, 'status %d: %s' % (mmtrace.returncode, mmtrace.stdout[-300:]))
    rows = {'process': {}, 'kind': {}, 'end': {}}
    with open(output, encoding='utf-8') as f:
        for row in map(json.loads, f):
            if row['type'] in rows:
                rows[row['type']][row.get('proc', row.get('kind'))] = row
            elif row['type'] == 'start':
                backend = row['backends']['fault']
    # fentry sees the pages that an exec writes arguments to, in memory that is nobody's yet: of what we start, and what that starts
    executed = 3 + (len(rows['process']) if name in EXECUTE else 0)
    rows['arguments'] = ARGUMENT_PAGES * executed if backend == 'fentry' else 0
    with open(said, encoding='utf-8') as f:
        status, *counts = map(int, f.read().split())
    mmt.check(status == 0, 'stress-ng ended with %d: %s' % (status, mmtrace.stdout[-300:]))
    shutil.rmtree(directory, True)
    os.unlink(output)
    return rows, dict(zip(('minor', 'major'), counts))


def equal(name, rows, waited, severity):
    """One of minor and major: total = rusage + [unwaited], by both countings; the lines add up to the total."""
    end, kinds = rows['end'][None]['faults'], rows['kind']
    line = lambda key: kinds[key]['faults'][severity] if key in kinds else 0
    between = rows['process'][min(rows['process'])]['faults'][severity]
    shown = '%d %s faults, [unwaited] %d; wait4 says %d, the program in between %d + its own %d' % (
        end[severity], severity, line('[unwaited]'), end['kernel_' + severity], waited[severity], between)
    mmt.check(end[severity] == line('total'), '%s; the line of the total %d' % (shown, line('total')))
    mmt.check(end[severity] == end['kernel_' + severity] + line('[unwaited]'), shown)
    mmt.check(end[severity] == waited[severity] + between + line('[unwaited]'), shown)
    mmt.check(not line('[unwaited]') or name in IGNORE_SIGCHLD, shown + '; all are waited for')
    unknown = rows['end'][None]['detail_lost']['rows_full']
    mmt.check(line('[unknown]') <= unknown, '%d %s faults without a VMA row, %d may be' % (line('[unknown]'), severity, unknown))
    outside = rows['arguments'] if severity == 'minor' else 0
    mmt.check(line('[outside]') <= outside, '%d %s faults in nobody\'s memory, %d may be' % (line('[outside]'), severity, outside))
    parts = sum(k['faults'][severity] for key, k in kinds.items() if key not in ('total', '[unwaited]', 'rusage'))
    mmt.check(parts == line('total'), '%s; the lines add up to %d' % (shown, parts))
    processes = sum(p['faults'][severity] for p in rows['process'].values())
    mmt.check(processes == end[severity], '%s; the processes add up to %d' % (shown, processes))


def stressor(name):
    rows, waited = trace(name)
    end = rows['end'][None]
    # the program in between, stress-ng, its worker: a stressor that skips itself has none
    mmt.check(len(rows['process']) >= 3, 'the stressor did not run')
    mmt.check(not end['events']['dropped'], 'dropped %d' % end['events']['dropped'])
    for severity in 'minor', 'major':
        equal(name, rows, waited, severity)
    if name in IGNORE_SIGCHLD:
        mmt.check('[unwaited]' in rows['kind'], 'no line [unwaited]')
    lines = ''.join(', %s %d' % (key, rows['kind'][key]['faults']['minor']) for key in LINES if key in rows['kind'])
    lost = ''.join(', %s %d' % (key, n) for group in (end['lost'], end['detail_lost']) for key, n in group.items() if n)
    return '%d processes, %d minor, %d major, %d errors%s%s' % (
        len(rows['process']), end['faults']['minor'], end['faults']['major'], end['faults']['error'], lines, lost)


mmt.usable('stressors')
if not shutil.which('stress-ng'):
    mmt.say('skip', 'stressors', 'stress-ng is not installed')
    sys.exit(0)
chosen = [a for a in sys.argv[1:] if a != '--all'] or os.environ.get('MMT_STRESSORS', '').split() or SHORT
for each in STRESSORS if '--all' in sys.argv[1:] else chosen:
    mmt.run('stressors: ' + each, stressor, each)
mmt.finish()

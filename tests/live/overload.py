#!/usr/bin/env python3
"""Counts stay exact when the reader cannot keep up: stopped in a storm, rings of
one page, rows that do not suffice, and all of these together."""
import json
import os
import signal
import subprocess
import sys

from lib.mmt import FORCED, MMTRACE, check, faults_of, finish, run, scratch, usable, victim, wait_for

ROUNDS = int(os.environ.get('MMT_ROUNDS', '12'))
FAULTS = 32768 # of a round
UNTIL_END = float('inf')


STORM = """: > begun
for i in 1 2; do echo | %s %d > /dev/null & echo $! >> pids; done
for i in $(seq 40); do sleep 0.02; done
wait
: > ended"""


def there(name):
    return os.path.exists(os.path.join(scratch(), name))


def storm_faults():
    """What the two have made so far; no end of it once one has ended."""
    if not there('pids'):
        return 0
    with open(os.path.join(scratch(), 'pids')) as pids:
        try:
            return sum(sum(faults_of(int(pid))) for pid in pids)
        except FileNotFoundError: # one has ended
            return float('inf')


def overload(options, stop, expect):
    """Two storms side by side, and processes that come and go, so that there is
    something to report on the control ring; expect: what the report must admit.
    stop: faults during which the reader stands still, or UNTIL_END."""
    for name in ('overload.json', 'begun', 'ended', 'pids'):
        if there(name):
            os.unlink(os.path.join(scratch(), name))
    out = os.path.join(scratch(), 'overload.json')
    command = STORM % (victim('storm'), ROUNDS)
    mmtrace = subprocess.Popen([MMTRACE, '--json', '-q', '-o', out, *FORCED, *options, '--', 'sh', '-c', command],
                               stderr=subprocess.PIPE, cwd=scratch())
    wait_for(lambda: there('begun') or mmtrace.poll() is not None, 'the storm does not begin')
    mmtrace.send_signal(signal.SIGSTOP)
    before = storm_faults()
    enough = lambda: there('ended') or (stop is not UNTIL_END and storm_faults() >= before + stop)
    wait_for(lambda: mmtrace.poll() is not None or enough(), 'the storm makes no faults')
    mmtrace.send_signal(signal.SIGCONT)
    words = mmtrace.communicate()[1].decode()
    check(mmtrace.returncode == 0, 'status %d: %s' % (mmtrace.returncode, words))
    rows = [json.loads(line) for line in open(out)]
    end = rows[-1]
    faults, events = end['faults'], end['events']
    check(faults['minor'] == faults['kernel_minor'] and faults['major'] == faults['kernel_major'],
          'kernel %d minor %d major, mmtrace %d and %d' % (faults['kernel_minor'], faults['kernel_major'],
                                                            faults['minor'], faults['major']))
    check(faults['minor'] > 2 * ROUNDS * FAULTS, 'the storm was only %d faults' % faults['minor'])
    check(events['dropped'] == 0, 'dropped %d' % events['dropped'])
    check(events['seen'] == sum(n for key, n in events.items() if key != 'seen'), 'the events do not add up: %s' % events)
    classes = sum(c.get('minor', 0) + c.get('major', 0) for c in end['class'].values())
    gup = faults['unattributed_minor'] + faults['unattributed_major']
    check(classes + gup == faults['minor'] + faults['major'], 'classes sum to %d, faults to %d' % (classes, faults['minor']))
    if 'processes_full' not in expect:
        processes = [r for r in rows if r['type'] == 'process']
        last = {r['proc']: r for r in processes}
        check(sum(r['faults']['minor'] for r in last.values()) == faults['minor'], 'processes do not add up')
    latencies_agree(rows)
    admitted = {**end['detail_lost'], **end['lost'], **events}
    for key in expect:
        check(admitted[key], '%s is 0: %s' % (key, admitted))
    return '%d faults, %d delivered, %d folded' % (faults['minor'], events['delivered'], events['folded'])


def more_mappings_than_rows():
    """Beyond the rows of VMAs there are rows of processes: they lose the VMA, but not
    the class, nor the latency."""
    out = os.path.join(scratch(), 'mappings.json')
    program = 'import mmap; areas = [mmap.mmap(-1, 4096) for _ in range(300)]; [a.write(b"x") for a in areas]'
    m = subprocess.run([MMTRACE, '--json', '-q', '--strict', '-o', out, *FORCED, '--aggregate', '--rows', '64', '--', sys.executable, '-c',
                        program], capture_output=True)
    check(m.returncode == 5, '--strict: status %d: %s' % (m.returncode, m.stderr.decode()))
    rows = [json.loads(line) for line in open(out)]
    end = rows[-1]
    faults, classes = end['faults'], end['class']
    check(faults['minor'] == faults['kernel_minor'], 'kernel %d, mmtrace %d' % (faults['kernel_minor'], faults['minor']))
    check(end['detail_lost']['rows_full'] >= 200, 'the rows sufficed: %s' % end['detail_lost'])
    check(classes['shmem']['minor'] >= 300, 'shmem faults: %s' % classes['shmem'])
    for name, c in classes.items():
        counted = c['minor'] + c['major']
        check(sum(c['hist']) == counted, '%s: %d faults, %d with a latency' % (name, counted, sum(c['hist'])))
    return '%d of %d faults have no VMA' % (end['detail_lost']['rows_full'], faults['minor'])


def bucket_of(ns):
    """As mmt_latency_bucket(): two for each power of two."""
    high = max(ns.bit_length() - 1, 0)
    return 2 * high + (ns >> (high - 1) & 1) if high else 0


def latencies_agree(rows):
    """The greatest is in the last bucket that has any, and not below the mean."""
    for r in rows:
        for name, c in r.get('class', {}).items():
            timed = sum(c['hist'])
            check(c['ns_max'] * timed >= c['ns_sum'], '%s: %d faults took %d ns, the greatest %d' % (name, timed, c['ns_sum'], c['ns_max']))
            check(not timed or bucket_of(c['ns_max']) == len(c['hist']) - 1, '%s: the greatest is %d: %s' % (name, c['ns_max'], c['hist']))


def the_limit_is_kept():
    """What tracing costs is above any such limit: it is made cheaper, level by level, and no count suffers."""
    out = os.path.join(scratch(), 'limit.json')
    m = subprocess.run([MMTRACE, '--json', '-q', '-o', out, *FORCED, '-i', '50ms', '--max-overhead', '0.01', '--', victim('storm'),
                        str(4 * ROUNDS)], input=b'go\n', capture_output=True)
    check(m.returncode == 0, m.stderr.decode())
    end = [json.loads(line) for line in open(out)][-1]
    faults, events, cost = end['faults'], end['events'], end['overhead']
    check(faults['minor'] == faults['kernel_minor'] and faults['major'] == faults['kernel_major'], 'kernel %s' % faults)
    # once the storm is over it goes down again
    check(cost['sample_max'] >= 4 and events['folded'] > 0 and events['sampled_out'] > 0, 'the level was not raised: %s, %s' % (cost, events))
    return '1 in %d at most, %s' % (cost['sample_max'], events)


def sampled(n, options):
    """Totals are the kernel's; the count of the one big VMA is an estimate. Six standard deviations: chance goes
    beyond in one run of a billion, an estimate that is wrong in each."""
    out = os.path.join(scratch(), 'sampled.json')
    m = subprocess.run([MMTRACE, '--json', '-q', '--by', 'vma', '-o', out, *FORCED, *options, '--', victim('storm'), str(ROUNDS)], input=b'go\n',
                       capture_output=True)
    check(m.returncode == 0, m.stderr.decode())
    rows = [json.loads(line) for line in open(out)]
    end = rows[-1]
    faults = end['faults']
    check(faults['minor'] == faults['kernel_minor'], 'kernel %d, mmtrace %d' % (faults['kernel_minor'], faults['minor']))
    check(end['overhead']['sample_max'] >= n, 'no sampling is admitted: %s' % end['overhead'])
    out = end['events']['sampled_out']
    check(out > 0, 'nothing was sampled out')
    check(end['events']['seen'] == sum(n for key, n in end['events'].items() if key != 'seen'), 'do not add up: %s' % end['events'])
    # each fault that was looked at stands for n
    for r in rows:
        for name, c in r.get('class', {}).items() if r['type'] == 'vma' else ():
            check(c['minor'] % n == 0, '%d faults of class %s are no multiple of %d' % (c['minor'], name, n))
            check(sum(c['hist']) <= c['minor'] + c['major'] + c['error'], '%s: %s' % (name, c))
            check(sum(c['hist']) % n == 0 or c['major'] or c['error'], '%s: latencies of %d faults' % (name, sum(c['hist'])))
    big = max(r['faults']['minor'] for r in rows if r['type'] == 'vma')
    true = ROUNDS * FAULTS
    bound = 6 * ((end['overhead']['sample_max'] - 1) * true) ** 0.5
    check(abs(big - true) < bound + n, 'the VMA has %d faults, not %d within %d' % (big, true, bound))
    return '%d estimated, %d true' % (big, true)


RARE = """if 1:
    import mmap, os, sys
    size = 64 * 4096
    with open(sys.argv[1], 'w+b') as f:
        f.write(bytes(size))
        f.flush()
        os.fsync(f.fileno())
        os.posix_fadvise(f.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
        m = mmap.mmap(f.fileno(), size)
        m.madvise(mmap.MADV_RANDOM)
        for i in range(0, size, 4096):
            m[i]
        f.truncate(4096)
        beyond = memoryview(m)[4096:8192]
        with open('/dev/zero', 'rb', buffering=0) as zero:
            for i in range(64):
                try:
                    zero.readinto(beyond)
                except OSError:
                    pass
    """


def rare_ones_are_all_seen():
    """Major faults and errors are not sampled, only minor faults are."""
    ends = []
    disk = os.environ.get('MMT_DISK') # a file system that must read
    for options in ([], ['--sample', '1000']):
        out = os.path.join(scratch(), 'rare.json')
        m = subprocess.run([MMTRACE, '--json', '-q', '-o', out, *FORCED, *options, '--', sys.executable, '-c', RARE,
                            os.path.join(disk or scratch(), 'rare.data')], capture_output=True)
        check(m.returncode == 0, m.stderr.decode())
        rows = [json.loads(line) for line in open(out)]
        ends.append(rows[-1])
        faults, classes = ends[-1]['faults'], ends[-1]['class']
        major = sum(c.get('major', 0) for c in classes.values())
        check(faults['major'] == faults['kernel_major'] == major,
              '%s: kernel %d major, mmtrace %d, %d by class' % (options, faults['kernel_major'], faults['major'], major))
    errors = [e['faults']['error'] for e in ends]
    check(errors[0] == errors[1], '%d errors, when sampled %d' % tuple(errors))
    # of an error in the kernel's own access only fentry hears
    check(rows[0]['backends']['fault'] != 'fentry' or errors[0] >= 64, '%d errors' % errors[0])
    check(not disk or ends[1]['faults']['major'] >= 64, 'only %d major' % ends[1]['faults']['major'])
    return '%d major, %d errors' % (ends[1]['faults']['major'], errors[1])


usable('overload')
run('sample: major faults and errors are all seen', rare_ones_are_all_seen)
run('max-overhead: the level is raised, totals stay', the_limit_is_kept)
run('sample: 1 in 10', sampled, 10, ['--sample', '10'])
run('sample: 1 in 100, aggregated', sampled, 100, ['--sample', '100', '--aggregate'])
run('overload: reader stopped', overload, [], UNTIL_END, ['ring_full', 'folded'])
run('overload: ring of 64K', overload, ['--ring-size', '64K'], FAULTS, ['ring_full', 'folded'])
run('overload: control ring of one page', overload, ['--control-size', '4K'], UNTIL_END, ['control_full'])
run('overload: one row', overload, ['--ring-size', '64K', '--rows', '1'], FAULTS, ['rows_full'])
run('overload: all together', overload, ['--ring-size', '4K', '--control-size', '4K', '--rows', '1'], UNTIL_END,
    ['ring_full', 'rows_full', 'processes_full', 'control_full'])
run('overload: more mappings than rows', more_mappings_than_rows)
run('overload: aggregate', overload, ['--aggregate'], FAULTS, ['folded'])
finish()

#!/usr/bin/env python3
"""pressure.py KERNEL: a guest runs short of memory in every way at once; what
mmtrace counted is held against /proc/vmstat, memory.events and taskstats."""
import json
import os
import subprocess
import sys
import tempfile

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
GUEST = ROOT + '/tests/vm/pressure.guest'
MIB = 1 << 20
failed = False


def check(what, good, *words):
    global failed
    failed |= not good
    print(*(['ok - ' + what] if good else ['not ok - ' + what + ':', *words]))


def run(kernel):
    with tempfile.TemporaryDirectory() as tmp:
        hog = tmp + '/hog'
        subprocess.run(['cc', '-std=gnu17', '-D_GNU_SOURCE', '-O1', '-Wall', '-Wextra', *(['-Werror'] if os.environ.get('WERROR') else []), '-static',
                        '-o', hog, ROOT + '/tests/victims/hog.c'], check=True)
        guest = subprocess.run([ROOT + '/tests/vm/run', '-k', kernel, '--swap', '--mem', '340', '--timeout', '180',
                                '--file', hog, '--file', GUEST, '--', GUEST, hog],
                               stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    if guest.returncode:
        print(guest.stderr, file=sys.stderr)
        sys.exit(guest.returncode)
    sections = {}
    for part in guest.stdout.split('=== ')[1:]:
        name, _, body = part.partition('\n')
        sections[name] = body
    return sections


def numbers(text):
    return {line.split()[0]: int(line.split()[1]) for line in text.splitlines() if len(line.split()) == 2}


class Guest:
    def __init__(self, kernel):
        self.sections = s = run(kernel)
        self.hist = [json.loads(line) for line in s['hist'].splitlines()]
        self.top = [json.loads(line) for line in s['top'].splitlines()]
        self.vmstat = {when: numbers(s['vmstat ' + when]) for when in ('before', 'attached', 'worked', 'after')}
        words = [line.split() for line in s['run'].splitlines()]
        self.pids = [int(w[1]) for w in words if w[0] == 'pid']
        self.faults = {int(w[1]): [int(x) for x in w[2:]] for w in words if w[0] == 'faults'}
        self.delays = {int(w[1]): [int(x) for x in w[2:]] for w in words if w[0] == 'delays'}

    def total(self, event, key='count', op='latency'):
        return self.hist[-1]['totals'][event].get(op, {}).get(key, 0)

    def going_on(self, event):
        return self.hist[-1]['totals'][event].get('going_on') or 0

    def swapped(self, event):
        """In pages: a count is of folios."""
        return self.total(event, 'bytes_req', 'alloc') // 4096

    def of(self, pid, event, key='count', op='latency'):
        return sum(line[key] or 0 for line in self.hist if line['type'] == 'hist' and line['event'] == event
                   and line['op'] == op and line['key']['process']['pid'] == pid)

    def top_of(self, pid, key):
        return max((line[key] or 0 for line in self.top if line['type'] == 'top' and line['pid'] == pid), default=0)

    def between(self, keys, count):
        """Is count what vmstat says?  mmtrace itself swaps while it starts and ends."""
        def moved(a, b):
            return sum(self.vmstat[b].get(k, 0) - self.vmstat[a].get(k, 0) for k in keys)
        low, high = moved('attached', 'worked'), moved('before', 'after')
        return 0 < low <= count <= high, '%s: %d, vmstat %d to %d' % (keys, count, low, high)


def check_vmstat(g):
    stalls = [k for k in g.vmstat['before'] if k.startswith('allocstall_')]
    for what, keys, count in (
            ('swap-ins', ['pswpin', 'swpin_zero'], g.swapped('swapin')),
            ('pages swapped out', ['pswpout'], g.swapped('swapout')),
            ('runs of kswapd', ['pageoutrun'], g.total('kswapd') + g.going_on('kswapd'))):
        good, words = g.between(keys, count)
        print('#', words)
        check('%s equal /proc/vmstat' % what, good, words)
    good, words = g.between(['pswpin', 'swpin_zero'], g.top[-1]['swap_ins'])
    check('top: swap-ins equal /proc/vmstat', good, words)
    # the kernel counts inner retries as stalls of their own
    allocstall = sum(g.vmstat['after'][k] - g.vmstat['before'][k] for k in stalls)
    direct = g.total('direct')
    print('# direct reclaims %d, allocstall %d' % (direct, allocstall))
    check('direct reclaims are no more than allocstall', 0 < direct <= allocstall, direct, allocstall)
    stall = g.vmstat['after']['compact_stall'] - g.vmstat['before']['compact_stall']
    print('# compactions of a zone %d, compact_stall %d' % (g.total('compact'), stall))


def check_process(g, pid, name):
    """Faults and taskstats of a hog are taken just before its exit, which may fault and
    stall some more.  A reclaim that frees nothing at first and tries again is one, but
    counts again in taskstats (as in allocstall); 6.12 does that more often."""
    if pid not in g.delays:
        check(name + ': lives to report its delays', False, g.sections['run'])
        return
    reclaims, reclaim_ns, _, _, compacts, compact_ns = g.delays[pid]
    count = g.of(pid, 'direct') + g.of(pid, 'memcg')
    ns = g.of(pid, 'direct', 'ns_sum') + g.of(pid, 'memcg', 'ns_sum')
    seen = g.top_of(pid, 'direct_count') + g.top_of(pid, 'memcg_count')
    print('# %s: reclaims %d, top %d, taskstats %d; ms %d, top %d, taskstats %d; compactions %d, taskstats %d' %
          (name, count, seen, reclaims, ns / 1e6, g.top_of(pid, 'reclaim_ns') / 1e6, reclaim_ns / 1e6,
           g.of(pid, 'compact'), compacts))
    check('%s: reclaims are those of taskstats' % name, 0 < 0.9 * reclaims <= count <= reclaims + 3, count, reclaims)
    check('%s: the time lost holds that of taskstats' % name, reclaim_ns <= ns, ns, reclaim_ns)
    check('%s: top counts the same' % name, seen == count and reclaim_ns <= g.top_of(pid, 'reclaim_ns'), seen, count)
    check('%s: top and hist agree on swap-ins' % name,
          g.top_of(pid, 'swap_ins') == g.of(pid, 'swapin', 'bytes_req', 'alloc') // 4096,
          g.top_of(pid, 'swap_ins'), g.of(pid, 'swapin', 'bytes_req', 'alloc'))
    minor, major = g.top_of(pid, 'minor') - g.faults[pid][0], g.top_of(pid, 'major') - g.faults[pid][1]
    check('%s: top: faults are those of getrusage' % name, 0 <= minor <= 100 and 0 <= major <= 100,
          minor, major, g.faults[pid])
    # taskstats counts attempts that found no zone worth it, too; compact_stall does not
    if compacts and g.vmstat['after']['compact_stall'] > g.vmstat['before']['compact_stall']:
        check('%s: its compactions were seen' % name, g.of(pid, 'compact') > 0 and
              g.top_of(pid, 'compact_count') == g.of(pid, 'compact'), compacts)


def check_oom(g):
    kills = [line for line in g.hist if line['type'] == 'oom']
    events = numbers(g.sections['events'])
    for kill in kills:
        print('#', json.dumps(kill))
    check('OOM kills equal /proc/vmstat and memory.events',
          len(kills) == g.vmstat['after']['oom_kill'] - g.vmstat['before']['oom_kill'] == 2 and events['oom_kill'] == 1,
          len(kills), events)
    in_group, everywhere = kills
    check('the limit of a cgroup as the cause',
          (in_group['pid'], in_group['cause'], in_group['cgroup']) == (g.pids[2], 'cgroup', '/hogs') and
          in_group['cgroup_max_bytes'] == 24 * MIB >= in_group['cgroup_usage_bytes'] > 23 * MIB and
          20 * MIB < in_group['anon_bytes'] <= 24 * MIB and in_group['vsize_bytes'] > 60 * MIB, in_group)
    check('want of memory everywhere as the cause',
          (everywhere['pid'], everywhere['cause'], everywhere['cgroup_max_bytes']) == (g.pids[3], 'global', None) and
          everywhere['oom_score_adj'] == 1000 and everywhere['swap_bytes'] > 100 * MIB and
          everywhere['free_bytes'] < in_group['free_bytes'], everywhere)
    group = [json.loads(line) for line in g.sections['group'].splitlines()]
    check('--cgroup: the kill in it alone, and all its reclaims',
          [line['pid'] for line in group if line['type'] == 'oom'] == [g.pids[2]] and
          group[-1]['totals']['memcg']['latency']['count'] == events['max'], group)
    check('text: a line for each kill', g.sections['text'].count('oom kill: ') == 2 and
          'cause cgroup' in g.sections['text'] and 'cause global' in g.sections['text'], g.sections['text'][:600])


def main():
    g = Guest(sys.argv[1])
    limited, plain = g.pids[:2]
    check_vmstat(g)
    check_process(g, limited, 'hog in a cgroup')
    check_process(g, plain, 'hog of huge pages')
    hogs = [line for line in g.top if line['type'] == 'top' and line['ended'] and line['comm'] == 'hog'][0]
    check('top: bytes of mmap by fentry', hogs['mmap_bytes'] == (40 + 250 + 60 + 460) * MIB and hogs['ended'] == 4, hogs)
    limit_hits = numbers(g.sections['events'])['max']
    check("reclaims of a cgroup equal memory.events' max", g.total('memcg') == limit_hits,
          g.total('memcg'), limit_hits)
    check('compaction was timed', g.total('compact') > 0)
    check_oom(g)
    print('#', [line for line in g.top if line.get('tail_unknown')])
    check('nothing lost', not any(g.hist[-1]['lost'].values()) and not any(g.top[-1]['lost'].values()),
          g.hist[-1]['lost'], g.top[-1]['lost'])
    check('all four ended well', 'status 0' in g.sections, g.sections.get('hist.err'), g.sections.get('top.err'))
    if os.environ.get('SHOW'):
        print(g.sections['text'])
    sys.exit(failed)


main()

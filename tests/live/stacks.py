#!/usr/bin/env python3
"""Call stacks of faults, frame by frame, in programs and libraries without frame pointers; their number against the kernel's."""
import os
import re

from lib.elf import Names
from lib.mmt import Tracer, Victim, check, finish, run, usable, victim

TIMES = 20
PAGES = 64
names = Names()


def described(frames):
    """["file:function"], the innermost first."""
    return ['%s:%s' % (os.path.basename(f['module']), names.name(f['module'], int(f['offset'], 16)) or '?') for f in frames['frames']]


def traced(*command, by='stack'):
    """The tracer after the victim did its work, and the victim's pid."""
    with Victim(*command) as v:
        check(v.line().startswith('ready'), 'it does not begin')
        with Tracer('-U', '-p', v.pid, by=by) as t:
            t.started().settled()
            check(v.ask('x') == 'done', 'it does not end')
            v.rest()
            return t.finished(), v.pid


# file:function, as regular expressions; "*": any number of frames
BEGIN = ['stack_lib-so:chain_sort', 'stack_chain:chain_run']
MIDDLE = ['stack_chain:touch', 'stack_lib-so:chain_alloca', 'stack_lib-so:chain_compare', 'libc[.-].*', '*', *BEGIN]
END = ['stack_chain:main', 'libc[.-].*', 'libc[.-].*', 'stack_chain:_start']
CHAINS = {
    'user': ['libc[.-].*', *MIDDLE, 'stack_chain:run', *END],
    'syscall': ['libc[.-].*read', *MIDDLE, 'stack_chain:run', *END],
    'thread': ['libc[.-].*', *MIDDLE, 'stack_chain:in_thread', 'libc[.-].*', 'libc[.-].*'],
    'signal': ['libc[.-].*', *MIDDLE, 'stack_chain:on_signal', 'libc[.-].*', '*', 'stack_chain:run', *END],
}


def fits(got, want):
    if not want:
        return not got
    if want[0] == '*':
        return any(fits(got[i:], want[1:]) for i in range(len(got) + 1))
    return bool(got) and re.fullmatch(want[0], got[0]) is not None and fits(got[1:], want[1:])


def chain(by):
    """Every fault of the pages that it touches has the chain that is known, whole."""
    times = 10 if by == 'signal' else TIMES
    t, pid = traced(victim('stack_chain'), str(times), by)
    good = bad = 0
    other = None
    for (stack, of), use in t.stacks.items():
        if of != pid or stack is None or stack not in t.frames:
            continue
        got = described(t.frames[stack])
        if 'stack_chain:touch' not in got:
            continue
        if fits(got, CHAINS[by]) and t.frames[stack]['why'] == 'complete' and t.frames[stack]['guessed_from'] is None:
            good += use['faults']['count']
        else:
            bad += use['faults']['count']
            other = other or (t.frames[stack]['why'], got)
    check(not bad, '%d of %d are not the chain: %s' % (bad, good + bad, other))
    check(good >= times * PAGES, '%d faults under the chain, not %d' % (good, times * PAGES))
    return '%d faults, all with the %d frames of the chain' % (good, max(len(t.frames[s]['frames']) for s, of in t.stacks if s in t.frames))


def as_many_as_faults():
    """What is counted by stack is what is counted by process; nothing is lost or seen twice."""
    t, pid = traced(victim('stack_chain'), str(TIMES), 'user')
    p = t.process_of(pid)
    by_stack = sum(u['faults']['count'] for u in t.stacks.values())
    faults = p['faults']['minor'] + p['faults']['major'] - p['faults']['unattributed_minor'] - p['faults']['unattributed_major']
    totals = t.end['stacks']
    check(by_stack == faults, '%d by stack, %d by process' % (by_stack, faults))
    check(sum(totals[k] for k in ('complete', 'guessed', 'incomplete', 'none')) == by_stack, 'totals: %s' % totals)
    check(not t.lost(), 'lost: %s' % t.lost())
    return '%d' % by_stack


usable('stacks')
victim('stack_lib-so') # that the other one is linked with
for way in CHAINS:
    run('stacks: the chain, %s' % way, chain, way)
run('stacks: as many as faults', as_many_as_faults)
finish()

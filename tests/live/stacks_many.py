#!/usr/bin/env python3
"""More call stacks than there is room for, and code that frames cannot name: totals add up, and reasons are the true ones."""
from lib.mmt import Skip, Tracer, Victim, check, finish, run, usable, victim


ROUNDS = 200


def traced(how, enough=lambda t: True):
    """The tracer after the victim did its work, as often as it takes."""
    with Victim(victim('stack_many'), how) as v:
        check(v.line().startswith('ready'), 'it does not begin')
        with Tracer('-U', '-p', v.pid, by='stack') as t:
            t.started().settled()
            for _ in range(ROUNDS):
                check(v.ask('x') == 'done', 'it cannot do it')
                if enough(t):
                    break
            else:
                raise Skip('tables are made too slowly here for so many files at a time')
            v.rest()
            return t.finished(), v.pid


def adds_up(t, pid):
    """Faults by stack, which are all that were seen of the process."""
    p, totals = t.process_of(pid), t.end['stacks']
    faults = p['faults']['minor'] + p['faults']['major'] - p['faults']['unattributed_minor'] - p['faults']['unattributed_major']
    by_stack = sum(totals[k] for k in ('complete', 'guessed', 'incomplete', 'none'))
    check(by_stack == faults, '%d by stack, %d by process: %s' % (by_stack, faults, totals))
    return faults


def many():
    """Stacks without room are counted without their frames."""
    t, pid = traced('many')
    faults, none, lost = adds_up(t, pid), t.end['stacks']['none'], t.end['detail_lost']
    check(faults >= 40000, 'only %d faults' % faults)
    check(none >= 40000 - 32768, '%d without a stack' % none)
    check(lost['stack_rows_full'], 'not counted as lost: %s' % lost)
    return '%d of %d without a stack' % (none, faults)


def far():
    """What is 4 GiB into its file is not taken for what is at its beginning."""
    t, pid = traced('far')
    adds_up(t, pid)
    why = t.end['stacks']['why']
    check(why.get('far_offset', 0) >= 64, 'ends: %s' % why)
    return '%d faults' % why['far_offset']


def files():
    """Files without room have a reason of their own, and no frame."""
    t, pid = traced('files', lambda t: any(f['why'] == 'files_full' for f in list(t.frames.values())))
    adds_up(t, pid)
    why = t.end['stacks']['why']
    check(t.end['detail_lost']['objects_full'] and why.get('files_full'), 'ends: %s' % why)
    zero = [s for s, f in t.frames.items() if f['why'] == 'files_full' and f['frames']]
    check(not zero, '%d stacks have a frame of no file' % len(zero))
    return '%d faults' % why['files_full']


usable('stacks')
run('stacks: more than there is room for', many)
run('stacks: code far into its file', far)
run('stacks: more files than there is room for', files)
finish()

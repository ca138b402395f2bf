#!/usr/bin/env python3
"""Events that find no place are dropped, and said to be: faults of a process that is no
target on a target's memory, where the rows in the kernel are full."""
import ctypes
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), 'lib'))
import mmt

PAGE = 4096


class Range(ctypes.Structure):
    _fields_ = [('base', ctypes.c_void_p), ('length', ctypes.c_size_t)]


def read_pages(pid, start, end):
    """By get_user_pages, in this process."""
    libc = ctypes.CDLL(None, use_errno=True)
    buffer = ctypes.create_string_buffer(PAGE)
    for at in range(start, end, PAGE):
        here, there = Range(ctypes.addressof(buffer), PAGE), Range(at, PAGE)
        mmt.check(libc.process_vm_readv(pid, ctypes.byref(here), 1, ctypes.byref(there), 1, 0) == PAGE,
                  'process_vm_readv: %s' % os.strerror(ctypes.get_errno()))


def without_a_place():
    if mmt.BACKEND == 'tracepoint':
        raise mmt.Skip('faults of get_user_pages raise no event there')
    with mmt.Victim(mmt.victim('map_flood'), 'flood', '50') as first, mmt.Victim(mmt.victim('splits'), '1', '1') as victim:
        first.line()
        start, end = (int(x, 16) for x in victim.line().split()[1:])
        with mmt.Tracer('-p', '%d,%d' % (first.pid, victim.pid), '--aggregate', '--rows', '1', interval='1h') as tracer:
            if tracer.started().start['backends']['fault'] != 'fentry':
                raise mmt.Skip('faults of get_user_pages raise no event on this backend')
            first.process.stdin.write('\n')
            first.rest() # the rows are full
            read_pages(victim.pid, start, end)
            victim.process.stdin.write('\n')
            victim.rest()
            tracer.finished()
    events, pages = tracer.end['events'], (end - start) // PAGE
    mmt.check(events['dropped'] == pages, '%d dropped, %d pages; %s' % (events['dropped'], pages, events))
    mmt.check(events['seen'] == events['delivered'] + events['folded'] + events['sampled_out'] + events['dropped'],
              'the events do not add up: %s' % events)
    return '%d of %d events' % (events['dropped'], events['seen'])


mmt.usable('dropped')
mmt.run('dropped: no ledger is left', without_a_place)
mmt.finish()

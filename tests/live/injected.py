#!/usr/bin/env python3
"""Events that no program can cause when it wants to: the kernel runs mmtrace's own programs for them
(BPF_PROG_TEST_RUN), in the thread that asks, with arguments that are given."""
import ctypes
import json
import os
import signal
import struct
import subprocess
import sys
import threading

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), 'lib'))
from mmt import MMTRACE, PATIENCE, Skip, check, finish, run, scratch, usable, wait_for

BPF, TEST_RUN, FD_BY_ID, INFO = 321, 10, 13, 15
LARGE = 16384 # of a kmalloc, or a block of pages
NOBODYS = 0xdead000000000000 # an address that nothing has


def bpf(command, attributes):
    buffer = ctypes.create_string_buffer(attributes.ljust(128, b'\0'), 128)
    result = ctypes.CDLL(None, use_errno=True).syscall(BPF, command, buffer, 128)
    if result < 0:
        raise OSError(ctypes.get_errno(), 'bpf(%d): %s' % (command, os.strerror(ctypes.get_errno())))
    return result


class Traced:
    """A running mmtrace that traces this process, and its programs by name."""

    def __init__(self, *words):
        self.output = os.path.join(scratch(), 'injected')
        open(self.output, 'w').close()
        self.process = subprocess.Popen([MMTRACE, *words, '--json', '-p', str(os.getpid()), '-o', self.output],
                                        stderr=subprocess.DEVNULL)
        wait_for(lambda: os.path.getsize(self.output) or self.process.poll() is not None, 'it does not begin')
        check(self.process.poll() is None, 'it ended')
        self.programs = dict(self.held())

    def held(self):
        for fd in os.listdir('/proc/%d/fdinfo' % self.process.pid):
            with open('/proc/%d/fdinfo/%s' % (self.process.pid, fd)) as f:
                ids = [line.split()[1] for line in f if line.startswith('prog_id:')]
            for one in ids:
                program = bpf(FD_BY_ID, struct.pack('I', int(one)))
                info = ctypes.create_string_buffer(256)
                bpf(INFO, struct.pack('IIQ', program, 256, ctypes.addressof(info)))
                yield info.raw[64:80].rstrip(b'\0').decode(), program

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()
        for fd in self.programs.values():
            os.close(fd)

    def event(self, program, *arguments):
        if program not in self.programs:
            raise Skip('this kernel does without the program %s' % program)
        words = (ctypes.c_uint64 * 12)(*arguments)
        bpf(TEST_RUN, struct.pack('IIIIQQIIIIQQ', self.programs[program], 0, 0, 0, 0, 0, 0, 0, 96, 0, ctypes.addressof(words), 0))

    def ended(self):
        self.process.send_signal(signal.SIGINT)
        check(self.process.wait(timeout=PATIENCE) == 0, 'exit %d' % self.process.returncode)
        with open(self.output, encoding='utf-8') as f:
            return [json.loads(line) for line in f]


def in_a_thread(function, *arguments):
    thread = threading.Thread(target=function, args=arguments)
    thread.start()
    thread.join()


def kmalloc_reported_twice():
    """Two events of one thread are one allocation; by another thread it is a free that was not seen."""
    with Traced('leak', 'kmalloc', '-z', str(LARGE), '-Z', str(LARGE)) as t:
        t.event('kmalloc_put__rt', NOBODYS, NOBODYS + 1, LARGE, LARGE)
        t.event('kmalloc_put__rt', NOBODYS, NOBODYS + 1, LARGE, LARGE)
        in_a_thread(t.event, 'kmalloc_put__rt', NOBODYS, NOBODYS + 1, LARGE, LARGE)
        end = t.ended()[-1]
    check((end['lost']['reused'], end['events']['reported_twice']) == (1, 1), '%s %s' % (end['lost'], end['events']))


def block_freed_in_parts():
    with Traced('leak', 'page', '-z', str(LARGE), '-Z', str(LARGE)) as t:
        t.event('page_put__rt', NOBODYS + 1, 2)
        t.event('page_drop__rt', NOBODYS + 1, 2)
        t.event('page_put__rt', NOBODYS + 1, 2)
        t.event('page_drop__rt', NOBODYS + 1, 0)
        end = t.ended()[-1]
    check(end['events']['split'] == 1, str(end['events']))


def block_of_another_type():
    with Traced('hist', 'page') as t:
        t.event('page_steal__rt', NOBODYS, 0, 10, 1, 9)
        rows = [r for r in t.ended() if r['type'] == 'hist' and r['op'] == 'fallback' and 9 in (r['key']['wanted'], r['key']['taken'])]
    check(len(rows) == 1 and (rows[0]['key']['wanted'], rows[0]['key']['taken'], rows[0]['count']) == (1, 9, 1), str(rows))
    check((rows[0]['bytes_req'], rows[0]['bytes_alloc']) == (4096, 4096 << 10), str(rows))


def kmalloc_again_at_its_address():
    """Pages were taken between: it is another one, of a size that nothing real has."""
    with Traced('top') as t:
        t.event('top_kmalloc__rt', NOBODYS, NOBODYS + 1, 1 << 40, 1 << 40)
        t.event('top_page__rt', NOBODYS + 1, 0)
        t.event('top_kmalloc__rt', NOBODYS, NOBODYS + 1, 1 << 40, 1 << 40)
        row = [r for r in t.ended() if r['type'] == 'top' and r['pid'] == os.getpid()][-1]
    check(row['kmalloc_bytes'] >> 40 == 2, str(row))


usable('injected')
run('injected: a large kmalloc that is reported twice', kmalloc_reported_twice)
run('injected: a block of pages that is freed in parts', block_freed_in_parts)
run('injected: a large kmalloc at the address of the last', kmalloc_again_at_its_address)
run('injected: a block that is taken of another type', block_of_another_type)
finish()

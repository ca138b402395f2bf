#!/usr/bin/env python3
"""mmtrace leak: what a victim holds of the kernel's memory, and what it gave back."""
import json
import os
import signal
import subprocess
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), 'lib'))
from mmt import Failed, MMTRACE, PATIENCE, Skip, Victim, check, finish, run, say, scratch, usable, victim

SITE = 'do_eventfd' # a kmalloc of 48 bytes, of which each takes 64


class Leak:
    """A running `mmtrace leak --json`."""
    count = 0

    def __init__(self, *args, interval='100ms'):
        Leak.count += 1
        self.output = os.path.join(scratch(), 'leak-%d' % Leak.count)
        self.words = os.path.join(scratch(), 'words-%d' % Leak.count)
        self.process = subprocess.Popen([MMTRACE, 'leak', '--json', '-i', interval, '-o', self.output, *map(str, args)],
                                        stdin=subprocess.DEVNULL, stderr=open(self.words, 'w'))
        self.wait(lambda lines: lines, 'it does not start')

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()

    def lines(self):
        if not os.path.exists(self.output):
            return []
        with open(self.output, encoding='utf-8') as f:
            return [json.loads(line) for line in f.read().split('\n')[:-1]]

    def wait(self, condition, why):
        end = time.monotonic() + PATIENCE
        while True:
            over = self.process.poll() is not None
            lines = self.lines()
            if condition(lines):
                return lines
            check(not over and time.monotonic() < end, '%s: %s' % (why, open(self.words).read()))
            time.sleep(0.02)

    def now(self):
        """Rows of a tick that began after this call."""
        ticks = sum(r['type'] == 'tick' for r in self.lines())
        return self.last(self.wait(lambda lines: sum(r['type'] == 'tick' for r in lines) >= ticks + 2, 'no more ticks'))

    def last(self, lines):
        rows, kept = [], []
        for r in lines:
            if r['type'] == 'outstanding':
                rows.append(r)
            elif r['type'] in ('tick', 'end'):
                kept, rows = rows, []
        return kept

    def stop(self):
        """Rows of the end, and the end itself."""
        self.process.send_signal(signal.SIGINT)
        self.status = self.process.wait(timeout=PATIENCE)
        lines = self.lines()
        check(lines[-1]['type'] == 'end', 'no end: ' + open(self.words).read())
        check(not lines[-1]['lost']['mismatch'], 'table and counters differ: %s' % lines[-1]['lost'])
        return self.last(lines), lines[-1]


def at(rows, function, domain='kmalloc'):
    """The one row of a call site."""
    found = [r for r in rows if r['site']['function'] == function and r['domain'] == domain]
    check(len(found) < 2, 'more than one row of ' + function)
    return found[0] if found else None


def held(row):
    return row['count'] if row else 0


def is_known(row):
    """Where names are hidden sites cannot be distinguished."""
    check(row, 'no row of %s' % SITE)
    return row


def holds_and_gives_back():
    with Victim(hold) as v, Leak('-p', v.pid) as leak:
        v.ask('eventfd 1000')
        row = is_known(at(leak.now(), SITE))
        check((row['from'], row['bytes_each'], row['count'], row['bytes']) == ('kmalloc-64', 64, 1000, 64000), str(row))
        check((row['allocated'], row['freed'], row['frees_missed']) == (1000, 0, 0), str(row))
        check(sum(a['count'] for a in row['ages']) == 1000, str(row['ages']))
        v.ask('churn 5000') # addresses come back
        row = at(leak.now(), SITE)
        check((row['count'], row['allocated'], row['freed']) == (1000, 6000, 5000), str(row))
        v.ask('close 0')
        check(not held(at(leak.now(), SITE)), 'closed, but still there')
        rows, end = leak.stop()
        check(not held(at(rows, SITE)), 'closed, but still there at the end')
        check(leak.status == 0, 'status %d' % leak.status)
        check(not end['lost']['table_full'] and not end['lost']['sites_full'], str(end['lost']))


def large_ones_count_once():
    with Victim(hold) as v, Leak('-p', v.pid) as leak:
        v.ask('bigpipe 50')
        rows = leak.now()
        row = at(rows, 'pipe_resize_ring')
        check(row and (row['from'], row['bytes_each'], row['count']) == ('kmalloc large', 16384, 50), str(row))
        check((row['allocated'], row['frees_missed']) == (50, 0), str(row))
        check(sum(held(r) for r in rows if r['from'] == 'kmalloc large') == 50, 'other large ones')
        v.ask('close 0')
        check(not held(at(leak.now(), 'pipe_resize_ring')), 'closed, but still there')
        _, end = leak.stop()
        check(not end['lost']['reused'], 'reported twice is not a free missed: %s' % end['lost'])


def pages_are_held():
    """By site: what else the kernel allocates for the victim meanwhile is not looked at."""
    with Victim(hold) as v, Leak('page', '-p', v.pid) as leak:
        v.ask('touch 2000')
        rows = [r for r in leak.now() if r['from'] == 'page order 0']
        check(rows and {r['bytes_each'] for r in rows} == {4096}, 'pages of order 0: %s' % rows)
        touched = max(rows, key=held)
        check(2000 <= held(touched) <= 2010, '%d pages by %s' % (held(touched), touched['site']['function']))
        v.ask('close 0')
        # Unmapped pages that wait in a CPU's LRU batch (mm/swap.c, folio_batch) are
        # allocated still, and leak says so; compact_nodes() drains the batches.
        with open('/proc/sys/vm/compact_memory', 'w', encoding='ascii') as f:
            f.write('1')
        left = sum(held(r) for r in leak.now() if r['from'] == 'page order 0' and r['site'] == touched['site'])
        check(left <= held(touched) - 2000, '%d pages of %d are left' % (left, held(touched)))


def children_are_followed():
    """A shell's children keep eventfds: those of --no-follow do not count."""
    script = "import os, time; fds = [os.eventfd(0) for _ in range(300)]; print('held', flush=True); time.sleep(60)"
    for more, want in ((), 300), (('--no-follow',), 0):
        with subprocess.Popen(['sh'], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as shell:
            with Leak('-p', shell.pid, *more) as leak:
                shell.stdin.write('%s -c "%s" & \n' % (sys.executable, script))
                shell.stdin.flush()
                check(shell.stdout.readline() == 'held\n', 'the child does not run')
                got = held(at(leak.now(), SITE))
                check(got == want, '%d eventfds of the child %s, not %d' % (got, ' '.join(more), want))
                shell.stdin.write('kill $!; wait; exit\n')
                shell.stdin.close()
                lines = leak.wait(lambda lines: lines[-1]['type'] == 'end', 'it does not end with the shell')
                check(not held(at(leak.last(lines), SITE)), 'the child has ended, its eventfds are there')


def command_is_run():
    script = 'exec %s -c "import os, sys; fds = [os.eventfd(0) for _ in range(200)]; print(7); sys.exit(5)"' % sys.executable
    done = subprocess.run([MMTRACE, 'leak', '--json', '-o', os.path.join(scratch(), 'command'), '-c', script],
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    check((done.returncode, done.stdout) == (5, '7\n'), str(done))
    with open(os.path.join(scratch(), 'command'), encoding='utf-8') as f:
        lines = [json.loads(line) for line in f]
    check(lines[-1]['type'] == 'end' and not lines[-1]['lost']['mismatch'], str(lines[-1]))
    check(lines[-1]['events']['allocations'] >= 200, str(lines[-1]['events']))
    check(not [r for r in lines if r['type'] == 'outstanding' and r['site']['function'] == SITE], 'the kernel closed them all')
    bad(127, 'cannot run', '--', '/nonexistent/program')
    bad(2, 'no command follows', '--')
    bad(2, 'two targets', '-p', '1', '--', 'true')


def frees_of_before_are_reported():
    with Victim(hold) as v:
        v.ask('eventfd 500')
        with Leak('-p', v.pid) as leak:
            v.ask('close 0')
            rows, end = leak.stop()
            check(end['events']['unknown_frees'] >= 500, str(end['events']))
            check(not held(at(rows, SITE)), 'held though never seen')


def full_table_is_reported():
    with Victim(hold) as v, Leak('kmalloc', '-p', v.pid, '--entries', 100, '--strict') as leak:
        v.ask('eventfd 1000')
        rows, end = leak.stop()
        row = at(rows, SITE)
        check(row and 0 < row['count'] <= 100, str(row))
        check(end['count'] <= 100 and end['lost']['table_full'] >= 900, str(end))
        check(end['events']['allocations'] >= 1000, str(end['events']))
        check(leak.status == 5, '--strict: status %d' % leak.status)


def sampling_scales():
    with Victim(hold) as v, Leak('kmalloc', '-p', v.pid, '--sample', 4) as leak:
        v.ask('eventfd 3000')
        row = is_known(at(leak.now(), SITE))
        check(row['count'] % 4 == 0 and 2000 < row['count'] < 4000, str(row))
        v.ask('close 0')
        check(not held(at(leak.now(), SITE)), 'closed, but still there')
        return '%d of 3000' % row['count']


def young_ones_are_left_out():
    with Victim(hold) as v, Leak('-p', v.pid, '--older', '1h') as leak:
        v.ask('eventfd 100')
        rows, _ = leak.stop()
        check(not rows, str(rows))
    with Victim(hold) as v, Leak('-p', v.pid, '--older', '100ms') as leak:
        v.ask('eventfd 100')
        leak.now()
        row = at(leak.now(), SITE) # an interval is 100 ms
        check(held(row) == 100, str(row))


def one_cache():
    with Victim(hold) as v, Leak('-p', v.pid, '--slab', 'filp') as leak:
        v.ask('eventfd 300')
        rows = leak.now()
        check(sum(held(r) for r in rows) == 300, str(rows))
        check(all(r['from'] == rows[0]['from'] for r in rows), str(rows))


def a_cache_is_its_whole_name():
    """There is anon_vma, and anon_vma_chain."""
    if not {'anon_vma', 'anon_vma_chain'} <= set(slabinfo()):
        raise Skip('the caches are merged with others')
    with Victim(hold) as v, Leak('-p', v.pid, '--slab', 'anon_vma') as leak:
        v.ask('touch 100')
        rows = leak.now()
        check(rows and {r['from'] for r in rows} == {'anon_vma'}, str(rows))


def only_sizes_asked_for():
    with Victim(hold) as v, Leak('kmalloc', '-p', v.pid, '-z', '8193') as leak:
        v.ask('eventfd 300')
        v.ask('bigpipe 20')
        rows = leak.now()
        check(rows and all(r['bytes_each'] > 8192 for r in rows), str(rows))


def sizes_belong_to_their_bounds():
    for options, count in ((('-z', 16384, '-Z', 16384), 20), (('-Z', 16383), 0), (('-z', 16385), 0)):
        with Victim(hold) as v, Leak('kmalloc', '-p', v.pid, *options) as leak:
            v.ask('bigpipe 20')
            got = held(at(leak.now(), 'pipe_resize_ring'))
            check(got == count, '%s: %d, not %d' % (options, got, count))


def each_event_is_counted():
    with Victim(hold) as v, Leak('kmalloc', '-p', v.pid, '-z', 64, '-Z', 64) as leak:
        v.ask('churn 5000')
        leak.now()
        _, end = leak.stop()
        events = end['events']
        # kmallocs of another size are not asked for; any free may be of one
        check(5000 <= events['allocations'] < 6000, str(events))
        check(events['frees'] >= 5000, str(events))
        check(events['frees'] - events['unknown_frees'] >= 5000, str(events))
class Traffic:
    """Another process that sends small messages to itself by TCP: the kernel frees their heads in bulk."""
    SCRIPT = """
import socket, threading
def serve(listener):
    peer, _ = listener.accept()
    while peer.recv(65536):
        pass
listener = socket.socket()
listener.bind(('127.0.0.1', 0))
listener.listen()
threading.Thread(target=serve, args=(listener,), daemon=True).start()
one = socket.socket()
one.connect(listener.getsockname())
one.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
print('sends', flush=True)
while True:
    one.send(b'x' * 100)
"""

    def __enter__(self):
        self.process = subprocess.Popen([sys.executable, '-c', self.SCRIPT], stdout=subprocess.PIPE, text=True)
        if self.process.stdout.readline() != 'sends\n':
            raise Skip('no loopback interface')
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()


def slabinfo():
    """Objects in use, by cache; kmalloc by size."""
    counts = {}
    with open('/proc/slabinfo', encoding='ascii') as f:
        for name, objects in (line.split()[:2] for line in f if not line.startswith(('#', 'slabinfo'))):
            if name.startswith('kmalloc-'):
                name = 'kmalloc-' + name.rpartition('-')[2]
            counts[name] = counts.get(name, 0) + int(objects)
    return counts


def sockets_are_at_most():
    """What leak calls exact is not more than the kernel has; the heads of messages are no leak."""
    with Leak(interval='200ms') as leak, Traffic():
        ticks = []
        for _ in range(5):
            before = slabinfo()
            rows = leak.now()
            after = slabinfo()
            ticks.append((rows, {name: max(n, after.get(name, 0)) for name, n in before.items()}))
        unseen = 'leak_bulk' in leak.lines()[0]['unknown']
    heads = [r for rows, _ in ticks for r in rows if r['from'] == 'skbuff_head_cache']
    check(heads, 'no message was sent')
    if unseen:
        check(all(r['at_most'] for r in heads), 'exact, though bulk frees are not seen: %s' % heads[0])
    for rows, in_use in ticks:
        exact = {}
        for r in rows:
            if not r['at_most']:
                exact[r['from']] = exact.get(r['from'], 0) + r['count']
        # the test reads at other moments than leak does
        wrong = {name: (n, in_use[name]) for name, n in exact.items() if name in in_use and n > in_use[name] * 1.5 + 500}
        check(not wrong, 'more than slabinfo has: %s' % wrong)
    return 'bulk frees are %sseen' % ('not ' if unseen else '')


def a_leak_grows():
    with Victim(hold) as v, Leak('kmalloc', '-p', v.pid) as leak:
        v.process.stdin.write('leak 2\n')
        v.line()
        for _ in range(12):
            rows = leak.now()
        row = is_known(at(rows, SITE))
        # on a busy machine it may have stood for a while; it goes on, so that will be seen
        for _ in range(100):
            if row['growth'] and row['growth']['trend'] == 'grows':
                break
            row = is_known(at(leak.now(), SITE))
        v.ask('close 0')
        v.line() # the answer to close
        check(row['growth'] and row['growth']['trend'] == 'grows', str(row))
        check(row['growth']['bytes_per_s'] > 0 and row['growth']['confidence'] > 0.95, str(row))


def a_full_cache_does_not():
    with Victim(hold) as v, Leak('kmalloc', '-p', v.pid) as leak:
        v.ask('eventfd 2000')
        for _ in range(12):
            rows = leak.now()
        row = is_known(at(rows, SITE))
        check(row['growth'] and row['growth']['trend'] in ('levels', 'steady', 'steps'), str(row)) # by when it was filled


def stacks_on_request():
    with Victim(hold) as v, Leak('kmalloc', '-p', v.pid, '-K') as leak:
        v.ask('eventfd 10')
        rows = [r for r in leak.now() if r['site']['function'] == SITE]
        check(rows and any(f['function'] and 'eventfd2' in f['function'] for f in rows[0]['stack']), str(rows))


def bad(status, text, *args):
    r = subprocess.run([MMTRACE, 'leak', *args], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                       timeout=PATIENCE)
    if r.returncode != status or text not in r.stdout:
        raise Failed('%s: status %d, %s' % (' '.join(args), r.returncode, r.stdout[:300]))


def bad_input():
    bad(0, 'Domains', '--help')
    bad(2, 'there is no such cache', '--slab', 'no_such_cache')
    bad(2, 'there is no such cache', '--slab', '../../etc')
    bad(2, 'unknown word', 'bogus')
    bad(2, 'no such key', '-s', 'colour')
    bad(2, 'not a duration', '--older', 'long')
    bad(2, 'not a number from 1 to 65535', '--sample', '0')
    bad(2, 'not a number from 1 to 67108864', '--entries', '999999999999')
    bad(2, 'no size is left', '-z', '4K', '-Z', '1K')
    bad(2, 'no slab domain', 'vmalloc', '--slab', 'filp')
    bad(2, 'no such hook', '--backend', 'fault=fentry')
    bad(1, 'cannot trace pid', '-p', '999999999')
    bad(2, "cannot find module 'no-such'", '--module', 'no-such')
    bad(1, 'cannot write', '-d', '100ms', '-o', '/dev/full')
    bad(1, 'cannot write', '-o', '/nonexistent/file')


usable('leak')
hold = victim('hold')
run('leak: bad input', bad_input)
probe = subprocess.run([MMTRACE, 'leak', '-d', '100ms'], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
if probe.returncode:
    say('skip', 'leak', probe.stderr.splitlines()[0])
    finish()
if 'no names' in probe.stderr:
    say('skip', 'leak: sites', 'the kernel hides its addresses')
    finish()
run('leak: 1,000 eventfds held, 5,000 more made and closed, all given back', holds_and_gives_back)
run('leak: 50 large kmallocs count once', large_ones_count_once)
run('leak: 2,000 pages held and given back', pages_are_held)
run('leak: frees of what was there before', frees_of_before_are_reported)
run('leak: children are followed', children_are_followed)
run('leak: -- CMD', command_is_run)
run('leak: a full table is reported', full_table_is_reported)
run('leak: --sample', sampling_scales)
run('leak: --older', young_ones_are_left_out)
run('leak: --slab', one_cache)
run('leak: --slab takes whole names', a_cache_is_its_whole_name)
run('leak: -z', only_sizes_asked_for)
run('leak: -z and -Z include their sizes', sizes_belong_to_their_bounds)
run('leak: allocations and frees are counted', each_event_is_counted)
run('leak: sockets: nothing exact that slabinfo does not have', sockets_are_at_most)
run('leak: a leak grows', a_leak_grows)
run('leak: a full cache does not', a_full_cache_does_not)
run('leak: -K', stacks_on_request)
finish()

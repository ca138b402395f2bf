#!/usr/bin/env python3
"""What --record FILE keeps, `mmtrace replay` shows again as it was shown while it
was traced: every command, every format, byte for byte.  And no format changes what
is written in another one beside it."""
import itertools
import os
import signal
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), 'lib'))
import mmt
from mmt import check

FORMATS = ['text', 'json', 'csv', 'prometheus', 'openmetrics']
STRESS = ['--', mmt.victim('vma_stress'), '--calls', '300']
FORK = ['sh', '-c', 'for i in 1 2 3; do (ls / > /dev/null); done; true']

# (name, arguments, options of the view, work); the options are given to replay too.
# work: a victim, its numbers, and words that it answers; then mmtrace has two ticks more
# and is interrupted. None: mmtrace ends by itself.
CASES = [
    ('live -p', ['-i', '100ms'], [], ('many_vmas', '200', 'go', 'go')),
    ('live -p, all rows, by size', ['-i', '100ms'], ['-n', '0', '-s', '-size'], ('many_vmas', '100', 'go')),
    ('live --by', ['-i', '100ms'], ['--by', 'kind'], ('many_vmas', '100', 'go')),
    ('live --table', ['-i', '50ms', *STRESS], ['--table', 'process'], None),
    ('live --columns', ['-i', '50ms', *STRESS], ['--columns', 'addr,faults,name'], None),
    ('live --sample', ['-i', '100ms', '--sample', '3'], [], ('many_vmas', '500', 'go', 'go')),
    ('live -a', ['live', '-a', '-i', '100ms'], [], ('many_vmas', '100', 'go')),
    ('live -- CMD', ['-i', '50ms', *STRESS], [], None),
    ('live -q -- CMD', ['-i', '50ms', '--', *FORK], ['-q'], None),
    ('trace -p', ['trace'], [], ('many_vmas', '100', 'go')),
    ('trace -F', ['trace', '-F', 'anon_read'], [], ('many_vmas', '100', 'go')),
    ('trace -- CMD', ['trace', *STRESS], [], None),
    ('trace, children', ['trace', '--', *FORK], [], None),
    ('hist', ['hist', '-i', '100ms'], [], ('hold', 'eventfd 500', 'churn 500', 'touch 500')),
    # here --by is what the kernel counts by
    ('hist --by site,gfp --frees', ['hist', 'kmalloc', 'slab', 'page', '--frees', '--by', 'site,gfp', '-i', '100ms'], [],
     ('hold', 'eventfd 300', 'churn 300')),
    ('hist mmap brk fault', ['hist', 'mmap', 'brk', 'fault', '--', mmt.victim('kernel_allocs'), 'mmap', '50', '100000'], [], None),
    ('leak', ['leak', 'kmalloc', 'slab', 'vmalloc', 'page', '-i', '100ms'], [], ('hold', 'eventfd 500', 'touch 100', 'churn 100')),
    ('leak -K -s', ['leak', 'kmalloc', '-K', '-i', '100ms'], ['-s', '-bytes'], ('hold', 'eventfd 200', 'bigpipe 20')),
    ('top', ['top', '-i', '200ms'], [], ('hold', 'eventfd 500', 'touch 500')),
    ('top --by comm', ['top', '-i', '200ms'], ['--by', 'comm', '-n', '5'], ('hold', 'eventfd 500')),
    ('doctor', ['doctor'], [], None),
]


def formats_of(args, view):
    if args[0] == 'doctor': # has no numbers to show
        return ['text', 'json']
    return ['text'] if '--columns' in view else ['text', 'csv'] if '--table' in view else FORMATS


def heeded(view, formats):
    """Without -s and -n where there is no table: mmtrace refuses them there."""
    pairs = [view[i:i + 2] for i in range(0, len(view), 2)] if len(view) > 1 else [view]
    return [word for pair in pairs for word in pair if 'text' in formats or pair[0] not in ('-s', '-n')]


def outputs(folder, formats, main):
    """Options that write each format to a file of its name."""
    options = ['--format', main, '-o', os.path.join(folder, main)]
    for name in formats:
        options += [] if name == main else ['--also', '%s=%s' % (name, os.path.join(folder, name))]
    return options


def read(folder, name):
    with open(os.path.join(folder, name), 'rb') as f:
        return f.read()


def sheets(folder, name):
    """The files of a format: CSV puts other row types beside its own."""
    return sorted(f for f in os.listdir(folder) if f == name or f.startswith(name + '.'))


def folder_of(*words):
    path = os.path.join(mmt.scratch(), *(w.replace('/', '-') for w in words))
    os.makedirs(path)
    return path


def with_victim(command, work, json):
    victim, *words = work
    sizes = list(itertools.takewhile(str.isdigit, words))
    with mmt.Victim(mmt.victim(victim), *sizes) as v:
        if victim == 'many_vmas':
            v.line() # ready
        at = command.index('--record')
        target = [] if '-a' in command or 'top' in command else ['-p', str(v.pid)]
        mmtrace = subprocess.Popen(command[:at] + target + command[at:], stderr=subprocess.PIPE)
        shows = lambda text: os.path.exists(json) and open(json, encoding='utf-8').read().count(text)
        ended = lambda: mmtrace.poll() is not None
        mmt.wait_for(lambda: ended() or shows('{"type":"start"'), 'mmtrace does not start')
        for word in words[len(sizes):]:
            v.ask(word)
        ticks = shows('{"type":"tick"') or 0
        if 'trace' not in command and '-q' not in command:
            mmt.wait_for(lambda: ended() or shows('{"type":"tick"') > ticks + 1, 'no ticks')
        mmtrace.send_signal(signal.SIGINT)
        said = mmtrace.communicate(timeout=mmt.PATIENCE)[1]
    check(mmtrace.returncode == 0, 'status %d: %s' % (mmtrace.returncode, said.decode()))


def record(folder, recording, args, view, work, main):
    """Traces once, in all formats and to the recording."""
    at = args.index('--') if '--' in args else len(args)
    command = [mmt.MMTRACE, *args[:at], '--record', recording, *view, *outputs(folder, formats_of(args, view), main), *args[at:]]
    if work:
        with_victim(command, work, os.path.join(folder, 'json'))
    else:
        run = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, timeout=mmt.PATIENCE)
        check(run.returncode == 0, 'status %d: %s' % (run.returncode, run.stderr.decode()))


def replay(recording, *options):
    out = subprocess.run([mmt.MMTRACE, 'replay', recording, *options], capture_output=True, timeout=mmt.PATIENCE)
    check(out.returncode == 0, 'replay %s: status %d: %s' % (options, out.returncode, out.stderr.decode()))
    return out.stdout


def same(got, want, what):
    if got == want:
        return
    ours, theirs = got.split(b'\n'), want.split(b'\n')
    at = next((i for i, (a, b) in enumerate(zip(ours, theirs)) if a != b), min(len(ours), len(theirs)))
    line = lambda lines: lines[at][:400].decode('utf-8', 'replace') if at < len(lines) else '(the end)'
    check(False, '%s: line %d is %r, not %r' % (what, at + 1, line(ours), line(theirs)))


def replayed(name, args, view, work, main):
    traced, recording = folder_of(name), os.path.join(mmt.scratch(), 'recording')
    formats = formats_of(args, view)
    record(traced, recording, args, view, work, main)
    for one in formats:
        check(read(traced, one), '%s is empty' % one)
        same(replay(recording, '--format', one, *heeded(view, [one])), read(traced, one), '%s replayed' % one)
    # beside others: two at a time, then a third one
    groups = [*itertools.permutations(formats, 2), *itertools.combinations(formats, 3)]
    for group in groups:
        beside = folder_of(name, '+'.join(group))
        replay(recording, *heeded(view, group), *outputs(beside, group, group[0]))
        for one in group:
            check(sheets(beside, one) == sheets(traced, one), '%s, not %s' % (sheets(beside, one), sheets(traced, one)))
            for sheet in sheets(beside, one):
                same(read(beside, sheet), read(traced, sheet), '%s replayed as one of %s' % (sheet, group))
    return '%d lines of %s, beside it %s' % (read(traced, main).count(b'\n'), main, ', '.join(f for f in formats if f != main) or 'none')


mmt.usable('replay')
for number, case in enumerate(CASES):
    usual = formats_of(*case[1:3])
    mmt.run('replay: ' + case[0], replayed, *case, usual[number % len(usual)])
mmt.finish()

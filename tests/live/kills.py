#!/usr/bin/env python3
"""Killed at random moments: nothing of it stays in the kernel, no line is written by half, and a
file is whole or as it was.  Then random runs that overwrite nothing and start nothing: each ends in
time, with a known status and clear words.  MMT_KILLS, MMT_RUNS: how many (20)."""
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), 'lib'))
import mmt
from mmt import check

KILLS = int(os.environ.get('MMT_KILLS', '20'))
RUNS = int(os.environ.get('MMT_RUNS', '20'))
COMMANDS = {'live': ['-a', '-i', '20ms', '--expand', str(os.getpid())], 'trace': ['trace', '-a'], 'hist': ['hist', '--by', 'site', '20ms'],
            'leak': ['leak', '20ms'], 'top': ['top', '20ms']}
SIGNALS = (signal.SIGKILL, signal.SIGTERM, signal.SIGINT)
LONGEST = 0.8 # seconds: from before it has loaded anything until well into its run
OLD = '{"type":"old"}\n'
KINDS = ('prog', 'map', 'link')


def ids_of(pid):
    """Programs, maps and links that a process holds."""
    found = {kind: set() for kind in KINDS}
    try:
        for fd in os.listdir('/proc/%d/fdinfo' % pid):
            with open('/proc/%d/fdinfo/%s' % (pid, fd)) as f:
                for line in f:
                    name, _, value = line.partition(':')
                    if name[-3:] == '_id' and name[:-3] in found:
                        found[name[:-3]].add(int(value))
    except OSError:
        pass # it, or one of its files, has gone
    return found


def are_gone(kind, held):
    """None of these is in the kernel; a list that broke off, as something of others went, says nothing."""
    shown = subprocess.run([BPFTOOL, '-j', kind, 'list'], capture_output=True, text=True).stdout
    entries = json.loads(shown or '[]')
    return all('id' in e for e in entries) and not held & {e['id'] for e in entries}


def whole_lines(path, what):
    """Of JSON: all lines end, and each is one."""
    with open(path, encoding='utf-8') as f:
        text = f.read()
    check(text == '' or text.endswith('\n'), '%s: half a line: ...%r' % (what, text[-80:]))
    for line in text.splitlines():
        json.loads(line)
    return text


def kill_one(chance, number, held):
    command = chance.choice(list(COMMANDS))
    how = chance.choice(SIGNALS)
    out, metrics = (os.path.join(mmt.scratch(), name) for name in ('killed.json', 'killed.prom'))
    what = 'kill %d, %s of %s' % (number, how.name, command)
    for path in out, metrics:
        with open(path, 'w') as f:
            f.write(OLD)
    process = subprocess.Popen([mmt.MMTRACE, *COMMANDS[command], '--json', '-o', out, '--also', 'openmetrics=' + metrics],
                               stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    end = time.monotonic() + chance.random() * LONGEST
    while time.monotonic() < end:
        for kind, ids in ids_of(process.pid).items():
            held[kind] |= ids
        time.sleep(0.02)
    process.send_signal(how)
    try:
        process.wait(timeout=mmt.PATIENCE)
    except subprocess.TimeoutExpired:
        process.kill()
        check(False, '%s: it does not end' % what)
    text = whole_lines(out, what)
    with open(metrics, encoding='utf-8') as f:
        kept = f.read()
    check(kept == OLD or kept.endswith('# EOF\n'), '%s: metrics are cut: ...%r' % (what, kept[-80:]))
    if how != signal.SIGKILL and process.returncode == 0:
        check(text.splitlines()[-1].startswith('{"type":"end"'), '%s: no last line: %s' % (what, text[-80:]))
    check(process.returncode in (0, -how), '%s: status %d' % (what, process.returncode))


def killed():
    chance = random.Random(1)
    held = {kind: set() for kind in KINDS}
    for number in range(KILLS):
        kill_one(chance, number, held)
    check(held['prog'] and held['map'], 'no programs or maps were seen')
    for kind in KINDS:
        mmt.wait_for(lambda: are_gone(kind, held[kind]), 'some of its %ss stay in the kernel' % kind)
    return '%d programs, %d maps, %d links came and went' % tuple(len(held[k]) for k in KINDS)


# --- random runs ---

# By command: words that name targets, and options that may come with it.
TARGETS = {'live': (['-a'], ['-p', str(os.getpid())], ['-t', str(os.getpid())], ['-p', '1,' + str(os.getpid())]),
           'trace': (['-p', str(os.getpid())], ['-t', str(os.getpid())], ['-a']),
           'hist': ([], ['kmalloc'], ['slab', 'page'], ['reclaim'], ['fault', 'mmap'], ['-p', str(os.getpid())], ['kmalloc', 'bogus']),
           'leak': ([], ['kmalloc'], ['vmalloc'], ['page'], ['-p', str(os.getpid())]),
           'top': ([], ['-p', str(os.getpid())]), 'doctor': ([],), 'schema': ([],), 'completion': (['bash'], ['zsh'], ['fish'], ['csh'])}
OPTIONS = (['--json'], ['--csv'], ['--format', 'openmetrics'], ['--format', 'bogus'], ['-q'], ['--ascii'], ['--strict'], ['-n', '3'], ['-s', 'faults'],
           ['-s', '-pid'], ['--by', 'comm'], ['--by', 'site'], ['--by', 'kind,comm'], ['--columns', 'classes'], ['--table', 'process'], ['50ms'],
           ['-i', '30ms'], ['--aggregate'], ['--sample', '7'], ['--max-overhead', '1'], ['--rows', '100'], ['--rows', '1'], ['--entries', '10'],
           ['--ring-size', '4096'], ['--control-size', '4K'], ['-z', '64'], ['-Z', '64'], ['--frees'], ['--look-through'], ['-K'], ['--calls'],
           ['--older', '1ms'], ['-F', 'cow'], ['--range', '0-7fffffffffff'], ['--backend', 'fault=tracepoint'], ['--backend', 'fault=fentry'],
           ['--no-follow'], ['--expand', '1'], ['--slab', 'filp'], ['--slab', 'bogus'], ['--module', 'bogus'], ['--btf', '/dev/null'], ['--bogus'])


def run_one(chance, number, held):
    command = chance.choice(list(TARGETS))
    words = [command, *chance.choice(TARGETS[command])]
    for option in chance.sample(OPTIONS, chance.randrange(4)):
        words += option
    if command in COMMANDS:
        words += ['-d', '%dms' % chance.randrange(10, 150)]
    what = 'run %d, %s' % (number, ' '.join(words))
    process = subprocess.Popen([mmt.MMTRACE, *words], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    time.sleep(0.05)
    for kind, ids in ids_of(process.pid).items():
        held[kind] |= ids
    try:
        out, said = (text.decode('utf-8', 'replace') for text in process.communicate(timeout=mmt.PATIENCE))
    except subprocess.TimeoutExpired:
        process.kill()
        process.communicate()
        check(False, '%s: it does not end' % what)
    check(process.returncode in range(6), '%s: status %d: %s' % (what, process.returncode, said[-300:]))
    check('libbpf' not in said, '%s: libbpf speaks: %s' % (what, said[-300:]))
    if process.returncode in (0, 5):
        check(out, '%s: it says nothing' % what)
    else:
        check(any(l.startswith('mmtrace: ') for l in said.splitlines()), '%s: status %d without a word' % (what, process.returncode))
    return process.returncode


def random_runs():
    chance = random.Random(2)
    held = {kind: set() for kind in KINDS}
    ends = [run_one(chance, number, held) for number in range(RUNS)]
    for kind in KINDS:
        mmt.wait_for(lambda: are_gone(kind, held[kind]), 'some of its %ss stay in the kernel' % kind)
    return ', '.join('%d ended with %d' % (ends.count(status), status) for status in sorted(set(ends)))


mmt.usable('kills')
BPFTOOL = shutil.which('bpftool', path=os.environ.get('PATH', '') + ':/usr/sbin')
if BPFTOOL:
    mmt.run('kills: %d at random moments' % KILLS, killed)
    mmt.run('kills: %d random runs' % RUNS, random_runs)
else:
    mmt.say('skip', 'kills', 'bpftool is not installed')
mmt.finish()

#!/usr/bin/env python3
"""Every way to be refused x every command: it ends in time, with the right exit status, one line
of cause and one of remedy, nothing of libbpf's, and files as they were.  docs/refusals.md holds
what was seen: MMT_WRITE=1 writes it, else it is compared.  Of what works under a condition only one
command is tried, but with MMT_ALL=1.  MMT_FEW: only some of all, for slow machines."""
import itertools
import os
import re
import shutil
import subprocess
import sys
import threading

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), 'lib'))
import mmt
from mmt import check

DOC = os.path.join(mmt.ROOT, 'docs', 'refusals.md')

# what it is called in the table, and how victims/confine.c makes it
MOUNTS = [('no %s' % path, ['hide=' + path]) for path in (
    '/proc', '/sys', '/sys/devices', '/sys/kernel/btf', '/sys/kernel/slab', '/sys/kernel/security', '/sys/kernel/tracing',
    '/sys/fs/cgroup', '/sys/fs/bpf', '/dev', '/tmp')]
LIMITS = [('%s %s' % (name, text), ['drop=sys_resource', 'limit=%s:%d' % (name, value)]) for name, value, text in (
    ('nofile', 9, '9'), ('nofile', 20, '20'), ('as', 16 << 20, '16M'), ('data', 1 << 20, '1M'), ('data', 4 << 20, '4M'),
    ('stack', 32 << 10, '32K'), ('stack', 64 << 10, '64K'), ('memlock', 0, '0'), ('nproc', 0, '0'), ('fsize', 0, '0'), ('cpu', 2, '2'),
    ('rss', 0, '0'), ('core', 0, '0'), ('locks', 0, '0'), ('sigpending', 0, '0'), ('msgqueue', 0, '0'), ('nice', 0, '0'),
    ('rtprio', 0, '0'))] + [('nofile 20, may be raised', ['soft=nofile:20'])]
RIGHTS = [('without CAP_%s' % name.upper().replace(',', ', CAP_'), ['drop=' + name]) for name in (
    'bpf', 'perfmon', 'bpf,sys_admin', 'perfmon,sys_admin', 'sys_admin', 'sys_ptrace', 'dac_override,dac_read_search', 'syslog',
    'sys_resource', 'net_admin')] + [('root without capabilities', ['drop=all']), ('another user', ['user'])]
PLACES = [('user namespace', ['userns']), ('pid namespace', ['pidns'])]
FILTERS = [('seccomp: %s says %s' % (call, answer), ['refuse=%s:%s' % (call, answer)])
           for call in ('bpf', 'perf_event_open') for answer in ('EPERM', 'ENOSYS')]
CONDITIONS = MOUNTS + LIMITS + RIGHTS + PLACES + FILTERS
CONDITION_NAMES = [name for name, _ in CONDITIONS]
ALL = 'MMT_ALL' in os.environ or 'MMT_WRITE' in os.environ
FEW = ('no /proc', 'no /sys', 'no /sys/kernel/btf', 'nofile 20', 'data 1M', 'without CAP_BPF, CAP_SYS_ADMIN', 'another user',
       'user namespace', 'pid namespace', *(name for name, _ in FILTERS))

TRACERS = {'live': ['-p', '1', '-d', '100ms', '-q'], 'live --': ['-q', '--', 'true'], 'trace': ['trace', '-q', '--', 'true'],
           'hist': ['hist', '-d', '100ms'], 'leak': ['leak', '-d', '100ms'], 'top': ['top', '-d', '100ms']}
OTHERS = {'doctor': ['doctor'], 'replay': ['replay', None], 'schema': ['schema'], 'completion': ['completion', 'bash']}
RUNS = {'live': TRACERS['live'], 'doctor': OTHERS['doctor']} if 'MMT_FEW' in os.environ else {**TRACERS, **OTHERS}
OLD = 'as it was\n'

LOCKED = ('lockdown=confidentiality', [])

# Kernels differ in what they offer; there are two tables.
fentry = locked = None
place = None


def prepare():
    """A folder that another user may look at, with the programs and a recording."""
    global place, fentry, locked
    place = os.path.join(mmt.scratch(), 'place')
    os.makedirs(place)
    for program in mmt.MMTRACE, mmt.victim('confine'):
        shutil.copy(program, place)
    recording = os.path.join(place, 'recording')
    subprocess.run([mmt.MMTRACE, 'doctor', '--record', recording], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    os.chmod(recording, 0o644)
    OTHERS['replay'][1] = recording
    doctor = subprocess.run([mmt.MMTRACE, 'doctor'], capture_output=True, text=True).stdout
    locked = 'lockdown is in confidentiality' in doctor
    fentry = locked or re.search(r'^fault: .*\n  \* fentry', doctor, re.M) is not None


def files_of(command, number):
    """Files with an old content, and the options that name them."""
    options = ['-o'] if command in TRACERS or command in ('doctor', 'replay') else []
    options += ['--also'] if options else []
    options += ['--record'] if command in TRACERS or command == 'doctor' else []
    paths = [os.path.join(place, '%s-%d' % (o.strip('-'), number)) for o in options]
    for path in paths:
        with open(path, 'w') as f:
            f.write(OLD)
        os.chmod(path, 0o666)
    words = [w for o, p in zip(options, paths) for w in (o, 'json=' + p if o == '--also' else p)]
    return paths, words


def one(job):
    """What a command says under a condition: exit status, cause, remedy."""
    number, (condition, options), command = job
    hidden = 'hide=/tmp' in options
    paths, words = ([], []) if hidden else files_of(command, number)
    args = RUNS[command]
    at = args.index('--') if '--' in args else len(args)
    programs = [mmt.victim('confine'), mmt.MMTRACE] if hidden else [os.path.join(place, 'confine'), os.path.join(place, 'mmtrace')]
    if hidden and (programs[1].startswith('/tmp/') or command == 'replay'):
        return None
    line = [programs[0], *options, '--', programs[1], *args[:at], *words, *args[at:]]
    try:
        run = subprocess.run(line, stdin=subprocess.DEVNULL, capture_output=True, timeout=mmt.PATIENCE, cwd='/')
    except subprocess.TimeoutExpired:
        return condition, command, 'does not end', ''
    said = run.stderr.decode('utf-8', 'replace').splitlines()
    if run.returncode == 77:
        return None
    if command == 'doctor' and run.returncode and 'fsize' not in condition and paths and open(paths[0]).read() != OLD:
        with open(paths[0]) as f: # it speaks on stdout, which is a file here
            said = [l.replace('It says: ', 'mmtrace: ') for l in f.read().splitlines()[-2:]]
    elif run.returncode:
        check('fsize' in condition or all(open(p).read() == OLD for p in paths),
              '%s, %s: a file is no longer as it was' % (condition, command))
    for p in paths:
        if os.path.exists(p):
            os.unlink(p)
    return condition, command, run.returncode, said


def row_of(condition, command, status, said):
    """Causes and remedies as the table holds them; checks that there are such."""
    where = '%s, %s' % (condition, command)
    check(isinstance(status, int), '%s: it %s' % (where, status))
    check(not any(l.startswith('libbpf') for l in said), '%s: libbpf speaks: %s' % (where, said))
    check(0 <= status <= 4, '%s: exit status %s: %s' % (where, status, said))
    if not status:
        return 0, '', ''
    words = [l[9:].replace(place, 'DIR') for l in said if l.startswith('mmtrace: ')]
    hints = [l[6:] for l in said if l.startswith('hint: ')]
    words = [re.sub(r"DIR/[a-z]+-[0-9]+(\.[a-z]+)?", 'FILE', w) for w in words if 'cannot' in w or 'trust' in w or w == 'out of memory']
    check(len(words) == 1, '%s: not one line of cause: %s' % (where, said))
    check(len(hints) <= 1 and (hints or command == 'doctor'), '%s: not one line of remedy: %s' % (where, said))
    return status, words[0], ''.join(hints)


def at_once(jobs):
    """one() of each, as many at a time as there are CPUs; in their order."""
    results, failed, left = [None] * len(jobs), [], iter(enumerate(jobs))

    def work():
        for n, job in left:
            try:
                results[n] = one(job)
            except Exception as e:
                failed.append(e)

    threads = [threading.Thread(target=work) for _ in range(os.cpu_count() or 1)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    if failed:
        raise failed[0]
    return results


def seen_rows():
    """(condition, commands, status, cause, remedy), commands that say the same together."""
    conditions = [LOCKED] if locked else [c for c in CONDITIONS if 'MMT_FEW' not in os.environ or c[0] in FEW]
    jobs = [(c, command) for c in conditions for command in RUNS]
    if not ALL and not locked and os.path.exists(DOC): # what is refused, and of the rest a command for each condition
        known, turns = {key for key, rest in singly(parts()[0]).items() if rest[0] != '0'}, dict(zip(CONDITION_NAMES, itertools.cycle(RUNS)))
        jobs = [j for j in jobs if (j[0][0], j[1]) in known or turns[j[0][0]] == j[1]]
    rows = {}
    for result in filter(None, at_once([(n, *job) for n, job in enumerate(jobs)])):
        rows.setdefault((result[0], *row_of(*result)), []).append(result[1])
    return [(key[0], ', '.join(commands), *map(str, key[1:])) for key, commands in rows.items()]


HEAD = '''# Refusals

What each command says where something is missing: made by tests/live/refusals.py, which goes through all of
them and compares. Exit status: 1 failed, 3 the kernel cannot, 4 not permitted; 0: it works, perhaps with
less (the start line says what). A file of `-o`, `--also` or `--record` is as it was.

`no PATH`: an empty tmpfs is mounted over it. `nofile 9`: a resource limit. Below 8 open files, 16 MB of address
space or 32 KiB of stack the dynamic loader ends the program before it can speak.
'''
PLAIN = '## Where fentry is refused\n\nThe host of the tests (6.18, lockdown).\n'
FENTRY = '## Where fentry works\n\nThere perf_event_open is not needed. Rows that differ otherwise stand here.\n'


def table(rows):
    lines = ['| where | command | exit | says | hint |', '|---|---|---|---|---|']
    return '\n'.join(lines + ['| %s |' % ' | '.join(c.replace('|', '\\|') for c in row) for row in rows]) + '\n'


def parts():
    """The tables of the document: lines by kind."""
    with open(DOC, encoding='utf-8') as f:
        text = f.read()
    plain, _, other = text.partition(FENTRY.splitlines()[0])
    return [[l for l in part.splitlines() if l.startswith('| ') and not l.startswith('| where')] for part in (plain, other)]


def singly(lines):
    """{(condition, command): the rest of the line}"""
    found = {}
    for line in lines:
        condition, commands, rest = line[2:].split(' | ', 2)
        for command in commands.split(', '):
            found[condition, command] = rest
    return found


def write(rows):
    old = parts()[1] if os.path.exists(DOC) else []
    other = table([]) + ''.join(l + '\n' for l in old)
    with open(DOC, 'w', encoding='utf-8') as f:
        f.write('\n'.join([HEAD, PLAIN, table(rows), FENTRY, other]))


def table_is_true():
    rows = seen_rows()
    if 'MMT_WRITE' in os.environ and not fentry:
        write(rows)
    elif 'MMT_WRITE' in os.environ: # to be put there by hand
        print(table(rows))
    want, other = map(singly, parts())
    if fentry:
        want.update(other)
    got = singly(table(rows).splitlines()[2:])
    wrong = ['%s, %s: %s\n# not %s' % (*key, rest, want.get(key)) for key, rest in got.items()
             if rest != want.get(key) and not (fentry and 'perf_event_open' in key[0] and rest[0] == '0')]
    check(not wrong, '%d differ from docs/refusals.md:\n# %s' % (len(wrong), '\n# '.join(wrong)))
    return '%d conditions and commands' % len(got)


def limits_of_a_command():
    """Raised for mmtrace, not for what it runs."""
    shown = subprocess.run([mmt.victim('confine'), 'soft=nofile:35', 'soft=stack:200000', '--', mmt.MMTRACE, '-q', '--', 'sh', '-c',
                            'ulimit -Sn; ulimit -Ss'], capture_output=True, text=True, timeout=mmt.PATIENCE)
    check(shown.returncode == 0 and shown.stdout.split() == ['35', '195'], 'status %d, %s' % (shown.returncode, shown.stdout))


prepare()
if not locked:
    mmt.usable('refusals')
mmt.run('refusals: the table', table_is_true)
if not locked:
    mmt.run('refusals: the limits of a command', limits_of_a_command)
mmt.finish()

#!/usr/bin/env python3
"""Call stacks of faults, frame by frame, in programs and libraries without frame pointers; their number against the kernel's."""
import os
import re
import subprocess

from lib.elf import Names
from lib.mmt import FORCED, MMTRACE, Tracer, Victim, check, finish, need, run, scratch, usable, victim, wait_for

TIMES = 20
PAGES = 64
names = Names()


def described(frames):
    """["file:function"], the innermost first."""
    return ['%s:%s' % (os.path.basename(f['module']), names.name(f['module'], int(f['offset'], 16)) or '?') for f in frames['frames']]


def traced(*command, by='stack', how='-U'):
    """The tracer after the victim did its work, and the victim's pid."""
    with Victim(*command) as v:
        check(v.line().startswith('ready'), 'it does not begin')
        with Tracer(how, '-p', v.pid, by=by) as t:
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
    'vdso': [r'\[vdso\]:\?|libc[.-].*:clock_gettime', '*', *MIDDLE, 'stack_chain:run', *END],
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


def vdso():
    """Code of the vdso has a name."""
    t, pid = traced(victim('stack_chain'), '1', 'vdso')
    seen = {f['function'] for (s, of) in t.stacks if of == pid and s in t.frames for f in t.frames[s]['frames'] if f['module'] == '[vdso]'}
    check(any(f and 'clock_gettime' in f for f in seen), 'functions of the vdso: %s' % seen)
    return ', '.join(map(str, seen))


def kernel(how):
    """The kernel's part of a stack is the system call that faults, down to the entry; of a fault of the program itself there is none."""
    for by in ('syscall', 'user'):
        t, pid = traced(victim('stack_chain'), '2', by, how=how)
        seen = 0
        for (stack, of), use in t.stacks.items():
            frames = t.frames[stack]['frames'] if of == pid and stack in t.frames else []
            inner = [f['function'] for f in frames if f['module'] == '[kernel]']
            outer = described({'frames': [f for f in frames if f['module'] != '[kernel]']})
            chain = fits(outer, CHAINS[by]) if how == '-g' else not outer
            if use['faults']['count'] < PAGES or not chain:
                continue
            check([f['module'] == '[kernel]' for f in frames] == [True] * len(inner) + [False] * len(outer), 'mixed: %s' % frames)
            if by == 'user':
                check(not inner, 'a fault of the program has %s' % inner)
            elif any('read' in f for f in inner):
                check(inner[-1].startswith('entry_SYSCALL'), 'its entry is %s' % inner[-1])
                check(not any(re.search('bpf|page_fault|handle_mm', f) for f in inner), 'own frames: %s' % inner)
            else:
                continue
            seen += use['faults']['count']
        check(seen >= 2 * PAGES, '%s: %d faults seen' % (by, seen))
    return '%d faults' % seen


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


def wrong(how, complete):
    """A stack that ends where nothing is known is not complete, and has no caller that there was not."""
    t, pid = traced(victim('stack_wrong'), how)
    decoys, whole, seen = 0, 0, 0
    for (stack, of), use in t.stacks.items():
        if of != pid or stack not in t.frames:
            continue
        got, frames = described(t.frames[stack]), t.frames[stack]
        if not re.fullmatch('stack_wrong:wrong_(blind|touch)', got[0] if got else ''):
            continue
        seen += use['faults']['count']
        whole += use['faults']['count'] if frames['state'] == 'complete' else 0
        decoys += use['faults']['count'] if any('decoy' in f for f in got) and frames['state'] != 'guessed' else 0
        if whole and not complete or whole and any(not re.match('stack_wrong:|libc', f) for f in got):
            check(False, 'complete: %s' % got)
    check(seen >= 20 * 64, '%d faults seen' % seen)
    check(not decoys, '%d stacks have a caller that there was not' % decoys)
    return '%d faults, %d complete' % (seen, whole)


def static():
    """A static program has unwind information that no program header points to."""
    t, pid = traced(victim('stack_wrong-static'), 'plain')
    want = ['stack_wrong-static:wrong_touch', '*', 'stack_wrong-static:main', '*', 'stack_wrong-static:_start']
    good = sum(use['faults']['count'] for (stack, of), use in t.stacks.items()
               if of == pid and stack in t.frames and t.frames[stack]['state'] == 'complete' and fits(described(t.frames[stack]), want))
    check(good >= 20 * 64, 'only %d faults are complete: %s' % (good, t.end['stacks']))
    return '%d faults' % good


def python():
    """Once its tables are there, a program that people have is walked whole."""
    code = ("import sys,json;print('ready',flush=True);sys.stdin.read(1);"
            "x=[json.dumps({str(i): [j * 0.5 for j in range(20)] for i in range(2000)}) for _ in range(10)];"
            "y=[json.loads(z) for z in x];print('done',flush=True);sys.stdin.read()")
    t, pid = traced('/usr/bin/python3', '-c', code)
    states = {'complete': 0, 'guessed': 0, 'incomplete': 0, None: 0}
    for (stack, of), use in t.stacks.items():
        if of == pid:
            states[use['state']] += use['faults']['count']
    total = sum(states.values())
    check(not t.end['stacks']['why'].get('no_table'), 'without a table: %s' % t.end['stacks'])
    check(total > 2000, 'only %d faults' % total)
    check(states['complete'] >= 0.998 * total, '%s; %s' % (states, t.end['stacks']['why']))
    return '%d of %d complete' % (states['complete'], total)


def command():
    """A command that is started: totals add up, and equal what the kernel counted."""
    with Tracer('-U', '--', '/bin/sh', '-c', 'for i in 1 2 3; do /bin/ls / > /dev/null; done', by='stack') as t:
        t.finished()
    faults, totals = t.end['faults'], t.end['stacks']
    for kind in ('minor', 'major'):
        check(faults[kind] == faults['kernel_' + kind], '%s: %d, kernel %d' % (kind, faults[kind], faults['kernel_' + kind]))
    counted = sum(totals[k] for k in ('complete', 'guessed', 'incomplete', 'none'))
    seen = faults['minor'] + faults['major'] - faults['unattributed_minor'] - faults['unattributed_major']
    check(counted == seen, '%d by stack, %d seen' % (counted, seen))
    return '%d faults' % counted


def prepared(*command):
    """The tables of a command and its libraries are there before it begins."""
    with Tracer('-U', '--', *command, by='stack', stdout=subprocess.DEVNULL) as t:
        t.finished()
    totals = t.end['stacks']
    check(sum(totals['why'].values()) >= 20, 'hardly a stack: %s' % totals)
    check(not totals['why'].get('no_table'), 'without a table: %s' % totals)
    return '%d complete, %d not' % (totals['complete'], totals['guessed'] + totals['incomplete'])


def flame():
    """Folded stacks weigh what was counted; bytes are those of the pages."""
    with Victim(victim('stack_chain'), str(TIMES), 'user') as v:
        v.line()
        out, begun = (os.path.join(scratch(), name) for name in ('flame.folded', 'flame.json'))
        p = subprocess.Popen([MMTRACE, 'flame', *FORCED, '--folded', '--also', 'json=' + begun, '--weight', 'bytes', '-o', out, '-i', '100ms', '-p', str(v.pid)], stderr=subprocess.PIPE,
                             stdin=subprocess.DEVNULL, text=True)
        wait_for(lambda: p.poll() is not None or os.path.exists(begun) and '"tick"' in open(begun).read(), 'it does not begin')
        v.ask('x')
        v.rest()
        p.communicate(timeout=60)
        check(p.returncode == 0, 'it ended with %d' % p.returncode)
    with open(out) as f:
        lines = [line.rstrip('\n').rpartition(' ') for line in f]
    under = sum(int(n) for path, _, n in lines if 'chain_run;chain_sort;' in path and 'chain_alloca;touch' in path)
    check(under == TIMES * PAGES * 4096, '%d bytes under the chain, not %d' % (under, TIMES * PAGES * 4096))
    return '%d bytes under the chain' % under


def tree():
    """The call tree of a terminal: what is called stands below its caller, and no part is more than the whole."""
    with Victim(victim('stack_chain'), str(TIMES), 'user') as v:
        v.line()
        begun = os.path.join(scratch(), 'tree.json')
        p = subprocess.Popen([MMTRACE, '-U', *FORCED, '--also', 'json=' + begun, '-i', '100ms', '-p', str(v.pid)], stdin=subprocess.DEVNULL,
                             stdout=subprocess.PIPE, text=True, encoding='utf-8')
        wait_for(lambda: p.poll() is not None or os.path.exists(begun) and '"tick"' in open(begun).read(), 'it does not begin')
        v.ask('x')
        v.rest()
        out = p.communicate(timeout=60)[0].splitlines()
    first = max(i for i, line in enumerate(out) if 'CALLED FROM' in line) + 1
    lines = [re.fullmatch(r' *([\d.]+)% +(\S+)( +)(.*)', line) for line in out[first:]]
    above, chain = [], ''
    for m in lines[:next(i for i, m in enumerate(lines) if not m)]:
        above = [a for a in above if a[0] < len(m[3])]
        check(not above or float(m[1]) <= above[-1][1], '%s has more than what called it' % m[4])
        above.append((len(m[3]), float(m[1]), m[4]))
        if 'touch' in m[4] and not chain:
            chain = ' \u203a '.join(a[2] for a in above)
    check(re.search('stack_chain .*main .*chain_run .*chain_sort .*chain_alloca .*touch', chain), 'the way to touch is %s' % chain)
    return chain


def served():
    """Symbols of a stripped program from a server, here a folder, which is asked only where that is wanted."""
    need('debuginfod-find', 'objcopy', 'strip', 'cc')
    path, server = os.path.join(scratch(), 'served'), os.path.join(scratch(), 'server')
    os.makedirs(os.path.join(server, 'buildid', 'abcdef0123456789'))
    code = ('#include <string.h>\n#include <stdlib.h>\nstatic char *m;\n__attribute__((noinline)) static void wants(void)'
            '{ memset(m, 1, 1 << 20); __asm__ volatile(""); }\nint main(void) { m = malloc(1 << 20); wants(); return 0; }\n')
    subprocess.run(['cc', '-O1', '-Wl,--build-id=0xabcdef0123456789', '-xc', '-', '-o', path], input=code, text=True, check=True)
    subprocess.run(['objcopy', '--only-keep-debug', path, os.path.join(server, 'buildid', 'abcdef0123456789', 'debuginfo')], check=True)
    subprocess.run(['strip', path], check=True)
    here = {**os.environ, 'DEBUGINFOD_URLS': 'file://' + server, 'DEBUGINFOD_CACHE_PATH': os.path.join(scratch(), 'cache')}
    for options, there in ([], False), (['--debuginfod'], True):
        out = subprocess.run([MMTRACE, 'flame', *FORCED, *options, '--', path], env=here, stdin=subprocess.DEVNULL,
                             stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, timeout=60)
        check(out.returncode == 0, 'it ended with %d' % out.returncode)
        check((';wants;' in out.stdout) == there, 'with %s: %s' % (options, out.stdout[-400:]))
    none = subprocess.run([MMTRACE, 'flame', '--debuginfod', '--', path], env={**here, 'DEBUGINFOD_URLS': ''},
                          stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, timeout=60)
    check(none.returncode == 2 and 'DEBUGINFOD_URLS' in none.stderr, 'without servers: %d %s' % (none.returncode, none.stderr))


usable('stacks')
victim('stack_lib-so') # that the other one is linked with
for way in CHAINS:
    run('stacks: the chain, %s' % way, chain, way)
for way in ('-g', '-K'):
    run('stacks: the kernel\'s part, %s' % way, kernel, way)
run('stacks: names of the vdso', vdso)
run('stacks: as many as faults', as_many_as_faults)
run('stacks: blind code is not walked', wrong, 'blind', False)
run('stacks: makecontext', wrong, 'moved', True)
run('stacks: a static program', static)
run('stacks: python3', python)
run('stacks: a command', command)
for command_line in (['/bin/true'], ['ls', '/'], [victim('stack_chain'), '1', 'user']):
    run('stacks: tables before %s' % os.path.basename(command_line[0]), prepared, *command_line)
run('stacks: symbols from a server', served)
run('stacks: flame', flame)
run('stacks: the call tree', tree)
finish()

#!/usr/bin/env python3
"""docs/tour.md: each command there shows what stands there, but for numbers."""
import os
import re
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), 'lib'))
import mmt


def examples():
    """[(program and its words, command, lines)]"""
    with open(os.path.join(mmt.ROOT, 'docs', 'tour.md'), encoding='utf-8') as f:
        text = f.read()
    return [(m[1].split(), m[2].split(), m[3].splitlines())
            for m in re.finditer(r'<!-- tour:(.*?)-->\n```\n\$ (.*)\n((?:.*\n)*?)```', text)]


def shape(line):
    """What is the same each time: words, not numbers, fill or the paths of a build; flags of pages differ by kernel."""
    line = re.sub(r'/\S*/', '/', line)
    line = re.sub(r'[\u2588\u2593\u2592\u2591]', '', line)
    line = re.sub(r' (uptodate|referenced|dirty)\S*', ' FLAGS', line)
    line = re.sub(r'\b[0-9a-f]{4,}\b|\b\d+(\.\d+)?[KMGT]?\b', 'N', line)
    line = re.sub(r'\; moved by KASLR.*|moved by KASLR.*', '', line)
    return ' '.join(line.split())


def values_of(victim):
    """What the program prints before it waits."""
    said, last = {'PID': str(victim.pid)}, None
    while last not in ('ready', 'break_after') and not (last or '').startswith('0x'):
        words = victim.line().split()
        last = words[0]
        if len(words) == 2:
            said[words[0].upper()] = words[1]
    return said


def output(program, command):
    with mmt.Victim(mmt.victim(program[0]), *program[1:]) if program else mmt.Victim('cat') as victim:
        said = values_of(victim) if program else {}
        words = [re.sub('|'.join(said) or '$^', lambda m: said[m.group()], w) for w in command[1:]]
        mmt.wait_for(lambda: mmt.stat_of(victim.pid)[0] == 'S', 'the program does not wait')
        out = subprocess.run([mmt.MMTRACE, *words], capture_output=True, text=True, timeout=mmt.PATIENCE)
        mmt.check(out.returncode == 0, '%s: %s' % (' '.join(words), out.stderr))
        return out.stdout.splitlines()


def example(program, command, lines):
    shown = [shape(line) for line in output(program, command)]
    at, near = 0, False
    for line in lines:
        if line == '...':
            near = False
            continue
        want = shape(line)
        found = next((i for i in range(at, len(shown)) if shown[i] == want), None)
        mmt.check(found is not None and (not near or found == at), 'not there: %s (it has: %s)' % (want, ' / '.join(shown[at:at + 3])))
        at, near = found + 1, True
    return '%d lines' % len(lines)


if not os.path.exists(os.path.join(mmt.ROOT, 'docs', 'tour.md')):
    mmt.say('skip', 'tour', 'docs/tour.md is not here')
    sys.exit(0)
found = examples()
mmt.run('tour, examples', lambda: mmt.check(len(found) == 6, '%d examples' % len(found)))
for program, command, lines in found:
    mmt.run('tour, %s: %s' % (' '.join(program) or 'kernel', ' '.join(command)), example, program, command, lines)
mmt.finish()

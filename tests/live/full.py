#!/usr/bin/env python3
"""A full disk, in every command and format: said once, of the file that is meant; signals still work."""
import os
import signal
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), 'lib'))
import mmt
from mmt import check

# one that writes more than a tiny disk holds
COMMANDS = {'live': ['-a', '-d', '300ms', '-i', '10ms'], 'trace': ['trace', '-d', '300ms', '-a'], 'hist': ['hist', '--by', 'site', '-d', '300ms'],
            'leak': ['leak', '-d', '300ms'], 'top': ['top', '-d', '300ms', '10ms'], 'doctor': ['doctor'], 'replay': ['replay', None]}


def run_with(words, confined=()):
    line = [mmt.victim('confine'), *confined, '--', mmt.MMTRACE, *words]
    return subprocess.run(line, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=mmt.PATIENCE)


def said_once(run, name):
    lines = [l for l in run.stderr.splitlines() if 'cannot write' in l]
    check(run.returncode == 1, 'status %d: %s' % (run.returncode, run.stderr[-300:]))
    check(len(lines) == 1 and name in lines[0] and 'No space left' in lines[0], 'not once of %s: %s' % (name, lines))


def device(command, form):
    said_once(run_with([*COMMANDS[command], '--format', form, '-o', '/dev/full']), '/dev/full')


def tiny(command, how):
    """A disk of 16 KiB that a further file has filled."""
    disk = os.path.join(mmt.scratch(), 'disk')
    os.makedirs(disk, exist_ok=True)
    out = {'-o': ['--json', '-o', disk + '/out'], '--also': ['--also', 'json=%s/out' % disk], '--record': ['--record', disk + '/out']}[how]
    fill = ['sh', '-c', 'head -c 14000 /dev/zero > %s/fill; exec "$@"' % disk, 'sh']
    line = [mmt.victim('confine'), 'tiny=' + disk, '--', *fill, mmt.MMTRACE, *COMMANDS[command], *out]
    run = subprocess.run(line, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=mmt.PATIENCE)
    said_once(run, 'the recording' if how == '--record' else disk + '/out')


def side_file():
    """Of CSV the file that could not be written is named, not the main one."""
    disk = os.path.join(mmt.scratch(), 'disk')
    os.makedirs(disk, exist_ok=True)
    line = [mmt.victim('confine'), 'tiny=' + disk, '--', 'sh', '-c', 'ln -s /dev/full %s/out.machine; exec "$@"' % disk, 'sh',
            mmt.MMTRACE, 'doctor', '--csv', '-o', '/dev/null', '--also', 'csv=%s/out' % disk]
    run = subprocess.run(line, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=mmt.PATIENCE)
    lines = [l for l in run.stderr.splitlines() if 'cannot write' in l]
    check(run.returncode == 1 and len(lines) == 1 and '/out.' in lines[0], 'status %d: %s' % (run.returncode, run.stderr))


def interrupt():
    """The main output goes on while another is full."""
    out = os.path.join(mmt.scratch(), 'main.json')
    open(out, 'w').close()
    process = subprocess.Popen([mmt.MMTRACE, '-p', str(os.getpid()), '-i', '20ms', '--json', '-o', out, '--also', 'text=/dev/full'],
                               stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    mmt.wait_for(lambda: open(out).read().count('"type":"tick"') > 2, 'no ticks')
    process.send_signal(signal.SIGINT)
    said = process.communicate(timeout=mmt.PATIENCE)[1]
    check(process.returncode == 1 and said.count('cannot write') == 1, 'status %d: %s' % (process.returncode, said))
    check(open(out).read().splitlines()[-1].startswith('{"type":"end"'), 'the main output does not end')


mmt.usable('full')
COMMANDS['replay'][1] = os.path.join(mmt.scratch(), 'recording')
subprocess.run([mmt.MMTRACE, '-q', '--record', COMMANDS['replay'][1], '--', sys.executable, '-c', '0'], stderr=subprocess.DEVNULL, check=True)
for number, name in enumerate(COMMANDS):
    for one in ('text', 'json', 'csv', 'openmetrics')[number % 2::2]:
        mmt.run('full: %s on /dev/full, %s' % (one, name), device, name, one)
    for one in ('-o', '--also', '--record'):
        if (name, one) not in (('replay', '--record'), ('doctor', '--record')):
            mmt.run('full: a tiny disk, %s of %s' % (one, name), tiny, name, one)
mmt.run('full: a side file of CSV', side_file)
mmt.run('full: a signal', interrupt)
mmt.finish()

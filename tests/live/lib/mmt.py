"""Starts mmtrace --json, victims and checks: what the live tests share.

A test is a function given to run(); it calls check() or raises. Every line of
output is one of `ok - `, `not ok - `, `skip - `.
MMTRACE names the binary, MMT_BACKEND forces a backend of faults.
Run by itself it compiles all victims, for machines that have no compiler."""
import atexit
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
import traceback

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))))
MMTRACE = os.environ.get('MMTRACE') or next(
    (p for p in [os.path.join(ROOT, 'build', 'mmtrace')] if os.path.exists(p)), shutil.which('mmtrace'))
VICTIMS = os.environ.get('MMT_VICTIMS') or os.path.join(ROOT, 'build', 'victims')
# Everything is waited for: this is only the time after which a hang is a failure.
PATIENCE = float(os.environ.get('MMT_PATIENCE', '120'))
INTERVAL = os.environ.get('MMT_INTERVAL', '50ms')
BACKEND = os.environ.get('MMT_BACKEND')
FORCED = ['--backend', 'fault=' + BACKEND] if BACKEND else []

failures = 0


class Skip(Exception):
    """The test cannot be made here; says why."""


class Failed(Exception):
    """What was seen is not true."""


def check(truth, why):
    if not truth:
        raise Failed(why)


def say(word, name, text=''):
    backend = ' [%s]' % BACKEND if BACKEND else ''
    print('%s - %s%s%s' % (word, name, backend, ': ' + text if text else ''), flush=True)


def run(name, test, *args):
    """One test; what it returns is said behind `ok`."""
    global failures
    try:
        text = test(*args)
    except Skip as e:
        return say('skip', name, str(e))
    except Failed as e:
        failures += 1
        return say('not ok', name, str(e))
    except Exception as e: # a bug of the test is no success
        failures += 1
        where = traceback.extract_tb(e.__traceback__)[-1]
        return say('not ok', name, '%s: %s (%s:%d)' % (type(e).__name__, e, os.path.basename(where.filename), where.lineno))
    say('ok', name, text or '')


def finish():
    sys.exit(1 if failures else 0)


def usable(name):
    """Ends the script with a skip where mmtrace cannot trace at all."""
    doctor = subprocess.run([MMTRACE, 'doctor'], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    if doctor.returncode:
        say('skip', name, 'doctor says that this machine cannot (status %d)' % doctor.returncode)
        sys.exit(0)


def need(*programs):
    for p in programs:
        if not shutil.which(p):
            raise Skip('%s is not installed' % p)


_scratch = None


def scratch():
    """A directory that goes when the test does."""
    global _scratch
    if not _scratch:
        _scratch = tempfile.mkdtemp(prefix='mmtrace-live-')
        os.chmod(_scratch, 0o755)
        atexit.register(shutil.rmtree, _scratch, True)
    return _scratch


# Victims and how they are linked; what follows a dash is no part of the source's name.
BUILDS = {
    'calls32': ['-static'],
    'confine': ['-static'],
    'crowd': ['-static'],
    'culprits': ['-static'],
    'floods': ['-static'],
    'fork_storm': ['-static'],
    'fuse': ['-static'],
    'gate': ['-static'],
    'gup': ['-static'],
    'hog': ['-static'],
    'hold': ['-static'],
    'kernel_allocs': ['-static'],
    'kinds': [],
    'kinds-static': ['-static'],
    'layout_addrs-no-pie': ['-fno-pie', '-no-pie'],
    'layout_addrs-pie': ['-fPIE', '-pie'],
    'layout_addrs-static': ['-static'],
    'leader': ['-static'],
    'malloc_100k': ['-static'],
    'mapper': ['-static'],
    'many_vmas': ['-static'],
    'map_flood': ['-static'],
    'mapping_calls': ['-static'],
    'names': ['-static'],
    'pages': ['-static'],
    'processes': ['-static'],
    'reaper': ['-static'],
    'relro': [],
    'resident': ['-static'],
    'remap_slots': ['-static'],
    'slab_hidden': [],
    'stack_lib-so': ['-shared', '-fPIC', '-O2', '-fomit-frame-pointer', '-Wl,-soname,stack_lib-so'],
    'stack_chain': ['-O2', '-fomit-frame-pointer', '-Wl,-rpath,$ORIGIN', os.path.join(VICTIMS, 'stack_lib-so')],
    'stack_wrong': ['-O2', '-fomit-frame-pointer'],
    'stack_jit': ['-static'],
    'stack_wrong-static': ['-O2', '-fomit-frame-pointer', '-static'],
    'stack_many': ['-O2', '-fomit-frame-pointer', '-fno-optimize-sibling-calls'],
    'splits': ['-static', '-pthread'],
    'storm': ['-static'],
    'threads': ['-static'],
    'tour': ['-static'],
    'vma_stress': ['-static'],
}


def victim(name):
    """Path of a victim, compiled when it is not there or older than its source."""
    path = os.path.join(VICTIMS, name)
    source = os.path.join(ROOT, 'tests', 'victims', name.partition('-')[0] + '.c')
    if os.path.exists(path) and (not os.path.exists(source) or os.path.getmtime(path) >= os.path.getmtime(source)):
        return path
    os.makedirs(VICTIMS, exist_ok=True)
    subprocess.run(['cc', '-std=gnu17', '-D_GNU_SOURCE', '-O1', '-Wall', '-Wextra', *(['-Werror'] if os.environ.get('WERROR') else []), '-pthread', '-o', path, source,
                    *BUILDS[name]], check=True)
    return path


class Victim:
    """A program that talks by lines; ended with the test."""

    def __init__(self, *command, **options):
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1,
                                        **options)
        self.pid = self.process.pid

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()

    def line(self):
        text = self.process.stdout.readline()
        check(text, '%s ended early' % self.process.args[0])
        return text.strip()

    def ask(self, text):
        self.process.stdin.write(text + '\n')
        return self.line()

    def go_on(self):
        os.kill(self.pid, signal.SIGCONT)

    def wait_stopped(self):
        wait_for(lambda: stat_of(self.pid)[0] == 'T', 'the victim does not stop')

    def rest(self):
        """Lets it end by itself: the lines it still writes."""
        self.process.stdin.close()
        out = self.process.stdout.read()
        self.process.wait(timeout=PATIENCE)
        check(self.process.returncode == 0, '%s ended with %d' % (self.process.args[0], self.process.returncode))
        return out.splitlines()


def wait_for(condition, why):
    end = time.monotonic() + PATIENCE
    while not condition():
        check(time.monotonic() < end, why)
        time.sleep(0.01)


def stat_of(pid):
    """Fields of /proc/PID/stat from the state on: [0] state, [7] minflt, [9] majflt, [19] start time."""
    with open('/proc/%d/stat' % pid) as f:
        return f.read().rpartition(')')[2].split()


def faults_of(pid):
    f = stat_of(pid)
    return int(f[7]), int(f[9])


class Tracer:
    """A running `mmtrace --json`; its rows as they come."""
    count = 0

    def __init__(self, *args, interval=INTERVAL, by='vma', **options):
        Tracer.count += 1
        self.output = os.path.join(scratch(), 'json-%d' % Tracer.count)
        open(self.output, 'w').close()
        self.log = tempfile.TemporaryFile(dir=scratch())
        self.process = subprocess.Popen(
            [MMTRACE, '--json', '-i', interval, '--by', by, *FORCED, '-o', self.output, *map(str, args)],
            stderr=self.log, **{'stdin': subprocess.DEVNULL, **options})
        self.changed = threading.Condition()
        self.vmas, self.processes, self.ticks, self.stacks, self.frames, self.own_frames = {}, {}, [], {}, {}, {}
        self.start = self.end = self.ended = None
        threading.Thread(target=self._read, daemon=True).start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()

    def _lines(self):
        """Lines of the output as it grows, until mmtrace has ended. Not a pipe: it
        would make mmtrace wait for us."""
        part = ''
        with open(self.output, encoding='utf-8') as f:
            while True:
                over = self.process.poll() is not None
                text = f.readline()
                part += text
                if part.endswith('\n'):
                    yield part
                    part = ''
                elif not text and over:
                    return
                elif not text:
                    time.sleep(0.02)

    def _read(self):
        for text in self._lines():
            row = json.loads(text)
            with self.changed:
                self._take(row)
                if row['type'] in ('start', 'tick', 'end'):
                    self.changed.notify_all()
        with self.changed:
            self.ended = True
            self.changed.notify_all()

    def _take(self, row):
        kind = row['type']
        if kind == 'vma':
            self.vmas[row['vma']] = row
        elif kind == 'process':
            self.processes[row['proc']] = row
        elif kind == 'stack':
            self.stacks[row['stack'], row['pid']] = row
        elif kind == 'frames':
            self.frames[row['stack']] = row
            self.own_frames[row['stack'], row['pid']] = row
        elif kind == 'tick':
            self.ticks.append(row['t'])
        elif kind == 'start':
            self.start = row
        elif kind == 'end':
            self.end = row

    def words(self):
        """What it said on stderr."""
        self.log.seek(0)
        return self.log.read().decode('utf-8', 'replace').strip()

    def wait(self, condition, why):
        with self.changed:
            self.changed.wait_for(lambda: self.ended or condition(), timeout=PATIENCE)
            check(condition(), '%s (mmtrace says: %s)' % (why, self.words()))
        return self

    def started(self):
        return self.wait(lambda: self.start, 'mmtrace does not start')

    def settled(self):
        """All that was true at the call is in the rows: an interval that ended
        after it may have looked before it, but not the next one."""
        now = time.time_ns() - self.start['t0_unix_ns']
        return self.wait(lambda: len(self.ticks) > 1 and self.ticks[-2] > now, 'no more ticks')

    def stop(self):
        """Ends it and takes the final report."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
        return self.finished()

    def finished(self):
        self.wait(lambda: self.end, 'no final report')
        self.status = self.process.wait(timeout=PATIENCE)
        return self

    def process_of(self, pid):
        """Newest process row of a pid."""
        rows = [p for p in self.processes.values() if p['pid'] == pid]
        return max(rows, key=lambda p: p['proc']) if rows else None

    def live(self, pid):
        """Living VMA rows in order of address."""
        with self.changed:
            rows = [v for v in self.vmas.values() if v['pid'] == pid and v['live']]
        return sorted(rows, key=lambda v: int(v['start'], 16))

    def lost(self):
        """What the final report says was lost, by cause; {} is the rule."""
        groups = self.end['lost'], self.end['detail_lost'], {'dropped': self.end['events']['dropped']}
        return {key: n for group in groups for key, n in group.items() if n}


class Layout:
    """What /proc/PID/maps says and what the rows say, in the same words."""

    @staticmethod
    def of_proc(pid):
        with open('/proc/%d/maps' % pid, encoding='utf-8', errors='surrogateescape') as f:
            return Layout.of_text(f.read())

    @staticmethod
    def of_text(text):
        out = []
        for row in text.splitlines():
            words = row.split(None, 5)
            start, end = (int(x, 16) for x in words[0].split('-'))
            name = words[5] if len(words) > 5 else ''
            out.append((start, end, words[1], int(words[2], 16), int(words[4]), name))
        return [v for v in out if v[5] != '[vsyscall]']

    @staticmethod
    def of_rows(rows):
        return [(int(v['start'], 16), int(v['end'], 16), v['perm'], int(v['offset'], 16), int(v['ino']), v['name'])
                for v in rows if v['name'] != '[vsyscall]']


def show(vma):
    return '%x-%x %s %x %d %s' % vma


def difference(believed, real):
    """'' if the two layouts are equal, else the first lines that differ."""
    shown, there = set(believed), set(real)
    extra = [v for v in believed if v not in there]
    missing = [v for v in real if v not in shown]
    if not extra and not missing and len(believed) == len(real):
        return ''
    return '%d rows, %d in maps; not in maps: %s; not in rows: %s' % (
        len(believed), len(real), '; '.join(map(show, extra[:3])) or '-', '; '.join(map(show, missing[:3])) or '-')


def kinds_at(rows, address):
    """Kind of the VMA at an address and of its parts there."""
    kinds = set()
    for v in rows:
        if int(v['start'], 16) <= address < int(v['end'], 16):
            kinds.add(v['kind'] or '-')
            for part in v.get('parts') or []:
                if int(part['start'], 16) <= address < int(part['end'], 16):
                    kinds.add(part['kind'])
    return kinds


def fault_count(v):
    return v['faults']['minor'] + v['faults']['major']


def class_count(v, name):
    c = v['class'].get(name)
    return c['minor'] + c['major'] if c else 0


if __name__ == '__main__':
    for each in BUILDS:
        victim(each)

#!/usr/bin/env python3
"""Files of targets that hang, or are hostile, stop nothing: a FUSE server that answers no more, files that nobody can open
or read (fanotify), damaged ELF files; and the processes that read files are killed amid a run."""
import contextlib
import glob
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), 'lib'))
import mmt

HELPERS = 'mmtrace-keep', 'mmtrace-open', 'mmtrace-parse'
CONNECTIONS = '/sys/fs/fuse/connections'
REMOTE = 'its file system may hang: not read'
LATE = 'its file was not read in time'
DEVICE_LATE = 'not read: another file of its device was not read in time'


class Fuse:
    """A FUSE mount that a mapper reaches through its server's root."""

    def __init__(self):
        if not os.path.exists('/dev/fuse'):
            raise mmt.Skip('there is no /dev/fuse')
        self.directory = os.path.join(mmt.scratch(), 'fuse')
        os.makedirs(self.directory, exist_ok=True)
        self.server = mmt.Victim(mmt.victim('fuse'), self.directory, mmt.victim('kinds'), stderr=subprocess.PIPE)
        ready = self.server.process.stdout.readline().split()
        if not ready:
            raise mmt.Skip('no FUSE here: %s' % self.server.process.stderr.read().strip())
        self.connection = ready[1]
        self.path = '/proc/%d/root%s/file' % (self.server.pid, self.directory)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        abort = os.path.join(CONNECTIONS, self.connection, 'abort')
        if not os.path.exists(abort):
            subprocess.run(['mount', '-t', 'fusectl', 'none', CONNECTIONS], stderr=subprocess.DEVNULL)
        if os.path.exists(abort):
            with open(abort, 'w') as f:
                f.write('1')
        self.server.__exit__() # its end aborts too

    def hang(self):
        mmt.check(self.server.ask('hang') == 'hangs', 'the server does not hear')


class Gate:
    """Files that nobody can open, or read."""

    def __init__(self, what, *paths):
        self.victim = mmt.Victim(mmt.victim('gate'), what, *paths, stderr=subprocess.PIPE)
        if self.victim.process.stdout.readline() != 'shut\n':
            raise mmt.Skip('no fanotify with permissions: %s' % self.victim.process.stderr.read().strip())

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.victim.__exit__()


class Shared:
    """A directory on a device of its own: /dev/shm, where no library is."""

    def __enter__(self):
        if not os.access('/dev/shm', os.W_OK):
            raise mmt.Skip('there is no /dev/shm')
        self.path = tempfile.mkdtemp(prefix='mmtrace-live-', dir='/dev/shm')
        return self

    def __exit__(self, *_):
        shutil.rmtree(self.path, True)

    def copy(self, name):
        return shutil.copy(mmt.victim('kinds'), os.path.join(self.path, name))


def mapper():
    return mmt.Victim(mmt.victim('mapper'))


def map_file(victim, path):
    return int(victim.ask('map ' + path), 16)


def row_at(tracer, address):
    rows = [v for v in tracer.vmas.values() if v['start'] and int(v['start'], 16) <= address < int(v['end'], 16)]
    return rows[-1] if rows else None


def name_at(pid, address):
    with open('/proc/%d/maps' % pid) as f:
        for text in f:
            start, end = (int(x, 16) for x in text.split()[0].split('-'))
            if start <= address < end:
                return text.rstrip('\n').split(None, 5)[5]
    return None


def processes():
    """(pid, name, state, parent) of all there are."""
    for one in filter(str.isdigit, os.listdir('/proc')):
        try:
            with open('/proc/%s/stat' % one) as f:
                head, _, rest = f.read().rpartition(')')
        except OSError:
            continue
        yield int(one), head.partition('(')[2], rest.split()[0], int(rest.split()[1])


def helpers_of(pid):
    """{name: pid} of mmtrace's processes."""
    out = {one: (name, parent) for one, name, state, parent in processes() if name in HELPERS and state != 'Z'}
    keepers = [p for p, (name, parent) in out.items() if parent == pid and name == HELPERS[0]]
    return {name: p for p, (name, parent) in out.items() if p in keepers or parent in keepers}


def expect(tracer, address, kind, missing, source=None):
    row = tracer.wait(lambda: row_at(tracer, address), 'no row at %x' % address) and row_at(tracer, address)
    tracer.wait(lambda: (row_at(tracer, address)['kind'], row_at(tracer, address)['kind_missing']) == (kind, missing),
                'the row at %x' % address)
    mmt.check(source in (None, row_at(tracer, address)['kind_source']), 'known from %s' % row['kind_source'])


def nothing_left(helpers):
    """Killed ones may wait for whoever is to collect them."""
    mmt.wait_for(lambda: not any(os.path.exists('/proc/%d' % p) and mmt.stat_of(p)[0] != 'Z' for p in helpers.values()),
                 'left behind: %s' % helpers)


# --- FUSE ---

def fuse_target(body):
    """body(victim, address, name): the victim has mapped a file of a FUSE that hangs by now, and waits for its next page."""
    with mapper() as victim, Fuse() as fuse: # which ends first: the other waits for it
        address = map_file(victim, fuse.path)
        name = name_at(victim.pid, address)
        fuse.hang()
        victim.process.stdin.write('work 8\ntouch 200\n')
        victim.line()
        mmt.wait_for(lambda: mmt.stat_of(victim.pid)[0] == 'D' or b'request_wait' in wchan(victim.pid), 'the target does not hang')
        return body(victim, address, name)


def wchan(pid):
    with open('/proc/%d/wchan' % pid, 'rb') as f:
        return f.read()


def fuse(*words):
    """live or trace see a target hang in a file that hangs: they end by -d, and say all they know."""
    def body(victim, address, name):
        with mmt.Tracer('-d', '1s', '-p', victim.pid, *words) as tracer:
            tracer.finished()
            row = row_at(tracer, address)
            mmt.check(row and row['name'] == name, 'name %s, not %s' % (row and row['name'], name))
            mmt.check((row['kind'], row['kind_missing']) == ('file', REMOTE), 'kind %s: %s' % (row['kind'], row['kind_missing']))
            mmt.check(tracer.lost() == {'files_remote': 1}, 'lost: %s' % tracer.lost())
            libraries = [v for v in tracer.vmas.values() if v['kind_source'] == 'elf']
            mmt.check(libraries, 'no ELF headers were read')
        return name
    return fuse_target(body)


def fuse_words(*words):
    """The words of an mmtrace that traces such a target, until SIGINT or by itself."""
    def body(victim, *_):
        process = subprocess.Popen([mmt.MMTRACE, *words, '-v', *mmt.FORCED, '-p', str(victim.pid)], stdout=subprocess.PIPE,
                                   stderr=subprocess.STDOUT, bufsize=0) # what is read ahead, communicate() would miss
        first = b''
        try:
            if '-d' not in words:
                mmt.wait_for(lambda: helpers_of(process.pid), 'it does not start')
                first = process.stdout.readline()
                process.send_signal(signal.SIGINT)
            out = (first + process.communicate(timeout=mmt.PATIENCE)[0]).decode('utf-8', 'replace')
        finally:
            process.kill()
        mmt.check(process.returncode == 0, 'exit %d: %s' % (process.returncode, out[-300:]))
        mmt.check('files_remote: 1' in out, 'it says: ' + out[-300:])
        mmt.check(REMOTE in out, '-v does not say which: ' + out[:300])
        return 'it says files_remote'
    return fuse_target(body)


def fuse_command(*words):
    """The command itself stands on a FUSE that hangs: its exec never ends, and mmtrace does, by -d or SIGINT."""
    with tempfile.TemporaryFile('w+') as out, Fuse() as fuse: # no pipe: the command that is stuck holds it open
        fuse.hang()
        process = subprocess.Popen([mmt.MMTRACE, 'live', *words, *mmt.FORCED, '--', fuse.path], stdout=out, stderr=out)
        try:
            if not words:
                mmt.wait_for(lambda: any(b'request_wait' in wchan(one) for one, _, _, parent in processes() if parent == process.pid), 'the command does not hang')
                process.send_signal(signal.SIGINT)
            process.wait(timeout=mmt.PATIENCE)
        finally:
            process.kill()
        out.seek(0)
        said = out.read()
        # a request that the server had not taken yet ends by the signal, and the child with it
        mmt.check(process.returncode == 126 and 'its file does not answer' in said or not words and process.returncode == 130,
                  'exit %s: %s' % (process.returncode, said))
    return 'exit %d' % process.returncode


def stuck_openers():
    """mmtrace asks for no file of a FUSE. Where it did not know, a few processes would be stuck, and no more: the code
    that asks, linked to a program that asks for six of them."""
    program, root = os.path.join(mmt.scratch(), 'openers'), mmt.ROOT
    patterns = 'src/opener/*.c', 'src/base/*.c', 'src/host/*.c', 'tests/victims/openers.c'
    sources = [os.path.join(root, path) for pattern in patterns for path in glob.glob(pattern, root_dir=root)]
    if len(sources) < len(patterns) or not shutil.which('cc'):
        raise mmt.Skip('no sources, or no compiler')
    subprocess.run(['cc', '-std=gnu17', '-D_GNU_SOURCE', '-fwrapv', '-O1', '-I' + os.path.join(root, 'src'),
                    '-I' + os.path.join(root, 'bpf'), '-o', program, *sources], check=True)
    with contextlib.ExitStack() as all_of_them:
        servers = [all_of_them.enter_context(Fuse()) for _ in range(6)]
        with mmt.Victim(program, *[s.path for s in servers]) as asker: # ends first: the servers free what is stuck
            mmt.check(asker.line() == 'mapped', 'it does not map')
            for server in servers:
                server.hang()
            words = asker.ask('go').split()
    said = dict(zip(words[::2], map(int, words[1::2])))
    # 4 pairs are stuck; with the fifth its own program would be read on, but no fifth is started
    mmt.check(said['late'] == 4 and said['none'] == 2 and said['own'] >= 4, 'it says %s' % said)
    mmt.check(said['processes'] <= 1 + 4 + 2, 'so many processes: %s' % said)
    return ' '.join(words)


# --- files that cannot be opened or read ---

def gated(what):
    """One file is late, another of its device is not asked for; those of others are read on."""
    with Shared() as shared, mapper() as victim:
        paths = [shared.copy(name) for name in ('first', 'second')]
        addresses = [map_file(victim, paths[0])]
        with Gate(what, paths[0]), mmt.Tracer('-p', victim.pid) as tracer:
            tracer.started()
            helpers = helpers_of(tracer.process.pid)
            expect(tracer, addresses[0], 'file', LATE)
            addresses.append(map_file(victim, paths[1]))
            expect(tracer, addresses[1], 'file', DEVICE_LATE)
            elsewhere = shutil.copy(mmt.victim('kinds'), os.path.join(mmt.scratch(), 'elsewhere'))
            expect(tracer, map_file(victim, elsewhere), 'rodata', None, 'elf')
            helpers.update(helpers_of(tracer.process.pid))
            tracer.stop()
            mmt.check(tracer.lost() == {'files_late': 2}, 'lost: %s' % tracer.lost())
            nothing_left(helpers)
        return 'late: 2'


def short():
    """A run that ends before the file is late does not wait for it, and says that it is missing."""
    with Shared() as shared, mapper() as victim:
        path = shared.copy('first')
        address = map_file(victim, path)
        with Gate('open', path), mmt.Tracer('-p', victim.pid, '-d', '100ms') as tracer:
            tracer.finished()
            expect(tracer, address, 'file', LATE)
            mmt.check(tracer.lost() == {'files_late': 1}, 'lost: %s' % tracer.lost())


# --- processes that die ---

def killed(name):
    """Another pair takes over, said once; of the file that it was at nothing is known."""
    with Shared() as shared, mapper() as victim:
        path = shared.copy('first')
        with mmt.Tracer('-p', victim.pid) as tracer:
            tracer.started().settled()
            with Gate('open', path) if name == 'mmtrace-open' else Gate('read', path):
                pass # can it be?
            before = mapped_and_shut(tracer, victim, path, name)
            after = map_file(victim, shared.copy('second'))
            expect(tracer, after, 'rodata', None, 'elf')
            victim.ask('work 1000')
            tracer.stop()
            expect(tracer, before, 'file', 'the process that read its file died')
            said = tracer.words().count('has died')
            mmt.check(said == 1, 'said %d times: %s' % (said, tracer.words()))
            mmt.check(tracer.lost() == {'files_unasked': 1}, 'lost: %s' % tracer.lost())
            work = sum(v['faults']['minor'] for v in tracer.vmas.values() if v['kind'] == 'anon')
            mmt.check(work >= 1000, '%d faults' % work)
    return 'kinds after it: rodata'


def mapped_and_shut(tracer, victim, path, name):
    """Maps path while nobody else can open or read it, and kills the helper that is at it."""
    helpers = helpers_of(tracer.process.pid)
    os.kill(helpers['mmtrace-open'], signal.SIGSTOP) # so that the gate is shut first
    address = map_file(victim, path)
    with Gate('open' if name == 'mmtrace-open' else 'read', path):
        tracer.wait(lambda: row_at(tracer, address), 'no row')
        os.kill(helpers['mmtrace-open'], signal.SIGCONT)
        mmt.wait_for(lambda: b'fanotify' in wchan(helpers[name]) or b'fsnotify' in wchan(helpers[name]), '%s does not wait' % name)
        os.kill(helpers[name], signal.SIGKILL)
        expect(tracer, address, 'file', 'the process that read its file died')
    return address


def keeper_killed():
    """Nothing takes over: tracing goes on, what comes then is not read."""
    with Shared() as shared, mapper() as victim, mmt.Tracer('-p', victim.pid) as tracer:
        tracer.started().settled()
        before = map_file(victim, shared.copy('first'))
        expect(tracer, before, 'rodata', None, 'elf')
        helpers = helpers_of(tracer.process.pid)
        os.kill(helpers['mmtrace-keep'], signal.SIGKILL)
        nothing_left(helpers)
        after = map_file(victim, shared.copy('second'))
        expect(tracer, after, 'file', 'no process is left to read its file')
        tracer.stop()
        expect(tracer, before, 'rodata', None, 'elf')
        mmt.check(tracer.words().count('has died') == 1, 'it says: ' + tracer.words())
        mmt.check(tracer.lost() == {'files_unasked': 1}, 'lost: %s' % tracer.lost())


def left_by(number):
    """However mmtrace ends, its processes end too."""
    with mapper() as victim, mmt.Tracer('-p', victim.pid) as tracer:
        tracer.started()
        helpers = helpers_of(tracer.process.pid)
        mmt.check(sorted(helpers) == sorted(HELPERS), 'there are: %s' % helpers)
        tracer.process.send_signal(number)
        tracer.process.wait(timeout=mmt.PATIENCE)
        nothing_left(helpers)


def alone():
    """Its processes hold none of its descriptors and no right that they do not need, and -a does not show them."""
    with mmt.Tracer('-a') as tracer:
        tracer.started()
        helpers = helpers_of(tracer.process.pid)
        for name, pid in helpers.items():
            held = os.listdir('/proc/%d/fd' % pid)
            mmt.check(len(held) <= 2, '%s holds %s' % (name, held))
        with open('/proc/%d/status' % helpers['mmtrace-parse']) as f:
            status = dict(line.split(':\t', 1) for line in f.read().splitlines() if ':\t' in line)
        mmt.check(int(status['CapPrm'], 16) == 0 and status['Seccomp'] == '2', 'the parser may %s' % status['CapPrm'])
        tracer.settled().stop()
        seen = [p for p in tracer.processes.values() if p['pid'] in [*helpers.values(), tracer.process.pid]]
        mmt.check(not seen, 'it shows %s' % seen)


# --- hostile files ---

def hostile():
    """ELF headers of which any byte may be anything: each has a kind, no process dies."""
    with open(mmt.victim('kinds'), 'rb') as f:
        honest = f.read()
    dice, addresses = random.Random(1), []
    with mapper() as victim, mmt.Tracer('-p', victim.pid) as tracer:
        tracer.started()
        for i in range(100):
            data = bytearray(honest)
            for _ in range(1 + i // 4):
                at = dice.randrange(16, 64 + 12 * 56)
                data[at] = dice.choice([0, 1, 0x7f, 0x80, 0xff, dice.randrange(256)])
            path = os.path.join(mmt.scratch(), 'hostile-%d' % i)
            with open(path, 'wb') as f:
                f.write(data[:dice.choice([len(data), 4096, 64, 100])])
            addresses.append(map_file(victim, path))
        tracer.settled()
        mmt.wait_for(lambda: all(row_at(tracer, a) and row_at(tracer, a)['kind_source'] == 'elf' for a in addresses),
                     'not all were read')
        victim.rest()
        tracer.finished()
        mmt.check('has died' not in tracer.words() and not tracer.lost(), '%s %s' % (tracer.words(), tracer.lost()))
        kinds = sorted({row_at(tracer, a)['kind'] for a in addresses})
    return 'kinds: ' + ' '.join(kinds)


def reused_inode():
    """A file goes, and another takes its inode's number: its kinds are its own."""
    first, second = (os.path.join(mmt.scratch(), name) for name in ('first', 'second'))
    with mapper() as one, mapper() as other, mmt.Tracer('-p', '%d,%d' % (one.pid, other.pid)) as tracer:
        tracer.started()
        shutil.copy(mmt.victim('kinds'), first)
        number, size = os.stat(first).st_ino, os.stat(first).st_size
        expect(tracer, map_file(one, first), 'rodata', None, 'elf')
        one.process.kill() # nobody has it mapped any more
        one.process.wait()
        os.unlink(first)
        for i in range(100):
            name = '%s-%d' % (second, i) # those that took other numbers stay
            with open(name, 'wb') as f:
                f.write(b'x' * size)
            if os.stat(name).st_ino == number:
                break
        else:
            raise mmt.Skip('this file system gives the number to nobody')
        expect(tracer, map_file(other, name), 'file', None, 'elf')
        other.rest()
        tracer.finished()
    return 'inode %d, file %d' % (number, i)


mmt.usable('hung')
mmt.run('hung: live, a target in a FUSE that hangs', fuse)
mmt.run('hung: summary of a target in a FUSE that hangs', lambda: fuse_words('-d', '1s'))
mmt.run('hung: SIGINT, a target in a FUSE that hangs', lambda: fuse_words('-i', '100ms'))
mmt.run('hung: trace, a target in a FUSE that hangs', lambda: fuse_words('trace', '-d', '1s'))
mmt.run('hung: -d, a command in a FUSE that hangs', lambda: fuse_command('-d', '1s'))
mmt.run('hung: SIGINT, a command in a FUSE that hangs', fuse_command)
mmt.run('hung: openers that are stuck are few', stuck_openers)
mmt.run('hung: a file that cannot be opened', lambda: gated('open'))
mmt.run('hung: a file that cannot be read', lambda: gated('read'))
mmt.run('hung: a run that ends first', short)
mmt.run('hung: the opener is killed', lambda: killed('mmtrace-open'))
mmt.run('hung: the parser is killed', lambda: killed('mmtrace-parse'))
mmt.run('hung: the keeper is killed', keeper_killed)
mmt.run('hung: nothing is left after SIGINT', lambda: left_by(signal.SIGINT))
mmt.run('hung: nothing is left after SIGKILL', lambda: left_by(signal.SIGKILL))
mmt.run('hung: helpers hold nothing', alone)
mmt.run('hung: damaged ELF files', hostile)
mmt.run('hung: a reused inode', reused_inode)
mmt.finish()

#!/usr/bin/env python3
"""Names of user space (src/sym/user.h) of real programs: C++, Rust, inlined functions, stripped files whose symbols stand
elsewhere, files that are replaced or deleted, other mount namespaces, programs that have ended, code made at run time, and
files that want to harm who reads them. tests/victims/symbols.c asks."""
import glob
import lzma
import os
import random
import shutil
import signal
import struct
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), 'lib'))
import mmt

STRIPPED = '!the file is stripped, and no debug file of it was found'
C_SOURCE = r'''
#include <stdio.h>
#include <unistd.h>
volatile int spin;
static inline __attribute__((always_inline)) void innermost(void) {
	spin++; /* line 6 */
	__asm__ volatile("inside: nop");
}
static inline __attribute__((always_inline)) void middle(void) {
	innermost(); /* line 10 */
}
__attribute__((noinline)) static void hidden(void) {
	spin++;
	middle(); /* line 14 */
	spin++;
}
extern char inside[];
int main(int count, char **words) {
	(void)words;
	printf("%p\n", (void *)inside);
	fflush(stdout);
	if (count > 1)
		hidden();
	return getchar();
}
'''
CXX_SOURCE = r'''
extern "C" int printf(const char *, ...);
extern "C" int getchar();
extern "C" int fflush(void *);
namespace space {
template <typename T, int N> struct box {
	T values[N];
	template <typename U> __attribute__((noinline)) int put(U a, const box<T, N> &other) { return (int)a + (int)other.values[0]; }
};
struct other { __attribute__((noinline)) operator bool() const { return true; } };
}
int main() {
	using B = space::box<unsigned long, 3>;
	int (B::*f)(char, const B &) = &B::put<char>;
	bool (space::other::*g)() const = &space::other::operator bool;
	printf("%lx\n%lx\n", *(unsigned long *)&f, *(unsigned long *)&g);
	fflush(0);
	return getchar();
}
'''
RUST_SOURCE = r'''
mod room { pub struct Shelf<T>(pub T); impl<T: Copy + Into<u64>> Shelf<T> { #[inline(never)] pub fn weigh(&self) -> u64 { self.0.into() + 1 } } }
fn main() {
	println!("{:x}", room::Shelf::<u32>::weigh as *const () as usize);
	let mut line = String::new();
	std::io::stdin().read_line(&mut line).unwrap();
	println!("{}", room::Shelf(3u32).weigh());
}
'''
JIT_SOURCE = r'''
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
int main(int count, char **words) {
	char *code = mmap(0, 8192, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0), path[64];
	FILE *f;
	snprintf(path, sizeof(path), "/tmp/perf-%d.map", getpid());
	if (count > 1 && !strcmp(words[1], "map")) {
		f = fopen(path, "w");
		fprintf(f, "%lx 40 older\n%lx 40 LazyCompile:~work <b>/app.js:3\n", (long)code, (long)code);
		fclose(f);
	}
	if (count > 2)
		mmap(0, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE, fileno(fopen(words[2], "r")), 0);
	printf("%d %lx\n", getpid(), (long)code);
	fflush(stdout);
	getchar();
	unlink(path);
	return 0;
}
'''

# A unit of 300,000 scopes, each in the one before it: who follows them by calling himself has no stack left.
DEEP_SOURCE = r'''
	.section .debug_abbrev,"",@progbits
	.uleb128 1, 0x11; .byte 1; .uleb128 0x11, 1, 0x12, 7, 0, 0
	.uleb128 2, 0x0b; .byte 1; .uleb128 0x11, 1, 0x12, 7, 0, 0
	.byte 0
	.section .debug_info,"",@progbits
	.long end - begin
begin:	.short 4
	.long .debug_abbrev
	.byte 8
	.uleb128 1; .quad main; .quad 0x100000
	.rept 300000
	.uleb128 2; .quad main; .quad 0x100000
	.endr
end:
'''


def path_of(name):
    return os.path.join(mmt.scratch(), name)


def call(*command):
    subprocess.run(command, check=True, stderr=subprocess.PIPE, text=True)


def compiled(name, source, *flags, compiler='gcc', kind='c'):
    mmt.need(compiler)
    path = path_of(name)
    with open(path + '.' + kind, 'w') as f:
        f.write(source)
    call(compiler, *([] if compiler == 'rustc' else ['-w']), *flags, '-o', path, path + '.' + kind)
    return path


def asker():
    """The resolver, linked to a program that asks by lines."""
    program = path_of('symbols')
    root = mmt.ROOT
    patterns = ('src/sym/*.c', 'src/opener/*.c', 'src/base/*.c', 'src/host/*.c',
                'tests/victims/symbols.c')
    sources = [os.path.join(root, p) for pattern in patterns for p in glob.glob(pattern, root_dir=root)]
    if len(sources) < len(patterns) or not shutil.which('cc'):
        raise mmt.Skip('no sources, or no compiler')
    if not os.path.exists(program):
        done = subprocess.run(['cc', '-std=gnu17', '-D_GNU_SOURCE', '-fwrapv', '-O1', '-I' + os.path.join(root, 'src'),
                               '-I' + os.path.join(root, 'bpf'), '-o', program, *sources,
                               '-ldw', '-lelf', '-llzma', '-lz', '-liberty', '-lm'], stderr=subprocess.PIPE, text=True)
        if done.returncode and 'No such file' in done.stderr:
            raise mmt.Skip('libraries are missing: ' + done.stderr.strip().splitlines()[-1])
        mmt.check(not done.returncode, done.stderr)
    return mmt.Victim(program)


class Name:
    """A line of the answer."""

    def __init__(self, line):
        self.line = line
        self.module, offset, *rest = line.split('\t')
        self.offset = int(offset.rstrip('~'), 16)
        self.why = rest[0] if rest and rest[0].startswith('!') else None
        self.frames = [] if self.why else [part.rsplit('@', 1) for part in rest]
        self.functions = [f[0] for f in self.frames]

    def is_function(self, want, offset=None):
        mmt.check(self.functions[-1:] == [want] and (offset is None or self.offset == offset), 'it says ' + self.line)


def write(a, line):
    a.process.stdin.write(line + '\n')


def names(a, pid, *addresses):
    write(a, 'ask %d %s' % (pid, ' '.join('%x' % x for x in addresses)))
    return [Name(a.line()) for _ in addresses]


class Program(mmt.Victim):
    """Says addresses, a line each, and waits."""

    def __init__(self, *command, lines=1, **options):
        super().__init__(*command, **options)
        self.addresses = [int(self.line().split()[-1], 16) for _ in range(lines)]


def mapped(a, pid):
    write(a, 'map %d' % pid)
    mmt.check(a.line() == 'mapped', 'the asker has gone')


def one(program, want, *more):
    """What is asked of its first address."""
    with asker() as a, program as p:
        for word in more:
            write(a, word)
        mapped(a, p.pid)
        found = names(a, p.pid, *p.addresses)
        if want:
            found[0].is_function(want)
    return found


def templates():
    if not shutil.which('clang'):
        raise mmt.Skip('no clang')
    path = compiled('box', CXX_SOURCE, '-O1', '-fno-exceptions', '-fno-rtti', '-nostdlib++', compiler='clang', kind='cc')
    found = one(Program(path, lines=2), None)
    found[0].is_function('int space::box<unsigned long, 3>::put<char>(char, space::box<unsigned long, 3> const&)', 0)
    found[1].is_function('space::other::operator bool() const', 0)


def rust(mangling):
    if not shutil.which('rustc'):
        raise mmt.Skip('no rustc')
    flags = ['-C', 'symbol-mangling-version=' + mangling, '-O']
    if mangling == 'legacy':
        flags += ['-Z', 'unstable-options']
        os.environ['RUSTC_BOOTSTRAP'] = '1'
    try:
        path = compiled('shelf', RUST_SOURCE, *flags, compiler='rustc', kind='rs')
    except subprocess.CalledProcessError:
        try:
            path = compiled('shelf', RUST_SOURCE, *[f for f in flags if f not in ('-Z', 'unstable-options')],
                            compiler='rustc', kind='rs')
        except subprocess.CalledProcessError as e:
            raise mmt.Skip('this rustc cannot: ' + e.stderr.strip().splitlines()[0])
    wanted = {'v0': '<shelf::room::Shelf<u32>>::weigh', 'legacy': 'shelf::room::Shelf<T>::weigh'}
    found = one(Program(path), wanted[mangling])
    return found[0].functions[0]


def inlined():
    path = compiled('inlined', C_SOURCE, '-O2', '-g')
    debug = path + '.debug'
    call('objcopy', '--only-keep-debug', path, debug)
    call('strip', path)
    call('objcopy', '--add-gnu-debuglink=' + debug, path)
    with asker() as a, Program(path) as p:
        mapped(a, p.pid)
        plain = names(a, p.pid, *p.addresses)[0]
        mmt.check(plain.functions == ['hidden'], 'without DWARF it says ' + plain.line)
        write(a, 'inlined')
        mapped(a, p.pid)
        found = names(a, p.pid, *p.addresses)[0]
    mmt.check(found.functions == ['innermost', 'middle', 'hidden'], 'it says ' + found.line)
    lines = [f[1].rsplit(':', 1) for f in found.frames]
    mmt.check([int(n) for _, n in lines[1:]] == [10, 14] and lines[0][0].endswith('inlined.c'), 'lines: ' + found.line)


def large():
    """A unit in very many pieces, as a large program is: nothing that its reader does with them may be forbidden."""
    functions = ''.join('__attribute__((noinline)) void f%d(void) { spin++; __asm__ volatile(""); }\n' % i for i in range(3000))
    path = compiled('large', C_SOURCE.replace('int main', functions + 'int main'), '-O2', '-g', '-ffunction-sections',
                    '-falign-functions=64')
    with asker() as a, Program(path) as p:
        write(a, 'inlined')
        mapped(a, p.pid)
        found = names(a, p.pid, *p.addresses)[0]
        mmt.check(found.functions == ['innermost', 'middle', 'hidden'], 'it says ' + found.line)
        write(a, 'counts')
        mmt.check(a.line().split()[2] == '0', 'its reader died')


def stripped(build_id, right):
    """Debug file by its checksum or build-id, or one of another build."""
    path = compiled('plain', C_SOURCE, '-O2', '-Wl,--build-id=' + build_id)
    other = path if right else compiled('other', C_SOURCE + 'int more = 3;', '-O2', '-Wl,--build-id=' + build_id)
    debug = path + '.debug'
    call('objcopy', '--only-keep-debug', other, debug)
    shutil.copy(path, path + '.whole')
    call('strip', path)
    call('objcopy', '--add-gnu-debuglink=' + debug, path)
    if not right and build_id == 'none':
        with open(debug, 'ab') as f:
            f.write(b'changed')
    found = one(Program(path), 'hidden' if right else None)[0]
    mmt.check(right or found.why == STRIPPED, 'it says ' + found.line)


def debuginfod():
    """A server, here a folder, has the debug file; it is asked only where that is wanted."""
    mmt.need('debuginfod-find')
    path = compiled('served', C_SOURCE, '-O2', '-Wl,--build-id=0x1234567890abcdef')
    folder = path_of('server/buildid/1234567890abcdef')
    os.makedirs(folder)
    call('objcopy', '--only-keep-debug', path, folder + '/debuginfo')
    call('strip', path)
    os.environ['DEBUGINFOD_URLS'] = 'file://' + path_of('server')
    os.environ['DEBUGINFOD_CACHE_PATH'] = path_of('cache')
    found = one(Program(path), None)[0]
    mmt.check(found.why == STRIPPED, 'not asked to, it says ' + found.line)
    one(Program(path), 'hidden', 'debuginfod')
    os.environ['DEBUGINFOD_URLS'] = 'file:///nowhere'
    os.environ['DEBUGINFOD_CACHE_PATH'] = path_of('other-cache')
    found = one(Program(path), None, 'debuginfod')[0]
    mmt.check(found.why == STRIPPED, 'of a server without it, it says ' + found.line)
    del os.environ['DEBUGINFOD_URLS']


def packed():
    """.gnu_debugdata: the file's own symbols, packed."""
    path = compiled('packed', C_SOURCE, '-O2')
    small = path + '.small'
    call('objcopy', '--only-keep-debug', path, small)
    with open(small, 'rb') as f, open(small + '.xz', 'wb') as out:
        out.write(lzma.compress(f.read()))
    call('strip', path)
    mmt.check(one(Program(path), None)[0].why == STRIPPED, 'it is not stripped')
    call('objcopy', '--add-section', '.gnu_debugdata=' + small + '.xz', path)
    one(Program(path), 'hidden')


def replaced():
    """The file is another one when it is asked for, before and after it was announced; and deleted."""
    path = compiled('replaced', C_SOURCE, '-O2')
    other = compiled('liar', C_SOURCE.replace('hidden', 'liar'), '-O2')
    with asker() as a, Program(path) as p:
        mapped(a, p.pid)
        os.rename(other, path)
        names(a, p.pid, *p.addresses)[0].is_function('hidden')
        with asker() as late:
            mapped(late, p.pid)
            names(late, p.pid, *p.addresses)[0].is_function('hidden')
        os.unlink(path)
        names(a, p.pid, *[x + 1 for x in p.addresses])[0].is_function('hidden')


def ended():
    """It has ended, and its file is gone, when names are asked for."""
    path = compiled('ended', C_SOURCE, '-O2')
    with asker() as a:
        with Program(path) as p:
            mapped(a, p.pid)
            address = p.addresses[0]
        os.unlink(path)
        names(a, p.pid, address)[0].is_function('hidden')


def gone_first():
    """The process that was met first had ended before its files were opened; another one has them too."""
    path = compiled('first', C_SOURCE, '-O2')
    with asker() as a, Program(path) as p:
        write(a, 'gone %d' % p.pid)
        mmt.check(a.line() == 'mapped', 'the asker has gone')
        found = names(a, p.pid, *p.addresses)[0]
        mmt.check(found.why == '!the file or its process had gone before it could be read', 'it says ' + found.line)
        mapped(a, p.pid)
        names(a, p.pid, *p.addresses)[0].is_function('hidden')


def reader_killed():
    """What it kept is lost with it; what has its path still is the same file."""
    path = compiled('kept', C_SOURCE, '-O2')
    with asker() as a:
        with Program(path) as p:
            mapped(a, p.pid)
            address = p.addresses[0]
        reader = reader_of(a)
        os.kill(reader, signal.SIGKILL)
        mmt.wait_for(lambda: not is_reader(reader, a.pid) or mmt.stat_of(reader)[0] == 'Z', 'the reader lives')
        names(a, p.pid, address)[0].is_function('hidden')


def reader_of(a):
    readers = [int(pid) for pid in os.listdir('/proc') if pid.isdigit() and is_reader(int(pid), a.pid)]
    mmt.check(len(readers) == 1, 'readers: %s' % readers)
    return readers[0]


def without_rights():
    """Who reads files has no capability, may call little, and holds no file but those it reads."""
    path = compiled('rights', C_SOURCE, '-O2', '-g')
    with asker() as a, Program(path) as p:
        write(a, 'inlined')
        mapped(a, p.pid)
        names(a, p.pid, *p.addresses)[0].is_function('hidden')
        reader = reader_of(a)
        with open('/proc/%d/status' % reader) as f:
            status = dict(line.split(':\t', 1) for line in f.read().splitlines() if ':\t' in line)
        open_files = [os.readlink('/proc/%d/fd/%s' % (reader, fd)) for fd in os.listdir('/proc/%d/fd' % reader)]
    for key, want in (('CapEff', '0' * 16), ('CapPrm', '0' * 16), ('Seccomp', '2'), ('NoNewPrivs', '1')):
        mmt.check(status[key] == want, '%s is %s' % (key, status[key]))
    others = [name for name in open_files if not name.startswith('socket:') and name != path]
    mmt.check(not others, 'it holds %s' % others)


def is_reader(pid, asker_pid):
    try:
        with open('/proc/%d/stat' % pid) as f:
            words = f.read()
        with open('/proc/%s/stat' % words.rsplit(')', 1)[1].split()[1]) as f:
            keeper = f.read()
    except OSError:
        return False
    return '(mmtrace-parse)' in words and keeper.rsplit(')', 1)[1].split()[1] == str(asker_pid)


def other_namespace():
    """Program and debug file lie in a file system that only it sees."""
    path = compiled('room', C_SOURCE, '-O2', '-Wl,--build-id=0xabcdef0123456789')
    debug = path + '.debug'
    call('objcopy', '--only-keep-debug', path, debug)
    call('strip', path)
    script = ('mount -t tmpfs none /mnt && mkdir -p /mnt/bin && cp {0} /mnt/bin/room && mount -t tmpfs none /usr/lib/debug && '
              'mkdir -p /usr/lib/debug/.build-id/ab && cp {0}.debug /usr/lib/debug/.build-id/ab/cdef0123456789.debug && '
              'exec /mnt/bin/room').format(path)
    os.makedirs('/usr/lib/debug', exist_ok=True)
    found = one(Program('unshare', '-m', 'sh', '-c', script), 'hidden')
    mmt.check(found[0].module == 'room', 'the module is ' + found[0].module)


def jit(how):
    path = compiled('jit', JIT_SOURCE, '-O2')
    dump = path_of('jit-1.dump')
    command = [path, 'map'] if how in ('map', 'own') else [path, 'none'] + ([dump] if how == 'dump' else [])
    if how == 'dump':
        with open(dump, 'wb') as f:
            f.write(bytes(4096))
    if how in ('own', 'inner'):
        script = 'exec 3<%s && mount -t tmpfs none /tmp && cp /proc/self/fd/3 /tmp/jit && chmod 755 /tmp/jit && exec /tmp/jit map'
        command = ['unshare', '-m', *(['-p', '-f', '--kill-child'] if how == 'inner' else []), 'sh', '-c', script % path]
    with asker() as a, Program(*command) as p:
        code = p.addresses[0]
        pid = child_of(p.pid) if how == 'inner' else p.pid
        if how == 'dump':
            write_dump(dump, pid, code)
        mapped(a, pid)
        found = names(a, pid, code + 4, code + 0x100)
    if how == 'none':
        mmt.check(found[0].why == '!code made at run time, without /tmp/perf-PID.map or jitdump', 'it says ' + found[0].line)
        return
    found[0].is_function('from a dump' if how == 'dump' else 'LazyCompile:~work <b>/app.js:3', 4)
    mmt.check(found[0].module == '[jit]' and found[1].why == '!no symbol covers it', 'it says ' + found[1].line)


def foreign_map(how):
    """A map that a process left which had this pid before, or that another user wrote, is not believed."""
    path = compiled('jit', JIT_SOURCE, '-O2')
    with asker() as a, Program(path, 'map') as p:
        mapped(a, p.pid)
        perf_map = '/tmp/perf-%d.map' % p.pid
        began = os.stat(perf_map).st_mtime_ns
        write(a, 'since %d' % began)
        names(a, p.pid, p.addresses[0])[0].is_function('LazyCompile:~work <b>/app.js:3')
        if how == 'older':
            write(a, 'since %d' % (began + 1))
        elif how == 'link':
            os.rename(perf_map, perf_map + '.other')
            os.symlink(perf_map + '.other', perf_map)
        else:
            os.chown(perf_map, 12345, 12345)
        found = names(a, p.pid, p.addresses[0])[0]
        if how == 'link':
            os.unlink(perf_map + '.other')
        os.unlink(perf_map)
    mmt.check(not found.functions, 'it says ' + found.line)


def child_of(pid):
    with open('/proc/%d/task/%d/children' % (pid, pid)) as f:
        return int(f.read().split()[0])


def write_dump(path, pid, code):
    name = b'from a dump\0'
    load = struct.pack('<IIQQQQ', pid, pid, code, code, 0x40, 1) + name + bytes(0x40)
    with open(path, 'r+b') as f:
        f.write(struct.pack('<IIIIIIQQ', 0x4a695444, 1, 40, 62, 0, pid, 0, 0))
        f.write(struct.pack('<IIQ', 2, 16 + 8, 1) + bytes(8)) # of a kind that is passed over
        f.write(struct.pack('<IIQ', 0, 16 + len(load), 2) + load)


def kernel():
    with open('/proc/kallsyms') as f:
        for line in f:
            address, _, name = line.split()[:3]
            if name == 'ksys_read' or name == 'vfs_read':
                break
    if not int(address, 16):
        raise mmt.Skip('the kernel hides its addresses')
    with asker() as a:
        write(a, 'kernel')
        found = names(a, 1, int(address, 16) + 3)[0]
    found.is_function(name, 3)
    mmt.check(found.module == '[kernel]', 'the module is ' + found.module)


def damaged():
    """A program runs whose file says anything but its program headers: nothing hangs, and others keep their names."""
    with open(compiled('good', C_SOURCE, '-O2', '-g'), 'rb') as f:
        good = f.read()
    dice = random.Random(13)
    sections = struct.unpack_from('<Q', good, 0x28)[0]
    names_of = []
    with asker() as a:
        write(a, 'inlined')
        for i in range(40):
            path = path_of('damaged%d' % i)
            bad = bytearray(good)
            for _ in range(dice.choice((1, 3, 30))):
                bad[dice.randrange(sections, len(bad))] = dice.choice((0, 1, 0x7f, 0x80, 0xff, dice.randrange(256)))
            for _ in range(dice.choice((0, 200))): # DWARF and symbol names
                bad[dice.randrange(len(bad) // 3, sections)] ^= 1 << dice.randrange(8)
            with open(path, 'wb') as f:
                f.write(bad)
            os.chmod(path, 0o755)
            try:
                p = Program(path, stderr=subprocess.DEVNULL)
            except (ValueError, IndexError, OSError, mmt.Failed):
                continue # it does not run any more
            with p:
                mapped(a, p.pid)
                names_of.append(names(a, p.pid, *p.addresses)[0])
        with Program(path_of('good')) as p:
            mapped(a, p.pid)
            names(a, p.pid, *p.addresses)[0].is_function('hidden')
    mmt.check(len(names_of) > 5, 'only %d of them ran' % len(names_of))
    return '%d ran, %d have a name' % (len(names_of), sum(1 for n in names_of if n.functions))


def deep():
    """A file kills who reads its DWARF: its symbols are read all the same, and so are other files."""
    with open(path_of('deep.s'), 'w') as f:
        f.write(DEEP_SOURCE)
    path = compiled('deep', C_SOURCE.replace('static void hidden', 'void hidden'), '-O2', path_of('deep.s'), '-no-pie')
    good = compiled('shallow', C_SOURCE, '-O2', '-g')
    with asker() as a, Program(path) as p, Program(good) as q:
        write(a, 'inlined')
        mapped(a, p.pid)
        mapped(a, q.pid)
        names(a, p.pid, *p.addresses)[0].is_function('hidden')
        found = names(a, q.pid, *q.addresses)[0]
        mmt.check(found.functions == ['innermost', 'middle', 'hidden'], 'of the other file it says ' + found.line)
        names(a, p.pid, *[x + 1 for x in p.addresses])[0].is_function('hidden')
        write(a, 'counts')
        deaths = int(a.line().split()[2])
    mmt.check(deaths == 1, '%d readers died' % deaths)


mmt.usable('symbols')
if not all(map(shutil.which, ('gcc', 'objcopy', 'strip'))):
    mmt.say('skip', 'symbols', 'there is no compiler')
    mmt.finish()
mmt.run('symbols: C++ templates', templates)
mmt.run('symbols: Rust, legacy names', rust, 'legacy')
mmt.run('symbols: Rust, v0 names', rust, 'v0')
mmt.run('symbols: inlined functions from a debug file', inlined)
mmt.run('symbols: a unit in many pieces', large)
mmt.run('symbols: stripped, a debug file by its checksum', stripped, 'none', True)
mmt.run('symbols: stripped, a debug file by its build-id', stripped, 'sha1', True)
mmt.run('symbols: a debug file of another build', stripped, 'sha1', False)
mmt.run('symbols: a debug file with another checksum', stripped, 'none', False)
mmt.run('symbols: .gnu_debugdata', packed)
mmt.run('symbols: a debug file from a server', debuginfod)
mmt.run('symbols: a file that is replaced, then deleted', replaced)
mmt.run('symbols: a program that has ended', ended)
mmt.run('symbols: a process that had gone, then another one', gone_first)
mmt.run('symbols: the reader is killed', reader_killed)
mmt.run('symbols: the reader has no rights', without_rights)
mmt.run('symbols: another mount namespace', other_namespace)
mmt.run('symbols: a JIT with a perf map', jit, 'map')
mmt.run('symbols: a JIT with a perf map of its own /tmp', jit, 'own')
mmt.run('symbols: a JIT in a pid namespace', jit, 'inner')
mmt.run('symbols: a JIT with a jitdump', jit, 'dump')
mmt.run('symbols: a perf map that is older than the process', foreign_map, 'older')
mmt.run('symbols: a perf map of another user', foreign_map, 'user')
mmt.run('symbols: a perf map that is a link', foreign_map, 'link')
mmt.run('symbols: a JIT that says nothing', jit, 'none')
mmt.run('symbols: the kernel', kernel)
mmt.run('symbols: damaged files', damaged)
mmt.run('symbols: a file that kills its reader', deep)
mmt.finish()

# SPDX-License-Identifier: GPL-2.0
"""What is measured: loads and the ways to watch them, and the budgets."""
import os
import shutil

from measure import BUILT, ROOT, Variant

MMTRACE = os.environ.get("MMTRACE", os.path.join(ROOT, "build/mmtrace"))
STARTED = ("OUT", '"type":"start"')
SEEN = ("OUT", r'"seen":(\d+)')
# A budget: text, figure, variant, base variant, limit, aim (of the ratio)
BUDGETS = [
    ("fault storm, every fault streamed with VMA, class and latency", "fault1", "stream", "untraced", 1.25, 1.12),
    ("fault storm of 2 threads, streamed with all that", "fault2", "stream", "untraced", 1.25, 1.12),
    ("fault storm, counted in the kernel", "fault1", "aggregate", "untraced", 1.08, 1.04),
    ("fault storm of 2 threads, counted in the kernel", "fault2", "aggregate", "untraced", 1.08, 1.04),
    ("fault storm against bpftrace's count by 2 MiB range", "fault1", "stream", "bpftrace", 0.75, None),
    ("allocation storm, histogram by call site", "alloc", "hist", "untraced", 1.15, None),
]
# Beyond empty programs at the same hooks: text, figure, variant, limit (ns in BPF programs)
BPF_BUDGETS = [
    ("ns in BPF per fault beyond empty programs, streamed", "inside1", "stream", 130),
    ("ns in BPF per fault beyond empty programs, counted in the kernel", "inside1", "aggregate", 60),
]


class Figure:
    def __init__(self, key, title, load, ops, variants, cpu_of=None, events=1, stats=False, rounds=99):
        self.key, self.title, self.load, self.ops, self.variants = key, title, load, ops, variants
        self.cpu_of = cpu_of  # pid whose time on CPU counts, if not the load's own
        self.events = events  # of one operation
        self.rounds = rounds  # at most
        self.stats = stats    # time in BPF programs is measured, which itself takes time


def untraced():
    return Variant("untraced", "untraced")


def live(key, title, *options, on="load", counted=SEEN, load=None):
    argv = [MMTRACE, "--json", "-i", "60", "-o", "OUT", *options, "-p", "PID"]
    return Variant(key, title, argv, STARTED, counted, on=on, load=load)


def trace(on="load"):
    argv = [MMTRACE, "trace", "-o", "/dev/null", "-p", "PID"]
    return Variant("trace", "mmtrace trace, every event a line" if on == "load" else "mmtrace trace of another process",
                   argv, ("stderr", "tracing"), on=on)


def peer(key, title, argv, ready, counted, **more):
    v = Variant(key, title, argv, ready, counted, **more)
    if not shutil.which(argv[0]):
        v.skipped = f"skipped: {argv[0]} is not installed"
    return v


def bpftrace(key, title, program, counted=("stdout", r"\]: (\d+)")):
    return peer(key, title, ["bpftrace", "-q", "-e", 'BEGIN { printf("ready\\n"); } ' + program], ("stdout", "ready"),
                counted, settle=0.5)


def floor():
    return Variant("floor", "empty programs at the same hooks",
                   [os.path.join(BUILT, "empty"), os.path.join(BUILT, "empty.bpf.o"), "tracepoint"], ("stdout", "ready"))


def stream():
    return live("stream", "mmtrace: each fault streamed")


def aggregate():
    return live("aggregate", "mmtrace --aggregate", "--aggregate")


def bpftrace_count():
    return bpftrace("bpftrace", "bpftrace, count by 2 MiB range",
                    "tracepoint:exceptions:page_fault_user /pid == %PID%/ { @[pid, args->address >> 21] = count(); }")


def fault(threads):
    return Figure(f"fault{threads}", f"fault storm, {threads} thread{'s'[:threads - 1]} (ns per fault)",
                  ["fault", str(threads)], 8192 * threads, [
        untraced(), floor(),
        live("bystander", "mmtrace of another process", on="idle", counted=None),
        stream(), aggregate(), bpftrace_count(),
        bpftrace("bpftrace-all", "bpftrace, the same of every process",
                 "tracepoint:exceptions:page_fault_user { @[pid, args->address >> 21] = count(); }", None),
        peer("perf-record", "perf record -e page-faults -c 1 -d",
             ["perf", "record", "-q", "-o", "OUT", "-m", "2048", "-e", "page-faults", "-c", "1", "-d", "-p", "PID"], 0.4,
             ("perf script", "page-faults"), rounds=3),
        peer("perf-trace", "perf trace -F all",
             ["perf", "trace", "-F", "all", "--no-syscalls", "-o", "OUT", "-p", "PID"], 0.6, ("OUT", "LINES"), rounds=2, share=0.15),
    ])


RINGS = [
    ("filter", "empty but for the test of the process"), ("clock", "and a clock read"),
    ("ring_56", "one ring, 56 bytes, woken as it fills to a quarter"), ("ring_16", "16 bytes"), ("ring_120", "120 bytes"),
    ("no_clock", "no clock read"), ("each_beyond", "woken by each record beyond a quarter"), ("timer_only", "never woken, a timer reads"), ("adaptive", "the kernel decides when to wake"),
    ("each", "woken by each record"), ("per_cpu", "a ring per CPU: ours"), ("batched", "16 records at a time"),
    ("row", "no record: a count in a hash"),
]


def rings():
    return [Variant(key, title, [os.path.join(BUILT, "ring"), os.path.join(BUILT, "ring.bpf.o"), key, "PID"], ("stdout", "ready"),
                    None if key in ("filter", "clock", "row") else ("stdout", r"events (\d+)")) for key, title in RINGS]


def ring(threads):
    return Figure(f"ring{threads}", f"ways to hand over a fault, {threads} thread{'s'[:threads - 1]} (ns per fault)",
                  ["fault", str(threads)], 8192 * threads, [untraced(), *rings()], rounds=5)


def inside(threads):
    return Figure(f"inside{threads}", f"ns in BPF programs per fault, {threads} thread{'s'[:threads - 1]}",
                  ["fault", str(threads)], 8192 * threads,
                  [untraced(), floor(), stream(), aggregate(), bpftrace_count(), *rings()], stats=True, rounds=4)


def inside_deep():
    return Figure("inside-vmas", "ns in BPF programs per fault, in a process of 60,000 VMAs", ["fault60k"], 8192,
                  [untraced(), floor(), stream(), aggregate()], stats=True, rounds=4)


def storm(kind, title, ops):
    return Figure(kind, title, [kind], ops, [
        untraced(),
        live("bystander", "mmtrace of another process", on="idle", counted=None),
        live("live", "mmtrace", counted=None),
        trace(),
    ])


def getpid():
    return Figure("getpid", "getpid of a process not traced (ns per call)", ["getpid"], 10000, [
        untraced(),
        live("live", "mmtrace of another process", on="idle", counted=None),
        trace(on="idle"),
    ])


def alloc():
    """kmalloc once and kmem_cache_alloc three times in a turn."""
    hist = live("hist", "mmtrace hist kmalloc slab --by site", counted=("OUT", r'"type":"hist".*?"count":(\d+)'))
    hist.argv = [MMTRACE, "hist", "kmalloc", "slab", "--by", "site", "--json", "-p", "PID", "-o", "OUT"]
    hist.ready = STARTED
    return Figure("alloc", "allocation storm, eventfd + close (ns per turn)", ["eventfd"], 1000, [
        untraced(), hist,
        Variant("leak", "mmtrace leak: each object until it is freed", [MMTRACE, "leak", "--json", "-o", "OUT", "-p", "PID"], STARTED),
        Variant("top", "mmtrace top of all processes", [MMTRACE, "top", "--json", "-i", "60", "-o", "OUT"], STARTED),
        bpftrace("bpftrace", "bpftrace, hist(bytes_req) by call site",
                 "tracepoint:kmem:kmalloc, tracepoint:kmem:kmem_cache_alloc /pid == %PID%/ "
                 "{ @[args->call_site] = hist(args->bytes_req); }", ("stdout", r"\s(\d+) \|")),
        peer("perf-kmem", "perf kmem record", ["perf", "kmem", "--slab", "record", "-q", "-o", "OUT", "-m", "2048", "-p", "PID"], 0.6,
             ("perf script", r"kmem:kmalloc|kmem:kmem_cache_alloc")),
    ], events=4)


def compile_c(directory):
    """A generated C file of many functions."""
    source = os.path.join(directory, "generated.c")
    with open(source, "w") as f:
        for i in range(600):
            f.write(f"int f{i}(int a, int *b)\n{{\n\tint s = {i};\n\tfor (int i = 0; i < a; i++)\n"
                    f"\t\ts += b[i] * {i + 3} ^ (s >> {i % 7 + 1});\n\treturn s % {i + 1};\n}}\n")
    gcc = ["gcc", "-O1", "-c", source, "-o", os.path.join(directory, "generated.o")]
    whole = Variant("command", "mmtrace -q -- gcc: with mmtrace's start and end",
                    load=["run", MMTRACE, "-q", "-o", "/dev/null", "--", *gcc])
    if not shutil.which("gcc"):
        whole.skipped = "skipped: gcc is not installed"
    return Figure("compile", "gcc -O1 of a generated file (ns per run)", ["run", *gcc], 1, [
        untraced(),
        live("stream", "mmtrace -p: gcc's faults, its children followed", counted=None),
        live("aggregate", "mmtrace --aggregate", "--aggregate", counted=None),
        bpftrace("bpftrace", "bpftrace, count by process and 2 MiB range",
                 "tracepoint:exceptions:page_fault_user { @[pid, args->address >> 21] = count(); }", None),
        whole,
    ], rounds=5)


def redis(server, socket):
    return Figure("redis", "redis-benchmark set and get (ns per run; the CPU time is the server's)",
                  ["run", "redis-benchmark", "-s", socket, "-q", "-t", "set,get", "-n", "20000", "-d", "1024", "-r", "20000"], 1, [
        untraced(),
        live("stream", "mmtrace of redis-server", counted=None),
        live("aggregate", "mmtrace --aggregate", "--aggregate", counted=None),
        bpftrace("bpftrace", "bpftrace, count by 2 MiB range",
                 "tracepoint:exceptions:page_fault_user /pid == %PID%/ { @[pid, args->address >> 21] = count(); }", None),
    ], cpu_of=server)

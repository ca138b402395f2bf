# SPDX-License-Identifier: GPL-2.0
"""Interleaved runs of a load under tracers: start, batch, stop, numbers."""
import os
import re
import signal
import statistics
import subprocess
import sys
import tempfile
import time


ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(ROOT, "tests/lib"))
from ready import NotReady, await_text

BUILT = os.path.join(ROOT, "build/bench")
PROGRAM = os.path.join(BUILT, "load")
LIMIT_S = 50  # after which a figure that has three rounds begins no more


class Failed(Exception):
    """A tracer did not start, or did not count."""


class Load:
    """build/bench/load, which works on demand."""

    def __init__(self, program, args, cpu_of=None):
        self.process = subprocess.Popen([program, *args], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        stderr=subprocess.DEVNULL, text=True)
        self.pid = self.process.pid
        self.cpu_of = cpu_of  # the process whose time on CPU counts, if not the load's own

    def batch(self, units):
        """(elapsed, on CPU), ns per operation"""
        before = cpu_ns(self.cpu_of) if self.cpu_of else 0
        self.process.stdin.write(f"{units}\n")
        self.process.stdin.flush()
        line = self.process.stdout.readline()
        if not line:
            raise Failed("the load ended early")
        wall, cpu = map(float, line.split())
        return wall, (cpu_ns(self.cpu_of) - before) / units if self.cpu_of else cpu

    def close(self):
        self.process.stdin.close()
        self.process.wait()


def cpu_ns(pid):
    total = 0
    for tid in os.listdir(f"/proc/{pid}/task"):
        with open(f"/proc/{pid}/task/{tid}/schedstat") as f:
            total += int(f.read().split()[0])
    return total


class Variant:
    """One way to watch the load.  argv: PID, OUT stand for the target and a file
    for the output; ready: (stream, text) that shows the tracer attached, or seconds;
    counted: (stream, regex) of numbers that sum up to the events seen."""

    def __init__(self, key, title, argv=(), ready=0.0, counted=None, rounds=99, share=1.0, on="load", settle=0.0, load=None):
        self.key, self.title, self.argv, self.ready, self.counted = key, title, list(argv), ready, counted
        self.rounds = rounds  # at most
        self.share = share    # of the usual batch, for the slow ones
        self.on = on          # whom it traces: load or idle
        self.settle = settle  # seconds from ready to working
        self.load = load      # arguments of another load
        self.skipped = None   # why


class Tracer:
    def __init__(self, variant, pid, directory):
        self.variant = variant
        self.files = {n: os.path.join(directory, n) for n in ("OUT", "stdout", "stderr")}
        for path in self.files.values():
            open(path, "w").close()
        argv = [{"PID": str(pid), "OUT": self.files["OUT"]}.get(a, a.replace("%PID%", str(pid))) for a in variant.argv]
        with open(self.files["stdout"], "w") as out, open(self.files["stderr"], "w") as err:
            self.process = subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=out, stderr=err)
        try:
            self.await_ready()
        except Failed:
            self.end()
            raise

    def text(self, stream):
        with open(self.files[stream], errors="replace") as f:
            return f.read()

    def await_ready(self):
        ready = self.variant.ready
        if isinstance(ready, float):
            time.sleep(ready)
        else:
            try:
                await_text(self.process, ready[1], lambda: self.text(ready[0]), 15)
            except NotReady:
                raise Failed(f"{self.variant.argv[0]} does not start: {self.text('stderr').strip()[-200:]}") from None
        time.sleep(self.variant.settle)
        if self.process.poll() is not None:
            raise Failed(f"{self.variant.argv[0]} ended: {self.text('stderr').strip()[-200:]}")

    def end(self):
        """Time on CPU of the tracer, s."""
        if self.process.returncode is None:
            self.process.send_signal(signal.SIGINT)
            end = time.monotonic() + 30
            while True:
                pid, _, usage = os.wait4(self.process.pid, os.WNOHANG)
                if pid:
                    self.process.returncode = 0
                    return usage.ru_utime + usage.ru_stime
                if time.monotonic() > end:
                    self.process.kill()
                time.sleep(0.005)
        return 0.0

    def bpf_ns(self):
        """ns that its BPF programs ran; counted while `programs stats` is there."""
        out = subprocess.run([os.path.join(BUILT, "programs"), str(self.process.pid)], capture_output=True, text=True, check=True)
        return sum(int(line.split()[5]) for line in out.stdout.splitlines())

    def events(self):
        if not self.variant.counted:
            return None
        stream, pattern = self.variant.counted
        if pattern == "LINES":
            return self.text(stream).count("\n")
        if stream == "perf script":
            out = subprocess.run(["perf", "script", "-i", self.files["OUT"], "-F", "event"], capture_output=True, text=True).stdout
            return len(re.findall(pattern, out))
        return sum(int(n) for n in re.findall(pattern, self.text(stream)))


class Samples:
    """What a variant gave, by round."""

    def __init__(self, variant):
        self.variant = variant
        self.wall, self.cpu, self.own = {}, {}, []  # own: ns of the tracer per operation
        self.seen = []  # share of the events that it counted
        self.bpf = []   # ns in BPF programs per operation
        self.error = variant.skipped

    def spread(self, base, which):
        """Median, lowest and highest ratio of rounds, and ratio of the least times."""
        mine, theirs = getattr(self, which), getattr(base, which)
        ratios = [mine[r] / theirs[r] for r in mine if r in theirs]
        if not ratios:
            return None
        return {"median": statistics.median(ratios), "low": min(ratios), "high": max(ratios),
                "least": min(mine.values()) / min(theirs.values())}


def run_once(samples, r, load, idle, units, figure, directory):
    """One batch under one variant."""
    v = samples.variant
    units = max(1, round(units * v.share))
    ops = units * figure.ops
    if not v.argv:
        samples.wall[r], samples.cpu[r] = load.batch(units)
        return
    tracer = Tracer(v, idle if v.on == "idle" else load.cpu_of or load.pid, directory)
    try:
        before = tracer.bpf_ns() if figure.stats else 0
        wall, cpu = load.batch(units)
        if figure.stats:
            samples.bpf.append((tracer.bpf_ns() - before) / ops)
    finally:
        own = tracer.end()
    seen = tracer.events()
    if seen == 0:
        raise Failed(f"counted none of {ops * figure.events} events")
    samples.seen += [] if seen is None else [seen / (ops * figure.events)]
    samples.wall[r], samples.cpu[r] = wall, cpu
    samples.own.append(own * 1e9 / ops)


def interleave(figure, out, loads, idle, rounds, units):
    """Rounds, each begun by another variant."""
    end = time.monotonic() + LIMIT_S
    with tempfile.TemporaryDirectory(prefix="mmtrace-bench-") as directory:
        for r in range(rounds):
            if r >= 3 and time.monotonic() > end:
                break
            for s in out[r % len(out):] + out[:r % len(out)]:
                if s.error or r >= s.variant.rounds:
                    continue
                key = tuple(s.variant.load) if s.variant.load else None
                if key not in loads:
                    loads[key] = Load(PROGRAM, list(key))
                try:
                    run_once(s, r, loads[key], idle.pid, units, figure, directory)
                except Failed as e:
                    s.error = str(e)


def measure(figure, rounds, target_s):
    """Samples of each variant; batches take about target_s untraced."""
    loads = {None: Load(PROGRAM, figure.load, figure.cpu_of)}
    helpers = [subprocess.Popen(["sleep", "infinity"])]
    if figure.stats:
        helpers.append(subprocess.Popen([os.path.join(BUILT, "programs"), "stats"], stdout=subprocess.DEVNULL))
    out = [Samples(v) for v in figure.variants]
    try:
        loads[None].batch(1)
        units = max(1, round(target_s * 1e9 / (loads[None].batch(1)[1] * max(figure.ops, 1))))
        interleave(figure, out, loads, helpers[0], rounds, units)
    finally:
        for helper in helpers:
            helper.kill()
            helper.wait()
        for load in loads.values():
            load.close()
    return out

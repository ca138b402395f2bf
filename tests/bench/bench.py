#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""What mmtrace costs, beside other tracers, as ratios of interleaved runs.
Figures: fault1 fault2 ring1 ring2 inside1 inside2 inside-vmas mmap brk fork getpid
         alloc compile redis model start (all)
Prints, never judges: a budget that is missed does not make it fail.
"""
import argparse
import json
import os
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time

import figures
import report
from figures import BPF_BUDGETS, BUDGETS, MMTRACE
from measure import BUILT, await_text, measure

STORMS = {
    "fault1": lambda: figures.fault(1),
    "fault2": lambda: figures.fault(2),
    "ring1": lambda: figures.ring(1),
    "ring2": lambda: figures.ring(2),
    "inside1": lambda: figures.inside(1),
    "inside2": lambda: figures.inside(2),
    "inside-vmas": figures.inside_deep,
    "mmap": lambda: figures.storm("mmap", "mmap + munmap of 64 KiB (ns per pair)", 1000),
    "brk": lambda: figures.storm("brk", "brk up and down by 64 KiB (ns per pair)", 1000),
    "fork": lambda: figures.storm("fork", "fork + exit + wait (ns per child)", 10),
    "getpid": figures.getpid,
    "alloc": figures.alloc,
}
ALL = [*STORMS, "compile", "redis", "model", "start"]


# --- loads under tracers ---

def result_of(figure, samples):
    base = samples[0]
    out = {"figure": figure.key, "title": figure.title, "variants": []}
    for s in samples:
        v = {"key": s.variant.key, "title": s.variant.title}
        if s.error:
            v["missing"] = s.error
        else:
            v |= {"wall_ns": list(s.wall.values()), "cpu_ns": list(s.cpu.values()), "tracer_cpu_ns": s.own, "seen": s.seen, "bpf_ns": s.bpf,
                  "wall_ratio": s.spread(base, "wall"), "cpu_ratio": s.spread(base, "cpu")}
        out["variants"].append(v)
    out["busy"] = statistics.median(base.wall.values()) / statistics.median(base.cpu.values()) if base.wall else None
    out["samples"] = samples
    return out


def run_figure(figure, args):
    return result_of(figure, measure(figure, min(args.rounds, figure.rounds), args.target))


def run_compile(args):
    with tempfile.TemporaryDirectory(prefix="mmtrace-bench-") as directory:
        return run_figure(figures.compile_c(directory), args)


def run_redis(args):
    if not shutil.which("redis-server") or not shutil.which("redis-benchmark"):
        return {"figure": "redis", "title": "redis-benchmark", "missing": "skipped: redis is not installed"}
    with tempfile.TemporaryDirectory(prefix="mmtrace-bench-") as directory:
        socket = os.path.join(directory, "socket")
        server = subprocess.Popen(["redis-server", "--port", "0", "--unixsocket", socket, "--save", "", "--dir", directory],
                                  stdout=subprocess.DEVNULL)
        try:
            end = time.monotonic() + 10
            while not os.path.exists(socket) and time.monotonic() < end:
                time.sleep(0.05)
            return run_figure(figures.redis(server.pid, socket), args)
        finally:
            server.terminate()
            server.wait()


# --- from memory ---

MODELS = [(10, 1), (1000, 1), (60000, 1), (5000, 1), (5000, 100), (5000, 5000)]


def run_model(args):
    """ns per event, the least of interleaved runs."""
    best = {}
    for _ in range(2 if args.quick else 4):
        for m in MODELS:
            ns = float(subprocess.run([os.path.join(BUILT, "model"), str(m[0]), str(m[1])], capture_output=True, text=True,
                                      check=True).stdout)
            best[m] = min(ns, best.get(m, ns))
    return {"figure": "model", "title": "decode and model from memory",
            "rows": [{"vmas": v, "processes": p, "ns_per_event": best[v, p]} for v, p in MODELS],
            "growth_vmas": best[60000, 1] / best[10, 1], "growth_processes": best[5000, 5000] / best[5000, 1],
            "worst_ns": max(best.values()), "one_process_ns": best[1000, 1]}


# --- start ---

def memory_of(pid):
    """Resident bytes of a process, and which of them are rings of BPF."""
    total = rings = 0
    ring = False
    with open(f"/proc/{pid}/smaps") as f:
        for line in f:
            words = line.split()
            if "-" in words[0] and not words[0].endswith(":"):
                ring = "bpf" in line
            elif words[0] == "Rss:":
                total += int(words[1]) * 1024
                rings += int(words[1]) * 1024 * ring
    return total, rings


def start_once(path):
    """ms to the first fault counted, resident memory one second after."""
    drip = subprocess.Popen([os.path.join(BUILT, "drip")], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    pid = drip.stdout.readline().strip()
    open(path, "w").close()
    begin = time.monotonic_ns()
    tracer = subprocess.Popen([MMTRACE, "--json", "-i", "60", "-o", path, "-p", pid])
    try:
        await_text(tracer, '"type":"start"', lambda: open(path).read(), 60)
        time.sleep(1)
        resident, rings = memory_of(tracer.pid)
        drip.stdin.write("stop\n")
        drip.stdin.flush()
        made = int(drip.stdout.readline())
        tracer.send_signal(signal.SIGINT)
        tracer.wait()
        end = json.loads(open(path).read().splitlines()[-1])
        missed = max(0, made - end["faults"]["total"])  # before the hooks were in
        drip.stdin.write(f"{missed}\n")
        drip.stdin.flush()
        first = int(drip.stdout.readline())
    finally:
        tracer.kill()
        drip.stdin.close()
        drip.wait()
    return (first - begin) / 1e6, resident, rings, end["overhead"]["map_bytes"]


def run_start(args):
    with tempfile.TemporaryDirectory(prefix="mmtrace-bench-") as directory:
        runs = [start_once(os.path.join(directory, "out")) for _ in range(3 if args.quick else 7)]
    ms = [r[0] for r in runs]
    return {"figure": "start", "title": "start-up, on a process of 100 VMAs", "ms": ms, "ms_median": statistics.median(ms),
            "ms_least": min(ms), "resident": statistics.median(r[1] - r[2] for r in runs),
            "resident_rings": statistics.median(r[2] for r in runs), "map_bytes": runs[0][3]}


# --- budgets ---

def budget_rows(results):
    by_key = {r["figure"]: r for r in results}
    for text, figure, variant, base, limit, aim in BUDGETS:
        samples = {s.variant.key: s for s in by_key.get(figure, {}).get("samples", [])}
        a, b = samples.get(variant), samples.get(base)
        if not a or not b:
            continue
        which = "cpu" if by_key[figure]["busy"] > report.BUSY else "wall"
        ratio = None if a.error or b.error else a.spread(b, which)
        yield {"budget": text, "limit": limit, "aim": aim, "measured": ratio and ratio["median"], "least": ratio and ratio["least"],
               "time": which, "missing": a.error or b.error}
    for text, figure, variant, limit in BPF_BUDGETS:
        ns = {s.variant.key: s.bpf for s in by_key.get(figure, {}).get("samples", [])}
        if ns.get(variant) and ns.get("floor"):
            yield {"budget": text, "limit": limit, "aim": None,
                   "measured": statistics.median(ns[variant]) - statistics.median(ns["floor"])}
    deep = {s.variant.key: s.bpf for s in by_key.get("inside-vmas", {}).get("samples", [])}
    few = {s.variant.key: s.bpf for s in by_key.get("inside1", {}).get("samples", [])}
    if deep.get("stream") and few.get("stream"):
        yield {"budget": "growth of ns in BPF from some 20 to 60,000 VMAs", "limit": 1.2, "aim": None,
               "measured": statistics.median(deep["stream"]) / statistics.median(few["stream"])}
    m, s = by_key.get("model"), by_key.get("start")
    if m:
        yield {"budget": "decode and model, ns per event (10 million a second)", "limit": 100, "aim": None, "measured": m["worst_ns"]}
        yield {"budget": "growth of decode and model from 10 to 60,000 VMAs", "limit": 1.2, "aim": None, "measured": m["growth_vmas"]}
        yield {"budget": "growth of decode and model from 1 to 5,000 processes", "limit": 1.2, "aim": None, "measured": m["growth_processes"]}
    if s:
        yield {"budget": "exec to the first fault counted, ms", "limit": 80, "aim": None, "measured": s["ms_median"],
               "least": s["ms_least"]}
        yield {"budget": "resident memory, MB, maps apart", "limit": 15, "aim": None, "measured": s["resident"] / 1e6}


def machine(rounds):
    with open("/proc/cpuinfo") as f:
        model = next((line.split(":")[1].strip() for line in f if line.startswith("model name")), "?")
    return {"kernel": os.uname().release.partition("-")[0], "cpus": os.cpu_count(), "cpu": model, "load": os.getloadavg()[0], "rounds": rounds,
            "date": time.strftime("%Y-%m-%d")}


def parse():
    p = argparse.ArgumentParser(usage="bench.py [OPTION...] [FIGURE...]", description=__doc__,
                                formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("figures", nargs="*", default=[], metavar="FIGURE")
    p.add_argument("--quick", action="store_true", help="fewer and shorter runs")
    p.add_argument("--rounds", type=int)
    p.add_argument("--nice", type=int, default=0, metavar="N", help="nice value of everything measured")
    p.add_argument("--json", metavar="FILE")
    p.add_argument("--doc", metavar="FILE", help="put the tables into docs/overhead.md")
    args = p.parse_args()
    unknown = [f for f in args.figures if f not in ALL]
    if unknown:
        p.error(f"no figure {', '.join(unknown)}; there are: {' '.join(ALL)}")
    args.rounds = args.rounds or (3 if args.quick else 7)
    args.target = 0.08 if args.quick else 0.25
    return args


def warm_peers():
    """The first run of bpftrace on a machine mounts tracefs and reads all of BTF: that is no start to measure."""
    if shutil.which("bpftrace"):
        subprocess.run(["bpftrace", "-e", "BEGIN { exit(); }"], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                       stderr=subprocess.DEVNULL, timeout=120, check=False)


def main():
    args = parse()
    warm_peers()
    about = machine(args.rounds)
    if args.nice:
        os.nice(args.nice)
    print(report.machine_text(about))
    print("Ratios: median of rounds [lowest highest], and least time / least time.", flush=True)
    runners = {"model": run_model, "start": run_start, "compile": run_compile, "redis": run_redis}
    results, tables = [], []
    for name in args.figures or ALL:
        results.append(runners[name](args) if name in runners else run_figure(STORMS[name](), args))
        tables.append(report.table_of(results[-1]))
        print(tables[-1].text(), flush=True)
    budgets = list(budget_rows(results))
    if budgets:
        tables.append(report.budget_table(budgets))
        print(tables[-1].text())
    for r in results:
        r.pop("samples", None)
    if args.json:
        with open(args.json, "w") as f:
            json.dump({"machine": about, "results": results, "budgets": budgets}, f, indent=1)
            f.write("\n")
    if args.doc:
        report.fill(args.doc, {"machine": report.machine_text(about), **{t.key: t.markdown() for t in tables}})


if __name__ == "__main__":
    main()

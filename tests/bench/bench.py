#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""What mmtrace costs, beside other tracers, as ratios of interleaved runs.

Usage: bench.py [--quick] [--rounds N] [--nice N] [--json FILE] [FIGURE...]
Figures: fault1 fault2 ring1 ring2 inside1 inside2 mmap brk fork getpid alloc compile
         redis model start (all)
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
from figures import BPF_BUDGETS, BUDGETS, MMTRACE
from measure import BUILT, measure

STORMS = {
    "fault1": lambda: figures.fault(1),
    "fault2": lambda: figures.fault(2),
    "ring1": lambda: figures.ring(1),
    "ring2": lambda: figures.ring(2),
    "inside1": lambda: figures.inside(1),
    "inside2": lambda: figures.inside(2),
    "mmap": lambda: figures.storm("mmap", "mmap + munmap of 64 KiB (ns per pair)", 1000),
    "brk": lambda: figures.storm("brk", "brk up and down by 64 KiB (ns per pair)", 1000),
    "fork": lambda: figures.storm("fork", "fork + exit + wait (ns per child)", 10),
    "getpid": figures.getpid,
    "alloc": figures.alloc,
}
ALL = [*STORMS, "compile", "redis", "model", "start"]


# --- loads under tracers ---

def ratio_text(s):
    return f"{s['median']:.2f} [{s['low']:.2f} {s['high']:.2f}] {s['least']:.2f}" if s else "-"


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


def seen_text(seen):
    """Events counted, of those made; exact where tracers agree with the load."""
    return f"{100 * min(seen):.2f} to {100 * max(seen):.2f} %" if seen else ""


def print_inside(result):
    print(f"\n{result['figure']}: {result['title']} (median, [low high])")
    for v in result["variants"]:
        if v.get("bpf_ns"):
            ns = v["bpf_ns"]
            print(f"  {v['title']:<55} {statistics.median(ns):>6.0f} [{min(ns):.0f} {max(ns):.0f}]")
        elif "missing" in v:
            print(f"  {v['title']:<55} {v['missing']}")
    sys.stdout.flush()


def print_result(result):
    print(f"\n{result['figure']}: {result['title']}")
    print(f"  {'':<55} {'on CPU':>10} {'elapsed':>10}  {'CPU ratio [low high] least':<28} {'elapsed ratio':<28} tracer  counted")
    for v in result["variants"]:
        if "missing" in v:
            print(f"  {v['title']:<55} {v['missing']}")
            continue
        own = f"{statistics.median(v['tracer_cpu_ns']):.0f}" if v["tracer_cpu_ns"] else "-"
        print(f"  {v['title']:<55} {statistics.median(v['cpu_ns']):>10.0f} {statistics.median(v['wall_ns']):>10.0f}"
              f"  {ratio_text(v['cpu_ratio']):<28} {ratio_text(v['wall_ratio']):<28} {own:>6}  {seen_text(v['seen'])}".rstrip())
    sys.stdout.flush()


def run_figure(figure, args):
    return result_of(figure, measure(figure, args.rounds, args.target))


def run_compile(args):
    with tempfile.TemporaryDirectory(prefix="mmtrace-bench-") as directory:
        return run_figure(figures.compile_c(directory), args)


def run_redis(args):
    if not shutil.which("redis-server") or not shutil.which("redis-benchmark"):
        return {"figure": "redis", "title": "redis-benchmark", "variants": [], "missing": "skipped: redis is not installed"}
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


def print_model(r):
    print(f"\nmodel: {r['title']} (ns per event, least of runs)")
    for row in r["rows"]:
        print(f"  {row['vmas']:>6} VMAs of {row['processes']:>4} processes {row['ns_per_event']:>8.1f}"
              f"  {1e3 / row['ns_per_event']:.1f} million a second")
    print(f"  growth 10 to 60,000 VMAs {r['growth_vmas']:.2f}, 1 to 5,000 processes {r['growth_processes']:.2f}")


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
        while '"type":"start"' not in open(path).read():
            if tracer.poll() is not None:
                raise RuntimeError("mmtrace does not start")
            time.sleep(0.002)
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


def print_start(r):
    print(f"\nstart: {r['title']}")
    print(f"  exec to the first fault counted {r['ms_median']:.0f} ms [{r['ms_least']:.0f} {max(r['ms']):.0f}]")
    print(f"  resident one second after {r['resident'] / 1e6:.1f} MB, and rings mapped {r['resident_rings'] / 1e6:.1f} MB;"
          f" maps in the kernel {r['map_bytes'] / 1e6:.1f} MB")


# --- budgets ---

BUSY = 1.1  # elapsed over on-CPU time of the untraced load: others run here


def budget_rows(results):
    by_key = {r["figure"]: r for r in results}
    for text, figure, variant, base, limit, aim in BUDGETS:
        samples = {s.variant.key: s for s in by_key.get(figure, {}).get("samples", [])}
        a, b = samples.get(variant), samples.get(base)
        if not a or not b:
            continue
        which = "cpu" if by_key[figure]["busy"] > BUSY else "wall"
        ratio = None if a.error or b.error else a.spread(b, which)
        yield {"budget": text, "limit": limit, "aim": aim, "measured": ratio and ratio["median"], "least": ratio and ratio["least"],
               "time": which, "missing": a.error or b.error}
    for text, figure, variant, limit in BPF_BUDGETS:
        ns = {s.variant.key: s.bpf for s in by_key.get(figure, {}).get("samples", [])}
        if ns.get(variant) and ns.get("floor"):
            yield {"budget": text, "limit": limit, "aim": None,
                   "measured": statistics.median(ns[variant]) - statistics.median(ns["floor"])}
    m, s = by_key.get("model"), by_key.get("start")
    if m:
        yield {"budget": "decode and model, ns per event", "limit": 100, "aim": None, "measured": m["worst_ns"]}
        yield {"budget": "growth from 10 to 60,000 VMAs", "limit": 1.2, "aim": None, "measured": m["growth_vmas"]}
        yield {"budget": "growth from 1 to 5,000 processes", "limit": 1.2, "aim": None, "measured": m["growth_processes"]}
    if s:
        yield {"budget": "exec to the first fault counted, ms", "limit": 80, "aim": None, "measured": s["ms_median"],
               "least": s["ms_least"]}
        yield {"budget": "resident memory, MB, maps apart", "limit": 15, "aim": None, "measured": s["resident"] / 1e6}


def print_budgets(rows):
    print("\nBUDGETS (time on CPU where other programs kept the machine busy, else elapsed time)")
    for b in rows:
        if b["measured"] is None:
            print(f"  {b['budget']:<64} {b['missing']}")
            continue
        least = f" least {b['least']:.2f}" if b.get("least") else ""
        aim = f", aim {b['aim']:.2f}" if b["aim"] else ""
        verdict = "met" if b["measured"] <= b["limit"] else "MISSED"
        print(f"  {b['budget']:<64} {b['measured']:>7.2f}{least} {b.get('time', ''):<4} at most {b['limit']:g}{aim}: {verdict}")


def machine():
    with open("/proc/cpuinfo") as f:
        model = next((line.split(":")[1].strip() for line in f if line.startswith("model name")), "?")
    return {"kernel": os.uname().release, "cpus": os.cpu_count(), "cpu": model, "load": os.getloadavg()[0]}


def parse():
    p = argparse.ArgumentParser(usage="bench.py [--quick] [--rounds N] [--nice N] [--json FILE] [FIGURE...]", description=__doc__,
                                formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("figures", nargs="*", default=[], metavar="FIGURE")
    p.add_argument("--quick", action="store_true", help="fewer and shorter runs")
    p.add_argument("--rounds", type=int)
    p.add_argument("--nice", type=int, default=0, metavar="N", help="nice value of everything measured")
    p.add_argument("--json", metavar="FILE")
    args = p.parse_args()
    unknown = [f for f in args.figures if f not in ALL]
    if unknown:
        p.error(f"no figure {', '.join(unknown)}; there are: {' '.join(ALL)}")
    args.rounds = args.rounds or (3 if args.quick else 7)
    args.target = 0.08 if args.quick else 0.25
    return args


def main():
    args = parse()
    results = []
    about = machine()
    if args.nice:
        os.nice(args.nice)
    print(f"{about['cpu']}, {about['cpus']} CPUs, kernel {about['kernel']}, load {about['load']:.1f};"
          f" {args.rounds} rounds, interleaved; ratios are medians of rounds, and least time / least time")
    for name in args.figures or ALL:
        if name == "model":
            results.append(run_model(args))
            print_model(results[-1])
        elif name == "start":
            results.append(run_start(args))
            print_start(results[-1])
        else:
            runner = {"compile": run_compile, "redis": run_redis}.get(name)
            results.append(runner(args) if runner else run_figure(STORMS[name](), args))
            if "missing" in results[-1]:
                print(f"\n{name}: {results[-1]['missing']}")
            else:
                (print_inside if name.startswith("inside") else print_result)(results[-1])
    budgets = list(budget_rows(results))
    print_budgets(budgets)
    if args.json:
        for r in results:
            r.pop("samples", None)
        with open(args.json, "w") as f:
            json.dump({"machine": about, "results": results, "budgets": budgets}, f, indent=1)
            f.write("\n")


if __name__ == "__main__":
    main()

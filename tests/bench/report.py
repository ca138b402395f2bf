# SPDX-License-Identifier: GPL-2.0
"""Results as tables: of a terminal, and in docs/overhead.md."""
import re
import statistics

BUSY = 1.1  # elapsed over on-CPU time of the untraced load: others run here


class Table:
    def __init__(self, key, title, header, rows, notes=()):
        self.key, self.title, self.header, self.rows, self.notes = key, title, header, rows, list(notes)

    def text(self):
        lines = [self.header, *self.rows]
        width = [max(len(row[i]) for row in lines) for i in range(len(self.header))]
        out = [f"\n{self.key}: {self.title}"]
        out += ["  " + "  ".join(c.ljust(w) if i == 0 else c.rjust(w) for i, (c, w) in enumerate(zip(row, width))).rstrip()
                for row in lines]
        return "\n".join(out + ["  " + n for n in self.notes])

    def markdown(self):
        out = [f"*{self.title[0].upper()}{self.title[1:]}*\n", "| " + " | ".join(self.header) + " |", "|---" + "|---:" * (len(self.header) - 1) + "|"]
        out += ["| " + " | ".join(row) + " |" for row in self.rows]
        return "\n".join(out + ["\n" + n for n in self.notes])


def spread(values, digits=0):
    return f"{statistics.median(values):.{digits}f} [{min(values):.{digits}f} {max(values):.{digits}f}]"


def ratio(s):
    return f"{s['median']:.2f} [{s['low']:.2f} {s['high']:.2f}] {s['least']:.2f}" if s else "-"


def seen(shares):
    """Events counted, of those made: 100 where tracer and load agree."""
    if not shares:
        return "-"
    low, high = f"{100 * min(shares):.2f}", f"{100 * max(shares):.2f}"
    return f"{low} %" if low == high else f"{low} to {high} %"


def busy_notes(result):
    if result.get("busy") and result["busy"] > BUSY:
        return [f"The machine was busy: untraced, elapsed time was {result['busy']:.2f} times the time on CPU."]
    return []


class Footnotes:
    """A cell says only that there is something: what a program wrote may be long."""

    def __init__(self):
        self.notes = []

    def cell(self, text):
        text = " ".join(text.split())
        if text not in self.notes:
            self.notes.append(text)
        return f"- ({self.notes.index(text) + 1})"

    def lines(self):
        return [f"({i}) {text}" for i, text in enumerate(self.notes, 1)]


def figure_table(result):
    if result.get("missing"):
        return Table(result["figure"], result["title"], ["", ""], [[result["missing"], ""]])
    rows, notes = [], Footnotes()
    for v in result["variants"]:
        if "missing" in v:
            rows.append([v["title"], notes.cell(v["missing"]), "", "", "", "", ""])
            continue
        own = f"{statistics.median(v['tracer_cpu_ns']):.0f}" if v["tracer_cpu_ns"] else "-"
        rows.append([v["title"], f"{statistics.median(v['cpu_ns']):.0f}", f"{statistics.median(v['wall_ns']):.0f}",
                     ratio(v["cpu_ratio"]), ratio(v["wall_ratio"]), own, seen(v["seen"])])
    header = ["", "ns on CPU", "ns elapsed", "CPU ratio", "elapsed ratio", "tracer's ns", "events counted"]
    return Table(result["figure"], result["title"], header, rows, notes.lines() + busy_notes(result))


def inside_table(result):
    notes = Footnotes()
    rows = [[v["title"], notes.cell(v["missing"]) if "missing" in v else spread(v["bpf_ns"])]
            for v in result["variants"] if "missing" in v or v["bpf_ns"]]
    return Table(result["figure"], result["title"], ["", "ns"], rows, notes.lines() + busy_notes(result))


def model_table(r):
    rows = [[f"{m['vmas']:,} VMAs of {m['processes']:,} processes", f"{m['ns_per_event']:.1f}", f"{1e3 / m['ns_per_event']:.1f}"]
            for m in r["rows"]]
    return Table("model", r["title"], ["", "ns per event", "million a second"], rows)


def start_table(r):
    return Table("start", r["title"], ["", ""], [
        ["exec to the first fault counted, ms", spread(r["ms"])],
        ["resident after a second, MB", f"{r['resident'] / 1e6:.1f}"],
        ["rings mapped, MB", f"{r['resident_rings'] / 1e6:.1f}"],
        ["maps in the kernel, MB", f"{r['map_bytes'] / 1e6:.1f}"]])


def budget_table(budgets):
    rows, notes = [], Footnotes()
    for b in budgets:
        limit = f"{b['limit']:g}" + (f" (aim {b['aim']:g})" if b["aim"] else "")
        if b["measured"] is None:
            rows.append([b["budget"], limit, "-", "-", notes.cell(b["missing"])])
        else:
            rows.append([b["budget"], limit, f"{b['measured']:.2f}", f"{b['least']:.2f}" if b.get("least") else "-",
                         "met" if b["measured"] <= b["limit"] else "missed"])
    return Table("budgets", "budgets (elapsed time; where the machine was busy, time on CPU)",
                 ["", "at most", "measured", "least times", ""], rows, notes.lines())


def table_of(result):
    key = result["figure"]
    if key.startswith("inside"):
        return inside_table(result)
    return {"model": model_table, "start": start_table}.get(key, figure_table)(result)


def machine_text(about):
    text = f"{about['cpu']}, {about['cpus']} CPUs, kernel {about['kernel']}; up to {about['rounds']} rounds, {about['date']}."
    if about["load"] > 0.5:
        text += f" The machine was busy (load {about['load']:.1f}): elapsed times say little."
    return text


def fill(path, blocks):
    """Puts each block into the document, between its two marks."""
    with open(path) as f:
        document = f.read()
    for key, text in blocks.items():
        document = re.sub(rf"(<!-- {key} -->\n).*?(<!-- /{key} -->)", lambda m: m[1] + text + "\n" + m[2], document, flags=re.S)
    with open(path, "w") as f:
        f.write(document)

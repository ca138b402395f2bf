"""What `mmtrace layout --json` shows: rows by type."""
import json
import subprocess

import mmt


def hexa(text):
    return int(text, 16)


class Layout:
    """One reading of an address space, or the last one of several."""

    def __init__(self, *args):
        out = subprocess.run([mmt.MMTRACE, 'layout', '--json', *map(str, args)], stdin=subprocess.DEVNULL, capture_output=True,
                             timeout=mmt.PATIENCE)
        mmt.check(out.returncode == 0, 'layout ends with %d: %s' % (out.returncode, out.stderr.decode('utf-8', 'replace')))
        self.rows = [json.loads(line) for line in out.stdout.decode('utf-8').splitlines()]
        mmt.check(self.rows[-1]['type'] == 'end', 'no end')
        self.start, self.end = self.rows[0], self.rows[-1]
        ticks = [i for i, r in enumerate(self.rows) if r['type'] == 'tick']
        last = self.rows[ticks[-1]:] if ticks else self.rows
        self.last = last
        self.areas = [r for r in last if r['type'] == 'area']
        self.kinds = [r for r in last if r['type'] == 'kind']
        self.marks = {r['mark']: r for r in last if r['type'] == 'mark'}

    def vmas(self):
        return [a for a in self.areas if a['kind'] != 'gap']

    def of(self, kind):
        return [r for r in self.last if r['type'] == kind]

    def mark(self, name):
        m = self.marks[name]
        return hexa(m['address']) if m['address'] else m['value']

    class running:
        """One that goes on, read line by line."""

        def __init__(self, *args):
            self.process = subprocess.Popen([mmt.MMTRACE, 'layout', '--json', *map(str, args)], stdin=subprocess.DEVNULL,
                                            stdout=subprocess.PIPE, text=True)

        def __enter__(self):
            return self

        def __exit__(self, *_):
            self.process.kill()
            self.process.wait()
            self.process.stdout.close()

        def wait(self, condition, why):
            for line in self.process.stdout:
                row = json.loads(line)
                if condition(row):
                    return row
            raise mmt.Failed(why)

        def ticks(self, n):
            for _ in range(n):
                self.wait(lambda r: r['type'] == 'tick', 'no tick')

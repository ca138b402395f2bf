#!/usr/bin/env python3
"""Real output of every command against the tables of docs/json.md, strictly: a key
that is missing, unknown or there twice fails; so does a CSV that sqlite3 does not
take, or metrics that are no OpenMetrics."""
import json
import os
import re
import stat
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), 'lib'))
import mmt
from mmt import check

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), 'lib'))
import openmetrics

WORK = ['sh', '-c', 'ls / > /dev/null; cat /proc/self/maps > /dev/null; sleep 0.3']
RUNS = {
    'live': ['-i', '100ms', '--', *WORK],
    'trace': ['trace', '--', *WORK],
    'hist': ['hist', '--by', 'site,gfp', '-i', '100ms', '--', *WORK],
    'leak': ['leak', 'kmalloc', 'slab', 'page', '-K', '-i', '300ms', '--', 'sleep', '1'],  # which holds its own memory
    'top': ['top', '300ms', '3'],
    'doctor': ['doctor'],
}


def tables():
    """{(command, type): {path, ...}}"""
    out, at = {}, None
    text = subprocess.run([mmt.MMTRACE, 'schema'], capture_output=True, text=True, check=True).stdout
    for line in text.splitlines():
        title = re.match(r'#### (\w+): `(\w+)`', line)
        cell = re.match(r'\| ([\w.]+) \|', line)
        if title:
            at = out.setdefault(title.groups(), set())
        elif cell and line != '| key | unit | what |':
            at.add(cell.group(1))
    return out


def once(pairs):
    keys = [k for k, _ in pairs]
    check(len(set(keys)) == len(keys), 'a key twice: %s' % keys)
    return dict(pairs)


def compare(row, paths):
    """Keys of a row: those of the table, and NAME_hex beside a NAME."""
    top = {}
    for path in paths:
        first, _, rest = path.partition('.')
        top.setdefault(first, set())
        if rest:
            top[first].add(rest)
    for key, value in row.items():
        if key == 'type' or (key.endswith('_hex') and key[:-4] in top):
            continue
        check(key in top, 'unknown key %s in %s' % (key, row['type'] if 'type' in row else row))
        if top[key]:
            check(isinstance(value, dict), '%s is no object' % key)
            compare(value, top[key])
    for key in top:
        check(key in row, 'key %s is missing: %s' % (key, str(row)[:200]))


def run(command, *more):
    args = RUNS[command]
    at = args.index('--') if '--' in args else len(args)
    subprocess.run([mmt.MMTRACE, *args[:at], *more, *args[at:]], timeout=mmt.PATIENCE, stdout=subprocess.DEVNULL,
                   stderr=subprocess.DEVNULL, check=True)


def keys_of(command):
    path, schema, seen = os.path.join(mmt.scratch(), command + '.json'), tables(), {}
    run(command, '--json', '-o', path)
    with open(path, encoding='utf-8') as f:
        rows = [json.loads(line, object_pairs_hook=once) for line in f]
    check(rows[0]['type'] == 'start' and rows[-1]['type'] == 'end', 'it does not begin with start and end with end')
    check(rows[0]['schema'] == 2 and rows[0]['command'] == command and rows[0]['argv'][-1:], 'the envelope: %s' % rows[0])
    for row in rows:
        seen[row['type']] = seen.get(row['type'], 0) + 1
        if row['type'] == 'tick':
            compare(row, {'t', 'rows'})
        else:
            check((command, row['type']) in schema, 'unknown type %s' % row['type'])
            compare(row, schema[command, row['type']])
    return ', '.join('%d %s' % (n, t) for t, n in sorted(seen.items()))


def csv_of(command):
    """sqlite3 finds as many rows as columns say, none of them odd."""
    mmt.need('sqlite3')
    path = os.path.join(mmt.scratch(), command + '.csv')
    run(command, '--also', 'csv=' + path)
    out = subprocess.run(['sqlite3', ':memory:', '.mode csv', '.import "%s" x' % path, 'select count(*) from x;',
                          "select count(*) from pragma_table_info('x');"], capture_output=True, text=True)
    check(out.returncode == 0 and not out.stderr, 'sqlite3: %s' % out.stderr[:300])
    rows, columns = out.stdout.split()
    check(int(rows) > 0 and int(columns) > 3, '%s rows of %s columns' % (rows, columns))
    return '%s rows of %s columns' % (rows, columns)


def metrics_of(command):
    classic, strict = (os.path.join(mmt.scratch(), command + end) for end in ('.prom', '.om'))
    run(command, '--also', 'prometheus=' + classic, '--also', 'openmetrics=' + strict)
    check(os.stat(classic).st_mode & 0o777 == 0o644, 'mode %o' % os.stat(classic).st_mode)
    with open(strict, encoding='utf-8') as f:
        families = openmetrics.parse(f.read())
    with open(classic, encoding='utf-8') as f:
        text = f.read()
    names = {line.split()[2] for line in text.splitlines() if line.startswith('# TYPE')}
    check({n + '_total' if families[n] == 'counter' else n for n in families} == names, 'the two formats have other names')
    node = os.path.join(mmt.scratch(), command + '.null')
    os.mknod(node, 0o600 | stat.S_IFCHR, os.makedev(1, 3))
    run(command, '--also', 'prometheus=' + node)
    check(stat.S_ISCHR(os.stat(node).st_mode), 'a file took the place of a device')
    check(not re.search(r'[{,](pid|addr|start)="', text), 'a pid or an address is a label')
    promtool = subprocess.run([os.path.join(mmt.ROOT, 'tests', 'lib', 'promtool'), 'check', 'metrics'], input=text,
                              capture_output=True, text=True)
    if promtool.returncode == 77:
        return '%d families; %s' % (len(families), promtool.stderr.strip())
    check(promtool.returncode in (0, 3), 'promtool: %s' % promtool.stderr[:300]) # 3: style only
    return '%d families, promtool takes them' % len(families)


if __name__ == '__main__':
    mmt.usable('schema')
    for name in RUNS:
        mmt.run('schema: %s in JSON' % name, keys_of, name)
        mmt.run('schema: %s in CSV' % name, csv_of, name)
        mmt.run('schema: %s as metrics' % name, metrics_of, name)
    mmt.finish()

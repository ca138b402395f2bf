#!/usr/bin/env bash
# mmtrace top against known work: /proc/PID/stat, wait4, eventfds; bad input.
set -u
cd "$(dirname "$0")/../.." || exit 1
m=$PWD/build/mmtrace
tmp=$(mktemp -d)
tracer=
victim_PID=
trap 'kill $tracer ${victim_PID:-} 2> /dev/null; rm -rf "$tmp"' EXIT
area=top
# shellcheck source=../lib/check.sh
. tests/lib/check.sh

expect 0 "-s help" "direct_ns" "$m" top -s help
expect 2 "unknown option" "hint:" "$m" top --bogus
expect 2 "unknown key" "no such key" "$m" top -s colour
expect 2 "bad interval" "unknown word" "$m" top soon
expect 2 "bad count" "not a number" "$m" top 1 0
expect 2 "bad rows" "not a number" "$m" top --rows 0
expect 2 "two targets" "exclude" "$m" top -p 1 --cgroup /sys/fs/cgroup
expect 2 "no cgroup" "cgroup" "$m" top --cgroup /proc
expect 1 "missing cgroup" "cannot open" "$m" top --cgroup /sys/fs/cgroup/nonexistent
expect 1 "no such pid" "no such process" "$m" top -p 999999999
expect 1 "kernel thread" "kernel thread" "$m" top -p 2
expect 2 "forced backend" "cannot force" "$m" top --backend top_exit=magic 1 1
v1=$(awk '$3 == "cgroup" { print $2; exit }' /proc/mounts)
if [ -n "$v1" ]; then
	expect 3 "cgroup v1" "version 1" "$m" top --cgroup "$v1"
else
	skip "cgroup v1: none is mounted here"
fi

"$m" top -d 100ms > /dev/null 2> "$tmp/err"
if [ $? -ge 3 ]; then
	skip "tracing: $(head -1 "$tmp/err")"
	exit $bad
fi
cc -D_GNU_SOURCE -O1 -Wall ${WERROR:+-Werror} -pthread -o "$tmp/victim" tests/victims/top_victim.c || exit 1

victim_program=$tmp/victim
say() { echo go >&"${victim[1]}"; }
faults() { sed 's/.*) //' "/proc/$victim_PID/stat" | cut -d' ' -f8,10; }
# shellcheck disable=SC2317 # await calls it
started() { grep -q '"start"' "$tmp/json" || ! kill -0 "$tracer" 2> /dev/null; } # or has failed
# traced WORK... -- TOP-OPTIONS...: the victim works while top looks; sets before,
# after (its min_flt and maj_flt) children and majors (min_flt and maj_flt of all)
traced() {
	local work=()
	while [ "$1" != -- ]; do work+=("$1"); shift; done
	shift
	coproc victim { exec "$victim_program" "${work[@]}"; }
	read -r -u "${victim[0]}" _
	: > "$tmp/json"
	"$m" top --json -o "$tmp/json" "${@/PID/${victim_PID:-}}" &
	tracer=$!
	await started
	before=$(faults)
	say
	read -r -u "${victim[0]}" _ children majors
	after=$(faults)
	kill -INT $tracer
	wait $tracer
	status=$?
	say
	wait "${victim_PID:-}" 2> /dev/null
}
check() { # NAME, a script on stdin: rows, end, and arguments
	local name=$1
	shift
	if python3 - "$tmp/json" "$@"; then ok "$name"; else no "$name" "see above"; fi
}

traced 5000 100000 0 0 -- -p PID 200ms
if [ $status = 0 ]; then ok "SIGINT ends with exit 0"; else no "SIGINT" "exit $status"; fi
# shellcheck disable=SC2086 # two numbers each
check "a victim's faults equal /proc/PID/stat; its eventfds are counted" $before $after << 'PY'
import json, sys
rows = [json.loads(line) for line in open(sys.argv[1])]
min0, maj0, min1, maj1 = map(int, sys.argv[2:])
last = [r for r in rows if r['type'] == 'top' and r['pid']][-1]
print('#', {k: last[k] for k in last if k not in ('type', 'comm')})
assert rows[0]['type'] == 'start' and rows[0]['command'] == 'top' and rows[-1]['type'] == 'end'
assert last['minor'] == min1 - min0 >= 5000, (last['minor'], min1 - min0)
assert last['major'] == maj1 - maj0
# 1,000 more pages are shared memory, and the heap has grown
assert last['rss_change_bytes'] >= 6000 * 4096 and last['vsize_change_bytes'] >= 6000 * 4096 + (1 << 20)
assert last['rss_bytes'] > last['rss_change_bytes']
assert 1 << 20 <= last['brk_change_bytes'] < 2 << 20, last['brk_change_bytes']
if last['kmalloc_count'] is None:
    print('skip - top: eventfds:', rows[0]['unknown']['kmalloc_count'])
else:
    # one kmalloc of 64 bytes each, a file and its dentry at least from slab caches
    # what an interrupt allocates while a program of that event runs is missed, and said
    missed = rows[-1]['lost'].pop('probe_missed')
    assert 100000 - missed <= last['kmalloc_count'] <= 100100, last['kmalloc_count']
    assert last['kmalloc_bytes'] >= 64 * (100000 - missed)
    assert last['slab_count'] >= 200000 - missed
    assert last['page_bytes'] >= 5000 * 4096
assert {r['pid'] for r in rows if r['type'] == 'top' and r['pid']} == {last['pid']}
assert not any(rows[-1]['lost'].values()), rows[-1]['lost']
PY

# nobody else's children are called so
traced 0 0 300 40 0 "short.$$" -- 2s
check "300 children that live less than an interval equal wait4" "$children" "short.$$" "$majors" << 'PY'
import json, sys
rows = [json.loads(line) for line in open(sys.argv[1])]
group = [r for r in rows if r['type'] == 'top' and r['ended'] and r['comm'] == sys.argv[3]]
print('#', group)
assert len(group) == 1 and group[0]['ended'] == 300, group
assert group[0]['minor'] == int(sys.argv[2]) >= 300 * 40, (group[0]['minor'], sys.argv[2])
assert group[0]['major'] == int(sys.argv[4]), (group[0]['major'], sys.argv[4])
PY

traced 2000 0 0 0 8 -- -p PID 200ms
# shellcheck disable=SC2086 # two numbers each
check "a process of nine threads is one" $before $after << 'PY'
import json, sys
rows = [json.loads(line) for line in open(sys.argv[1])]
min0, maj0, min1, maj1 = map(int, sys.argv[2:])
last = [r for r in rows if r['type'] == 'top' and r['pid']][-1]
assert last['minor'] == min1 - min0 >= 2000, (last, min1 - min0)
assert last['page_bytes'] is None or last['page_bytes'] >= 2000 * 4096, last
PY

# In a group below the one that is looked at; the shell, which is in none, is not there.
below=$(awk '$3 == "cgroup2" { print $2; exit }' /proc/mounts)/mmtrace-top.$$/below
if mkdir -p "$below" 2> /dev/null && [ -e "$below/cgroup.procs" ]; then
	printf '#!/bin/sh\necho $$ > %s/cgroup.procs\nexec %s "$@"\n' "$below" "$tmp/victim" > "$tmp/inside"
	chmod +x "$tmp/inside"
	victim_program=$tmp/inside
	traced 3000 0 0 0 -- --cgroup "${below%/below}" 200ms
	victim_program=$tmp/victim
	# shellcheck disable=SC2086 # two numbers each
	check "a process in a cgroup below" $before $after << 'PY'
import json, sys
rows = [json.loads(line) for line in open(sys.argv[1])]
min0, maj0, min1, maj1 = map(int, sys.argv[2:])
pids = {r['pid'] for r in rows if r['type'] == 'top' and r['pid']}
assert len(pids) == 1, pids
last = [r for r in rows if r['type'] == 'top' and r['pid']][-1]
assert last['minor'] == min1 - min0 >= 3000, (last, min1 - min0)
assert last['page_bytes'] is None or last['page_bytes'] >= 3000 * 4096, last
PY
else
	skip "a process in a cgroup below: no cgroup2 to write to"
fi
rmdir "$below" "${below%/below}" 2> /dev/null

traced 0 0 100 10 -- --rows 16 --strict 10s
if [ $status = 5 ]; then ok "--strict: a full table is exit 5"; else no "--strict" "exit $status"; fi
check "a full table is said so" << 'PY'
import json, sys
rows = [json.loads(line) for line in open(sys.argv[1])]
assert rows[-1]['lost']['rows_full'] > 0
assert any(r['type'] == 'top' and r['comm'] == '[no room]' for r in rows)
PY

traced 5000 0 0 0 -- --calls -p PID 200ms
check "--calls: what was mapped, and nothing of calls that fail" << 'PY'
import json, sys
rows = [json.loads(line) for line in open(sys.argv[1])]
last = [r for r in rows if r['type'] == 'top' and r['pid']][-1]
assert 'mmap_bytes' not in rows[0]['unknown'], rows[0]['unknown']
assert (last['mmap_bytes'], last['munmap_bytes']) == (6000 * 4096, 0), last
PY
# 1,000,001 bytes are 245 pages
kernel_allocs=$tmp/kernel_allocs
cc -std=gnu17 -D_GNU_SOURCE -O1 -Wall ${WERROR:+-Werror} -static -o "$kernel_allocs" tests/victims/kernel_allocs.c || exit 1
: > "$tmp/json"
"$m" top --calls --json -o "$tmp/json" 5s 2> "$tmp/err" &
tracer=$!
await started
"$kernel_allocs" mmap 1000 1000001 > "$tmp/out"
kill -INT $tracer
wait $tracer
check "bytes of mmap and munmap as asked, not in pages" << 'PY'
import json, sys
rows = [json.loads(line) for line in open(sys.argv[1])]
row = [r for r in rows if r['type'] == 'top' and r['comm'] == 'kernel_allocs'][-1]
print('#', row['mmap_bytes'], row['munmap_bytes'])
assert row['munmap_bytes'] == 1000001000, row
assert 1000001000 <= row['mmap_bytes'] < 1001000000, row
PY

# A BTF that does not show the section of per-CPU variables
python3 - "$tmp/btf" << 'PY'
import sys
btf = open('/sys/kernel/btf/vmlinux', 'rb').read()
open(sys.argv[1], 'wb').write(btf.replace(b'\0.data..percpu\0', b'\0.data..hidden\0'))
PY
expect 0 "unreadable per-CPU variables are said" "kmem_bytes is not known: the kernel's per-CPU" \
	"$m" top --btf "$tmp/btf" -d 200ms
"$m" top --json -o "$tmp/json" --btf "$tmp/btf" -d 200ms 2> "$tmp/err"
check "what needs per-CPU variables is null without them" << 'PY'
import json, os, sys
rows = [json.loads(line) for line in open(sys.argv[1])]
assert all(r['kmalloc_count'] is None and r['page_bytes'] is None for r in rows if r['type'] == 'top')
old = tuple(map(int, os.uname().release.split('.')[:2])) < (6, 2)
assert ('rss' in rows[0]['unknown']) != old, rows[0]['unknown']
PY
expect 0 "and so are the pages of OOM victims" "oom" "$m" hist oom --btf "$tmp/btf" -d 100ms
expect 1 "disk full" "cannot write" "$m" top -o /dev/full -d 200ms
expect 0 "the table" "since the start" "$m" top -n 3 -s -rss 200ms 2
exit $bad

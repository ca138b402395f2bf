#!/usr/bin/env bash
# mmtrace hist memcg oom on this kernel: a hog in a memory cgroup of its own.
# (Swap, kswapd and compaction need a machine of their own: tests/vm/pressure.py.)
set -u
cd "$(dirname "$0")/../.." || exit 1
m=$PWD/build/mmtrace
tmp=$(mktemp -d)
group=
tracers=()
trap 'kill "${tracers[@]}" 2> /dev/null; [ -z "$group" ] || rmdir "$group"; rm -rf "$tmp"' EXIT

area=pressure
# shellcheck source=../lib/check.sh
. tests/lib/check.sh
stop() { skip "$1"; exit 0; }
# A group of version 1 or 2, below our own, and the file of its limit
make_group() {
	local root own
	if root=$(awk '$3 == "cgroup" && $4 ~ /(^|,)memory(,|$)/ { print $2; exit }' /proc/mounts) && [ -n "$root" ]; then
		own=$(sed -n 's/^[0-9]*:[^:]*memory[^:]*://p' /proc/self/cgroup)
		limit=memory.limit_in_bytes
	else
		root=$(awk '$3 == "cgroup2" { print $2; exit }' /proc/mounts)
		own=/
		limit=memory.max
	fi
	[ -n "$root" ] || return 1
	mkdir "$root$own/mmtrace-test-$$" 2> "$tmp/why" || return 1
	group=$root$own/mmtrace-test-$$
	echo 24M > "$group/$limit" 2> "$tmp/why"
}
in_group() { (echo 0 > "$group/cgroup.procs" && exec "$@"); }

"$m" hist memcg oom -d 100ms > /dev/null 2> "$tmp/why" || stop "$(head -1 "$tmp/why")"
make_group || stop "no memory cgroup can be made: $(head -1 "$tmp/why")"
[ "$(awk '/^SwapTotal/ { print $2 }' /proc/meminfo)" = 0 ] || stop "there is swap: a hog would not be killed"
cc -std=gnu17 -D_GNU_SOURCE -O1 -Wall -Wextra ${WERROR:+-Werror} -o "$tmp/hog.$$" tests/victims/hog.c || exit 1 # a name that no other has

"$m" hist memcg oom --by process --json -o "$tmp/hist" 2> "$tmp/hist.err" &
tracers+=($!)
"$m" top --json -o "$tmp/top" 5s 2> "$tmp/top.err" &
tracers+=($!)
# shellcheck disable=SC2317 # await calls it
started() { grep -qs '"start"' "$1" || ! kill -0 "${tracers[@]}" 2> /dev/null; } # or one has failed
await started "$tmp/hist"
await started "$tmp/top"
in_group "$tmp/hog.$$" 60 0 > "$tmp/hog.out" 2>&1
hog_status=$?
kill -INT "${tracers[@]}"
wait "${tracers[@]}"
tracers=()

python3 - "$tmp" "$hog_status" "hog.$$" "${group##*/}" << 'PY'
import json, sys
tmp, status, name = sys.argv[1], int(sys.argv[2]), sys.argv[3]
failed = False
def check(what, good, *words):
    global failed
    failed |= not good
    print(*(['ok - pressure: ' + what] if good else ['not ok - pressure: ' + what + ':', *words]))
hist = [json.loads(line) for line in open(tmp + '/hist')]
top = [json.loads(line) for line in open(tmp + '/top')]
hog = int(open(tmp + '/hog.out').read().split()[1])
kills = [line for line in hist if line['type'] == 'oom' and line['pid'] == hog]
print('#', kills)
check('the kill of the hog, its cause and sizes', status == 137 and len(kills) == 1 and
      kills[0]['cause'] == 'cgroup' and kills[0]['comm'] == name and kills[0]['cgroup_max_bytes'] == 24 << 20 and
      20 << 20 < kills[0]['anon_bytes'] <= 24 << 20 and kills[0]['vsize_bytes'] > 60 << 20 and kills[0]['swap_bytes'] == 0 and
      kills[0]['free_bytes'] > 24 << 20, status, kills)
check('the whole path of its cgroup', len(kills) == 1 and kills[0]['cgroup'].startswith('/') and
      kills[0]['cgroup'].endswith('/' + sys.argv[4]), kills)
counted = {line['key']['process']['pid']: line for line in hist if line['type'] == 'hist' and line['event'] == 'memcg'}
check('reclaim of the hog was timed', hog in counted and counted[hog]['ns_sum'] > 0, counted)
groups = {line['comm']: line for line in top if line['type'] == 'top' and line['ended']}
check('top counts the same reclaims', groups[name]['memcg_count'] == counted[hog]['count'] and
      groups[name]['memcg_ns'] > 0, groups.get(name))
# top's programs of allocations may miss what an interrupt allocates: of reclaim none is missed
top[-1]['lost'].pop('probe_missed')
check('nothing lost', not any(hist[-1]['lost'].values()) and not any(top[-1]['lost'].values()), hist[-1], top[-1])
sys.exit(failed)
PY

#!/usr/bin/env bash
# mmtrace hist oom: a cgroup that is killed as a whole (memory.oom.group), what the kernel's
# counters say of it, and the path of the cgroup, which is gone when the line is read.
# MMTRACE and HOG name the programs where they are not in build/.
set -u
m=${MMTRACE:-}
hog=${HOG:-}
cd "$(dirname "$0")/../.." || exit 1
tmp=$(mktemp -d)
tracer=
outer=
trap 'kill "$tracer" 2> /dev/null; rmdir "$outer/inner" "$outer" 2> /dev/null; rm -rf "$tmp"' EXIT
area=oom_group
# shellcheck source=../lib/check.sh
. tests/lib/check.sh
if [ -z "$m" ]; then
	m=$PWD/build/mmtrace
	hog=$tmp/hog
	cc -std=gnu17 -D_GNU_SOURCE -O1 -Wall -Wextra ${WERROR:+-Werror} -static -o "$hog" tests/victims/hog.c || exit 1
fi
stop() { skip "$1"; exit 0; }
root=$(awk '$3 == "cgroup2" { print $2; exit }' /proc/mounts)
[ -n "$root" ] || stop "no cgroup2 is mounted"
grep -qw memory "$root/cgroup.controllers" || stop "the memory controller is not in cgroup2 here"
"$m" hist oom -d 100ms > /dev/null 2> "$tmp/why" || stop "$(head -1 "$tmp/why")"

outer=$root/mmtrace-outer.$$
echo +memory > "$root/cgroup.subtree_control" 2> "$tmp/why" || stop "$(cat "$tmp/why")"
mkdir -p "$outer/inner" && echo +memory > "$outer/cgroup.subtree_control" && echo 24M > "$outer/inner/memory.max" || exit 1
echo 0 > "$outer/inner/memory.swap.max" 2> /dev/null

event() { awk -v k="$2" '$1 == k { print $2 }' "$1"; }
# Everything in the group, and what the counters moved by: vmstat, oom_kill, oom_group_kill
# shellcheck disable=SC2317 # await calls it
emptied() { ! grep -q . "$outer/inner/cgroup.procs"; }
# shellcheck disable=SC2317 # await calls it
started() { grep -qs '"start"' "$tmp/json" || ! kill -0 "$tracer"; }
kill_group() { # OOM.GROUP
	local group_kill sleepers=() i
	echo "$1" > "$outer/inner/memory.oom.group"
	rm -f "$tmp/json"
	"$m" hist oom --json -o "$tmp/json" 2> "$tmp/err" &
	tracer=$!
	await started
	vmstat=$(event /proc/vmstat oom_kill) oom_kill=$(event "$outer/inner/memory.events" oom_kill)
	group_kill=$(event "$outer/inner/memory.events" oom_group_kill)
	for i in 1 2 3; do
		(echo 0 > "$outer/inner/cgroup.procs" && exec sleep 1000) &
		sleepers+=($!)
	done
	for i in "${sleepers[@]}"; do await grep -qx "$i" "$outer/inner/cgroup.procs"; done
	(echo 0 > "$outer/inner/cgroup.procs" && exec "$hog" 60 0) > /dev/null 2>&1
	[ "$1" = 1 ] || kill "${sleepers[@]}"
	wait "${sleepers[@]}" 2> /dev/null
	await emptied
	vmstat=$(($(event /proc/vmstat oom_kill) - vmstat))
	oom_kill=$(($(event "$outer/inner/memory.events" oom_kill) - oom_kill))
	group_kill=$(($(event "$outer/inner/memory.events" oom_group_kill) - group_kill))
	rmdir "$outer/inner"
	kill -INT "$tracer"
	wait "$tracer"
	mkdir "$outer/inner" && echo 24M > "$outer/inner/memory.max"
	echo 0 > "$outer/inner/memory.swap.max" 2> /dev/null # else what is too large is swapped out and lives on
	counters="vmstat $vmstat oom_kill $oom_kill oom_group_kill $group_kill"
	lines=$(grep -c '"type":"oom"' "$tmp/json")
	echo "# oom.group $1: $lines lines; $counters"
}
paths() { grep '"type":"oom"' "$tmp/json" | grep -c "\"cgroup\":\"/mmtrace-outer.$$/inner\""; }

kill_group 0
equal "one kill: a line" "$lines" 1
equal "one kill: the counters" "$counters" "vmstat 1 oom_kill 1 oom_group_kill 0"
equal "one kill: the whole path of a cgroup that is gone" "$(paths)" 1
kill_group 1
equal "a group: a line for each process" "$lines" 4
equal "a group: the whole path in each" "$(paths)" 4
equal "a group: a process has one line" "$(grep '"type":"oom"' "$tmp/json" | sed 's/.*"pid":\([0-9]*\),"start.*/\1/' | sort -u | wc -l)" 4
equal "a group: oom_group_kill counts groups" "${counters##* }" 1
# the kernel comes to the first victim once more when it kills all, and counts it again if its memory is still there
between "a group: oom_kill of vmstat counts the first victim once or twice" "$vmstat" 4 5
equal "a group: so does oom_kill of memory.events" "$oom_kill" "$vmstat"
equal "the end counts them" "$(sed -n 's/.*"oom_kills":\([0-9]*\).*/\1/p' "$tmp/json")" 4
exit $bad

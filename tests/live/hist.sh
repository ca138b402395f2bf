#!/bin/bash
# mmtrace hist: counts of victims with known kernel effects, and totals against
# /proc/vmstat; bad input. Runs on the host and, given to tests/vm/run, in a VM:
# MMTRACE and VICTIM name the programs where they are not in build/.
set -u
m=${MMTRACE:-}
victim=${VICTIM:-}
cd "$(dirname "$0")/../.." || exit 1
if [ -z "$m" ]; then
	m=$PWD/build/mmtrace
	victim=$PWD/build/victims/kernel_allocs
	mkdir -p build/victims
	cc -std=gnu17 -D_GNU_SOURCE -O1 -Wall -Wextra ${WERROR:+-Werror} -static -o "$victim" tests/victims/kernel_allocs.c || exit 1
fi
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
area=hist
# shellcheck source=../lib/check.sh
. tests/lib/check.sh

# sum EVENT OP FIELD [PATTERN]: of the rows of the last run
sum() {
	grep '"type":"hist"' "$tmp/json" | grep "\"event\":\"$1\",\"op\":\"$2\"" | grep -- "${4-}" |
		sed "s/\"buckets\".*//; s/.*\"$3\":\([0-9]*\).*/\1/" | awk '{ n += $1 } END { printf "%.0f\n", n }'
}

# hist ARGS...: JSON to $tmp/json
hist() {
	timeout 120 "$m" hist --json -o "$tmp/json" "$@" > "$tmp/out" 2> "$tmp/err"
	status=$?
	[ $status = 0 ] || no "hist $*" "exit $status: $(head -c 300 "$tmp/err")"
	return $status
}

# Caches that are merged say all their names: those whose links lead to one directory.
aliases() {
	local wrong
	hist slab --by cache -- "$victim" socket 100 || return
	for link in /sys/kernel/slab/*; do
		[ ! -L "$link" ] || echo "$link"
	done | LC_ALL=C sort | xargs ls -ld 2> /dev/null | awk '{ sub(".*/", "", $(NF - 2)); print $(NF - 2), $NF }' > "$tmp/links"
	grep -o '"cache":"[^"]*","cache_aliases":[^}]*,"process"' "$tmp/json" | sort -u | tr -d '"' |
		sed 's/,process$//; s/^cache://; s/,cache_aliases:/|/' > "$tmp/said"
	wrong=$(awk -F'|' 'NR == FNR { split($0, l, " "); to[l[1]] = l[2]; name[++n] = l[1]; next }
		{
			want = ""
			for (i = 1; $1 in to && i <= n; i++)
				if (to[name[i]] == to[$1] && name[i] != $1)
					want = want (want == "" ? "" : ", ") name[i]
			said = $2 == "null" ? "" : $2
			if (sub("(, )?[.][.][.]$", "", said))
				want = substr(want, 1, length(said))
			if (said != want)
				print $1 ": " said " not " want
		}' "$tmp/links" "$tmp/said")
	equal "merged caches say all their names" "$wrong" ""
	[ -s "$tmp/said" ] || no "merged caches say all their names" "no cache was seen"
}

# start_hist ARGS...: the same in the background, once it counts; stop_hist ends it
start_hist() {
	rm -f "$tmp/json"
	timeout 120 "$m" hist --json -o "$tmp/json" "$@" > "$tmp/out" 2> "$tmp/err" &
	tracer=$!
	until [ -s "$tmp/json" ]; do
		kill -0 $tracer 2> /dev/null || { no "hist $*" "$(head -c 300 "$tmp/err")"; return 1; }
		sleep 0.1
	done
}

stop_hist() {
	kill -INT $tracer
	wait $tracer
	equal "SIGINT ends with 0" $? 0
}

hist_expect() { # STATUS NAME TEXT ARGS...
	expect "$1" "$2" "$3" "$m" hist "${@:4}"
}

namespace() {
	local status
	if ! unshare -pf true 2> /dev/null; then
		skip "pid namespace: none can be made"
		return
	fi
	unshare -pf "$m" hist kmalloc -p 1 -d 10ms > "$tmp/out" 2> "$tmp/err"
	status=$?
	grep -q 'pid namespace' "$tmp/err" || status="$status: $(head -c 200 "$tmp/err")"
	equal "pids of another namespace are refused" "$status" 3
}

not_a_process() {
	local pid tid='' task
	python3 -c 'import threading, time
threading.Thread(target=time.sleep, args=(60,), daemon=True).start()
time.sleep(60)' &
	pid=$!
	while [ -z "$tid" ]; do
		sleep 0.1
		for task in "/proc/$pid/task/"*; do
			[ "${task##*/}" = $pid ] || tid=${task##*/}
		done
	done
	hist_expect 1 "a thread is no process" "it is a thread" -p "$tid"
	kill $pid
	wait $pid 2> /dev/null
}

# Those that exist already are named, by how they join.
children() {
	local child
	sleep 30 &
	child=$!
	hist_expect 0 "children that run already are reported" "-p $$,.*\b$child\b" kmalloc -p $$ -d 10ms
	kill $child
	wait $child 2> /dev/null
}

bad_input() {
	hist_expect 0 "--help" "Domains" --help
	hist_expect 2 "unknown domain" "unknown word 'bogus'" bogus
	hist_expect 2 "unknown key" "keys: site" --by colour
	hist_expect 2 "three keys" "two different keys" --by site,gfp,node
	hist_expect 2 "a key twice" "two different keys" --by site,site
	hist_expect 2 "domain without the key" "it has: process" mmap --by site
	hist_expect 2 "keys that no domain has" "no domain has both" --by cache,order
	hist_expect 2 "bad size" "not a size" -z many
	hist_expect 2 "no size passes" "above" -z 4K -Z 1K
	hist_expect 2 "bad sort key" "no such key" --by site -s colour
	hist_expect 0 "keys of rows" "migrate type" --by help
	hist_expect 0 "keys to sort by" "bytes given and not asked for" -s help
	hist_expect 0 "what the tables draw can be asked for as columns" "process  *WASTE%  *SIZES  *COUNT" kmalloc --by process --columns process,waste_percent,sizes,count -s waste_percent -- "$victim" eventfd 10
	hist_expect 0 "those of times too" "process  *AVG  *LATENCY" fault --by process --columns process,avg,latency -s -avg -- "$victim" eventfd 10
	hist_expect 2 "bad hook" "no such hook" --backend fault=fentry
	hist_expect 2 "bad backend" "no backend is called" kmalloc --backend kmalloc=magic
	hist_expect 2 "bad backend of a default domain" "no backend is called" --backend kmalloc=magic
	hist_expect 2 "backend that nothing uses" "needs this hook" slab --backend kmalloc=tracepoint
	# as live does
	local forced=0
	timeout 60 "$m" hist vmalloc --backend vmalloc=fentry -d 10ms > /dev/null 2>&1 || forced=$?
	hist_expect $forced "forced among the default domains, as alone" "vmalloc" --backend vmalloc=fentry -d 10ms
	hist_expect 1 "no such pid" "no such process" -p 999999999
	hist_expect 2 "no cgroup" "not in a cgroup file system" --cgroup /tmp
	hist_expect 2 "frees that nothing reports" "only frees are reported" mmap --frees
	hist_expect 2 "look-through without sites" "by site" kmalloc --look-through
	hist_expect 2 "-s without rows" "by KEY" fault -s bytes
	hist_expect 2 "-s waste of times" "no waste" fault --by process -s waste
	hist_expect 2 "sizes of times" "no size" fault -z 4K
	hist_expect 2 "frees by size" "kfree reports no size" kmalloc --frees -z 4K
	hist_expect 2 "interval of nothing" "not a duration" -i 0
	hist_expect 2 "two commands" "cannot be joined" -c true -- true
	hist_expect 2 "a command and a pid" "cannot be joined" -p $$ -- true
	hist_expect 0 "a kernel thread allocates" "^mmtrace hist .*pid 2) .* whole run" kmalloc -p 2 -d 10ms
	hist_expect 7 "-c passes the status on" "^mmtrace hist .* whole run" kmalloc -c 'exit 7'
	hist_expect 1 "no such cgroup" "cannot open" --cgroup /nonexistent
	hist_expect 127 "CMD not found" "cannot run" -- /nonexistent/program
	hist_expect 1 "disk full" "cannot write" -o /dev/full -- true
}

slabs() {
	hist kmalloc slab --by site -- "$victim" eventfd 100000 || return
	equal "100,000 eventfds: kmalloc by site" "$(sum kmalloc alloc count 'do_eventfd')" 100000
	equal "kmalloc: bytes given" "$(sum kmalloc alloc bytes_alloc 'do_eventfd')" 6400000
	between "100,000 eventfds: files" "$(sum slab alloc count 'alloc_empty_file\|__alloc_file')" 100000 100010
	hist kmalloc --by site,process -- "$victim" pipe 1000 || return
	equal "1,000 pipes: two kmallocs each" "$(sum kmalloc alloc count 'alloc_pipe_info.*kernel_allocs')" 2000
	hist kmalloc --by site -- "$victim" bigpipe 1000 || return
	equal "1,000 large kmallocs count once" "$(sum kmalloc alloc count 'pipe_resize_ring')" 1000
	equal "and only there" "$(sum kmalloc alloc count '__kmalloc')" 0
	hist kmalloc -z 8193 -- "$victim" bigpipe 1000 || return
	equal "-z leaves them alone" "$(sum kmalloc alloc count)" 1000
	# 256 slots of 40 bytes: both bounds belong to what is asked for
	hist kmalloc --by site -z 10240 -Z 10240 -- "$victim" bigpipe 100 || return
	equal "-z and -Z include their sizes" "$(sum kmalloc alloc count 'pipe_resize_ring')" 100
	hist kmalloc --by site -z 10241 -- "$victim" bigpipe 100 || return
	equal "-z leaves out what is smaller by one" "$(sum kmalloc alloc count 'pipe_resize_ring')" 0
	hist kmalloc --by site -Z 10239 -- "$victim" bigpipe 100 || return
	equal "-Z leaves out what is larger by one" "$(sum kmalloc alloc count 'pipe_resize_ring')" 0
	hist kmalloc -Z 100 --by cache -- "$victim" eventfd 1000 || return
	between "-Z and size class" "$(sum kmalloc alloc count 'kmalloc-64')" 1000 1020
	hist slab --by cache --frees -- "$victim" socket 1000 || return
	equal "1,000 sockets: by cache" "$(sum slab alloc count '"sock_inode_cache"')" 1000
	hist kmalloc vmalloc --by region -- "$victim" bpfmap 4 8388608 || return
	equal "kmalloc is in the linear map" "$(sum kmalloc alloc count)" "$(sum kmalloc alloc count '"region":"linear map"')"
	equal "vmalloc is in its region" "$(sum vmalloc alloc count '"region":"vmalloc"')" 4
}

# Who is counted: the command, what it starts, and all of it as long as it lives.
followed() {
	# shellcheck disable=SC2016 # the shell started expands it
	local child='"$1" eventfd 1000 > /dev/null; exit 0'
	hist kmalloc --by site -- sh -c "$child" sh "$victim" || return
	equal "children are counted" "$(sum kmalloc alloc count do_eventfd)" 1000
	hist kmalloc --by site --no-follow -- sh -c "$child" sh "$victim" || return
	equal "--no-follow: they are not" "$(sum kmalloc alloc count do_eventfd)" 0
	hist kmalloc --by site -- "$victim" afterthread 4 1000 || return
	equal "a thread ends, its process is counted on" "$(sum kmalloc alloc count do_eventfd)" 4000
}

# Sizes of a cache as /sys says; mergeable caches may share another's.
cache_sizes() {
	local dir count
	dir=$(readlink -f /sys/kernel/slab/sock_inode_cache)
	[ -r "$dir/object_size" ] || { skip "sizes of a cache: no /sys/kernel/slab"; return; }
	hist slab --by cache -- "$victim" socket 500 || return
	count=$(sum slab alloc count '"sock_inode_cache"')
	between "500 sockets of a cache" "$count" 500 510
	equal "bytes asked for are the object's" "$(sum slab alloc bytes_req '"sock_inode_cache"')" $((count * $(cat "$dir/object_size")))
	equal "bytes given are the place's" "$(sum slab alloc bytes_alloc '"sock_inode_cache"')" $((count * $(cat "$dir/slab_size")))
}

# What an event does not report is null and has its reason.
frees() {
	hist kmalloc slab --by gfp,cache --frees -- "$victim" eventfd 1000 || return
	between "kfree: count without sizes" "$(grep '"event":"kmalloc","op":"free".*"cache":null.*"gfp":null,"gfp_text":null.*"bytes_req":null,"bytes_alloc":null,"ns_sum":null,"buckets":null' "$tmp/json" |
		sed 's/.*"count":\([0-9]*\).*/\1/')" 1000 1100
	equal "kfree: the reason" "$(grep -c '"kmalloc_free":"kfree [a-z]* no size"' "$tmp/json")" 1
	equal "kfree: null in the totals" "$(grep -c '"end".*"kmalloc":{"going_on":null,"alloc":{[^}]*},"free":{"count":[0-9]*,"bytes_req":null' "$tmp/json")" 1
	between "frees of a cache have sizes" "$(sum slab free bytes_req '"cache":"names_cache"')" 4096 40960000
	equal "but no flags" "$(grep -c '"op":"free".*"gfp":"0x' "$tmp/json")" 0
	hist_expect 0 "kfree: - for people" "freed; kfree [a-z]* no size" kmalloc --by cache --frees -- "$victim" eventfd 10
}

# Numbers and their words.
names() {
	local group
	group=$(awk '$3 == "cgroup2" { print $2; exit }' /proc/mounts)/mmtrace-hist.$$
	hist kmalloc --by site,gfp -- "$victim" eventfd 1000 || return
	equal "flags of the allocation" "$(sum kmalloc alloc count 'do_eventfd.*,"gfp":"0x[0-9a-f]*","gfp_text":"GFP_KERNEL",')" 1000
	if ! mkdir "$group" 2> /dev/null || [ ! -e "$group/cgroup.procs" ]; then
		rmdir "$group" 2> /dev/null
		skip "by cgroup: no cgroup2 to write to"
		return
	fi
	mkdir "$group/below"
	# shellcheck disable=SC2016
	hist kmalloc --by site,cgroup -- sh -c 'echo $$ > "$1/below/cgroup.procs" && exec "$2" eventfd 1000' sh "$group" "$victim"
	equal "cgroup by name" "$(sum kmalloc alloc count "do_eventfd.*,\"cgroup\":\"/mmtrace-hist.$$/below\"")" 1000
	start_hist kmalloc --by site --cgroup "$group" || return
	# shellcheck disable=SC2016
	sh -c 'echo $$ > "$1/below/cgroup.procs" && exec "$2" eventfd 1000' sh "$group" "$victim" > /dev/null
	"$victim" eventfd 10 > /dev/null
	stop_hist
	equal "only what is below the cgroup" "$(sum kmalloc alloc count do_eventfd)" 1000
	# shellcheck disable=SC2016
	start_hist kmalloc --by site,cgroup || return
	sh -c 'echo $$ > "$1/below/cgroup.procs" && exec "$2" eventfd 1000' sh "$group" "$victim" > /dev/null
	await rmdir "$group/below"
	rmdir "$group"
	stop_hist
	equal "a cgroup that is gone has its name" "$(sum kmalloc alloc count "do_eventfd.*,\"cgroup\":\"/mmtrace-hist.$$/below\"")" 1000
}

# As many pages as the node itself says that it gave.
nodes() {
	local node outer inner first=/sys/devices/system/node/node0
	if [ ! -e /sys/devices/system/node/node1 ]; then
		skip "pages by node: the machine has one"
		return
	fi
	given() { awk '$1 == "numa_hit" || $1 == "numa_miss" { n += $2 } END { printf "%.0f\n", n }' "${first%0}$1/numastat"; }
	for node in 0 1; do
		outer=$(given $node)
		start_hist page --by node || return
		inner=$(given $node)
		"$victim" nodetouch 20000 $node > /dev/null
		inner=$(($(given $node) - inner))
		stop_hist
		outer=$(($(given $node) - outer))
		echo "# node $node gave $inner to $outer pages, hist $(($(sum page alloc bytes_req "\"node\":$node,") / 4096))"
		between "pages of node $node agree with numastat" $(($(sum page alloc bytes_req "\"node\":$node,") / 4096)) $inner $outer
		between "20,000 of node $node are the victim's" $inner 20000 40000
	done
	equal "no page is of an unknown node" "$(sum page alloc count '"node":null')" 0
	hist page --frees --by node -- "$victim" nodetouch 20000 1 || return
	between "frees of node 1" $(($(sum page free bytes_req '"node":1,') / 4096)) 20000 40000
}

# A table of an interval has counts a second, that of the whole run has not.
tables() {
	hist_expect 0 "head of an interval" "^mmtrace hist .*pid $$) .* interval [0-9.]*s" kmalloc --by site -p $$ --no-follow 200ms 2
	equal "and of the whole run" "$(grep -c '^mmtrace hist .* whole run' "$tmp/out")" 1
	equal "counts a second" "$(grep -c 'allocated ([0-9.k]*/s)' "$tmp/out")" 2
	# All of it happens in the first intervals: the tables of all intervals add up to that of the run.
	# shellcheck disable=SC2016
	"$m" hist kmalloc --by site 100ms -- sh -c '"$1" eventfd 1000 > /dev/null; sleep 0.5' sh "$victim" 2> "$tmp/out"
	equal "intervals add up to the run" "$(awk '/interval [0-9.]*s/ { whole = 0 } /whole run/ { whole = 1 }
		/do_eventfd/ { n[whole] += $1 } END { print n[0] "+" n[1] }' "$tmp/out")" 1000+1000
}

rows_full() {
	hist kmalloc --by site,gfp --rows 1 -- "$victim" pipe 1000 || return
	between "rows are full: total stays" "$(sum kmalloc alloc count)" 2000 2600 # interrupts allocate meanwhile
	between "rows are full: other" "$(sum kmalloc alloc count '"other":true')" 1 2600
}

# Each map has a page before its elements: 2049 pages. The array that vmalloc
# keeps of them fills 5 pages.
vmallocs() {
	hist vmalloc page --by site -- "$victim" bpfmap 16 8388608 || return
	equal "16 maps of 8 MiB: areas" "$(sum vmalloc alloc count 'array_map_alloc\|bpf_map_area_alloc')" 16
	equal "16 maps: bytes without guard page" "$(sum vmalloc alloc bytes_req)" $((16 * 8392704))
	equal "16 maps: with guard page" "$(sum vmalloc alloc bytes_alloc)" $((16 * (8392704 + 4096)))
	equal "16 maps: arrays of pages apart" "$(sum vmalloc nested bytes_req)" $((16 * 20480))
	# the array's pages are allocated in bulk, which only fentry sees
	local each=2054
	grep -q '"page":"pages allocated in bulk' "$tmp/json" && each=2049
	between "16 maps: pages" "$(($(sum page alloc bytes_req) / 4096))" $((16 * each)) $((16 * each + 70))
}

calls() {
	hist mmap brk fault -- "$victim" mmap 100 1000000 || return
	equal "100 mmaps" "$(sum mmap alloc count)" 100
	equal "100 mmaps: length" "$(sum mmap alloc bytes_req)" 100000000
	hist mmap -- "$victim" failmmap 10 || return
	equal "mmaps of 2^63 bytes fail" "$(sum mmap failed count)" 10
	equal "and are given nothing" "$(sum mmap failed bytes_alloc)" 0
	equal "and are in the last bucket" "$(grep -c '"op":"failed".*"lo":4611686018427387904,"hi":18446744073709551615,"count":10,' "$tmp/json")" 1
	hist brk -- "$victim" brk 100 10000 || return
	equal "100 brks" "$(grep '"event":"brk"' "$tmp/json" | sed 's/.*"lo":8192,"hi":16384,"count":\([0-9]*\).*/\1/')" 100
	hist brk -- "$victim" shrink 100 10000 || return
	equal "100 brks up again" "$(grep '"op":"alloc"' "$tmp/json" | sed 's/.*"lo":8192,"hi":16384,"count":\([0-9]*\).*/\1/')" 100
	equal "100 brks down" "$(sum brk free count)" 100
	equal "and their bytes" "$(sum brk free bytes_req)" 1000000
	equal "brk to where it is counts as nothing" "$(sum brk failed count)" 0
	hist brk -- "$victim" failbrk 10 || return
	equal "brks that fail" "$(sum brk failed count)" 10
	hist fault -- "$victim" touch 5000 || return
	between "5,000 faults" "$(sum fault latency count)" 5000 "$(awk '{ print $4 }' "$tmp/out")"
}

pgalloc() { awk '/^pgalloc/ { n += $2 } END { printf "%.0f\n", n }' /proc/vmstat; }
pgfree() { awk '/^pgfree / { print $2 }' /proc/vmstat; }
# shellcheck disable=SC2317 # await calls it
freed_since() { [ $(($(pgfree) - $1)) -ge "$2" ]; } # PGFREE COUNT

# Pages that may have been allocated in bulk, at most: without a hook on that they raise no
# event, and vmstat has them.  Areas of vmalloc are (stacks of kernel threads and of processes,
# what loads BPF programs of other tracers), but for maps, which pay for their cgroup page by page.
bulk_pages() {
	grep -q '"page":"pages allocated in bulk' "$tmp/json" || { echo 0; return; }
	echo $((($(sum vmalloc alloc bytes_alloc) - $(sum vmalloc alloc bytes_alloc 'map_alloc\|bpf_map_area_alloc') +
		$(sum vmalloc nested bytes_alloc)) / 4096))
}

# What happens between two readings inside the run must be there, and no more
# than between two readings around it.
against_vmstat() {
	local outer inner outer_free inner_free pages freed missed bulk
	outer=$(pgalloc) outer_free=$(pgfree)
	start_hist page vmalloc --by site --frees || return
	inner=$(pgalloc) inner_free=$(pgfree)
	"$victim" touch 50000 > /dev/null
	"$victim" bpfmap 16 8388608 > /dev/null
	# the victims and their maps are given back: the latter by a worker, later
	await freed_since "$inner_free" $((50000 + 16 * 2049)) || no "pages freed" "they are not"
	inner=$(($(pgalloc) - inner)) inner_free=$(($(pgfree) - inner_free))
	stop_hist
	outer=$(($(pgalloc) - outer)) outer_free=$(($(pgfree) - outer_free))
	missed=$(sed -n 's/.*"probe_missed":\([0-9]*\).*/\1/p' "$tmp/json")
	pages=$(($(sum page alloc bytes_req) / 4096))
	freed=$(($(sum page free bytes_req) / 4096))
	bulk=$(bulk_pages)
	echo "# pages allocated: vmstat $inner to $outer, hist $pages, $bulk in bulk at most; freed: $inner_free to $outer_free, $freed; missed $missed"
	between "pages allocated agree with vmstat" "$pages" $((inner - missed - bulk)) "$outer"
	between "pages freed agree with vmstat" "$freed" $((inner_free - missed)) "$outer_free"
}

# keep KIND COUNT [BYTES]: the victim has allocated and holds it until let_go
keep() {
	coproc KEPT { exec "$victim" "$@"; }
	kept=$KEPT_PID
	exec {hold}>&"${KEPT[1]}"
	read -r -t 60 _ <&"${KEPT[0]}" || no "victim $*" "it says nothing"
}

let_go() {
	exec {hold}>&-
	kill "$kept"
	wait "$kept" 2> /dev/null
}

# Objects in use: empty places in the slabs of CPUs count as used until they are shrunk.
slab_objects() { # CACHE
	echo 1 > "/sys/kernel/slab/$1/shrink"
	awk -v c="$1" '$1 == c { print $2 }' /proc/slabinfo
}

vmalloc_bytes() { awk '/array_map_alloc|bpf_map_area_alloc/ { n += $2 } END { printf "%.0f\n", n }' /proc/vmallocinfo; }

# Free pages, those in the lists of CPUs too.
free_pages() {
	awk '/^Node/ && FILENAME ~ /buddy/ { p = 1; for (i = 5; i <= NF; i++) { n += $i * p; p *= 2 } }
		$1 == "count:" { n += $2 } END { printf "%.0f\n", n }' /proc/buddyinfo /proc/zoneinfo
}

pgfault() { awk '/^pgfault / { print $2 }' /proc/vmstat; }

# With fentry, which sees those of get_user_pages too: each exec has some.  Up to 6.4 the kernel
# counts a fault that is tried again each time, and it counts those that fail: there are none here.
faults_against_vmstat() {
	local outer inner count lost
	outer=$(pgfault)
	start_hist fault --backend hist_fault=fentry || return
	inner=$(pgfault)
	"$victim" touch 20000 > /dev/null
	inner=$(($(pgfault) - inner))
	stop_hist
	outer=$(($(pgfault) - outer))
	count=$(sum fault latency count)
	lost=$(sed -n 's/.*"unpaired":\([0-9]*\).*/\1/p' "$tmp/json")
	echo "# faults: vmstat $inner to $outer, hist $count, $lost lost"
	between "faults agree with pgfault of vmstat" $((count + lost)) "$inner" "$outer"
}

# What all of the machine has, so only where nothing else happens.
against_proc() {
	local before after
	if [ -z "${MMT_QUIET-}" ]; then
		skip "slabinfo, vmallocinfo and buddyinfo: others allocate on this machine (MMT_QUIET is not set)"
		return
	fi
	faults_against_vmstat
	start_hist slab --by cache --frees || return
	before=$(slab_objects sock_inode_cache)
	keep keepsocket 500
	after=$(slab_objects sock_inode_cache)
	stop_hist
	let_go
	equal "slabinfo: objects of a cache" "$(($(sum slab alloc count '"sock_inode_cache"') - $(sum slab free count '"sock_inode_cache"')))" \
		$((after - before))
	between "slabinfo: it has grown" $((after - before)) 500 600
	start_hist vmalloc --by site || return
	before=$(vmalloc_bytes)
	keep keepbpfmap 8 1048576
	after=$(vmalloc_bytes)
	stop_hist
	let_go
	equal "vmallocinfo: bytes of 8 maps" "$(sum vmalloc alloc bytes_alloc 'array_map_alloc\|bpf_map_area_alloc')" $((after - before))
	start_hist page --frees || return
	before=$(free_pages)
	keep keeptouch 20000
	after=$(free_pages)
	stop_hist
	let_go
	pages=$((($(sum page alloc bytes_req) - $(sum page free bytes_req)) / 4096))
	echo "# buddyinfo and lists of CPUs: $((before - after)) pages less, hist $pages"
	between "buddyinfo: 20,000 pages are gone" $pages $((before - after - 200)) $((before - after + 200))
	between "buddyinfo: and no more" $pages 19500 20600
}

bad_input
if ! timeout 60 "$m" hist kmalloc -d 100ms > /dev/null 2> "$tmp/err"; then
	skip "$(head -1 "$tmp/err")"
	exit $bad
fi
namespace
not_a_process
children
slabs
followed
cache_sizes
aliases
frees
names
nodes
tables
rows_full
vmallocs
calls
against_vmstat
against_proc
LANG=C LC_ALL=C "$m" hist kmalloc -d 100ms > "$tmp/out" 2> /dev/null
if LC_ALL=C grep -q '[^ -~]' "$tmp/out"; then no "plain ASCII in the C locale" "it is not"; else ok "plain ASCII in the C locale"; fi
exit $bad

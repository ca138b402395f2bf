#!/bin/sh
# In the guest: mmtrace leak and hist around the steps of the module.  Prints
# "# NAME" and then what each of them said.
step=/sys/module/mmt_known/parameters/step
cd /tmp || exit 1
site='' cache='' module='' leak='' # process ids, set by start()

# start NAME ARGS...: mmtrace ARGS to NAME.json, its pid in $tracer; waits until it traces
start() {
	name=$1
	shift
	mmtrace "$@" --json -o "$name.json" &
	tracer=$!
	while ! grep -q '"type":"start"' "$name.json" 2> /dev/null; do
		kill -0 $tracer || exit 1
		sleep 0.1
	done
}

stop() {
	kill -INT "$1"
	wait "$1" || exit 1
}

# Waits for a number of ticks; gives up when the tracer does.
ticks() {
	want=$(($(grep -c '"type":"tick"' leak.json) + $1))
	while [ "$(grep -c '"type":"tick"' leak.json)" -lt $want ]; do
		kill -0 "$leak" || exit 1
		sleep 0.1
	done
}

# Rows of the last tick.
last_rows() {
	awk '/"type":"tick"/ { last = now; now = ""; next } { now = now $0 "\n" } END { printf "%s", last }' leak.json
}

# kfree_rcu frees some seconds later, all in one go: no longer than 15 s.
deferred_are() { # COUNT
	for _ in $(seq 30); do
		ticks 1
		count=$(last_rows | sed -n 's/.*"count":\([0-9]*\),"bytes":.*mmt_alloc_deferred.*/\1/p')
		[ "${count:-0}" = "$1" ] && return
	done
}

start site hist kmalloc slab vmalloc page --by site
site=$tracer
start cache hist kmalloc slab --by site,cache
cache=$tracer
start module hist kmalloc slab vmalloc --frees --module mmt-known
module=$tracer
echo alloc > $step && echo half > $step && echo rest > $step || exit 1
stop "$site"
stop "$cache"
stop "$module"
start leak leak kmalloc slab vmalloc page -i 500ms --module mmt_known
leak=$tracer
echo alloc > $step && echo half > $step || exit 1
deferred_are 30
lines=$(wc -l < leak.json)
for s in rest alloc half rest; do
	echo $s > $step || exit 1
done
deferred_are 0
stop "$leak"
echo "# site"
cat site.json
echo "# cache"
cat cache.json
echo "# module"
cat module.json
echo "# half"
head -n "$lines" leak.json
echo "# rest"
tail -n +"$((lines + 1))" leak.json

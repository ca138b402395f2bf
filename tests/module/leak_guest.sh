#!/bin/sh
# In the guest: mmtrace leak around the steps of the module.  Prints what it
# found after half of everything was freed, a line "MARK", and what at the end.
step=/sys/module/mmt_known/parameters/step
json=/tmp/leak.json
mmtrace leak kmalloc slab vmalloc page --json -i 1s -o $json "$@" &
tracer=$!

# Waits for a number of ticks; gives up when the tracer does.
ticks() {
	want=$(($(grep -c '"type":"tick"' $json) + $1))
	while [ "$(grep -c '"type":"tick"' $json)" -lt $want ]; do
		kill -0 $tracer || exit 1
		sleep 0.2
	done
}

while ! grep -q '"type":"start"' $json 2> /dev/null; do
	kill -0 $tracer || exit 1
	sleep 0.2
done
echo alloc > $step && echo half > $step || exit 1
ticks 2
lines=$(wc -l < $json)
echo rest > $step || exit 1
ticks 1
kill -INT $tracer
wait $tracer
status=$?
head -n "$lines" $json
echo MARK
tail -n +"$((lines + 1))" $json
exit $status

#!/usr/bin/env bash
# The command line: errors, exit codes, output formats, nothing left behind.
set -u
cd "$(dirname "$0")/../.." || exit 1
m=${MMTRACE:-$PWD/build/mmtrace}
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
area=cli
# shellcheck source=../lib/check.sh
. tests/lib/check.sh

# Ids of the programs or maps that a process holds, from what the kernel says of its files.
ids_held() { # prog|map PID
	sed -n "s/^$1_id:[[:space:]]*//p" /proc/"$2"/fdinfo/* 2> /dev/null | sort -nu
}

# Those of the ids that the kernel still has: what was freed goes after a grace period.
ids_left() { # prog|map IDS
	left=
	await none_left "$1" "$2"
	echo "$left"
}

# shellcheck disable=SC2317 # await calls it
none_left() { # prog|map IDS: sets left
	local id
	left=
	for id in $2; do
		if bpftool "$1" show id "$id" > /dev/null 2>&1; then left="$left $id"; fi
	done
	[ -z "$left" ]
}

sigkill() { # VICTIM
	local PATH=$PATH:/usr/sbin tracer progs maps
	if ! command -v bpftool > /dev/null; then
		skip "SIGKILL: bpftool is not installed"
		return
	fi
	: > "$tmp/killed"
	"$m" --json -o "$tmp/killed" -p "$1" > /dev/null 2>&1 &
	tracer=$!
	await test -s "$tmp/killed"
	progs=$(ids_held prog $tracer)
	maps=$(ids_held map $tracer)
	if [ -z "$progs" ] || [ -z "$maps" ] || [ -z "$(bpftool prog show id "${progs%%$'\n'*}")" ]; then
		no "SIGKILL" "mmtrace has no programs or maps: '$progs', '$maps'"
		progs=
	fi
	kill -9 $tracer
	{ wait $tracer; } 2> /dev/null
	[ -n "$progs" ] || return
	progs=$(ids_left prog "$progs")$(ids_left map "$maps")
	if [ -n "$progs" ]; then no "SIGKILL" "programs and maps stay:$progs"; else ok "SIGKILL leaves no program and no map"; fi
}

expect 0 "--help" "Usage:" "$m" --help
expect 0 "--version" "mmtrace" "$m" --version
expect 2 "no target" "hint:" "$m"
expect 2 "unknown option" "hint:" "$m" --bogus
expect 2 "bad duration" "duration" "$m" -p 1 -d soon
expect 2 "bad sort key" "no such key" "$m" -p 1 -s colour
expect 0 "--columns help" "mkwrite" "$m" --columns help
for command in top hist leak; do
	if "$m" $command --columns help | grep -q classes; then
		no "$command --columns help" "it has no fault classes"
	else
		ok "$command --columns help"
	fi
done
expect 2 "bad column" "no such column" "$m" -p 1 --columns addr,colour
expect 2 "no classes where rows have none" "no such column" "$m" top --columns classes
expect 2 "what has no title is no column" "no such column" "$m" -p 1 --columns class
expect 2 "-c and -- CMD" "two targets" "$m" -c true -- true
expect 2 "empty -c" "no command" "$m" -c ""
expect 2 "doctor: unknown option" "hint:" "$m" doctor --bogus
expect 2 "bad backend" "hint:" "$m" -p $$ --backend fault=magic
expect 2 "unknown word" "hint:" "$m" bogus
expect 1 "no such pid" "no such process" "$m" -p 999999999
expect 1 "kernel thread" "kernel thread" "$m" -p 2

# one that has no effect is an error
expect 2 "-F in live" "live does not have it; these do: trace" "$m" -p $$ -F cow
expect 2 "--range in live" "does not have it" "$m" -p $$ --range 1000-2000
expect 2 "--expand without -a" "has no effect" "$m" -p $$ --expand $$
expect 2 "trace -n" "has no effect" "$m" trace -p $$ -n 5
expect 2 "trace -s" "has no effect" "$m" trace -p $$ -s addr
expect 2 "trace: a size and a class" "shows calls only" "$m" trace -p $$ -z 1M -F cow
expect 2 "trace: a filter of lines with -q" "none are shown" "$m" trace -p $$ -q --major
expect 2 "trace: a latency that is not measured" "up to 4.29s" "$m" trace -p $$ --min-latency 5s
expect 2 "trace --columns" "does not have it" "$m" trace -p $$ --columns addr
expect 2 "--json --columns" "has no effect" "$m" -p $$ --json --columns addr
expect 2 "-o and --record name one file" "named twice" "$m" -o "$tmp/one" --record "$tmp/one" -- true
expect 2 "-o and --also name one file" "named twice" "$m" --csv -o "$tmp/err" --also json="$tmp/./err" -- true
"$m" -q --record "$tmp/recording" -- true 2> /dev/null
cp "$tmp/recording" "$tmp/kept"
head -c $(($(stat -c %s "$tmp/kept") - 40)) "$tmp/kept" > "$tmp/cut"
expect 1 "a pipe is not replayed" "no regular file" "$m" replay /dev/null
expect 1 "a directory is not replayed" "no regular file" "$m" replay /tmp
expect 1 "of a recording that was cut the rest is shown" "^total " "$m" replay "$tmp/cut"
expect 2 "a replay may not write to its recording" "named twice" "$m" replay "$tmp/recording" -o "$tmp/recording"
if cmp -s "$tmp/recording" "$tmp/kept" && [ -s "$tmp/kept" ]; then ok "the recording stays"; else no "the recording stays" "it differs"; fi
# What bash would offer for the last of the words.
offered() ( # WORD...
	PATH=$(dirname "$m"):$PATH
	# shellcheck disable=SC1090
	source <("$m" completion bash)
	# shellcheck disable=SC2034 # the function reads them
	COMP_WORDS=("$@") COMP_CWORD=$(($# - 1))
	_mmtrace
	echo "${COMPREPLY[*]}"
)
while IFS='|' read -r line want; do
	IFS=' ' read -ra words <<< "$line"
	got=$(offered "${words[@]}" "")
	if grep -qw -- "$want" <<< "$got"; then ok "completion after '$line'"; else no "completion after '$line'" "no $want in: $got"; fi
done << 'END'
mmtrace|replay
mmtrace hist|vmalloc
mmtrace completion|zsh
mmtrace -p 1 --by|kind
mmtrace trace -F|wp_reuse
mmtrace leak --format|openmetrics
END
expect 2 "hist -Z 0" "no allocation is that small" "$m" hist -Z 0 -d 10ms
expect 2 "hist --rows without --by" "has no effect" "$m" hist --rows 100 -d 10ms
expect 2 "--json -n" "has no effect" "$m" -p $$ --json -n 5
expect 2 "--csv -s" "has no effect" "$m" leak --csv -s bytes
expect 0 "--json -n, with a table beside it" "start" "$m" --json -n 5 --also text="$tmp/table" -- true
expect 0 "--csv --by of nothing has its titles" "^t,by_kind,of,rows" "$m" --csv --by kind -p $$ -d 10ms
expect 0 "top -p follows no children" "without their children" "$m" top --help
expect 2 "-p and -t" "exclude each other" "$m" -p $$ -t $$
expect 2 "-a -s rss" "sort by pid" "$m" -a -s rss
expect 2 "--max-overhead 200" "100 at most" "$m" -p $$ --max-overhead 200
expect 2 "-p and a stray pid" "to trace several: -p 1,$$" "$m" -p 1 $$ 300
expect 2 "interval 0" "bad value '0' of INTERVAL" "$m" -p $$ 0
expect 0 "-F help" "mkwrite  *shared file" "$m" trace -F help
for arguments in --help --version "--columns help" "trace -F help" "doctor --help"; do
	# shellcheck disable=SC2086 # words
	"$m" $arguments 2> "$tmp/err" > /dev/full
	if [ $? = 1 ] && grep -q "No space left" "$tmp/err"; then ok "$arguments, disk full"; else no "$arguments, disk full" "$(cat "$tmp/err")"; fi
done

"$m" doctor > /dev/null 2>&1
usable=$?
if [ $usable != 0 ]; then
	skip "tracing: doctor says that this machine cannot (status $usable)"
	exit $bad
fi
expect 0 "doctor --json" '"usable":true' "$m" doctor --json
expect 127 "CMD not found" "cannot run" "$m" -- /nonexistent/program
expect 126 "CMD not executable" "cannot run" "$m" -- /etc/passwd
for command in live trace top hist; do
	expect 1 "$command of itself is refused" "it would watch itself work" sh -c "exec '$m' $command -d 1s -p \$\$"
done
expect 7 "CMD's status" "rusage" "$m" -- sh -c 'exit 7'
expect 3 "a line of the shell" "rusage" "$m" -c 'true | exit 3'
expect 0 "columns and order" "^ *FAULTS  *RANGE  *MAPPING" "$m" --columns faults,addr,what -s -addr -- true
expect 0 "doctor: files of targets" "systems that may hang: fuse" "$m" doctor
if command -v setpriv > /dev/null; then
	expect 0 "doctor: files that may not be opened" "grant CAP_CHECKPOINT_RESTORE" \
		setpriv --bounding-set=-sys_admin,-checkpoint_restore "$m" doctor
fi
expect 3 "doctor --btf" "remedy:" "$m" doctor --btf /nonexistent
# more open files for mmtrace, not for CMD
expect 0 "CMD's limit of open files" "^35$" sh -c "ulimit -Sn 35; '$m' -q -- sh -c 'ulimit -Sn'"
expect 137 "CMD killed" "rusage" "$m" -- sh -c 'kill -9 $$'
expect 0 "trace" "anon_write minor" "$m" trace -- true
expect 2 "trace: unknown class" "lists the classes" "$m" trace -F bogus -- true
expect 0 "options after the words" "^BY KIND" "$m" -p $$ 100ms 1 -n 2
expect 0 "-a -s -pid" "^ *PID COMM" "$m" -a -s -pid -d 100ms -q
expect 0 "tables of CMD" "FLT/s" "$m" -i 100ms -- sleep 0.5
expect 0 "CMD outlives -d" "goes on, not traced" "$m" -d 100ms -- sleep 1
if "$m" -- true <&- >&- 2>&-; then ok "closed descriptors"; else no "closed descriptors" "exit $?"; fi
expect 0 "trace ends with its total" "^total: [1-9]" "$m" trace -- true
expect 1 "disk full" "cannot write" "$m" -o /dev/full -- true
expect 2 "no BTF file" "cannot read" "$m" --btf /nonexistent -- true
if unshare -pf true 2> /dev/null; then
	expect 3 "-a in a pid namespace" "pid namespace" unshare -pf "$m" -a -d 100ms
	expect 3 "trace -a in a pid namespace" "pid namespace" unshare -pf "$m" trace -a -d 100ms
else
	skip "pid namespace: none can be made"
fi
expect 2 "not a BTF file" "'/etc/passwd' is not BTF of a kernel" "$m" --btf /etc/passwd -- true
expect 2 "not a BTF file, hist" "'/etc/passwd' is not BTF of a kernel" "$m" hist --btf /etc/passwd -d 1
if command -v setpriv > /dev/null; then # by its path: busybox's timeout would take its own
	cp "$m" "$tmp/mmtrace" && chmod 755 "$tmp" "$tmp/mmtrace"
	expect 4 "not root" "hint:" "$(command -v setpriv)" --reuid 65534 --regid 65534 --clear-groups "$tmp/mmtrace" -- true
fi

"$m" --json -o "$tmp/json" -- sh -c 'ls / > /dev/null'
if python3 - "$tmp/json" << 'PY'; then ok "JSON lines"; else no "JSON lines" "see above"; fi
import json, sys
rows = [json.loads(line) for line in open(sys.argv[1])]
end = rows[-1]
assert rows[0]['type'] == 'start' and rows[0]['schema'] == 2
assert end['type'] == 'end' and end['events']['dropped'] == 0
assert end['faults']['minor'] >= end['faults']['kernel_minor'] > 0
assert any(r['type'] == 'mapping' and r['kind'] == 'stack' for r in rows)
assert end['overhead']['cpu_ns'] > 0 and end['overhead']['rss_bytes'] > 0 and end['overhead']['map_bytes'] > 0
assert (end['overhead']['bpf_ns'] is None) == ('bpf_ns' in rows[0]['unknown'])
PY

# a hostile name: escape sequence, newline, invalid UTF-8
# a file is emptied only when there is something to write
echo old > "$tmp/old"
"$m" -o "$tmp/old" -- /nonexistent/program 2> /dev/null
"$m" -o "$tmp/old" --btf /nonexistent -- true 2> /dev/null
if [ "$(cat "$tmp/old")" = old ]; then ok "a failure keeps the file"; else no "a failure keeps the file" "it is gone"; fi
seq 100000 > "$tmp/old"
"$m" -o "$tmp/old" -- true 2> /dev/null
if grep -q '^total' "$tmp/old" && ! grep -q '^100000' "$tmp/old"; then ok "-o empties the file"; else no "-o empties the file" "old text"; fi

evil="$tmp/"$'ev\033[31m\n\xffil'
cp /bin/sleep "$evil"
# it may itself say its name, where it is busybox
# shellcheck disable=SC2016 # the inner shell expands it
"$m" -- sh -c 'exec "$1" 0.1 2> /dev/null' sh "$evil" > "$tmp/out" 2>&1
if grep -q $'\033' "$tmp/out"; then no "hostile name" "an escape sequence came through"; else ok "hostile name on a terminal"; fi
"$m" --json -o "$tmp/json" -- "$evil" 0.1
if python3 -c 'import json,sys; [json.loads(l) for l in open(sys.argv[1], encoding="utf-8")]' "$tmp/json"; then
	ok "hostile name in JSON"
else
	no "hostile name in JSON" "not valid"
fi

# the columns of BY KIND add up to its total
for of in "-- sh -c true;true" "-a -d 300ms" "--sample 3 -- ls /"; do
	# shellcheck disable=SC2086 # words
	"$m" -q $of > "$tmp/out" 2>&1
	if awk '/^BY KIND/ { on = 1; next }
		on && $1 == "total" { found = 1; bad = $2 != minor || $3 != major || $4 != error; exit }
		on { n = $3 ~ /^-?[0-9]+$/ && $4 ~ /^-?[0-9]+$/ && $5 ~ /^-?[0-9]+$/ ? 3 : 2
			minor += $n; major += $(n + 1); error += $(n + 2) }
		END { exit bad || !found }' "$tmp/out"; then
		ok "BY KIND adds up: $of"
	else
		no "BY KIND adds up: $of" "$(sed -n '/^BY KIND/,/^total/p' "$tmp/out")"
	fi
done

# names that a process gives itself, and children that it has already
cat > "$tmp/renamer.py" << 'PY'
import os, signal, sys, time
child = os.fork()
if not child:
    signal.pause()
print(child, flush=True)
end = time.time() + 60
for name in 'renamed0', 'renamed1':
    open("/proc/self/comm", "w").write(name)
    while time.time() < end and '"comm":"%s"' % name not in open(sys.argv[1]).read():
        bytearray(1 << 20)
        time.sleep(0.05)
os.kill(child, signal.SIGKILL)
PY
: > "$tmp/json"
python3 "$tmp/renamer.py" "$tmp/json" > "$tmp/renamed" &
renamer=$!
await test -s "$tmp/renamed"
child=$(cat "$tmp/renamed")
timeout 90 "$m" --json -o "$tmp/json" -i 100ms -p $renamer 2> "$tmp/err"
if grep -q '"comm":"renamed0"' "$tmp/json" && grep -q '"comm":"renamed1"' "$tmp/json"; then
	ok "a process that renames itself"
else
	no "a process that renames itself" "$(grep -o '"comm":"[^"]*"' "$tmp/json" | sort | uniq -c)"
fi
if grep -q "1 child that already lives is not traced; with it: -p $renamer,$child" "$tmp/err"; then
	ok "children are reported"
elif [ ! -e /proc/$$/task/$$/children ]; then
	skip "children are reported: the kernel has no /proc/PID/task/TID/children"
else
	no "children are reported" "$(cat "$tmp/err")"
fi
wait $renamer

sleep 30 &
victim=$!
timeout 20 "$m" trace -p $$ 2> "$tmp/err" | head -1 > /dev/null
status=${PIPESTATUS[0]}
if [ "$status" = 0 ] && ! grep -q cannot "$tmp/err"; then ok "closed pipe of trace"; else no "closed pipe of trace" "exit $status"; fi
timeout 20 "$m" -p $victim -i 100ms 2> /dev/null | head -1 > /dev/null
if [ "${PIPESTATUS[0]}" = 124 ]; then no "closed pipe" "goes on"; else ok "closed pipe"; fi
sigkill $victim
kill $victim
exit $bad

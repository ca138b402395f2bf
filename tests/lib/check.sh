# shellcheck shell=bash
# Test lines, for scripts: area=NAME and then this file.  `exit $bad` ends the script.

bad=0 # 1: a test has failed

ok() { echo "ok - $area: $1"; }
no() { echo "not ok - $area: $1${2:+: $2}"; bad=1; } # NAME [WHY]
skip() { echo "skip - $area: $1"; }

equal() { if [ "$2" = "$3" ]; then ok "$1"; else no "$1" "$2, not $3"; fi; } # NAME GOT WANT
between() { # NAME VALUE LOW HIGH
	if [ "$2" -ge "$3" ] && [ "$2" -le "$4" ]; then ok "$1"; else no "$1" "$2 is not from $3 to $4"; fi
}

# expect STATUS NAME TEXT COMMAND...: the exit status, and TEXT in what it prints, which
# is in $tmp/out and $tmp/err.
expect() {
	local status=$1 name=$2 text=$3 got
	shift 3
	timeout 60 "$@" > "$tmp/out" 2> "$tmp/err" < /dev/null
	got=$?
	if [ $got != "$status" ]; then
		no "$name" "exit $got, not $status: $(head -c 200 "$tmp/err")"
	elif ! cat "$tmp/out" "$tmp/err" | grep -q -- "$text"; then
		no "$name" "does not say '$text': $(head -c 200 "$tmp/err")"
	else
		ok "$name"
	fi
}

# await COMMAND...: until it succeeds, two minutes at most
await() {
	local end=$((SECONDS + 120))
	until "$@"; do
		[ $SECONDS -lt $end ] || return 1
		sleep 0.05
	done
}

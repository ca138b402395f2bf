# shellcheck shell=bash
# Messages, failures and cleaning up, shared by the other parts.

scratch= # this run's directory, removed at the end
qemu_pid=

note() {
	printf 'tests/vm/run: %s\n' "$*" >&2
}

# Failures of the machinery use 125, as env(1) and timeout(1) do, so that a
# test cannot take them for the result of its command.
die() {
	note "error: $*"
	exit 125
}

skip() {
	printf 'SKIP: %s\n' "$*" >&2
	exit 77
}

cleanup() {
	if [[ $qemu_pid ]]; then
		kill "$qemu_pid" 2>/dev/null || true
		wait "$qemu_pid" 2>/dev/null || true
	fi
	[[ ! $scratch ]] || rm -rf -- "$scratch"
}

# Quotes one word for the guest's POSIX shell; bash's own %q may produce
# $'...', which only some shells understand.
sh_quote() {
	printf "'%s'" "${1//\'/\'\\\'\'}"
}

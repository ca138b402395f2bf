#!/usr/bin/env bash
# Functions of 80 lines at most, files of 600.
set -u
cd "$(dirname "$0")/../.." || exit 1
# shellcheck disable=SC2016 # awk expands these
found=$(find src bpf tests -name '*.[ch]' -print0 | xargs -0 awk '
	FNR == 1 { start = 0 }
	/^[a-zA-Z_].*\)[ \t]*$/ { name = $0 }
	/^\{/ { start = FNR }
	/^\}/ { if (start && FNR - start > 80) printf "%s: %d lines: %s\n", FILENAME, FNR - start, name; start = 0 }
	FNR == 601 { printf "%s: more than 600 lines\n", FILENAME }')
if [ -n "$found" ]; then
	while IFS= read -r line; do echo "not ok - size: $line"; done <<< "$found"
	exit 1
fi
echo "ok - size"

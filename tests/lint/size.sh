#!/usr/bin/env bash
# Functions of 80 lines at most, files of 600; in src/view/format 200, the file of a
# command 150, main 40; no line of more than 120 characters, tabs as they are.
set -u
cd "$(dirname "$0")/../.." || exit 1
# shellcheck disable=SC2016 # awk expands these
found=$(find src bpf tests -name '*.[ch]' -print0 | xargs -0 awk '
	FNR == 1 { start = 0 }
	/^[a-zA-Z_].*\)[ \t]*$/ { name = $0 }
	/^\{/ { start = FNR }
	/^\}/ { if (start && FNR - start > 80) printf "%s: %d lines: %s\n", FILENAME, FNR - start, name; start = 0 }
	length($0) > 120 { printf "%s:%d: a line of %d characters\n", FILENAME, FNR, length($0) }
	FNR == 601 { printf "%s: more than 600 lines\n", FILENAME }')
limit() { # LINES FILE...
	local most=$1 file
	shift
	for file in "$@"; do
		[ "$(wc -l < "$file")" -le "$most" ] || found="$found${found:+$'\n'}$file: more than $most lines"
	done
}
limit 200 src/view/format/*.c
while read -r command; do
	[ ! -f "src/cmd/$command.c" ] || limit 150 "src/cmd/$command.c"
done < <(sed -n 's/^COMMAND([A-Z]*, \([a-z]*\),.*/\1/p' src/args/commands.def)
limit 40 src/main.c
if [ -n "$found" ]; then
	while IFS= read -r line; do echo "not ok - size: $line"; done <<< "$found"
	exit 1
fi
echo "ok - size"

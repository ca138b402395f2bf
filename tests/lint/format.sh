#!/usr/bin/env bash
# Whitespace of all that is tracked, as .editorconfig says.  How code is laid out is
# .clang-format's: new functions follow it, tables made by hand need not.
set -u
cd "$(dirname "$0")/../.." || exit 1
bad=0
no() { # WHAT GREP-ARGUMENT...
	local what=$1 found
	shift
	found=$(git ls-files -z -- '*.c' '*.h' '*.def' '*.sh' '*.py' '*.md' Makefile '*.mk' tests/run | xargs -0 grep -n "$@" | head -5)
	[ -z "$found" ] && return
	while IFS= read -r one; do echo "not ok - format: $what: $one"; done <<< "$found"
	bad=1
}
no "trailing blanks" -E '[ 	]+$'
no "a carriage return" $'\r'
no "spaces where a tab belongs" -E --include=*.c --include=*.h --include=*.def '^(	*) {8}[^*]'
while IFS= read -r file; do
	[ -z "$(tail -c 1 "$file")" ] || { echo "not ok - format: $file does not end with a newline"; bad=1; }
done < <(git ls-files -- '*.c' '*.h' '*.def' '*.sh' '*.py' '*.md' '*.1')
if command -v clang-format > /dev/null && ! clang-format --dump-config src/main.c > /dev/null; then
	echo "not ok - format: .clang-format cannot be read"
	bad=1
fi
[ $bad = 0 ] && echo "ok - format"
exit $bad

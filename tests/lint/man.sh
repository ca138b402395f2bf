#!/usr/bin/env bash
# Man pages are well formed, there is one per command, and they name every option.
set -u
cd "$(dirname "$0")/../.." || exit 1
bad=0
say() { echo "not ok - man: $1"; bad=1; }
for page in docs/man/*.1; do
	out=$(mandoc -T lint -W warning "$page" 2>&1 | grep -vE 'missing date|outdated mandoc') && say "$page: $out"
done
while read -r command; do
	[ -f "docs/man/mmtrace-$command.1" ] || say "no page of $command"
done < <(sed -n 's/^COMMAND(\([a-z]*\),.*/\1/p' src/cmd/commands.def)
while read -r option; do
	cat docs/man/*.1 | sed 's/\\-/-/g' | grep -q -- "--$option" || say "--$option is in no page"
done < <(grep -hoE '\{ "[a-z-]+", (no|required)_argument' src/cmd/*.c | cut -d'"' -f2)
[ $bad = 0 ] && echo "ok - man pages"
exit $bad

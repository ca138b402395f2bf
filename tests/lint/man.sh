#!/usr/bin/env bash
# Man pages are well formed, there is one per command, and each names every option
# of its command (src/args/options.def); none names an option that does not exist.
set -u
cd "$(dirname "$0")/../.." || exit 1
area="man"
# shellcheck source=../lib/check.sh
. tests/lib/check.sh
for page in docs/man/*.1; do
	out=$(mandoc -T lint -W warning "$page" 2>&1 | grep -vE 'missing date|outdated mandoc') && no "$page: $out"
done
if ! [ -x build/mmtrace ]; then
	skip "options: build/mmtrace is not built"
	exit $bad
fi
# options of the commands that trace are described once, in mmtrace(1) or in the page of the command
plain() { sed 's/\\-/-/g' "$@"; }
while read -r command; do
	page=docs/man/mmtrace-$command.1
	[ -f "$page" ] || { no "no page of $command"; continue; }
	while read -r option; do
		plain "$page" docs/man/mmtrace.1 | grep -q -e "$option\b" || no "$option is neither in $page nor in mmtrace.1"
	done < <(build/mmtrace "$command" --help | grep -oE '^  (-., |    )--[a-z-]+' | grep -oE -- '--[a-z-]+')
done < <(sed -n 's/^COMMAND([A-Z]*, \([a-z]*\),.*/\1/p' src/args/commands.def)
while read -r option; do
	grep -q "\"$option\"" src/args/options.def || no "--$option is in a page and is no option"
done < <(plain docs/man/*.1 | grep -oE '^\.(It|Fl|Op).* Fl -[a-z][a-z-]+' | grep -oE 'Fl -[a-z][a-z-]+' | sed 's/Fl -//' | sort -u)
[ $bad = 0 ] && ok "pages and options"
exit $bad

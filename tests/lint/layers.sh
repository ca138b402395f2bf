#!/usr/bin/env bash
# Who may include whom (docs/architecture.md): arrows point down, no cycles.
set -u
cd "$(dirname "$0")/../.." || exit 1
declare -A may=(
	[base]="base"
	[decode]="decode base wire"
	[probe]="probe decode base wire"
	[sym]="sym base"
	[model]="model decode base wire"
	[view]="view model decode base sym wire"
	[cmd]="cmd view model decode probe sym base wire"
)
bad=0
for folder in "${!may[@]}"; do
	while IFS=: read -r file include; do
		to=${include#*\"}
		to=${to%%/*}
		[[ $to = *.skel.h* ]] && continue # who may is checked below
		case " ${may[$folder]} " in
		*" $to "*) ;;
		*) echo "not ok - layers: $file includes $to"; bad=1 ;;
		esac
	done < <(grep -oH '^#include "[^"]*"' src/"$folder"/*.[ch] 2> /dev/null)
done
while IFS= read -r file; do
	case $file in
	src/probe/*) ;;
	*) echo "not ok - layers: $file knows libbpf"; bad=1 ;;
	esac
done < <(grep -lE '<bpf/|\.skel\.h' -r src)
[ $bad = 0 ] && echo "ok - layers"
exit $bad

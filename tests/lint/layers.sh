#!/usr/bin/env bash
# Who may include whom (docs/architecture.md): arrows point down, no cycles of files.
set -u
cd "$(dirname "$0")/../.." || exit 1
declare -A may=(
	[base]="base"
	[input]="input base wire"
	[decode]="decode base wire"
	[record]="record input base wire"
	[model]="model input decode base wire"
	[args]="args base wire probe/hook.h"
	[host]="host base wire"
	[opener]="opener host base wire"
	[probe]="probe host decode input base wire"
	[sym]="sym opener host base wire"
	[source]="source opener host args input record decode model probe sym base wire"
	[view]="view model input decode base wire args/formats.def"
	[cmd]="cmd host args source record view model input decode probe sym base wire"
)
area=layers
# shellcheck source=../lib/check.sh
. tests/lib/check.sh
for folder in "${!may[@]}"; do
	while IFS=: read -r file include; do
		path=${include#*\"}
		path=${path%\"}
		[[ $path = *.skel.h ]] && continue # who may is checked below
		case " ${may[$folder]} " in
		*" ${path%%/*} "* | *" $path "*) ;;
		*) no "$file includes $path" ;;
		esac
	done < <(grep -roH --include='*.[ch]' --include='*.def' '^#include "[^"]*"' src/"$folder")
done
for folder in src/*/; do
	[ -n "${may[$(basename "$folder")]-}" ] || no "$folder is in no row of the table"
done
while IFS= read -r file; do
	case $file in
	src/probe/*) ;;
	*) no "$file knows libbpf" ;;
	esac
done < <(grep -lE '<bpf/|\.skel\.h' -r src)
python3 tests/lint/cycles.py || bad=1
[ $bad = 0 ] && ok "arrows point down"
exit $bad

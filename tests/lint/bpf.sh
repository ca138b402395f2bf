#!/usr/bin/env bash
# Each file of bpf/, bpf/lib and bpf/wire includes what it needs: compiled alone.
set -u
cd "$(dirname "$0")/../.." || exit 1
if ! command -v clang > /dev/null; then
	echo "skip - bpf: clang is not installed"
	exit 0
fi
read -ra flags < <(make -s bpf-flags)
count=0 bad=0
for file in bpf/*.bpf.c bpf/lib/*.h bpf/wire/*.h; do
	count=$((count + 1))
	# what a file does not use itself another one does
	clang "${flags[@]}" -Werror -Wno-unused-function -fsyntax-only -include "$file" -x c /dev/null && continue
	echo "not ok - bpf: $file does not compile alone"
	bad=1
done
[ $bad = 0 ] && echo "ok - bpf: $count files compile alone"
exit $bad

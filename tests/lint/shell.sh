#!/usr/bin/env bash
# All shell scripts through shellcheck.
set -u
cd "$(dirname "$0")/../.." || exit 1
mapfile -t scripts < <(grep -rlIE '^#!.*(bash|sh)$' tests .ci)
if shellcheck -x -P SCRIPTDIR "${scripts[@]}"; then
	echo "ok - shellcheck of ${#scripts[@]} scripts"
else
	echo "not ok - shellcheck"
	exit 1
fi

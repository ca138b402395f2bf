#!/usr/bin/env bash
# The tables of docs/json.md are those of the fields: `mmtrace schema`.
set -u
cd "$(dirname "$0")/../.." || exit 1
if ! [ -x build/mmtrace ]; then
	echo "skip - json: build/mmtrace is not built"
	exit 0
fi
if diff <(sed '1,/<!-- from here on: mmtrace schema -->/d' docs/json.md) <(build/mmtrace schema) > build/json.diff; then
	echo "ok - json: docs/json.md has the keys of the fields"
else
	head -20 build/json.diff
	echo "not ok - json: docs/json.md differs: replace what follows its mark by the output of 'mmtrace schema'"
	exit 1
fi

#!/usr/bin/env bash
# The list of mutants fits the code: each old text stands once, each test exists.
set -u
cd "$(dirname "$0")/../.." || exit 1
exec python3 tests/mutants/run --check

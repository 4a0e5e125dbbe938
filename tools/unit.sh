#!/usr/bin/env bash
# Tests the packages given, with the race detector where the machine has what it needs.
set -euo pipefail

read -r compiler _ <<<"$(go env CC)"
race=()
if [[ "$(go env CGO_ENABLED)" == 1 ]] && command -v "$compiler" >/dev/null; then
	race=(-race)
else
	echo "testing without the race detector: it needs cgo and a C compiler"
fi
# The laws are long under the race detector: a package may take more than the ten minutes that are the default.
set -x
go test -timeout 40m "${race[@]+"${race[@]}"}" "$@"

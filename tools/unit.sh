#!/usr/bin/env bash
# Tests the packages given, with the race detector where the machine has what it needs. Property tests draw the same sample each
# time, so that a change fails for what it changed; `make test-laws` draws new ones, and ten times as many.
set -euo pipefail

read -r compiler _ <<<"$(go env CC)"
flags=(-timeout 40m) # the laws are long under the race detector: a package may take more than the ten minutes that are the default
if [[ "$(go env CGO_ENABLED)" == 1 ]] && command -v "$compiler" >/dev/null; then
	flags+=(-race)
else
	echo "testing without the race detector: it needs cgo and a C compiler"
fi

# Only tests that import rapid know its flags.
format='{{range .TestImports}}{{.}} {{end}}{{range .XTestImports}}{{.}} {{end}}'
properties=() others=()
while read -r package imports; do
	if [[ " $imports " == *" pgregory.net/rapid "* ]]; then properties+=("$package"); else others+=("$package"); fi
done < <(go list -f "{{.ImportPath}} $format" "$@")

failed=0
if ((${#properties[@]})); then
	draws=(-rapid.seed=20261128 -rapid.checks=50)
	echo "go test ${flags[*]} (${#properties[@]} packages with property tests) ${draws[*]}"
	go test "${flags[@]}" "${properties[@]}" "${draws[@]}" || failed=1
fi
if ((${#others[@]})); then
	echo "go test ${flags[*]} (${#others[@]} packages without)"
	go test "${flags[@]}" "${others[@]}" || failed=1
fi
exit "$failed"

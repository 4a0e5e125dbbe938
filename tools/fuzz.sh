#!/usr/bin/env bash
# Runs every fuzz target of the module for the time given. To find none is an error: then something is wrong here.
set -euo pipefail

found=0
for package in $(go list ./...); do
	targets=$(go test -list '^Fuzz' "$package" | grep '^Fuzz' || true)
	for target in $targets; do
		found=$((found + 1))
		printf '== %s %s\n' "$package" "$target"
		go test -run '^$' -fuzz "^$target\$" -fuzztime "$1" "$package"
	done
done
if [[ $found == 0 ]]; then
	echo "there is no fuzz target" >&2
	exit 1
fi

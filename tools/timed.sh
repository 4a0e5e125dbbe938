#!/usr/bin/env bash
# Makes each target given, in order, and ends with how long each took. It stops at the first that fails.
set -euo pipefail

summary=""
trap 'printf "\n%b" "$summary"' EXIT

for target in "$@"; do
	printf '\n== %s\n' "$target"
	start=$SECONDS
	if ! "${MAKE:-make}" "$target"; then
		summary+="$(printf '%5ds  %s FAILED' $((SECONDS - start)) "$target")\n"
		exit 1
	fi
	summary+="$(printf '%5ds  %s' $((SECONDS - start)) "$target")\n"
done

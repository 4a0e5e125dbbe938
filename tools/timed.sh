#!/usr/bin/env bash
# Makes each target given, in order, and ends with how long each took. All of them are made, so that one run shows every
# failure; it fails if one of them did.
set -euo pipefail

summary=""
failed=0
trap 'printf "\n%b" "$summary"' EXIT

for target in "$@"; do
	printf '\n== %s\n' "$target"
	start=$SECONDS
	outcome=""
	"${MAKE:-make}" "$target" || { outcome=" FAILED"; failed=1; }
	summary+="$(printf '%5ds  %s%s' $((SECONDS - start)) "$target" "$outcome")\n"
done
exit "$failed"

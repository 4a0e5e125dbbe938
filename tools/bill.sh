#!/usr/bin/env bash
# Writes the bill of materials of a binary, and fails if a licence in it is not allowed: bill.sh VERSION BINARY FILE.
set -euo pipefail
usage="usage: bill.sh VERSION BINARY FILE"
version=${1:?$usage} binary=$(realpath "${2:?$usage}") file=$(realpath "${3:?$usage}")
cd "$(dirname "${BASH_SOURCE[0]}")"
supply=$(go run ./cmd/tools supply)
"$supply/cyclonedx-gomod" bin -licenses -json -version "v$version" -output "$file" "$binary" 2>/dev/null
go run ./cmd/licences <"$file"

#!/usr/bin/env bash
# Builds the release archive of this machine's platform alone: archive.sh VERSION FOLDER prints the archive's path.
# Name and content are those that .goreleaser.yml gives it; it takes seconds, since it shares the build cache.
set -euo pipefail
version=${1:?usage: archive.sh VERSION FOLDER}
out=$(mkdir -p "${2:?usage: archive.sh VERSION FOLDER}" && cd "$2" && pwd)
cd "$(dirname "${BASH_SOURCE[0]}")/.."

staged=$(mktemp -d)
trap 'rm -rf "$staged"' EXIT
binary=pulumi-resource-leastprivilege
go build -ldflags "-s -w -X github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider.Version=$version" \
	-o "$staged/$binary$(go env GOEXE)" .
cp LICENSE README.md "$staged"
archive="$out/$binary-v$version-$(go env GOOS)-$(go env GOARCH).tar.gz"
tar -czf "$archive" -C "$staged" LICENSE README.md "$binary$(go env GOEXE)"
echo "$archive"

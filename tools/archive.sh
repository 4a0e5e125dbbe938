#!/usr/bin/env bash
# Builds a release archive of this machine's platform alone, of the plugin or the tool: archive.sh VERSION FOLDER [resource|tool] prints the
# archive's path. Name and content are those that .goreleaser.yml gives it; it takes seconds, since it shares the build cache.
set -euo pipefail
usage="usage: archive.sh VERSION FOLDER [resource|tool]"
version=${1:?$usage} kind=${3:-resource}
out=$(mkdir -p "${2:?$usage}" && cd "$2" && pwd)
cd "$(dirname "${BASH_SOURCE[0]}")/.."

case "$kind" in
resource) package=. variable=github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider.Version ;;
tool) package=./tool variable=main.version ;;
*) echo "$usage" >&2; exit 2 ;;
esac
staged=$(mktemp -d)
trap 'rm -rf "$staged"' EXIT
binary=pulumi-$kind-leastprivilege
go build -ldflags "-s -w -X $variable=$version" -o "$staged/$binary$(go env GOEXE)" "$package"
cp LICENSE README.md "$staged"
archive="$out/$binary-v$version-$(go env GOOS)-$(go env GOARCH).tar.gz"
tar -czf "$archive" -C "$staged" LICENSE README.md "$binary$(go env GOEXE)"
echo "$archive"

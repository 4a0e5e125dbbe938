#!/usr/bin/env bash
# Fails unless FOLDER holds the archives of a release VERSION, whole: check-dist.sh VERSION FOLDER.
set -euo pipefail
version=${1:?usage: check-dist.sh VERSION FOLDER}
cd "${2:?usage: check-dist.sh VERSION FOLDER}"

name=pulumi-resource-leastprivilege
sums="$name-v$version-checksums.txt"
sha256sum --check --quiet "$sums" 2>/dev/null || shasum --algorithm 256 --check --quiet "$sums"
# What a binary says of its version.
says() {
	case "$1" in
	*pulumi-tool-*) "$1" --version ;;
	*) "$1" -schema | grep --max-count=1 '^  "version"' ;;
	esac
}
for binary in pulumi-{resource,tool}-leastprivilege; do
	for platform in {linux,darwin,windows}-{amd64,arm64}; do
		archive="$binary-v$version-$platform.tar.gz"
		file=$binary
		[[ "$platform" != windows-* ]] || file+=.exe
		grep --quiet " $archive\$" "$sums" || { echo "$sums does not list $archive" >&2; exit 1; }
		unpacked=$(mktemp -d)
		tar -xzf "$archive" -C "$unpacked"
		built=$(go version -m "$unpacked/$file")
		if [[ "$platform" == "$(go env GOHOSTOS)-$(go env GOHOSTARCH)" ]]; then
			said=$(says "$unpacked/$file")
			[[ "$said" == *[\" ]"$version"* ]] || { echo "$archive: the binary says $said" >&2; exit 1; }
		fi
		rm -r "$unpacked"
		for want in "GOOS=${platform%-*}" "GOARCH=${platform#*-}" CGO_ENABLED=0; do
			grep --quiet "$want\$" <<<"$built" || { echo "$archive: $file was not built with $want" >&2; exit 1; }
		done
	done
done
echo "$(grep --count . "$sums") archives of version $version, with $sums"

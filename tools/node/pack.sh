#!/usr/bin/env bash
# Packs the Node.js SDK, as sdk/nodejs has it, into the given folder: pack.sh FOLDER prints the tarball's path.
# The compiler is the pinned one of this folder, and nothing is written into sdk/.
set -euo pipefail
out=$(mkdir -p "${1:?usage: pack.sh FOLDER}" && cd "$1" && pwd)
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(cd "$here/../.." && pwd)
if [ ! -x "$here/node_modules/.bin/tsc" ]; then
	echo "pack.sh: no compiler in tools/node/node_modules: run make pack-nodejs, which installs it" >&2
	exit 1
fi

source=$(mktemp -d)
trap 'rm -rf "$source"' EXIT
cp -R "$root/sdk/nodejs/." "$source"
rm -rf "$source/bin" "$source/node_modules"
ln -s "$here/node_modules" "$source/node_modules"
# Maps are left out: they would name sources that the package does not have.
"$here/node_modules/.bin/tsc" --project "$source" --sourceMap false --declarationMap false
cp "$source/package.json" "$source/README.md" "$root/LICENSE" "$source/bin/"
npm pack --silent --ignore-scripts --pack-destination "$out" "$source/bin" >/dev/null
version=$(node -p 'require(process.argv[1]).version' "$source/package.json")
echo "$out/pulumi-leastprivilege-$version.tgz"

#!/usr/bin/env bash
# Makes package-lock.json anew from package.json and the examples' own, after a change of either.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(cd "$here/../.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

cp "$here/package.json" "$here/package-lock.json" "$work"
for example in "$root"/examples/typescript/*/; do
	mkdir -p "$work/examples/$(basename "$example")"
	cp "$example/package.json" "$work/examples/$(basename "$example")"
done
make -C "$root" tools/node/node_modules/.installed
cp "$("$root/tools/node/pack.sh" "$work")" "$work/pulumi-leastprivilege.tgz"
cd "$work"
npm install --package-lock-only --omit-lockfile-registry-resolved --ignore-scripts --no-audit --no-fund --loglevel=error
# The SDK is packed anew for every test: no lock can know its bytes.
node -e '
	const fs = require("node:fs");
	const lock = JSON.parse(fs.readFileSync("package-lock.json", "utf8"));
	delete lock.packages["node_modules/pulumi-leastprivilege"].integrity;
	fs.writeFileSync(process.argv[1], JSON.stringify(lock, null, 4) + "\n");
' "$here/package-lock.json"

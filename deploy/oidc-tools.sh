#!/bin/sh
# Installs the provider of OpenID Connect that some tests need, by the npm of the environment, into a cache of the user
# by version; seconds at the first time, nothing afterwards. Prints the path of the program.
set -eu
root=$(cd "$(dirname "$0")/.." && pwd)
source=$root/tests/support/oidc/npm
version=$(sed -n 's/.*"oidc-provider": "\(.*\)".*/\1/p' "$source/package.json")
cache=${XDG_CACHE_HOME:-$HOME/.cache}/stroem-tools/oidc-provider-$version

if [ ! -d "$cache/node_modules" ]; then
    if [ ! -x "$root/.venv/bin/npm" ]; then
        echo "Tests with a provider of OpenID Connect are left out here; they need: make install" >&2
        exit 0
    fi
    mkdir -p "$cache"
    folder=$(mktemp -d "$cache/install.XXXXXX")
    trap 'rm -rf "$folder"' EXIT
    cp "$source/package.json" "$source/package-lock.json" "$source/.npmrc" "$folder"
    (cd "$folder" && PATH=$root/.venv/bin:$PATH npm ci --ignore-scripts --loglevel=error >&2)
    mv "$folder/node_modules" "$cache/node_modules"
fi
cp "$source/provider.js" "$source/package.json" "$cache"
echo "$cache/provider.js"

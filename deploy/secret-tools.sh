#!/bin/sh
# Builds the programs that tests of secret stores need, SOPS and age, into a cache of the user by version; a few minutes at
# the first time, nothing afterwards. Prints their folder.
set -eu
sops=3.13.3
age=1.3.1
cache=${XDG_CACHE_HOME:-$HOME/.cache}/stroem-tools/secrets-$sops-$age

if [ ! -x "$cache/sops" ] || [ ! -x "$cache/age-keygen" ]; then
    if ! command -v go >/dev/null; then
        echo "Tests of SOPS are left out here; they need: go, to build sops and age" >&2
        exit 0
    fi
    mkdir -p "$cache"
    build=$(mktemp -d "$cache/build.XXXXXX")
    trap 'rm -rf "$build"' EXIT
    GOBIN=$build CGO_ENABLED=0 go install -trimpath -ldflags "-s -w" \
        "github.com/getsops/sops/v3/cmd/sops@v$sops"
    GOBIN=$build CGO_ENABLED=0 go install -trimpath "filippo.io/age/cmd/age-keygen@v$age"
    mv "$build/sops" "$build/age-keygen" "$cache"
fi
echo "$cache"

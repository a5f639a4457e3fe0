#!/bin/sh
# Builds the API server of Kubernetes that some tests need, into a cache of the user by version; minutes at the first
# time, nothing afterwards. Prints the path of the program.
set -eu
version=1.36.3
minor=36
cache=${XDG_CACHE_HOME:-$HOME/.cache}/stroem-tools/kubernetes-$version
program=$cache/kube-apiserver

if [ ! -x "$program" ]; then
    if ! command -v go >/dev/null; then
        echo "Tests of Kubernetes are left out here; they need: go, to build kube-apiserver" >&2
        exit 0
    fi
    mkdir -p "$cache"
    source=$(mktemp -d "$cache/source.XXXXXX")
    trap 'rm -rf "$source"' EXIT
    cd "$source"
    cat >main.go <<'END'
package main

import (
	"os"

	"k8s.io/component-base/cli"
	"k8s.io/kubernetes/cmd/kube-apiserver/app"
)

func main() { os.Exit(cli.Run(app.NewAPIServerCommand())) }
END
    go mod init stroem.invalid/kube-apiserver 2>/dev/null
    # The main module of Kubernetes names its staging modules by folder; as a dependency they have versions of their own.
    manifest=$(go mod download -json "k8s.io/kubernetes@v$version" | sed -n 's/.*"GoMod": "\(.*\)".*/\1/p')
    sed -n 's,^[[:space:]]*\(k8s.io/[a-z-]*\) => ./staging/.*,\1,p' "$manifest" | while read -r module; do
        go mod edit -replace "$module=$module@v0.${version#*.}"
    done
    go mod edit -require "k8s.io/kubernetes@v$version"
    go mod tidy >tidy.log 2>&1 || { cat tidy.log >&2 && exit 1; }
    stamp=k8s.io/component-base/version
    CGO_ENABLED=0 go build -trimpath -o kube-apiserver -ldflags \
        "-s -w -X $stamp.gitVersion=v$version -X $stamp.gitMajor=${version%%.*} -X $stamp.gitMinor=$minor"
    mv kube-apiserver "$program"
fi
echo "$program"

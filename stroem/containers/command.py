"""The command line of a script in its container."""

import os
import shlex
from collections.abc import Mapping, Sequence
from pathlib import PurePosixPath

import attrs

from stroem.containers.places import SCRATCH, WORKSPACE
from stroem.definitions.action import Action
from stroem.definitions.dependencies import has_node_modules, refused_dependencies
from stroem.interfaces.runner import RunnerFailed, StepOrder

ARGUMENT_BYTES = 100_000
"""A longer script goes into a file: Linux takes 128 KiB in one argument."""

_PROGRAMS: Mapping[str, Sequence[str]] = {
    "python": ("python3", "python"),
    "javascript": ("node", "bun run"),
    "typescript": ("bun run", "deno run --allow-all"),
    "go": ("go run",),
}
_SUFFIXES = {"python": ".py", "javascript": ".js", "typescript": ".ts", "go": ".go"}
_FIRST = 'for program in {programs}; do command -v "${{program%% *}}" >/dev/null && exec $program "$@"; done; {fail}'


_INSTALL_PYTHON = f"""
p=$1 d={SCRATCH}/stroem-dependencies w=$2; shift 2
[ -n "$p" ] || p=$(command -v python3 || command -v python) ||
  {{ echo 'The image has no python3 or python.' >&2; exit 127; }}
mkdir -p "$d" && printf '%s\\n' "$w" > "$d/wanted" || exit
if command -v uv >/dev/null; then
  uv pip install --quiet --no-config --cache-dir "$d/cache" --python "$p" --target "$d/packages" -r "$d/wanted" || exit
elif "$p" -m pip --version >/dev/null 2>&1; then
  "$p" -m pip install --quiet --no-cache-dir --disable-pip-version-check --target "$d/packages" -r "$d/wanted" || exit
else
  echo 'The image has neither uv nor pip, which install dependencies: use one that has, or that has the packages.' >&2
  exit 127
fi
export PYTHONPATH="$d/packages${{PYTHONPATH:+:$PYTHONPATH}}"
exec "$p" "$@"
"""
"""Installs packages into the scratch folder with the image's own uv or pip, then runs the script."""

_INSTALL_JAVASCRIPT = f"""
d={SCRATCH}/stroem-dependencies w=$1; shift
mkdir -p "$d" && echo {{}} >"$d/package.json" && ln -sfn "$d/node_modules" "${{d%/*}}/node_modules" || exit
set -f
IFS='
'
"""
"""Begins a script that installs packages beside the file that needs them."""

_WITH_NPM = """
if command -v npm >/dev/null && command -v {program} >/dev/null; then
  npm install --prefix "$d" --cache "$d/cache" --no-save --no-package-lock --no-audit --no-fund --no-update-notifier \
    --loglevel=error -- $w >/dev/null && exec {program} "$@"
  exit
fi
"""
_WITH_BUN = """
if command -v {program} >/dev/null; then
  {program} add --cwd "$d" --cache-dir "$d/cache" --no-summary --no-progress $w >/dev/null && exec {program} run "$@"
  exit
fi
"""


@attrs.frozen
class InlineFile:
    """A file with an inline script, which must be there before its container starts."""

    path: PurePosixPath
    text: str


@attrs.frozen
class ScriptCommand:
    """The words of a command line, and the file that they need."""

    words: list[str]
    file: InlineFile | None = None


def script_command(order: StepOrder) -> ScriptCommand:
    """What a container runs for a script action, with the shell and the languages that its image has.

    Raises `RunnerFailed`.
    """
    action = order.action
    if refusal := refused_dependencies(action):
        raise RunnerFailed(str(refusal))
    if action.language in (None, "shell"):
        return _shell(order)
    name, wanted = f"{order.script_name}{_SUFFIXES[action.language]}", "\n".join(action.dependencies)
    if wanted and has_node_modules(action):
        beside = InlineFile(SCRATCH / name, _inline(order))
        installs = _javascript_installation(action)
        return ScriptCommand(["/bin/sh", "-c", installs, "sh", wanted, str(beside.path), *action.args], beside)
    source = _source(order)
    inline = None if source else InlineFile(WORKSPACE / name, _inline(order))
    file = source or str(inline and inline.path)
    if wanted:
        words = ["/bin/sh", "-c", _INSTALL_PYTHON, "sh", action.interpreter or "", wanted, file, *action.args]
        return ScriptCommand(words, inline)
    if action.interpreter is not None:
        return ScriptCommand([action.interpreter, file, *action.args], inline)
    programs = _PROGRAMS[action.language]
    tried = " or ".join(program.partition(" ")[0] for program in programs)
    fail = f"echo 'The image has no {tried}.' >&2; exit 127"
    script = _FIRST.format(programs=" ".join(f"'{program}'" for program in programs), fail=fail)
    return ScriptCommand(["/bin/sh", "-c", script, "sh", file, *action.args], inline)


def _javascript_installation(action: Action) -> str:
    """A script that installs packages with the image's own npm or bun, and runs a file with them."""
    if (own := action.interpreter) is not None:
        ways = [(_WITH_BUN if PurePosixPath(own).name == "bun" else _WITH_NPM).format(program=shlex.quote(own))]
    else:
        ways = [_WITH_NPM.format(program="node"), _WITH_BUN.format(program="bun")]
        ways = ways if action.language == "javascript" else ways[::-1]
    needed = "bun, or npm and node" if own is None else f"{own}, and npm beside it unless it is bun"
    fail = f"The image lacks what installs dependencies ({needed}): use one that has it, or that has the packages."
    return "".join([_INSTALL_JAVASCRIPT, *ways, f"echo {shlex.quote(fail)} >&2; exit 127"])


def _shell(order: StepOrder) -> ScriptCommand:
    action = order.action
    shell = action.interpreter or "/bin/sh"
    if (file := _source(order)) is not None:
        direct = action.interpreter is None and order.source is not None and os.access(order.source, os.X_OK)
        return ScriptCommand([*([] if direct else [shell]), file, *action.args])
    script = _inline(order)
    if len(os.fsencode(script)) > ARGUMENT_BYTES:
        inline = InlineFile(SCRATCH / f"{order.script_name}.sh", script)
        return ScriptCommand([shell, str(inline.path), *action.args], inline)
    return ScriptCommand([shell, "-c", script, *(["sh", *action.args] if action.args else [])])


def _source(order: StepOrder) -> str | None:
    if order.source is None:
        return None
    return str(WORKSPACE / order.source.relative_to(order.directory.resolve()))


def _inline(order: StepOrder) -> str:
    if order.action.script is None:
        raise RunnerFailed("The action has neither `script` nor `source`.")
    return order.action.script

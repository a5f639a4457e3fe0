"""The command line of a script in its container."""

import os
from collections.abc import Mapping, Sequence
from pathlib import PurePosixPath

import attrs

from stroem.containers.places import SCRATCH, WORKSPACE
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


_INSTALL = f"""
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
    if action.dependencies and action.language != "python":
        raise RunnerFailed("`dependencies` are installed for python scripts only: set `language: python`.")
    if action.language in (None, "shell"):
        return _shell(order)
    source = _source(order)
    inline = (
        None if source else InlineFile(WORKSPACE / f"{order.script_name}{_SUFFIXES[action.language]}", _inline(order))
    )
    file = source or str(inline and inline.path)
    if action.dependencies:
        wanted = "\n".join(action.dependencies)
        words = ["/bin/sh", "-c", _INSTALL, "sh", action.interpreter or "", wanted, file, *action.args]
        return ScriptCommand(words, inline)
    if action.interpreter is not None:
        return ScriptCommand([action.interpreter, file, *action.args], inline)
    programs = _PROGRAMS[action.language]
    tried = " or ".join(program.partition(" ")[0] for program in programs)
    fail = f"echo 'The image has no {tried}.' >&2; exit 127"
    script = _FIRST.format(programs=" ".join(f"'{program}'" for program in programs), fail=fail)
    return ScriptCommand(["/bin/sh", "-c", script, "sh", file, *action.args], inline)


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

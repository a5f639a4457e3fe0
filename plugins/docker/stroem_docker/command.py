"""The command line of a step in its container."""

import os
from collections.abc import Mapping, Sequence
from pathlib import Path

from stroem.interfaces.runner import RunnerFailed, StepOrder
from stroem_docker.places import SCRATCH, WORKSPACE

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


def script_command(order: StepOrder) -> list[str]:
    """What a container runs for a script action, with the shell and the languages that its image has.

    Writes an inline script that needs a file. Raises `RunnerFailed`.
    """
    action = order.action
    if action.dependencies:
        raise RunnerFailed("`dependencies` are not installed in containers: use an image that has them.")
    if action.language in (None, "shell"):
        return [*_shell(order), *action.args]
    file = _source(order) or _inline_file(order, order.directory, f"stroem_script{_SUFFIXES[action.language]}")
    if action.interpreter is not None:
        return [action.interpreter, file, *action.args]
    programs = _PROGRAMS[action.language]
    tried = " or ".join(program.partition(" ")[0] for program in programs)
    fail = f"echo 'The image has no {tried}.' >&2; exit 127"
    script = _FIRST.format(programs=" ".join(f"'{program}'" for program in programs), fail=fail)
    return ["/bin/sh", "-c", script, "sh", file, *action.args]


def _shell(order: StepOrder) -> list[str]:
    action = order.action
    shell = action.interpreter or "/bin/sh"
    if (file := _source(order)) is not None:
        direct = action.interpreter is None and order.source is not None and os.access(order.source, os.X_OK)
        return [file] if direct else [shell, file]
    script = _inline(order)
    if len(os.fsencode(script)) > ARGUMENT_BYTES:
        return [shell, _inline_file(order, order.scratch, "stroem_script.sh")]
    return [shell, "-c", script, "sh"] if action.args else [shell, "-c", script]


def _source(order: StepOrder) -> str | None:
    if order.source is None:
        return None
    return str(WORKSPACE / order.source.relative_to(order.directory.resolve()))


def _inline(order: StepOrder) -> str:
    if order.action.script is None:
        raise RunnerFailed("The action has neither `script` nor `source`.")
    return order.action.script


def _inline_file(order: StepOrder, folder: Path, name: str) -> str:
    """Writes the script, for a language into the workspace, where it can import modules; its path in the container."""
    file = folder / name
    file.unlink(missing_ok=True)
    file.write_text(_inline(order))
    file.chmod(0o644)
    return str((SCRATCH if folder == order.scratch else WORKSPACE) / name)

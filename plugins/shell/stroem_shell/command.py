"""The command line that runs an action's script in its language."""

import os
import shutil
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from stroem.definitions.action import Action
from stroem.interfaces.runner import RunnerFailed, StepOrder
from stroem_shell.python_environment import MOST_BYTES, PythonEnvironment

SHELL = "/bin/sh"
ARGUMENT_BYTES = 100_000
"""A longer script goes into a file: Linux takes 128 KiB in one argument."""

TOOLCHAINS: Mapping[str, Sequence[tuple[str, ...]]] = {
    "python": (("uv", "run"), ("python3",), ("python",)),
    "javascript": (("bun", "run"), ("node",)),
    "typescript": (("bun", "run"), ("deno", "run", "--allow-all")),
    "go": (("go", "run"),),
}
SUFFIXES = {"python": ".py", "javascript": ".js", "typescript": ".ts", "go": ".go"}


def command_line(
    order: StepOrder, variables: Mapping[str, str], *, most_environment_bytes: int = MOST_BYTES
) -> list[str]:
    """The command line of a step with these environment variables; interpreters are found on its PATH.

    Writes an inline script that needs a file. Raises `RunnerFailed` when there is no way to run the action.
    """
    action, path = order.action, variables["PATH"]
    if action.type != "script":
        raise RunnerFailed(
            f"The runner `local` runs script actions only, not {action.type!r}: set `runner`, "
            "or start a worker that offers it."
        )
    if action.language in (None, "shell"):
        return [*_shell(order), *action.args]
    if action.dependencies:
        environment = PythonEnvironment(
            uv=_uv(action, path),
            interpreter=action.interpreter,
            dependencies=action.dependencies,
            scratch=order.scratch,
            most_bytes=most_environment_bytes,
        )
        return environment.command([str(order.source or _inline_file(order)), *action.args], variables)
    return [*_toolchain(action, path), str(order.source or _inline_file(order)), *action.args]


def languages_on(path: str) -> tuple[str, ...]:
    """The languages of which a program is on this PATH."""
    return tuple(
        [
            language
            for language, toolchains in TOOLCHAINS.items()
            if any(shutil.which(program, path=path) for program, *_ in toolchains)
        ]
    )


def _shell(order: StepOrder) -> list[str]:
    action = order.action
    _refuse_dependencies(action)
    shell = action.interpreter or SHELL
    if order.source is not None:
        direct = action.interpreter is None and os.access(order.source, os.X_OK)
        return [str(order.source)] if direct else [shell, str(order.source)]
    script = _inline(action)
    if len(script) > ARGUMENT_BYTES // 4 and len(os.fsencode(script)) > ARGUMENT_BYTES:
        return [shell, str(_written(order.scratch / f"{order.script_name}.sh", script))]
    return [shell, "-c", script, "sh"] if action.args else [shell, "-c", script]


def _toolchain(action: Action, path: str) -> list[str]:
    if action.interpreter is not None:
        return [action.interpreter]
    language = action.language or "shell"
    for program, *arguments in TOOLCHAINS[language]:
        if found := shutil.which(program, path=path):
            return [found, *arguments]
    programs = " or ".join(toolchain[0] for toolchain in TOOLCHAINS[language])
    raise RunnerFailed(
        f"{language} needs {programs}, and none is on the worker's PATH ({path}): install one, or set `interpreter`."
    )


def _uv(action: Action, path: str) -> str:
    """The uv that installs the dependencies: on `path`, or beside the Python that runs the worker."""
    _refuse_dependencies(action)
    beside = str(Path(sys.executable).parent)
    found = shutil.which("uv", path=path) or shutil.which("uv", path=beside)
    if found is None:
        raise RunnerFailed(
            "`dependencies` are installed by uv, and there is none on the worker's PATH or beside its Python: install "
            "it with `pip install uv` in the worker's environment."
        )
    return found


def _refuse_dependencies(action: Action) -> None:
    if action.dependencies and action.language != "python":
        raise RunnerFailed("`dependencies` are installed for python scripts only: set `language: python`.")


def _inline(action: Action) -> str:
    if action.script is None:
        raise RunnerFailed("The action has neither `script` nor `source`.")
    return action.script


def _inline_file(order: StepOrder) -> Path:
    suffix = SUFFIXES[order.action.language or "shell"]
    return _written(order.directory / f"{order.script_name}{suffix}", _inline(order.action))


def _written(file: Path, script: str) -> Path:
    """Writes a new file, never through a link: the directory may belong to another user."""
    file.unlink(missing_ok=True)
    with file.open("x") as opened:
        opened.write(script)
        os.fchmod(opened.fileno(), 0o644)
    return file

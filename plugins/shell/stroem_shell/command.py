"""The command line that runs an action's script in its language."""

import os
import shutil
from collections.abc import Mapping, Sequence

from stroem.definitions.action import Action
from stroem.definitions.dependencies import has_node_modules, refused_dependencies
from stroem.interfaces.runner import RunnerFailed, StepOrder
from stroem_shell.javascript_environment import javascript_command
from stroem_shell.package_environment import MOST_BYTES
from stroem_shell.python_environment import python_command
from stroem_shell.script_file import inline_file, inline_text, written

SHELL = "/bin/sh"
ARGUMENT_BYTES = 100_000
"""A longer script goes into a file: Linux takes 128 KiB in one argument."""

TOOLCHAINS: Mapping[str, Sequence[tuple[str, ...]]] = {
    "python": (("uv", "run"), ("python3",), ("python",)),
    "javascript": (("bun", "run"), ("node",)),
    "typescript": (("bun", "run"), ("deno", "run", "--allow-all")),
    "go": (("go", "run"),),
}


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
    if refusal := refused_dependencies(action):
        raise RunnerFailed(str(refusal))
    if action.language in (None, "shell"):
        return [*_shell(order), *action.args]
    if action.dependencies and has_node_modules(action):
        return javascript_command(order, variables, most_environment_bytes)
    file = order.source or inline_file(order, order.directory)
    if action.dependencies:
        return python_command(order, file, variables, most_environment_bytes)
    return [*_toolchain(action, path), str(file), *action.args]


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
    shell = action.interpreter or SHELL
    if order.source is not None:
        direct = action.interpreter is None and os.access(order.source, os.X_OK)
        return [str(order.source)] if direct else [shell, str(order.source)]
    script = inline_text(action)
    if len(script) > ARGUMENT_BYTES // 4 and len(os.fsencode(script)) > ARGUMENT_BYTES:
        return [shell, str(written(order.scratch / f"{order.script_name}.sh", script))]
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

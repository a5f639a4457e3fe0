"""Environments of JavaScript packages, made by bun or npm."""

import shutil
from collections.abc import Mapping
from pathlib import Path

from stroem.definitions.action import Action
from stroem.interfaces.runner import RunnerFailed, StepOrder
from stroem_shell.environment_builder import PLACE
from stroem_shell.package_environment import FOLDER, PackageEnvironment, identity_of
from stroem_shell.script_file import inline_file

_MODULES = "node_modules"
_FOLDER = ("/bin/sh", "-c", 'mkdir "$1" && echo {} >"$1/package.json"', "sh", PLACE)
"""Makes the environment's folder a package: installers look for one upwards."""

_NPM = (
    *("install", "--prefix", PLACE, "--no-save", "--no-package-lock"),
    *("--no-audit", "--no-fund", "--no-update-notifier", "--loglevel=error", "--"),
)
_BUN = ("add", "--cwd", PLACE, "--no-summary", "--no-progress")


def javascript_command(order: StepOrder, variables: Mapping[str, str], most_bytes: int) -> list[str]:
    """The command line that runs a script with its packages.

    The script is written beside a link to them, outside of the workspace: programs look for packages from the place of
    a script upwards. Raises `RunnerFailed`.
    """
    program, installer = _tools(order.action, variables["PATH"])
    environment = PackageEnvironment(
        dependencies=order.action.dependencies,
        commands=[_FOLDER, [*installer, *order.action.dependencies]],
        entry=_MODULES,
        identity=["javascript", identity_of(str(Path(program[0]).resolve()))],
        sources=("npm_config_", "bun_config_"),
        variables=variables,
        scratch=order.scratch,
        most_bytes=most_bytes,
    )
    folder = order.scratch / FOLDER / "script"
    folder.mkdir(parents=True)
    (folder / _MODULES).symlink_to(environment.path / _MODULES)
    file = inline_file(order, folder)
    return environment.command([*program, str(file), *order.action.args])


def _tools(action: Action, path: str) -> tuple[list[str], list[str]]:
    """The words that begin the command line of the script, and those of the installer."""
    programs = ("bun", "node") if action.interpreter is None else (action.interpreter,)
    for name in programs:
        if (program := shutil.which(name, path=path)) is None:
            continue
        if Path(program).name == "bun":
            return [program, "run"], [program, *_BUN]
        folder = str(Path(program).parent)
        if npm := shutil.which("npm", path=f"{folder}:{path}"):
            own_node = f"PATH={folder}:{path}"  # packages with programs are built for the node that runs the script
            return [program], ["/usr/bin/env", own_node, npm, *_NPM]
    needed = (
        "bun, or node with npm" if action.interpreter is None else f"{action.interpreter}, and npm unless it is bun"
    )
    raise RunnerFailed(
        f"`dependencies` of {action.language} need {needed}, on the worker's PATH ({path}): install them."
    )

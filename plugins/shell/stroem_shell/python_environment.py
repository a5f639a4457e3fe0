"""Environments of Python packages, made by uv."""

import re
import shutil
import sys
from collections.abc import Mapping
from pathlib import Path

from stroem.definitions.action import Action
from stroem.interfaces.runner import RunnerFailed, StepOrder
from stroem_shell.environment_builder import PLACE
from stroem_shell.package_environment import PackageEnvironment, identity_of

_PACKAGE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*\s*(\[[^\]]*\])?\s*([<>=!~;,(].*)?", re.DOTALL)
"""A package of an index. Files, folders and addresses may change under their names."""

_ARCHIVES = (".whl", ".zip", ".tar", ".tgz", ".gz", ".bz2", ".xz")
"""The ends of names that are those of files."""


def python_command(order: StepOrder, file: Path, variables: Mapping[str, str], most_bytes: int) -> list[str]:
    """The command line that runs a Python file with its packages. Raises `RunnerFailed`."""
    action, path = order.action, variables["PATH"]
    uv, python = [_uv(path), "--quiet", "--no-config"], _python(action, path)
    chosen = [] if python is None else ["--python", python]
    environment = PackageEnvironment(
        dependencies=action.dependencies,
        commands=[
            [*uv, "venv", "--relocatable", *chosen, PLACE],
            [*uv, "pip", "install", "--compile-bytecode", "--python", f"{PLACE}/bin/python", *action.dependencies],
        ],
        entry="bin/python",
        identity=[identity_of(python)] if all(map(_is_of_index, action.dependencies)) else None,
        sources=("uv_", "pip_"),
        variables=variables,
        scratch=order.scratch,
        most_bytes=most_bytes,
    )
    return environment.command([f"{environment.path}/bin/python", str(file), *action.args])


def _uv(path: str) -> str:
    """The uv that installs the packages: on `path`, or beside the Python that runs the worker."""
    beside = str(Path(sys.executable).parent)
    found = shutil.which("uv", path=path) or shutil.which("uv", path=beside)
    if found is None:
        raise RunnerFailed(
            "`dependencies` are installed by uv, and there is none on the worker's PATH or beside its Python: install "
            "it with `pip install uv` in the worker's environment."
        )
    return found


def _python(action: Action, path: str) -> str | None:
    """The Python for which it is made; None leaves the choice to uv."""
    wanted = ("python3", "python") if action.interpreter is None else (action.interpreter,)
    found = next((found for name in wanted if (found := shutil.which(name, path=path))), action.interpreter)
    return found if found is None or "/" not in found else str(Path(found).resolve())


def _is_of_index(dependency: str) -> bool:
    return _PACKAGE.fullmatch(dependency) is not None and not dependency.strip().lower().endswith(_ARCHIVES)

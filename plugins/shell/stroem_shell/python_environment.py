"""Environments of Python packages, shared by steps: one for each Python and set of dependencies."""

import hashlib
import json
import re
import shutil
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

import attrs

from stroem_shell import environment_builder

FOLDER = "stroem-environments"
MOST_BYTES = 5 * 1024**3

_LAUNCH = """
e=$1 p=$2 b=$3 o=$4; shift 4
[ -e "$e/used" ] && touch -c "$e/used" && [ -x "$e/bin/python" ] || "$p" -I "$b" "$e" "$o" || exit
exec 9>"$e/used" "$e/bin/python" "$@"
"""
"""Starts the script in its environment, which is made first where it is missing. The open file marks it as used."""

_PACKAGE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*\s*(\[[^\]]*\])?\s*([<>=!~;,(].*)?", re.DOTALL)
"""A package of an index. Files, folders and addresses may change under their names."""

_ARCHIVES = (".whl", ".zip", ".tar", ".tgz", ".gz", ".bz2", ".xz")
"""The ends of names that are those of files."""

_INDEX_VARIABLES = ("UV_", "PIP_")
"""What the names of variables begin with that say where packages come from."""


@attrs.frozen(kw_only=True)
class PythonEnvironment:
    """An environment of packages, in the cache of the step's user, or in `scratch` if it is for one step alone.

    Its name is a digest of the Python, the packages, and the variables that say where these come from. Steps of one
    user can write into each other's environments, as into all that the user owns.
    """

    uv: str
    interpreter: str | None
    dependencies: tuple[str, ...]
    scratch: Path
    most_bytes: int = MOST_BYTES

    def command(self, arguments: Sequence[str], variables: Mapping[str, str]) -> list[str]:
        """The command line that runs a script with these arguments."""
        python = self._python(variables.get("PATH", ""))
        order = {"uv": self.uv, "python": python, "dependencies": self.dependencies, "most_bytes": self.most_bytes}
        environment = self._path(python, variables)
        builder = environment_builder.__file__
        return [
            "/bin/sh",
            "-c",
            _LAUNCH,
            "sh",
            str(environment),
            sys.executable,
            builder,
            json.dumps(order),
            *arguments,
        ]

    def _python(self, path: str) -> str | None:
        """The Python for which it is made; None leaves the choice to uv."""
        wanted = ("python3", "python") if self.interpreter is None else (self.interpreter,)
        found = next((found for name in wanted if (found := shutil.which(name, path=path))), self.interpreter)
        return found if found is None or "/" not in found else str(Path(found).resolve())

    def _path(self, python: str | None, variables: Mapping[str, str]) -> Path:
        cache = variables.get("XDG_CACHE_HOME") or (f"{home}/.cache" if (home := variables.get("HOME")) else None)
        if cache is None or not all(map(_is_of_index, self.dependencies)):
            return self.scratch / FOLDER / "own"
        sources = {name: value for name, value in variables.items() if name.startswith(_INDEX_VARIABLES)}
        key = json.dumps([_identity(python), sorted(self.dependencies), sources], sort_keys=True)
        return Path(cache) / FOLDER / hashlib.sha256(key.encode()).hexdigest()[:32]


def _is_of_index(dependency: str) -> bool:
    return _PACKAGE.fullmatch(dependency) is not None and not dependency.strip().lower().endswith(_ARCHIVES)


def _identity(python: str | None) -> list[object]:
    """What changes when a Python is replaced by another version."""
    if python is None or "/" not in python:
        return [python]
    status = Path(python).stat()
    return [python, status.st_mtime_ns, status.st_size]

"""Environments of packages, shared by steps: one for each interpreter and set of packages."""

import hashlib
import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

import attrs

from stroem_shell import environment_builder

FOLDER = "stroem-environments"
MOST_BYTES = 5 * 1024**3

_LAUNCH = """
e=$1 f=$2 p=$3 b=$4 o=$5; shift 5
[ -e "$e/used" ] && touch -c "$e/used" && [ -x "$e/$f" ] || "$p" -I "$b" "$e" "$o" || exit
exec 9>"$e/used" "$@"
"""
"""Starts a script with its environment, which is made first where it is missing. The open file marks it as used."""


@attrs.frozen(kw_only=True)
class PackageEnvironment:
    """An environment of packages, in the cache of the step's user, or in `scratch` if it is for one step alone.

    It is made by `commands`, in which `environment_builder.PLACE` stands for its path, and has the folder or program
    `entry`. Its name is a digest of `identity`, the packages, and the variables that say where these come from, whose
    names begin with `sources` in small letters. Without an identity it is for one step alone. Steps of one user can
    write into each other's environments, as into all that the user owns.
    """

    dependencies: tuple[str, ...]
    commands: Sequence[Sequence[str]]
    entry: str
    identity: Sequence[object] | None
    sources: tuple[str, ...]
    variables: Mapping[str, str]
    scratch: Path
    most_bytes: int = MOST_BYTES

    @property
    def path(self) -> Path:
        """Its folder, which may be missing yet."""
        known = self.variables
        cache = known.get("XDG_CACHE_HOME") or (f"{home}/.cache" if (home := known.get("HOME")) else None)
        if cache is None or self.identity is None:
            return self.scratch / FOLDER / "own"
        sources = {name: value for name, value in known.items() if name.lower().startswith(self.sources)}
        key = json.dumps([*self.identity, sorted(self.dependencies), sources], sort_keys=True)
        return Path(cache) / FOLDER / hashlib.sha256(key.encode()).hexdigest()[:32]

    def command(self, words: Sequence[str]) -> list[str]:
        """The command line that makes it where it is missing, and then runs these words."""
        order = {
            "commands": self.commands,
            "entry": self.entry,
            "dependencies": self.dependencies,
            "most_bytes": self.most_bytes,
        }
        builder = [sys.executable, environment_builder.__file__, json.dumps(order)]
        return ["/bin/sh", "-c", _LAUNCH, "sh", str(self.path), self.entry, *builder, *words]


def identity_of(program: str | None) -> list[object]:
    """The identity of a program: another one after it is replaced by another version."""
    if program is None or "/" not in program:
        return [program]
    status = Path(program).stat()
    return [program, status.st_mtime_ns, status.st_size]

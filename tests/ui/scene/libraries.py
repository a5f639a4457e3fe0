"""Libraries of the scene: those of this repository, in a git repository of their own."""

import time
from pathlib import Path
from typing import Any

from tests.docs.page import ROOT
from tests.support.git.repository import GitRepository
from tests.ui.scene.people import author

_DAY = 86400
_FOLDER = ROOT / "libraries"
_REPOSITORY = "platform/libraries.git"
_REFS = {"notify": "v1.4.0", "http": "main"}
"""Names, and the tag or branch that each follows."""


def make(folder: Path) -> None:
    """Makes the repository in the folder of a scene."""
    place = folder / _REPOSITORY
    place.parent.mkdir()
    git = GitRepository.create(place)
    paths = [path for name in _REFS for path in sorted((_FOLDER / name).rglob("*")) if path.is_file()]
    content = {str(path.relative_to(_FOLDER)): path.read_bytes() for path in paths}
    at = time.time() - 9 * _DAY
    git.tag("v1.4.0", git.history([("Name the sender in mails", content)], by=author("Mateo Ruiz"), at=at))
    readme = {"README.md": (_FOLDER / "README.md").read_bytes()}
    git.history([("Say which library needs which program", readme)], by=author("Priya Nair"), at=at + 4 * _DAY)


def settings(folder: Path) -> dict[str, Any]:
    """The settings of the server for the libraries, which are there in every workspace."""
    url = (folder / _REPOSITORY).as_uri()
    return {
        name: {"type": "git", "url": url, "path": name, "ref": ref, "poll_interval": "1h"}
        for name, ref in _REFS.items()
    }

"""Folders of state beside the working directory of a step."""

from collections.abc import Mapping
from pathlib import Path
from urllib.parse import quote

import attrs

from stroem.protocol.claim import Claim
from stroem.worker.files.tree import empty_folder

TASK = "STATE"
WORKSPACE = "GLOBAL_STATE"


@attrs.frozen(kw_only=True)
class StateFolder:
    """The folders of one scope: `current` has the latest snapshot, files in `new` become the next one."""

    name: str
    current: Path
    new: Path

    @property
    def variables(self) -> dict[str, Path]:
        """The folders by environment variable."""
        return {f"{self.name}_DIR": self.current, f"{self.name}_OUT_DIR": self.new}


class StateFolders:
    """The folders of state of one step, of its task and of its workspace."""

    def __init__(self, root: Path) -> None:
        self.task = _folder(TASK, root, "state")
        self.workspace = _folder(WORKSPACE, root, "global-state")
        self._paths = tuple(self.variables.values())

    @property
    def variables(self) -> Mapping[str, Path]:
        """All folders by environment variable."""
        return {**self.task.variables, **self.workspace.variables}

    def make(self) -> None:
        """Makes the folders."""
        for path in self._paths:
            path.mkdir(mode=0o700)

    def empty(self) -> None:
        """Removes what a step has left. Raises `OSError`."""
        for path in self._paths:
            empty_folder(path)


def path_of_task(claim: Claim) -> str:
    """The path of the state of a claim's task."""
    return f"/worker/state/{quote(claim.workspace, safe='')}/{quote(claim.task_name, safe='')}"


def path_of_workspace(claim: Claim) -> str:
    """The path of the global state of a claim's workspace."""
    return f"/worker/global-state/{quote(claim.workspace, safe='')}"


def state_paths(claim: Claim) -> dict[str, str]:
    """The paths of the snapshots that the claim names, by the variables of their folders."""
    places = {
        TASK: (path_of_task(claim), claim.state_storage_key),
        WORKSPACE: (path_of_workspace(claim), claim.global_state_storage_key),
    }
    return {f"{name}_DIR": f"{path}?snapshot={key}" for name, (path, key) in places.items() if key is not None}


def _folder(name: str, root: Path, folder: str) -> StateFolder:
    return StateFolder(name=name, current=root / folder, new=root / f"{folder}-out")

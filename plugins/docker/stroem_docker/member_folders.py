"""The folders of a container that is kept ready, which become those of a step."""

import os
import shutil
import stat
from collections.abc import Iterable
from pathlib import Path, PurePosixPath

import attrs

from stroem.containers.places import SCRATCH, WORKSPACE, folder_inside
from stroem.interfaces.runner import StepOrder
from stroem_docker.places import Place, places


@attrs.frozen(kw_only=True)
class MemberFolders:
    """Folders below `root`, one for each that a step has, mounted before the step is known."""

    root: Path
    variables: frozenset[str]
    with_workspace: bool

    @property
    def places(self) -> list[Place]:
        """Each folder and its path in the container."""
        inside = [SCRATCH, *map(folder_inside, sorted(self.variables))]
        return [self._place(path) for path in ([WORKSPACE] if self.with_workspace else []) + inside]

    def make(self) -> None:
        """Makes them. Raises `OSError`."""
        for place in self.places:
            place.host.mkdir(mode=0o700, parents=True)

    def hold(self, variables: Iterable[str]) -> bool:
        """Whether there is a folder for each of the variables."""
        return self.variables.issuperset(variables)

    def become(self, order: StepOrder) -> None:
        """Takes the files of a step, and the place of its folders: whoever looks there sees what the container sees.

        Raises `OSError`.
        """
        for place in places(order, with_workspace=self.with_workspace):
            own, status = self._place(place.inside).host, place.host.stat()
            for name in os.listdir(place.host):  # noqa: PTH208 (once a step)
                (place.host / name).rename(own / name)
            own.chmod(stat.S_IMODE(status.st_mode))
            os.utime(own, ns=(status.st_atime_ns, status.st_mtime_ns))
            own.rename(place.host)

    def remove(self) -> None:
        """Removes those that no step has."""
        shutil.rmtree(self.root, ignore_errors=True)

    def _place(self, inside: PurePosixPath) -> Place:
        return Place(host=self.root / inside.name, inside=inside)

"""Working directories of steps."""

import asyncio
import os
import stat
from collections import deque
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from itertools import count
from pathlib import Path
from typing import TypeVar

import attrs

from stroem.worker.files.state_folders import StateFolders
from stroem.worker.files.threads import in_thread
from stroem.worker.files.tree import Tree, empty_folder, remove_or_warn

T = TypeVar("T")

_ARTIFACTS = "ARTIFACTS_DIR"
VARIABLES = (*StateFolders(Path()).variables, _ARTIFACTS)
"""The variables that name further folders to each step."""


@attrs.frozen(eq=False)
class WorkDir:
    """The directories of one step: `directory` has a copy of its workspace, `scratch` beside it is empty at first.

    The step has `shared` with others in place of a copy, if there is one. `state` are the folders of state, `artifacts`
    that of artifacts, empty too.
    """

    root: Path
    tree: Tree | None = None
    shared: Path | None = None
    directory: Path = attrs.field(
        init=False, default=attrs.Factory(lambda self: self.shared or self.root / "work", takes_self=True)
    )
    scratch: Path = attrs.field(init=False, default=attrs.Factory(lambda self: self.root / "tmp", takes_self=True))
    artifacts: Path = attrs.field(
        init=False, default=attrs.Factory(lambda self: self.root / "artifacts", takes_self=True)
    )
    state: StateFolders = attrs.field(
        init=False, default=attrs.Factory(lambda self: StateFolders(self.root), takes_self=True)
    )

    @property
    def variables(self) -> Mapping[str, Path]:
        """The folders of state and of artifacts, by the environment variables that name them to the step."""
        return {**self.state.variables, _ARTIFACTS: self.artifacts}


class WorkDirs:
    """Makes and removes working directories. A copy that its step did not change serves the next step.

    At most `keep` unused ones are kept.
    """

    def __init__(self, directory: Path, *, keep: int) -> None:
        self._directory = directory
        self._keep = keep
        self._names = count()
        self._idle: deque[WorkDir] = deque()
        self._remover = ThreadPoolExecutor(1, thread_name_prefix="stroem-remover")

    async def take(self, tree: Tree) -> WorkDir:
        """A working directory with an unchanged copy of the tree. Raises `OSError`."""
        for work_dir in self._idle:
            if work_dir.tree is tree:
                self._idle.remove(work_dir)
                return work_dir
        return await self._made(WorkDir(self._directory / str(next(self._names)), tree))

    async def beside(self, shared: Path) -> WorkDir:
        """A working directory whose files are those of a folder that it shares. Raises `OSError`."""
        return await self._made(WorkDir(self._directory / str(next(self._names)), shared=shared))

    async def give_back(self, work_dir: WorkDir, *, again: bool = True) -> None:
        """Keeps the working directory for another step if it may be used `again`, or removes it in the background."""
        if again and self._keep and work_dir.tree is not None and await _run(_is_unchanged, work_dir):
            self._idle.append(work_dir)
            if len(self._idle) > self._keep:
                self._remove(self._idle.popleft())
        else:
            self._remove(work_dir)

    async def close(self) -> None:
        """Removes all unused ones, and waits until the others are removed."""
        while self._idle:
            self._remove(self._idle.popleft())
        await asyncio.to_thread(self._remover.shutdown)

    async def _made(self, work_dir: WorkDir) -> WorkDir:
        try:
            await _run(_make, work_dir)
        except BaseException:
            self._remove(work_dir)
            raise
        return work_dir

    def _remove(self, work_dir: WorkDir) -> None:
        self._remover.submit(remove_or_warn, work_dir.root)


async def _run(work: Callable[[WorkDir], T], work_dir: WorkDir) -> T:
    """Runs `work` at once where the tree is small, else in a thread."""
    is_quick = work_dir.tree is None or work_dir.tree.small
    return work(work_dir) if is_quick else await in_thread(work, work_dir)


def _make(work_dir: WorkDir) -> None:
    work_dir.root.mkdir(mode=0o700, parents=True)
    work_dir.root.chmod(stat.S_IMODE(work_dir.root.parent.stat().st_mode))  # passable for other users if the parent is
    work_dir.scratch.mkdir(mode=0o700)
    work_dir.artifacts.mkdir(mode=0o700)
    work_dir.state.make()
    if work_dir.tree is not None:
        work_dir.directory.mkdir(mode=0o700)
        work_dir.tree.copy_to(work_dir.directory)


def _is_unchanged(work_dir: WorkDir) -> bool:
    try:
        work_dir.state.empty()
        empty_folder(work_dir.artifacts)
        scratch = os.listdir(work_dir.scratch)  # noqa: PTH208 (once a step)
        return not scratch and work_dir.tree is not None and work_dir.tree.is_unchanged(str(work_dir.directory))
    except OSError:
        return False

"""Folders that the steps of a job share."""

import asyncio
import stat
import uuid
from collections import Counter
from collections.abc import AsyncIterator, Callable, Collection
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path

from cachetools import FIFOCache

from stroem.interfaces.runner import RunnerFailed
from stroem.worker.files.threads import in_thread
from stroem.worker.files.tree import Tree, remove_or_warn, remove_tree

REMEMBERED = 1000
"""Jobs whose folder is elsewhere."""

_UNFINISHED = ".new"
_REMOVED = ".old"


class JobVolumes:
    """The folders of jobs below a directory, each by the id of the job that it was made for.

    They outlive the worker: a folder is removed once the server says that no job needs it any more.
    """

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._idle: dict[uuid.UUID, None] = {}
        self._used: Counter[uuid.UUID] = Counter()
        self._elsewhere: FIFOCache[uuid.UUID, None] = FIFOCache(REMEMBERED)
        self._locks: dict[uuid.UUID, asyncio.Lock] = {}
        self._remover = ThreadPoolExecutor(1, thread_name_prefix="stroem-volume-remover")

    @property
    def are_there(self) -> bool:
        """Whether an earlier run has left folders, whose jobs are to find this worker by its id."""
        return any(_volume_of(entry) is not None for entry in self._directory.iterdir())

    def open(self) -> None:
        """Finds the folders of an earlier run, and removes those that it had begun to make or to remove."""
        for entry in sorted(self._directory.iterdir()):
            volume = _volume_of(entry)
            if volume is None:
                remove_or_warn(entry)
            else:
                self._idle[volume] = None

    @asynccontextmanager
    async def use(
        self, volume: uuid.UUID, tree: Callable[[], AbstractAsyncContextManager[Tree]]
    ) -> AsyncIterator[Path]:
        """The folder of a job while a step uses it; the first one has it made, with a copy of the tree.

        Raises `OSError`, and what `tree` raises.
        """
        folder = self._directory / str(volume)
        self._used[volume] += 1
        self._idle.pop(volume, None)
        try:
            async with self._locks.setdefault(volume, asyncio.Lock()):
                if not folder.is_dir():
                    async with tree() as found:
                        await in_thread(_make, folder, found)
            yield folder
        finally:
            self._used[volume] -= 1
            if not self._used[volume]:
                del self._used[volume], self._locks[volume]
                if folder.is_dir():
                    self._idle[volume] = None

    def check_place(self, volume: uuid.UUID, *, is_elsewhere: bool) -> None:
        """Raises `RunnerFailed` when the folder of a job is to be here and in the system of a runner.

        What it knows of other systems is forgotten when the worker ends, which ends its jobs as well.
        """
        if is_elsewhere:
            self._elsewhere[volume] = None
        is_here = (self._directory / str(volume)).is_dir()
        if (is_elsewhere and is_here) or (not is_elsewhere and volume in self._elsewhere):
            raise RunnerFailed(
                "Earlier steps of the job have their shared folder in another place: either all steps of a job with a "
                "`volume` run in pods, or none."
            )

    async def volumes(self, installation: str) -> Collection[uuid.UUID]:
        """The folders that no step uses now; see `VolumeKeeper.volumes`."""
        return tuple(self._idle)

    async def remove_volume(self, installation: str, volume: uuid.UUID) -> None:
        """Removes a folder in the background, unless a step uses it again; see `VolumeKeeper.remove_volume`."""
        if volume not in self._idle:
            return
        folder = self._directory / str(volume)
        removed = folder.with_name(f"{volume}{_REMOVED}")
        try:
            folder.rename(removed)
        except OSError as error:
            raise RunnerFailed(f"{folder} cannot be removed: {error}") from error
        del self._idle[volume]
        self._remover.submit(remove_or_warn, removed)

    async def close(self) -> None:
        """Waits until the folders that are being removed are gone."""
        await asyncio.to_thread(self._remover.shutdown)


def _volume_of(entry: Path) -> uuid.UUID | None:
    try:
        return uuid.UUID(entry.name) if entry.is_dir() and not entry.is_symlink() else None
    except ValueError:
        return None


def _make(folder: Path, tree: Tree) -> None:
    unfinished = folder.with_name(f"{folder.name}{_UNFINISHED}")
    remove_tree(unfinished)
    unfinished.mkdir(mode=0o700)
    unfinished.chmod(stat.S_IMODE(folder.parent.stat().st_mode))  # passable for other users if the parent is
    try:
        tree.copy_to(unfinished)
        unfinished.rename(folder)
    except BaseException:
        remove_or_warn(unfinished)
        raise

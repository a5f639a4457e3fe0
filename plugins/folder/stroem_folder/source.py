"""A workspace that is a folder on disk."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import ClassVar

import attrs

from stroem.interfaces.source import FetchLimits, RefUnknown, Snapshot, Source, batches
from stroem.records.release import FileEntry
from stroem_folder.scanner import Scanner
from stroem_folder.walk import ignores
from stroem_folder.watcher import wake_ups

_BATCH_FILES = 64


@attrs.define(kw_only=True, slots=False)
class FolderSource(Source):
    """A folder. `path` is taken from where the server runs; `ignore` names what does not belong to
    the workspace.
    """

    name: ClassVar[str] = "folder"

    path: Path
    ignore: tuple[str, ...] = ()

    def __attrs_post_init__(self) -> None:
        self._left_out = ignores(self.ignore)
        self._scanner = Scanner(self.path, self._left_out)

    def prepare(self, folder: Path, limits: FetchLimits) -> None:
        """No download; files beyond the limits are not read."""
        self._scanner.limits = limits

    async def fetch(self, previous: Snapshot | None, ref: str | None = None) -> Snapshot:
        """The files as they are now. Files whose time, size and inode did not change are not read again."""
        if ref is not None:
            raise RefUnknown(f"{ref!r} is not known here: a folder has no branches, tags or commits")
        return await asyncio.to_thread(self._scanner.scan, previous)

    async def read(self, snapshot: Snapshot, files: Sequence[FileEntry]) -> AsyncIterator[tuple[FileEntry, bytes]]:
        """The contents of files, one by one; links have none and are passed over."""
        for batch in batches(files, _BATCH_FILES):
            for pair in await asyncio.to_thread(self._read_batch, batch):
                yield pair

    @property
    def origin(self) -> str:
        """The path of the folder."""
        return str(self.path)

    def changes(self) -> AsyncIterator[None]:
        """Yields some 20 to 50 ms after something changed in the folder."""
        return wake_ups(self.path, self._left_out)

    def _read_batch(self, batch: Sequence[FileEntry]) -> list[tuple[FileEntry, bytes]]:
        return [(file, self._scanner.read(file)) for file in batch]

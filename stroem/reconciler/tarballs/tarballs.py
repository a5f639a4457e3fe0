"""The files of a release as workers get them: one gzipped tar, the same bytes for the same files."""

import asyncio
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

from stroem.blobs import manifest
from stroem.blobs.blob_store import BlobStore
from stroem.errors import Conflict, NotFound, Unavailable
from stroem.reconciler.tarballs.packer import TarballPacker
from stroem.records.release import FileEntry
from stroem.store.database import Database
from stroem.store.workspaces import release_files
from stroem.store.workspaces.release_files import ReleaseFiles

_AT_ONCE = 2
_BATCH_FILES = 64
_BATCH_BYTES = 8 * 1024 * 1024
_LARGE = 1024 * 1024


class Tarballs:
    """Makes tarballs when they are first asked for, and keeps them in the blob store.

    A tarball that is being made lies in `folder`, without a name: nothing is left of it if the server dies.
    """

    def __init__(self, database: Database, blobs: BlobStore, folder: Path) -> None:
        self._database = database
        self._blobs = blobs
        self._folder = folder
        self._turns = asyncio.Semaphore(_AT_ONCE)
        self._making: dict[str, asyncio.Task[str]] = {}

    async def find(self, workspace: str, revision: str | None = None) -> ReleaseFiles:
        """The files that `revision` names: the digest of their list, or a revision of the source; or the current
        ones. Raises `NotFound`.
        """
        async with self._database.read() as connection:
            found = await release_files.find_files(connection, workspace, revision)
        if found is None and revision is None:
            raise NotFound(kind="Release of workspace", name=workspace)
        if found is None:
            raise NotFound(kind="Revision", name=revision, hint="It is no longer available.")
        return found

    async def make(self, files: ReleaseFiles) -> str:
        """The digest of their tarball, which is in the blob store. Whoever asks for it meanwhile gets the same.

        Raises `Unavailable` when there is no room to make it, `Conflict` when no tarball can hold such files.
        """
        if files.tarball is not None and await self._blobs.has(files.tarball):
            return files.tarball
        making = self._making.get(files.manifest)
        if making is None:
            making = asyncio.create_task(self._make(files))
            self._making[files.manifest] = making
            making.add_done_callback(lambda done: self._made(files.manifest, done))
        return await asyncio.shield(making)  # whoever asks may go away: the others still wait for it

    async def close(self) -> None:
        """Gives up what is being made."""
        making = list(self._making.values())
        for task in making:
            task.cancel()
        await asyncio.gather(*making, return_exceptions=True)

    def _made(self, digest: str, making: "asyncio.Task[str]") -> None:
        del self._making[digest]
        if not making.cancelled():
            making.exception()  # who asked may be gone: an error that nobody waits for is no news

    async def _make(self, files: ReleaseFiles) -> str:
        entries = manifest.from_bytes(await self._blobs.get(files.manifest))
        try:
            manifest.check_paths(entries)
            async with self._turns:
                digest = await self._pack(entries)
        except manifest.UnsafePath as error:
            raise Conflict(message=f"The files of workspace {files.workspace!r} cannot be packed: {error}") from error
        except OSError as error:
            reason = error.strerror or str(error)
            raise Unavailable(
                message=f"No tarball of workspace {files.workspace!r} can be made in {self._folder}: {reason}"
            ) from error
        async with self._database.begin() as connection:
            await release_files.keep_tarball(connection, files.manifest, digest)
        return digest

    async def _pack(self, files: Sequence[FileEntry]) -> str:
        self._folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=self._folder) as file:
            with TarballPacker(file) as packer:
                for batch in _batches(files):
                    if batch[0].size > _LARGE:
                        await self._add_large(packer, batch[0])
                    else:
                        await self._add(packer, batch)
            await self._blobs.put_file(file, packer.digest, packer.size)
        return packer.digest

    async def _add(self, packer: TarballPacker, batch: Sequence[FileEntry]) -> None:
        regular = [file.digest for file in batch if file.link is None]
        contents = dict(zip(regular, await self._blobs.get_many(regular), strict=True))
        await asyncio.to_thread(packer.add, batch, contents)

    async def _add_large(self, packer: TarballPacker, file: FileEntry) -> None:
        packer.begin(file)
        async for piece in self._blobs.stream(file.digest):
            await asyncio.to_thread(packer.go_on, piece)
        packer.end()


def _batches(files: Sequence[FileEntry]) -> Iterator[list[FileEntry]]:
    """All files in their order: a large one alone, small ones together up to a bound."""
    batch: list[FileEntry] = []
    size = 0
    for file in files:
        large = file.size > _LARGE
        if batch and (large or len(batch) >= _BATCH_FILES or size + file.size > _BATCH_BYTES):
            yield batch
            batch, size = [], 0
        if large:
            yield [file]
        else:
            batch.append(file)
            size += file.size
    if batch:
        yield batch

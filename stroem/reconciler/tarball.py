"""The files of a release as workers get them: one gzipped tar, the same bytes for the same files."""

import asyncio
import gzip
import io
import tarfile
from collections.abc import Sequence

import attrs

from stroem.blobs.blob_store import BlobStore
from stroem.definitions.release import FileEntry
from stroem.errors import NotFound
from stroem.reconciler import manifest
from stroem.store import releases
from stroem.store.database import Database

_BATCH_FILES = 64
_LEVEL = 1


@attrs.frozen(kw_only=True)
class Tarball:
    """Where the tarball of a revision lies: its digest (SHA-256, hex) in the blob store."""

    revision: str
    digest: str


class Tarballs:
    """Makes tarballs of releases when they are first asked for, and keeps them in the blob store."""

    def __init__(self, database: Database, blobs: BlobStore) -> None:
        self._database = database
        self._blobs = blobs
        self._making: dict[str, asyncio.Task[str]] = {}

    async def find(self, workspace: str, revision: str | None = None) -> Tarball:
        """The tarball of a revision that was once current, or of the current one. Raises `NotFound`."""
        release = await self._find(workspace, revision)
        if release.tarball is not None and await self._blobs.has(release.tarball):
            return Tarball(revision=release.revision, digest=release.tarball)
        making = self._making.get(release.manifest)
        if making is None:
            making = asyncio.create_task(self._make(release))
            self._making[release.manifest] = making
            making.add_done_callback(lambda _: self._making.pop(release.manifest))
        digest = await asyncio.shield(making)  # whoever asks may go away: the others still wait for it
        return Tarball(revision=release.revision, digest=digest)

    async def _find(self, workspace: str, revision: str | None) -> releases.KeptRelease:
        async with self._database.read() as connection:
            release = await releases.find_release(connection, workspace, revision)
        if release is None and revision is None:
            raise NotFound(kind="Release of workspace", name=workspace)
        if release is None:
            raise NotFound(kind="Revision", name=revision, hint="It is no longer available.")
        return release

    async def _make(self, release: releases.KeptRelease) -> str:
        files = manifest.from_bytes(await self._blobs.get(release.manifest))
        digest = await self._blobs.put(await _pack(self._blobs, files))
        async with self._database.begin() as connection:
            await releases.keep_tarball(connection, release.id, digest)
        return digest


async def _pack(blobs: BlobStore, files: Sequence[FileEntry]) -> bytes:
    packed = io.BytesIO()
    # No name and no time go into the header, so that equal files give equal bytes.
    with (
        gzip.GzipFile(filename="", mode="wb", fileobj=packed, compresslevel=_LEVEL, mtime=0) as zipped,
        tarfile.open(mode="w", fileobj=zipped, format=tarfile.PAX_FORMAT) as tar,
    ):
        for start in range(0, len(files), _BATCH_FILES):
            batch = files[start : start + _BATCH_FILES]
            regular = [file.digest for file in batch if file.link is None]
            contents = dict(zip(regular, await blobs.get_many(regular), strict=True))
            await asyncio.to_thread(_add, tar, batch, contents)
    return packed.getvalue()


def _add(tar: tarfile.TarFile, files: Sequence[FileEntry], contents: dict[str, bytes]) -> None:
    for file in files:
        info = tarfile.TarInfo(f"./{file.path}")
        info.mode = file.mode
        if file.link is not None:
            info.type = tarfile.SYMTYPE
            info.linkname = file.link
            tar.addfile(info)
        else:
            info.size = file.size
            tar.addfile(info, io.BytesIO(contents[file.digest]))

"""Files of releases that schedules read, such as lists of holidays."""

import asyncio
from collections.abc import Sequence

from cachetools import LRUCache

from stroem.blobs import manifest
from stroem.blobs.blob_store import BlobStore
from stroem.interfaces.triggers.fire_times import no_files
from stroem.interfaces.triggers.time_trigger import ReadFile
from stroem.records.release import Release

_FILES = 1024


class ReleaseReader:
    """LRU cache of files of releases."""

    def __init__(self, blobs: BlobStore) -> None:
        self._blobs = blobs
        self._known: LRUCache[tuple[str, str], bytes | None] = LRUCache(_FILES)

    async def reader(self, paths: Sequence[str], release: Release) -> ReadFile:
        """Reads these files of a release, which it loads first if they are not cached."""
        if not paths:
            return no_files
        found = {path: self._known[key] for path in paths if (key := (release.manifest, path)) in self._known}
        if len(found) < len(paths):
            found = await self._load(paths, release)
        return lambda path: found.get(path)

    async def _load(self, paths: Sequence[str], release: Release) -> dict[str, bytes | None]:
        data = await self._blobs.get(release.manifest)
        files = {file.path: file for file in await asyncio.to_thread(manifest.from_bytes, data)}
        found: dict[str, bytes | None] = {}
        for path in paths:
            file = files.get(path)
            found[path] = None if file is None else await self._blobs.get(file.digest)
            self._known[release.manifest, path] = found[path]
        return found

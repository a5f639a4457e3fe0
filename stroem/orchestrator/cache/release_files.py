"""Digests of files of releases."""

import asyncio
import logging
from collections.abc import Sequence
from functools import partial

from cachetools import LRUCache, TTLCache

from stroem.blobs import manifest
from stroem.blobs.blob_store import BlobStore
from stroem.conversion import canonical
from stroem.definitions.globs import matching
from stroem.errors import NotFound, StroemError
from stroem.orchestrator.plans.not_loaded import NotLoaded
from stroem.store.batch_isolation import is_outage

_KNOWN = 4096
_FAILURES = 256
_FAILURE_SECS = 5.0
_Key = tuple[str, tuple[str, ...]]
_log = logging.getLogger(__name__)


class ReleaseFiles:
    """LRU cache of digests of files, from the manifests of releases."""

    def __init__(self, blobs: BlobStore) -> None:
        self._blobs = blobs
        self._known: LRUCache[_Key, str] = LRUCache(_KNOWN)
        self._failures: TTLCache[_Key, str] = TTLCache(_FAILURES, _FAILURE_SECS)

    def digest(self, files: str, globs: Sequence[str]) -> str:
        """The digest of the paths, contents and modes of the files that match a glob. `files` names the manifest.

        Raises NotLoaded, and NotFound for a manifest that cannot be read.
        """
        key = (files, tuple(globs))
        if (found := self._known.get(key)) is not None:
            return found
        if (failure := self._failures.get(key)) is not None:
            raise NotFound(kind="Files of release", name=files, hint=failure)
        raise NotLoaded([partial(self._load, key)])

    async def _load(self, key: _Key) -> None:
        files, globs = key
        try:
            data = await self._blobs.get(files)
            self._known[key] = await asyncio.to_thread(_digest, data, globs)
        except Exception as error:
            if is_outage(error):
                raise
            self._failures[key] = str(error) if isinstance(error, StroemError) else type(error).__name__
            _log.warning("the files %s cannot be read for a cache", files, exc_info=True)


def _digest(data: bytes, globs: Sequence[str]) -> str:
    files = {file.path: file for file in manifest.from_bytes(data)}
    chosen = sorted({path for glob in globs for path in matching(files, glob)})
    rows = [(path, files[path].digest, files[path].mode, files[path].link) for path in chosen]
    return canonical.digest_of(canonical.to_bytes(rows))

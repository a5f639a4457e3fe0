"""Keeps large outputs outside of the rows of steps."""

import asyncio
import hashlib
import logging
from collections.abc import Mapping
from functools import partial

from cachetools import TTLCache

from stroem.blobs.blob_store import BlobStore
from stroem.conversion.json_value import encode
from stroem.orchestrator.plans.not_loaded import NotLoaded
from stroem.records.large_output import LargeOutput
from stroem.store import blob_garbage
from stroem.store.database import Database
from stroem.store.jobs.job_changes import StepOutput
from stroem.store.jobs.results.large_outputs import LargeOutputRow
from stroem.store.jobs.results.outputs import LARGE_BYTES

_PUT = 1024
_PUT_SECS = 3600.0
"""Far less than the time for which the garbage collector spares a blob that was put."""
_AWAY_SECS = 60.0
_log = logging.getLogger(__name__)


class OutputKeeper:
    """Puts large outputs into the blob store, and references into their places.

    While the blob store is away, they stay in their rows.
    """

    def __init__(self, database: Database, blobs: BlobStore) -> None:
        self._database = database
        self._blobs = blobs
        self._put: TTLCache[str, None] = TTLCache(_PUT, _PUT_SECS)
        self._away: TTLCache[str, None] = TTLCache(_PUT, _AWAY_SECS)

    async def kept(self, outputs: Mapping[int, StepOutput]) -> tuple[dict[int, StepOutput], list[LargeOutputRow]]:
        """The outputs of steps with references in the place of large ones, and what these refer to.

        Raises NotLoaded until the blobs are stored.
        """
        found: dict[int, StepOutput] = {}
        rows: list[LargeOutputRow] = []
        missing: dict[str, bytes] = {}
        for step, (shown, full) in outputs.items():
            found[step] = (
                await self._shown(shown, full is not None, rows, missing) if _is_large(shown) else shown,
                await _secret(full, rows) if _is_large(full) else full,
            )
        if missing:
            raise NotLoaded([partial(self._store, digest, data) for digest, data in missing.items()])
        return found, rows

    async def _shown(
        self, text: str | None, hides: bool, rows: list[LargeOutputRow], missing: dict[str, bytes]
    ) -> str | None:
        data = (text or "").encode()
        digest = await _digest_of(data)
        if digest in self._away:
            return text
        if digest not in self._put:
            missing[digest] = data
        rows.append(LargeOutputRow(digest=digest, secret=False, size=len(data)))
        return _reference(digest, len(data), hides=hides)

    async def _store(self, digest: str, data: bytes) -> None:
        try:
            await self._blobs.put(data)
            async with self._database.begin() as connection:
                await blob_garbage.add(connection, [digest])  # it goes if no row refers to it then
        except Exception:
            _log.warning("an output of %d bytes stays in its row", len(data), exc_info=True)
            self._away[digest] = None
        else:
            self._put[digest] = None


def _is_large(text: str | None) -> bool:
    return text is not None and len(text) > LARGE_BYTES


async def _secret(text: str | None, rows: list[LargeOutputRow]) -> str:
    data = (text or "").encode()
    digest = await _digest_of(data)
    rows.append(LargeOutputRow(digest=digest, secret=True, size=len(data), body=text))
    return _reference(digest, len(data))


async def _digest_of(data: bytes) -> str:
    return await asyncio.to_thread(lambda: hashlib.sha256(data).hexdigest())


def _reference(digest: str, size: int, *, hides: bool = False) -> str:
    return encode(LargeOutput(digest=digest, size=size, hides_secrets=hides).json).decode()

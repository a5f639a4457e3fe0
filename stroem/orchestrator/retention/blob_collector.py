"""Garbage collector of blobs that removed releases have left."""

import asyncio
import datetime
import functools
import itertools
import logging
from collections.abc import Callable, Coroutine, Sequence
from typing import Any

from stroem.blobs import manifest
from stroem.blobs.blob_store import BlobStore
from stroem.errors import BlobCorrupt, BlobMissing
from stroem.store import blob_garbage
from stroem.store.batch_isolation import is_outage, isolate
from stroem.store.database import Database

_CANDIDATES = 100_000
_LEASE_SECS = 3600
_REMOVE = 100
_LISTS_AT_ONCE = 4
_log = logging.getLogger(__name__)

Read = Callable[[str], Coroutine[Any, Any, set[str]]]


class BlobCollector:
    """Deletes unreferenced blobs. The cost grows with the number of kept manifests; it is nothing if no manifest was
    removed.
    """

    def __init__(self, database: Database, blobs: BlobStore, *, interval_secs: float) -> None:
        self._database = database
        self._blobs = blobs
        self._interval_secs = interval_secs
        self._unopened = 0

    async def run_once(self) -> bool:
        """Expands one removed manifest, or else deletes due candidates; True if there may be more."""
        if await self._open_dropped():
            return True
        async with self._database.begin() as connection:
            due, lease = await blob_garbage.take_due(connection, _CANDIDATES, _LEASE_SECS)
        if lease is None:
            return False
        free = {*due} - await self._needed(due)
        async with self._database.begin() as connection:
            await blob_garbage.settle(connection, {*due} - free, lease)
        await self._remove(sorted(free), lease)
        return len(due) == _CANDIDATES

    async def pause_secs(self) -> float:
        """Seconds until a candidate is due, at most the interval."""
        async with self._database.read() as connection:
            return await blob_garbage.secs_to_next_due(connection, self._interval_secs)

    async def _open_dropped(self) -> bool:
        """Adds the files of a removed manifest to the candidates."""
        try:
            return await self._open_next(self._unopened)
        except Exception as error:
            if is_outage(error):
                raise
            self._unopened += 1  # it is tried again when the others are done
            _log.exception("the manifest of a removed release cannot be expanded")
            return True

    async def _open_next(self, skip: int) -> bool:
        async with self._database.begin() as connection:
            dropped = await blob_garbage.next_dropped(connection, skip)
            if dropped is None:
                self._unopened = 0
                return False
            if not dropped.needed:
                files = await self._digests_if_there(dropped.manifest)
                if dropped.neighbour is not None:
                    files -= await self._digests_if_there(dropped.neighbour)
                await blob_garbage.add(connection, {*files, dropped.manifest})
            await blob_garbage.finish_dropped(connection, dropped.manifest)
            return True

    async def _digests_if_there(self, digest: str) -> set[str]:
        try:
            return await self._digests(digest)
        except (BlobMissing, BlobCorrupt):
            return set()

    async def _digests(self, digest: str) -> set[str]:
        data = await self._blobs.get(digest)
        return await asyncio.to_thread(manifest.digests, data)

    async def _needed(self, due: list[str]) -> set[str]:
        """Candidates that are still referenced.

        Raises `BlobMissing` and `BlobCorrupt` if a manifest cannot be read; all candidates are then due again after the
        lease.
        """
        async with self._database.read() as connection:
            free = {*due} - await blob_garbage.needed_by_rows(connection, due)
            if not free:
                return {*due}
            async for lists in blob_garbage.needed_manifests(connection):
                await self._strike_off(free, lists, self._digests)
            await self._strike_off(free, await blob_garbage.expected_manifests(connection), self._digests_if_there)
        return {*due} - free

    async def _strike_off(self, free: set[str], lists: Sequence[str], read: Read) -> None:
        for start in range(0, len(lists), _LISTS_AT_ONCE):
            some = lists[start : start + _LISTS_AT_ONCE]
            free.difference_update(some, *await asyncio.gather(*map(read, some)))

    async def _remove(self, free: list[str], lease: datetime.datetime) -> None:
        rest = iter(free)
        while batch := list(itertools.islice(rest, _REMOVE)):
            await isolate(batch, functools.partial(self._remove_some, lease=lease), _tell)

    async def _remove_some(self, digests: Sequence[str], lease: datetime.datetime) -> None:
        async with self._database.begin() as connection:
            # A concurrent put of the same object waits for the end of this transaction, then finds it gone.
            held = await blob_garbage.hold(connection, digests, lease)
            await self._blobs.delete_many(held)
            await blob_garbage.settle(connection, held, lease)


async def _tell(digest: str, error: Exception) -> None:
    _log.error("blob %s cannot be deleted; retried when its lease is over", digest, exc_info=error)

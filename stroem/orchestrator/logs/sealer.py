"""Seals hot log lines: moves them from rows into compressed blobs."""

import asyncio
import datetime
import logging
import uuid
import zlib
from collections import defaultdict
from collections.abc import Mapping, Sequence
from itertools import groupby

import attrs

from stroem.blobs.blob_store import BlobStore
from stroem.store.batch_isolation import is_outage, isolate, reason_of
from stroem.store.database import Database
from stroem.store.logs import log_segments
from stroem.store.logs.logs import LogId, LogPiece

_LOOK_SECS = 2.0
_STEPS = 500
_LEASE_SECS = 60
_POSTPONED_SECS = 3600
_log = logging.getLogger(__name__)
_BATCH_BYTES = 8 * 1024 * 1024
_MEMBER_BYTES = 1024 * 1024
_LEVEL = 1

Chunk = tuple[uuid.UUID, LogPiece]


class LogSealer:
    """Packs the due logs of many steps into one blob. After a crash the lines are still hot, and sealed again."""

    def __init__(self, database: Database, blobs: BlobStore) -> None:
        self._database = database
        self._blobs = blobs

    async def pause_secs(self) -> float:
        """Poll interval. Logs become due when their step ends or has printed much."""
        return _LOOK_SECS

    async def run_once(self) -> bool:
        """Seals due logs, up to a bound; True if there may be more."""
        async with self._database.begin() as connection:
            taken = await log_segments.take_due_heads(connection, _STEPS, _LEASE_SECS)
        if not taken:
            return False
        async with self._database.read() as connection:
            chunks = await log_segments.hot_chunks(connection, taken, _BATCH_BYTES)
        segments: list[Chunk] = []
        if chunks:
            packed, segments = await asyncio.to_thread(_pack, chunks)
            blob = await self._blobs.put(packed)
            segments = [(job_id, attrs.evolve(one, blob=blob)) for job_id, one in segments]
        to_the_end = sum(one.size for _, one in segments) < _BATCH_BYTES
        by_log = defaultdict(list)
        for job_id, one in segments:
            by_log[(job_id, one.step, one.attempt)].append((job_id, one))

        async def replace(logs: Sequence[LogId]) -> None:
            chosen = [segment for log in logs for segment in by_log.get(log, ())]
            await self._replace(chosen, {log: taken[log] for log in logs}, to_the_end=to_the_end)

        await isolate(list(taken), replace, self._postpone)
        return len(taken) == _STEPS or not to_the_end

    async def _replace(
        self, segments: Sequence[Chunk], taken: Mapping[LogId, datetime.datetime], *, to_the_end: bool
    ) -> None:
        sealed: dict[LogId, int] = defaultdict(int)
        async with self._database.begin() as connection:
            for log, size in await log_segments.replace_chunks(connection, segments) if segments else ():
                sealed[log] += size
            await log_segments.cool_heads(connection, sealed, taken, to_the_end=to_the_end)

    async def _postpone(self, log: LogId, error: Exception) -> None:
        """Leaves a log that cannot be sealed hot and readable, and retries much later."""
        _log.error("the log of step %d of job %s cannot be sealed", log[1], log[0], exc_info=error)
        try:
            async with self._database.begin() as connection:
                await log_segments.postpone_sealing(connection, log, _POSTPONED_SECS)
        except Exception as again:
            if is_outage(again):
                raise
            _log.warning("it is due again in %d s: %s", _LEASE_SECS, reason_of(again))


def _pack(chunks: Sequence[Chunk]) -> tuple[bytes, list[Chunk]]:
    """Packs chunks into gzip members, one per log and megabyte; returns the bytes and the segments."""
    packed = bytearray()
    segments: list[Chunk] = []
    for _, group in groupby(chunks, key=lambda chunk: (chunk[0], chunk[1].step, chunk[1].attempt)):
        member: list[Chunk] = []
        for chunk in group:
            member.append(chunk)
            if sum(one.size for _, one in member) >= _MEMBER_BYTES:
                _close(packed, segments, member)
                member = []
        if member:
            _close(packed, segments, member)
    return bytes(packed), segments


def _close(packed: bytearray, segments: list[Chunk], member: Sequence[Chunk]) -> None:
    compressor = zlib.compressobj(_LEVEL, wbits=zlib.MAX_WBITS | 16)
    start, skip = len(packed), 0
    for _, one in member:
        packed += compressor.compress(one.body or b"")
    packed += compressor.flush()
    for job_id, one in member:
        segment = attrs.evolve(one, body=None, start=start, length=len(packed) - start, skip=skip)
        segments.append((job_id, segment))
        skip += one.size

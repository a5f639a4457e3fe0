"""Searches of whole logs."""

import asyncio
import itertools
import time
import uuid
from typing import Literal

import attrs

from stroem.orchestrator.logs.line_search import LineSearch
from stroem.orchestrator.logs.reader import LogReader

MOST_HITS = 10_000
_READ_BYTES = 2 * 1024 * 1024
_SECS = 3.0
_SEARCHES = 2
"""Concurrent searches; each takes a core."""


@attrs.frozen(kw_only=True)
class LogHits:
    """Lines with a match, by their number in the log from 0.

    `next` is the number of the first line that was not searched, `total` the number of lines. `stopped` is the reason
    why lines before the end were not searched; the search can go on there.
    """

    lines: tuple[int, ...]
    next: int
    total: int
    stopped: Literal["limit", "time"] | None = None


class LogSearcher:
    """Searches logs page by page, in bounded time and memory."""

    def __init__(self, reader: LogReader) -> None:
        self._reader = reader
        self._turns = asyncio.Semaphore(_SEARCHES)

    async def search(
        self,
        job_id: uuid.UUID,
        search: LineSearch,
        *,
        step: str | None = None,
        attempt: int | None = None,
        after: int = 0,
        limit: int = MOST_HITS,
        secs: float = _SECS,
    ) -> LogHits:
        """The first `limit` hits behind the first `after` lines of a log, as far as `secs` seconds suffice.

        At least one page is searched. Raises NotFound for an unknown job or step.
        """
        async with self._turns:
            deadline = time.monotonic() + secs
            page = await self._reader.read(job_id, step=step, attempt=attempt, skip=after, max_bytes=_READ_BYTES)
            number, total, found = page.first or 0, page.lines or 0, list[int]()
            while True:
                hits = await asyncio.to_thread(_first_hits, search, page.data, limit - len(found))
                found += [number + hit for hit in hits]
                if len(found) == limit:
                    stop = found[-1] + 1
                    return LogHits(
                        lines=tuple(found), next=stop, total=total, stopped="limit" if stop < total else None
                    )
                number += page.data.count(b"\n")
                if not page.data or number >= total:
                    return LogHits(lines=tuple(found), next=number, total=total)
                if time.monotonic() > deadline:
                    return LogHits(lines=tuple(found), next=number, total=total, stopped="time")
                page = await self._reader.read(
                    job_id, step=step, attempt=attempt, after=page.next, max_bytes=_READ_BYTES
                )


def _first_hits(search: LineSearch, data: bytes, limit: int) -> list[int]:
    return list(itertools.islice(search.hits(data), limit))

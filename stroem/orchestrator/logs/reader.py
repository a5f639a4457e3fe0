"""Log reader: whole logs, pages, tails, and live streams."""

import asyncio
import uuid
import zlib
from collections.abc import AsyncIterator, Sequence

import attrs
from cachetools import LRUCache

from stroem.blobs.blob_store import BlobStore
from stroem.errors import NotFound
from stroem.orchestrator.notifier import POLL_SECS, Notifier, wait_for
from stroem.orchestrator.plans.step_names import StepNames
from stroem.store.database import Database
from stroem.store.jobs.jobs import TERMINAL
from stroem.store.jobs.results import kept_steps
from stroem.store.logs import log_numbers, logs
from stroem.store.logs.logs import LogPiece, LogState
from stroem.store.statement import Connection

PAGE_BYTES = 256 * 1024
"""Approximate size of a page, in bytes."""
_MEMBERS = 4


@attrs.frozen(kw_only=True)
class LogPage:
    """A run of lines as JSONL.

    `after` and `next` are positions: numbers of lines before them in the job's log. `more` is true if more lines
    existed at the time of reading; `total` is the length of the job's log. Of a page read by the number of its first
    line, `first` is that number, and `lines` the length of the log that was asked for.
    """

    data: bytes
    after: int
    next: int
    more: bool
    total: int
    first: int | None = None
    lines: int | None = None


@attrs.frozen(kw_only=True)
class LogEnd:
    """End of a log: the job has ended with this status, and all lines were read."""

    status: str
    next: int


class LogReader:
    """Reads logs from hot chunks and sealed segments."""

    def __init__(self, database: Database, blobs: BlobStore, names: StepNames, notifier: Notifier) -> None:
        self._database = database
        self._blobs = blobs
        self._names = names
        self._notifier = notifier
        self._members: LRUCache[tuple[str, int], bytes] = LRUCache(_MEMBERS)

    async def read(
        self,
        job_id: uuid.UUID,
        *,
        step: str | None = None,
        attempt: int | None = None,
        after: int = 0,
        tail: int | None = None,
        skip: int | None = None,
        max_lines: int = 0,
        max_bytes: int = PAGE_BYTES,
    ) -> LogPage:
        """The page after `after`, of the last `tail` lines, or after the first `skip` lines; with `max_lines`, at most
        that many. The page may be longer than `max_bytes` by one piece of the log.

        Of one step with `step`, of one of its attempts with `attempt`.

        Raises NotFound for an unknown job or step.
        """
        async with self._database.read() as connection:
            job_id, position = await self._origin(connection, job_id, step)
            state = await self._state(connection, job_id)
            if tail is not None:
                start = state.lines
                if tail:
                    start = await logs.tail_start(connection, job_id, step=position, attempt=attempt, lines=tail)
                after = max(after, start)
            lines = state.lines
            if skip is not None:
                start = skip
                if position is not None:
                    lines, found = await log_numbers.place_of(
                        connection, job_id, step=position, attempt=attempt, number=skip
                    )
                    start = state.lines if found is None else found
                after = max(after, min(start, state.lines))
            pieces, more = await logs.log_pieces(
                connection, job_id, step=position, attempt=attempt, after=after, max_bytes=max_bytes
            )
        page = await self._page(pieces, more, after, state.lines, max_lines)
        return page if skip is None else attrs.evolve(page, first=min(skip, lines), lines=lines)

    async def attempts(
        self, job_id: uuid.UUID, *, step: str | None = None, attempt: int | None = None
    ) -> list[log_numbers.AttemptLog]:
        """The attempts of a step that have lines; of a whole job, the sums by attempt."""
        async with self._database.read() as connection:
            job_id, position = await self._origin(connection, job_id, step)
            await self._state(connection, job_id)
            return await log_numbers.attempt_logs(connection, job_id, step=position, attempt=attempt)

    async def follow(
        self, job_id: uuid.UUID, *, step: str | None = None, after: int = 0
    ) -> AsyncIterator[LogPage | LogEnd]:
        """All pages after `after`, then new lines until the end of the job."""
        with self._notifier.watching(job_id) as changed:
            while True:
                async with self._database.read() as connection:
                    state = await self._state(connection, job_id)
                    pieces, more = await self._pieces(connection, state, job_id, step, after)
                page = await self._page(pieces, more, after, state.lines, 0)
                if page.data:
                    yield page
                    after = page.next
                elif state.status in TERMINAL:
                    yield LogEnd(status=state.status, next=after)
                    return
                else:
                    await wait_for(changed, POLL_SECS)

    async def _pieces(
        self, connection: Connection, state: LogState, job_id: uuid.UUID, step: str | None, after: int
    ) -> tuple[list[LogPiece], bool]:
        origin, position = await self._origin(connection, job_id, step) if step is not None else (job_id, None)
        if origin == job_id and after >= state.lines:
            return [], False
        return await logs.log_pieces(connection, origin, step=position, after=after, max_bytes=PAGE_BYTES)

    @staticmethod
    async def _state(connection: Connection, job_id: uuid.UUID) -> LogState:
        state = await logs.log_state(connection, job_id)
        if state is None:
            raise NotFound(kind="Job", name=job_id)
        return state

    async def _origin(
        self, connection: Connection, job_id: uuid.UUID, step: str | None
    ) -> tuple[uuid.UUID, int | None]:
        """The job and the step whose log it is: of a step that was taken over, those where it ran.

        Of one that has not been reached, `UNVISITED_STEP`, whose log is empty.
        """
        if step is None:
            return job_id, None
        places = await self._names.find(connection, [(job_id, step)])
        if not places:
            if await self._names.has_node(connection, job_id, step):
                return job_id, logs.UNVISITED_STEP
            raise await self._names.missing(connection, job_id, step)
        found = next(iter(places.values()))
        return await kept_steps.origin_of(connection, found) if found[1] != logs.SERVER_STEP else found

    async def _page(self, pieces: Sequence[LogPiece], more: bool, after: int, total: int, max_lines: int) -> LogPage:
        parts: list[bytes] = []
        position, room = after, max_lines or total
        for piece in pieces:
            body, first, count = await self._body(piece), piece.first_line, piece.lines
            if first < after:
                body, first, count = _behind(body, after - first), after, count - (after - first)
            if count > room:
                body, count = _first(body, room), room
            parts.append(body)
            position = first + count
            room -= count
            if room <= 0:
                break
        last = pieces[-1].first_line + pieces[-1].lines if pieces else after
        return LogPage(data=b"".join(parts), after=after, next=position, more=more or position < last, total=total)

    async def _body(self, piece: LogPiece) -> bytes:
        if piece.body is not None:
            return piece.body
        if piece.blob is None:
            raise NotFound(kind="Log segment", name=piece.first_line)
        member = self._members.get((piece.blob, piece.start))
        if member is None:
            packed = await self._blobs.get(piece.blob, start=piece.start, length=piece.length)
            member = await asyncio.to_thread(zlib.decompress, packed, wbits=zlib.MAX_WBITS | 16)
            self._members[piece.blob, piece.start] = member
        return member[piece.skip : piece.skip + piece.size]


def _behind(body: bytes, lines: int) -> bytes:
    """The lines after the first `lines`."""
    return body.split(b"\n", lines)[-1]


def _first(body: bytes, lines: int) -> bytes:
    """The first `lines` lines."""
    return body[: len(body) - len(_behind(body, lines))]

"""Appends log lines of steps to the database."""

import uuid
from collections.abc import Collection, Iterable, Mapping, Sequence

import attrs

from stroem.orchestrator.plans.job_plans import JobPlans
from stroem.store.jobs.jobs import TERMINAL
from stroem.store.jobs.locked_jobs import LockedJob
from stroem.store.jobs.steps import StepId
from stroem.store.logs import logs
from stroem.store.logs.logs import SERVER_STEP, LogAccess, LogClaim, LogHead, LogId, LogPiece
from stroem.store.statement import Connection

HOT_BYTES = 1024 * 1024
"""Hot bytes at which the log of a running step is sealed."""


@attrs.frozen(kw_only=True)
class LogChunk:
    """A run of lines of one step: `data` is JSONL of `lines` lines.

    `chunk` numbers the chunks of a step's attempt; each number is stored once. Older workers do not number them:
    `chunk` and `worker_id` are None. `streams` are the bytes of both streams up to its end. `is_clean` marks
    lines without secrets, `by_server` lines of the server itself.
    """

    job_id: uuid.UUID
    step: int
    lines: int
    data: bytes
    chunk: int | None = None
    attempt: int | None = None
    worker_id: uuid.UUID | None = None
    streams: tuple[int, int] = (0, 0)
    is_clean: bool = False
    by_server: bool = False

    @property
    def step_id(self) -> StepId:
        """Id of the step."""
        return (self.job_id, self.step)


class LogAppender:
    """Assigns positions to lines in the logs of their jobs, and redacts secrets before storing them."""

    def __init__(self, plans: JobPlans) -> None:
        self._plans = plans

    async def append(
        self,
        connection: Connection,
        locked: Mapping[uuid.UUID, LockedJob],
        chunks: Sequence[LogChunk],
        access: Mapping[LogClaim, LogAccess],
        driven: Collection[uuid.UUID] = (),
    ) -> tuple[dict[uuid.UUID, int], bool]:
        """Stores chunks of locked jobs; returns the log lengths of changed jobs, and True if any chunk was refused.

        `access` answers `claims_of` the chunks. The caller stores the lengths of `driven` jobs itself. Chunks of a
        worker that lost the step are refused; chunks stored before are skipped. Raises NotLoaded.
        """
        known = [chunk for chunk in chunks if chunk.job_id in locked]
        plans = await self._plans.of(connection, {chunk.job_id for chunk in known if not chunk.is_clean})
        lines = {job_id: job.log_lines for job_id, job in locked.items()}
        grown: dict[LogId, LogHead] = {}
        pieces: list[tuple[uuid.UUID, LogPiece]] = []
        refused = any(chunk.chunk is not None and not access[_claim(chunk)].is_held for chunk in known)
        for chunk in known:
            found = access[_claim(chunk)]
            log = (chunk.job_id, chunk.step, found.attempt)
            head = grown.get(log, found.head)
            if not (chunk.by_server or _is_new(chunk, found, head, locked[chunk.job_id])):
                continue
            body = chunk.data if chunk.is_clean else plans[chunk.job_id].redact_lines(chunk.data)
            pieces.append((chunk.job_id, _piece(chunk, found.attempt, lines[chunk.job_id], body)))
            lines[chunk.job_id] += chunk.lines
            grown[log] = _grown(head, chunk, len(body))
        if not pieces:
            return {}, refused
        longer = {job_id: lines[job_id] for job_id, _ in pieces}
        stored = {job_id: count for job_id, count in longer.items() if job_id not in driven}
        await logs.append_lines(connection, pieces, grown, stored, HOT_BYTES)
        return longer, refused


def claims_of(chunks: Iterable[LogChunk]) -> list[LogClaim]:
    """The claims to append chunks, each once."""
    return list({_claim(chunk): None for chunk in chunks})


def _claim(chunk: LogChunk) -> LogClaim:
    return LogClaim(step=chunk.step_id, attempt=chunk.attempt, worker_id=chunk.worker_id)


def _is_new(chunk: LogChunk, access: LogAccess, head: LogHead, job: LockedJob) -> bool:
    """True if a chunk was not stored yet.

    A worker sends a chunk once the one before is stored. A number that is too high means that an older state of the
    database was restored; its lines are stored too.
    """
    if not access.is_held:
        return chunk.step == SERVER_STEP and job.status not in TERMINAL
    return chunk.chunk is None or chunk.chunk >= head.next_chunk


def _piece(chunk: LogChunk, attempt: int, first_line: int, body: bytes) -> LogPiece:
    return LogPiece(
        first_line=first_line, lines=chunk.lines, step=chunk.step, attempt=attempt, size=len(body), body=body
    )


def _grown(head: LogHead, chunk: LogChunk, size: int) -> LogHead:
    return LogHead(
        next_chunk=head.next_chunk if chunk.chunk is None else chunk.chunk + 1,
        lines=head.lines + chunk.lines,
        added_bytes=head.added_bytes + size,
        stdout_bytes=max(head.stdout_bytes, chunk.streams[0]),
        stderr_bytes=max(head.stderr_bytes, chunk.streams[1]),
    )

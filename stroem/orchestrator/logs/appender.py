"""Lines that steps have printed, on their way into the database."""

import uuid
from collections.abc import Mapping, Sequence

import attrs

from stroem.orchestrator.plans.job_plans import JobPlans
from stroem.store.jobs import logs
from stroem.store.jobs.jobs import TERMINAL, LockedJob
from stroem.store.jobs.logs import SERVER_STEP, LogClaim, LogHead, LogPiece
from stroem.store.jobs.steps import StepId
from stroem.store.statement import Connection

HOT_BYTES = 1024 * 1024
"""From so many bytes on, the hot lines of a step are sealed while it runs."""


@attrs.frozen(kw_only=True)
class LogChunk:
    """A run of lines of one step: `data` is JSONL of `lines` lines.

    `chunk` counts the chunks of a step's attempt; the same number is stored once. Workers of the older contract,
    which do not count, give neither `chunk` nor `attempt` nor `worker_id`. `is_clean` says that no secret is in them,
    `by_server` that the server itself wrote them.
    """

    job_id: uuid.UUID
    position: int
    lines: int
    data: bytes
    chunk: int | None = None
    attempt: int | None = None
    worker_id: uuid.UUID | None = None
    is_clean: bool = False
    by_server: bool = False

    @property
    def place(self) -> StepId:
        """The step."""
        return (self.job_id, self.position)


class LogAppender:
    """Gives lines their places in the logs of their jobs. Secrets are replaced before they are stored."""

    def __init__(self, plans: JobPlans) -> None:
        self._plans = plans

    async def append(
        self, connection: Connection, locked: Mapping[uuid.UUID, LockedJob], chunks: Sequence[LogChunk]
    ) -> tuple[dict[uuid.UUID, int], bool]:
        """Stores chunks of locked jobs; how many lines the log of each touched job has now, and whether any came
        from a worker that no longer holds the step. Those are left out, as are chunks that were stored before.

        Raises ValuesNotLoaded.
        """
        known = [chunk for chunk in chunks if chunk.job_id in locked]
        plans = await self._plans.of(connection, {chunk.job_id for chunk in known if not chunk.is_clean})
        heads = await logs.log_heads(connection, list({_claim(chunk): None for chunk in known}))
        lines = {job_id: job.log_lines for job_id, job in locked.items()}
        grown: dict[StepId, LogHead] = {}
        pieces: list[tuple[uuid.UUID, LogPiece]] = []
        refused = any(chunk.chunk is not None and not heads[_claim(chunk)][0] for chunk in known)
        for chunk in known:
            held, head = heads[_claim(chunk)]
            head = grown.get(chunk.place) or head
            if not (chunk.by_server or _is_new(chunk, held=held, head=head, job=locked[chunk.job_id])):
                continue
            body = chunk.data if chunk.is_clean else plans[chunk.job_id].logs.apply(chunk.data)
            pieces.append((chunk.job_id, _piece(chunk, lines[chunk.job_id], body)))
            lines[chunk.job_id] += chunk.lines
            grown[chunk.place] = _grown(grown.get(chunk.place), head, chunk, len(body))
        if not pieces:
            return {}, refused
        longer = {job_id: lines[job_id] for job_id, _ in pieces}
        await logs.append_lines(connection, pieces, grown, longer, HOT_BYTES)
        return longer, refused


def _claim(chunk: LogChunk) -> LogClaim:
    return LogClaim(place=chunk.place, attempt=chunk.attempt, worker_id=chunk.worker_id)


def _is_new(chunk: LogChunk, *, held: bool, head: LogHead | None, job: LockedJob) -> bool:
    """A worker sends a chunk when the one before is kept. One whose number is too high tells that a database was
    restored which does not have that one; what follows is no less welcome."""
    if not held:
        return chunk.position == SERVER_STEP and job.status not in TERMINAL
    if chunk.chunk is None:
        return True
    return head is None or head.attempt != chunk.attempt or chunk.chunk >= head.next_chunk


def _piece(chunk: LogChunk, first_line: int, body: bytes) -> LogPiece:
    return LogPiece(first_line=first_line, lines=chunk.lines, step=chunk.position, size=len(body), body=body)


def _grown(grown: LogHead | None, head: LogHead | None, chunk: LogChunk, size: int) -> LogHead:
    return LogHead(
        attempt=chunk.attempt or (head.attempt if head else 0),
        next_chunk=(head.next_chunk if head else 0) if chunk.chunk is None else chunk.chunk + 1,
        lines=(head.lines if head else 0) + chunk.lines,
        added_bytes=(grown.added_bytes if grown else 0) + size,
    )

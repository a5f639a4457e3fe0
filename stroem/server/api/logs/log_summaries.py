"""Summaries of the logs of jobs and steps."""

import uuid

import attrs
from aiohttp import web

from stroem.conversion.constraints import Count32
from stroem.server.keys import SERVICES


@attrs.frozen(kw_only=True)
class SummaryQuery:
    """One attempt of a step, 1 is the first; or all."""

    attempt: Count32 | None = None


@attrs.frozen(kw_only=True)
class AttemptLog:
    """The log of an attempt: its length in lines and in bytes of JSONL, and the position of its first line."""

    attempt: int
    lines: int
    size_bytes: int
    position: int


@attrs.frozen(kw_only=True)
class LogSummary:
    """Length of a log, and the numbers of its first lines of errors, counted from 0.

    `first_error` is the first line with a word of failure, `first_stderr` the first one of stderr. They and
    `stderr_lines` are those among the first `scanned` lines; the next request goes on from there.
    """

    lines: int
    size_bytes: int
    first_at: str | None
    last_at: str | None
    attempts: tuple[AttemptLog, ...]
    stderr_lines: int
    first_stderr: int | None
    first_error: int | None
    scanned: int


async def of_job(request: web.Request, job_id: uuid.UUID) -> LogSummary:
    """The summary of the log of a job."""
    return attrs.evolve(await _summary(request, job_id), attempts=())


async def of_step(request: web.Request, job_id: uuid.UUID, step: str, query: SummaryQuery) -> LogSummary:
    """The summary of the log of a step, or of one of its attempts."""
    return await _summary(request, job_id, step, query.attempt)


async def _summary(
    request: web.Request, job_id: uuid.UUID, step: str | None = None, attempt: int | None = None
) -> LogSummary:
    found = await request.app[SERVICES].log_summaries.summary(job_id, step=step, attempt=attempt)
    return LogSummary(
        lines=found.lines,
        size_bytes=found.size,
        first_at=found.first_at,
        last_at=found.last_at,
        attempts=tuple(
            AttemptLog(attempt=one.attempt, lines=one.lines, size_bytes=one.size, position=one.position)
            for one in found.attempts
        ),
        stderr_lines=found.scan.stderr_lines,
        first_stderr=found.scan.first_stderr,
        first_error=found.scan.first_error,
        scanned=found.scan.lines,
    )

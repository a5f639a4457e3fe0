"""Searches in the logs of jobs and steps."""

import uuid
from typing import Literal

import attrs
from aiohttp import web

from stroem.conversion.constraints import Count32
from stroem.orchestrator.logs.line_search import LineSearch
from stroem.orchestrator.logs.log_searcher import MOST_HITS
from stroem.server.http.paging import clamp
from stroem.server.keys import SERVICES


@attrs.frozen(kw_only=True)
class SearchQuery:
    """A text, or an RE2 pattern with `regex`; with `case`, capital and small letters differ.

    `after` leaves out the first lines of the log, `stream` is the one to search.
    """

    q: str
    regex: bool = False
    case: bool = False
    stream: Literal["stdout", "stderr"] | None = None
    after: Count32 = 0
    limit: int = 1000


@attrs.frozen(kw_only=True)
class StepSearchQuery(SearchQuery):
    """A search in the log of a step, or of one of its attempts: 1 is the first."""

    attempt: Count32 | None = None


@attrs.frozen(kw_only=True)
class LogHits:
    """The lines with a match, by their numbers in the log that was searched, counted from 0; `count` of them.

    `stopped` says why the lines from `next` to the `total` were not searched: `limit` or `time`; null if all were.
    """

    lines: tuple[int, ...]
    count: int
    next: int
    total: int
    stopped: Literal["limit", "time"] | None


async def of_job(request: web.Request, job_id: uuid.UUID, query: SearchQuery) -> LogHits:
    """The lines of a job's log with a match."""
    return await _search(request, job_id, query)


async def of_step(request: web.Request, job_id: uuid.UUID, step: str, query: StepSearchQuery) -> LogHits:
    """The lines of a step's log, or of one of its attempts, with a match."""
    return await _search(request, job_id, query, step, query.attempt)


async def _search(
    request: web.Request, job_id: uuid.UUID, query: SearchQuery, step: str | None = None, attempt: int | None = None
) -> LogHits:
    found = await request.app[SERVICES].log_searcher.search(
        job_id,
        LineSearch(query.q, is_regex=query.regex, has_case=query.case, stream=query.stream),
        step=step,
        attempt=attempt,
        after=query.after,
        limit=clamp(query.limit, 1, MOST_HITS),
    )
    return LogHits(lines=found.lines, count=len(found.lines), next=found.next, total=found.total, stopped=found.stopped)

"""Logs of jobs and steps."""

import uuid
from collections.abc import AsyncIterator, Awaitable, Callable
from functools import partial
from typing import Literal

import attrs
import orjson
from aiohttp import web

from stroem.conversion.constraints import Count32
from stroem.conversion.unstructure import ABSENT
from stroem.orchestrator.logs.reader import LogPage
from stroem.server.api.logs import log_files
from stroem.server.http.streaming import closing, stream
from stroem.server.keys import SERVICES


@attrs.frozen(kw_only=True)
class LogQuery:
    """A range of a log: at most `limit` lines after position `after`, the last `tail` lines, or those after the first
    `skip` lines of the log that is asked for.
    """

    after: int = 0
    tail: int | None = None
    skip: Count32 | None = None
    limit: int | None = None
    step: str | None = None
    format: Literal["json", "text", "jsonl"] = "json"
    ansi: Literal["strip", "keep"] = "strip"


@attrs.frozen(kw_only=True)
class StepLogQuery(LogQuery):
    """A range of the log of a step, or of one of its attempts: 1 is the first."""

    attempt: Count32 | None = None


@attrs.frozen(kw_only=True)
class LogText:
    """Lines of a log as JSONL. `next` is the position behind them, `more` whether lines follow already,
    `total` how many the job's log has. With `skip`: `first` is the number of lines before the first one, and `lines`
    how many there are, both in the log that was asked for.
    """

    logs: str
    next: int
    more: bool
    total: int
    first: int | None = attrs.field(default=None, metadata=ABSENT)
    lines: int | None = attrs.field(default=None, metadata=ABSENT)


async def of_job(request: web.Request, job_id: uuid.UUID, query: LogQuery) -> web.StreamResponse:
    """The log of a job, or of one step of it, as JSONL."""
    return await _write(request, job_id, query, query.step)


async def of_step(request: web.Request, job_id: uuid.UUID, step: str, query: StepLogQuery) -> web.StreamResponse:
    """The log of one step of a job as JSONL; the step `_server` has the server's own lines."""
    return await _write(request, job_id, query, step, query.attempt)


async def _write(
    request: web.Request, job_id: uuid.UUID, query: LogQuery, step: str | None, attempt: int | None = None
) -> web.StreamResponse:
    read = partial(request.app[SERVICES].logs.read, job_id, step=step, attempt=attempt)
    pages = _pages(read, query)
    if query.format == "json":
        response = web.StreamResponse()
        response.content_type = "application/json"
        return await stream(request, response, _pieces(pages))
    response = log_files.response_of(query.format, job_id, step, attempt)
    is_plain = query.ansi == "strip"
    return await stream(request, response, log_files.pieces_of(pages, query.format, is_plain=is_plain))


async def _pages(read: Callable[..., Awaitable[LogPage]], query: LogQuery) -> AsyncIterator[LogPage]:
    """The pages of a range; lines that come meanwhile are left out."""
    rest = _at_least_one(query.limit)
    tail = _at_least_one(query.tail)
    page = await read(after=max(query.after, 0), tail=tail, skip=query.skip, max_lines=rest or 0)
    total = page.total
    yield page
    while page.more and page.data and page.next < total:
        if rest is not None:
            rest -= page.data.count(b"\n")
            if rest <= 0:
                return
        page = await read(after=page.next, max_lines=rest or 0)
        yield page


async def _pieces(pages: AsyncIterator[LogPage]) -> AsyncIterator[bytes]:
    """A `LogText` page by page, in the memory of one page."""
    async with closing(pages):
        first = page = await anext(pages)
        yield b'{"logs":"' + _escaped(first.data)
        async for page in pages:
            yield _escaped(page.data)
    numbers = {} if first.first is None else {"first": first.first, "lines": first.lines}
    end = orjson.dumps({"next": page.next, "more": page.more and bool(page.data), "total": first.total, **numbers})
    yield b'",' + end[1:]


def _at_least_one(count: int | None) -> int | None:
    return None if count is None else max(count, 1)


def _escaped(lines: bytes) -> bytes:
    """The lines as the inside of a JSON string."""
    return orjson.dumps(lines.decode("utf-8", "replace"))[1:-1]

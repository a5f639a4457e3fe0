"""Logs of jobs and steps."""

import uuid
from collections.abc import AsyncIterator

import attrs
import orjson
from aiohttp import web

from stroem.orchestrator.logs.reader import LogReader
from stroem.server.http.streaming import stream
from stroem.server.keys import SERVICES


@attrs.frozen(kw_only=True)
class LogQuery:
    """A range of a log: at most `limit` lines after position `after`, or the last `tail` lines."""

    after: int = 0
    tail: int | None = None
    limit: int | None = None
    step: str | None = None


@attrs.frozen(kw_only=True)
class LogText:
    """Lines of a log as JSONL. `next` is the position behind them, `more` whether lines follow already,
    `total` how many the job's log has.
    """

    logs: str
    next: int
    more: bool
    total: int


async def of_job(request: web.Request, job_id: uuid.UUID, query: LogQuery) -> web.StreamResponse:
    """The log of a job, or of one step of it, as JSONL."""
    return await _write(request, job_id, query, query.step)


async def of_step(request: web.Request, job_id: uuid.UUID, step: str, query: LogQuery) -> web.StreamResponse:
    """The log of one step of a job as JSONL; the step `_server` has the server's own lines."""
    return await _write(request, job_id, query, step)


async def _write(request: web.Request, job_id: uuid.UUID, query: LogQuery, step: str | None) -> web.StreamResponse:
    response = web.StreamResponse()
    response.content_type = "application/json"
    return await stream(request, response, _pieces(request.app[SERVICES].logs, job_id, query, step))


async def _pieces(logs: LogReader, job_id: uuid.UUID, query: LogQuery, step: str | None) -> AsyncIterator[bytes]:
    """A `LogText` page by page, in the memory of one page."""
    rest = _at_least_one(query.limit)
    tail = _at_least_one(query.tail)
    page = await logs.read(job_id, step=step, after=max(query.after, 0), tail=tail, max_lines=rest or 0)
    total = page.total
    yield b'{"logs":"'
    while True:
        yield _escaped(page.data)
        if rest is not None:
            rest -= page.data.count(b"\n")
        if not page.more or not page.data or page.next >= total or rest == 0:
            break
        page = await logs.read(job_id, step=step, after=page.next, max_lines=rest or 0)
    end = orjson.dumps({"next": page.next, "more": page.more and bool(page.data), "total": total})
    yield b'",' + end[1:]


def _at_least_one(count: int | None) -> int | None:
    return None if count is None else max(count, 1)


def _escaped(lines: bytes) -> bytes:
    """The lines as the inside of a JSON string."""
    return orjson.dumps(lines.decode("utf-8", "replace"))[1:-1]

"""Log lines of one step, as JSONL."""

import uuid

import attrs
from aiohttp import web

from stroem.conversion.constraints import Count32, Int32
from stroem.errors import BadRequest
from stroem.orchestrator.exchange import Lines
from stroem.server.keys import SERVICES
from stroem.server.worker_api.kept import Kept

_REPLACEMENT = "\ufffd".encode()


@attrs.frozen(kw_only=True)
class ChunkQuery:
    """Which part of the log the body is: `chunk` counts from 0 in each attempt, `lines` is the number of its lines."""

    attempt: Int32
    chunk: Count32
    lines: Count32
    worker_id: uuid.UUID


async def append(request: web.Request, job_id: uuid.UUID, step: str, query: ChunkQuery, body: bytes) -> Kept:
    """Keeps a chunk of a step's log; the same chunk again is kept once. 409 when the step is no longer the worker's."""
    check_lines(body, query.lines)
    lines = Lines(
        job_id=job_id,
        step=step,
        lines=query.lines,
        data=body.replace(b"\0", _REPLACEMENT),
        attempt=query.attempt,
        chunk=query.chunk,
    )
    await request.app[SERVICES].dispatcher.append([lines], query.worker_id)
    return Kept()


def check_lines(data: bytes, lines: int) -> None:
    """Raises `BadRequest` unless the data is so many whole lines of UTF-8."""
    found = data.count(b"\n")
    if found != lines or not lines or not data.endswith(b"\n"):
        raise BadRequest(message=f"expected {lines} whole lines, at least one; found {found} line ends")
    try:
        data.decode()
    except UnicodeDecodeError:
        raise BadRequest(message="the lines are not UTF-8") from None

"""Uploads of one step's log lines, as JSONL."""

import uuid

import attrs
from aiohttp import web

from stroem.conversion.constraints import Count32, Int32, Utf8
from stroem.errors import BadRequest
from stroem.protocol.steps import ByteCount, LogLines, WireStepId
from stroem.server.keys import SERVICES
from stroem.server.worker_api.register import Ack

REPLACEMENT = "\ufffd".encode()
"""Stored in the place of NUL."""


@attrs.frozen(kw_only=True)
class ChunkQuery:
    """The position of the body in the log: `chunk` counts from 0 in each attempt, `lines` is its number of lines.

    `step_id` goes before the name of the step in the path. The bytes are those of `LogLines`.
    """

    attempt: Int32
    chunk: Count32
    lines: Count32
    worker_id: uuid.UUID
    step_id: WireStepId | None = None
    stdout_bytes: ByteCount = 0
    stderr_bytes: ByteCount = 0


async def append(request: web.Request, job_id: uuid.UUID, step: str, query: ChunkQuery, body: bytes) -> Ack:
    """Stores a chunk of a step's log; a repeated chunk is stored once. 409 when the step is no longer the worker's."""
    check_line_count(body, query.lines)
    try:
        body.decode()
    except UnicodeDecodeError:
        raise BadRequest(message="the lines are not UTF-8") from None
    lines = LogLines(
        job_id=job_id,
        step_name=step,
        step_id=query.step_id,
        attempt=query.attempt,
        chunk=query.chunk,
        lines=query.lines,
        data=Utf8(body.replace(b"\0", REPLACEMENT)),
        stdout_bytes=query.stdout_bytes,
        stderr_bytes=query.stderr_bytes,
    )
    await request.app[SERVICES].recorder.append(lines, query.worker_id)
    return Ack()


def check_line_count(data: bytes, lines: int) -> None:
    """Raises `BadRequest` unless the data is `lines` whole lines, at least one."""
    found = data.count(b"\n")
    if found != lines or not lines or not data.endswith(b"\n"):
        raise BadRequest(message=f"expected {lines} whole lines, at least one; found {found} line ends")

"""Log lines of workers of the older contract."""

import uuid

import attrs
import orjson
from aiohttp import web

from stroem.conversion.constraints import Utf8
from stroem.orchestrator.plans.step_names import SERVER_STEP_NAME
from stroem.protocol.step_paths import split_attempt
from stroem.protocol.steps import LogLines
from stroem.server.keys import SERVICES
from stroem.server.worker_api.register import Ack
from stroem.store.statement import storable


@attrs.frozen(kw_only=True)
class LineBody:
    """A line of output."""

    ts: str
    stream: str
    line: str


@attrs.frozen(kw_only=True)
class LinesBody:
    """Lines of one step."""

    lines: tuple[LineBody, ...]
    step_name: str | None = None


async def append(request: web.Request, job_id: uuid.UUID, body: LinesBody) -> Ack:
    """Stores lines of a step's log."""
    path, attempt = split_attempt(body.step_name or SERVER_STEP_NAME)
    if body.lines:
        data = b"".join(_jsonl(line, path) for line in body.lines)
        lines = LogLines(
            job_id=job_id, step_name=path, attempt=attempt, chunk=0, lines=len(body.lines), data=Utf8(data)
        )
        await request.app[SERVICES].legacy.append(lines)
    return Ack()


def _jsonl(line: LineBody, step: str) -> bytes:
    found = {"ts": line.ts, "stream": line.stream, "step": step, "line": storable(line.line)}
    return orjson.dumps(found, option=orjson.OPT_APPEND_NEWLINE)

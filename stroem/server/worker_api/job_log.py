"""Log lines as workers of the older contract send them."""

import uuid

import attrs
import orjson
from aiohttp import web

from stroem.orchestrator.exchange import Lines
from stroem.orchestrator.plans.step_names import SERVER_STEP_NAME
from stroem.server.keys import SERVICES
from stroem.server.worker_api.kept import Kept
from stroem.store.statement import storable


@attrs.frozen(kw_only=True)
class LineBody:
    """One line of output."""

    ts: str
    stream: str
    line: str


@attrs.frozen(kw_only=True)
class LinesBody:
    """Lines of one step."""

    lines: tuple[LineBody, ...]
    step_name: str | None = None


async def append(request: web.Request, job_id: uuid.UUID, body: LinesBody) -> Kept:
    """Keeps lines of a step's log."""
    step = body.step_name or SERVER_STEP_NAME
    if body.lines:
        data = b"".join(_jsonl(line, step) for line in body.lines)
        lines = Lines(job_id=job_id, step=step, lines=len(body.lines), data=data)
        await request.app[SERVICES].dispatcher.append([lines])
    return Kept()


def _jsonl(line: LineBody, step: str) -> bytes:
    found = {"ts": line.ts, "stream": line.stream, "step": step, "line": storable(line.line)}
    return orjson.dumps(found, option=orjson.OPT_APPEND_NEWLINE)

"""WebSocket stream of a job's log."""

import asyncio
import uuid

import attrs
import orjson
from aiohttp import web

from stroem.errors import NotFound
from stroem.orchestrator.logs.reader import LogEnd, LogPage, LogReader
from stroem.server.http.streaming import closing
from stroem.server.http.websocket import serve_socket
from stroem.server.keys import SERVICES
from stroem.store.logs import logs


@attrs.frozen(kw_only=True)
class StreamQuery:
    """`events` asks for frames with positions and an end; `after` resumes behind a position;
    `skip_backfill` leaves out what is there already.
    """

    events: bool = False
    after: int = 0
    step: str | None = None
    skip_backfill: bool = False


async def stream(request: web.Request, job_id: uuid.UUID, query: StreamQuery) -> web.WebSocketResponse:
    """The log of a job over a WebSocket: first what is there, then what comes, without a gap or a double.

    Plain, each text frame holds lines as JSONL and the socket stays open. With `events=true` each frame is
    JSON: `{"event":"log","after","next","data"}`, and at last `{"event":"end","status","next"}`.
    """
    start = await _start(request, job_id, query)
    reader = request.app[SERVICES].logs
    return await serve_socket(
        request, lambda socket: _send(socket, reader, job_id, query, start), f"the log stream of job {job_id}"
    )


async def _start(request: web.Request, job_id: uuid.UUID, query: StreamQuery) -> int | None:
    """The first position; None for an unknown job, which older clients see as an empty log."""
    services = request.app[SERVICES]
    try:
        if query.step is not None:
            await services.logs.read(job_id, step=query.step, max_lines=1)
        async with services.database.read() as connection:
            state = await logs.log_state(connection, job_id)
        if state is None:
            raise NotFound(kind="Job", name=job_id)
    except NotFound:
        if query.events:
            raise
        return None
    return state.lines if query.skip_backfill else max(query.after, 0)


async def _send(
    socket: web.WebSocketResponse, reader: LogReader, job_id: uuid.UUID, query: StreamQuery, start: int | None
) -> None:
    """Sends pages with backpressure; without `events` the socket stays open until the client closes it."""
    if start is not None:
        async with closing(reader.follow(job_id, after=start, step=query.step)) as pages:
            async for page in pages:
                await _send_page(socket, page, events=query.events)
    if not query.events:
        await asyncio.Future()


async def _send_page(socket: web.WebSocketResponse, page: LogPage | LogEnd, *, events: bool) -> None:
    if isinstance(page, LogEnd):
        if events:
            await socket.send_str(orjson.dumps({"event": "end", "status": page.status, "next": page.next}).decode())
    elif page.data:
        text = page.data.decode("utf-8", "replace")
        frame = {"event": "log", "after": page.after, "next": page.next, "data": text}
        await socket.send_str(orjson.dumps(frame).decode() if events else text)

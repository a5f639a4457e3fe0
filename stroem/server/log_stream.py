"""The log of a job over a WebSocket, as it grows."""

import asyncio
import logging
import uuid
from collections.abc import Coroutine
from typing import Any

import attrs
import orjson
from aiohttp import WSCloseCode, web

from stroem.errors import NotFound
from stroem.orchestrator.log_reader import LogEnd, LogPage, LogReader
from stroem.server.keys import CLOSING, CORE
from stroem.server.streaming import closing
from stroem.store import logs

LOGGER = logging.getLogger(__name__)
_HEARTBEAT_SECS = 30
_LARGEST_FRAME = 64 * 1024


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
    socket = web.WebSocketResponse(heartbeat=_HEARTBEAT_SECS, compress=False, max_msg_size=_LARGEST_FRAME)
    await socket.prepare(request)
    shut_down = request.app[CLOSING]
    try:
        await _until_first_ends(
            _until_closed(socket),
            shut_down.wait(),
            _send(socket, request.app[CORE].logs, job_id, query, start),
        )
        await socket.close(code=WSCloseCode.GOING_AWAY if shut_down.is_set() else WSCloseCode.OK)
    except ConnectionResetError:
        raise
    except Exception:
        LOGGER.exception("the log stream of job %s failed", job_id)
        await socket.close(code=WSCloseCode.INTERNAL_ERROR)
    return socket


async def _until_first_ends(*work: Coroutine[Any, Any, object]) -> None:
    """Runs all at once; ends them when one of them ends, or when it is itself cancelled."""
    tasks = [asyncio.create_task(one) for one in work]
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            task.result()
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _start(request: web.Request, job_id: uuid.UUID, query: StreamQuery) -> int | None:
    """The position to begin at; None for a job that is not known, which plain clients are not told."""
    core = request.app[CORE]
    try:
        if query.step is not None:
            await core.logs.read(job_id, step=query.step, max_lines=1)
        async with core.database.read() as connection:
            state = await logs.log_state(connection, job_id)
        if state is None:
            raise NotFound(kind="Job", name=job_id)
    except NotFound:
        if query.events:
            raise
        return None
    return state.lines if query.skip_backfill else max(query.after, 0)


async def _until_closed(socket: web.WebSocketResponse) -> None:
    """Ends when the client does. What it says is not for us."""
    async for _ in socket:
        pass


async def _send(
    socket: web.WebSocketResponse, reader: LogReader, job_id: uuid.UUID, query: StreamQuery, start: int | None
) -> None:
    """Sends page after page, each when the one before is out; does not end before a plain client does."""
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

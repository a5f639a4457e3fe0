"""WebSockets that the server speaks and the client listens on."""

import asyncio
import logging
from collections.abc import Callable, Coroutine
from typing import Any

from aiohttp import WSCloseCode, web

from stroem.server.keys import CLOSING

LOGGER = logging.getLogger(__name__)
_HEARTBEAT_SECS = 30
_LARGEST_FRAME = 64 * 1024


async def speak(
    request: web.Request, send: Callable[[web.WebSocketResponse], Coroutine[Any, Any, None]], name: str
) -> web.WebSocketResponse:
    """Runs `send` on a WebSocket until it ends, the client goes, or the server stops, which the close code says."""
    socket = web.WebSocketResponse(heartbeat=_HEARTBEAT_SECS, compress=False, max_msg_size=_LARGEST_FRAME)
    await socket.prepare(request)
    shut_down = request.app[CLOSING]
    try:
        await _until_first_ends(_until_closed(socket), shut_down.wait(), send(socket))
        await socket.close(code=WSCloseCode.GOING_AWAY if shut_down.is_set() else WSCloseCode.OK)
    except ConnectionResetError:
        raise
    except Exception:
        LOGGER.exception("%s failed", name)
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


async def _until_closed(socket: web.WebSocketResponse) -> None:
    """Ends when the client does. What it says is not for us."""
    async for _ in socket:
        pass

"""WebSockets on which only the server sends."""

import logging
from collections.abc import Callable, Coroutine
from typing import Any

from aiohttp import WSCloseCode, web

from stroem.server.http.route import access_ends
from stroem.server.http.streaming import CLOSING, until_first_ends

LOGGER = logging.getLogger(__name__)
_HEARTBEAT_SECS = 30
_LARGEST_FRAME = 64 * 1024


async def serve_socket(
    request: web.Request, send: Callable[[web.WebSocketResponse], Coroutine[Any, Any, None]], name: str
) -> web.WebSocketResponse:
    """Runs `send` on a WebSocket until it ends, the client disconnects, or the server stops.

    The close code is `OK`, `GOING_AWAY` when the server stops, `POLICY_VIOLATION` when the rights of the client have
    ended, or `INTERNAL_ERROR`. `name` is for the log.
    """
    socket = web.WebSocketResponse(heartbeat=_HEARTBEAT_SECS, compress=False, max_msg_size=_LARGEST_FRAME)
    await socket.prepare(request)
    shut_down = request.app[CLOSING]
    try:
        await until_first_ends(_until_closed(socket), shut_down.wait(), send(socket), _until_refused(request, socket))
        await socket.close(code=WSCloseCode.GOING_AWAY if shut_down.is_set() else WSCloseCode.OK)
    except ConnectionResetError:
        raise
    except Exception:
        LOGGER.exception("%s failed", name)
        await socket.close(code=WSCloseCode.INTERNAL_ERROR)
    return socket


async def _until_refused(request: web.Request, socket: web.WebSocketResponse) -> None:
    await access_ends(request)
    await socket.close(code=WSCloseCode.POLICY_VIOLATION)


async def _until_closed(socket: web.WebSocketResponse) -> None:
    """Waits for the client to close the socket; its messages are ignored."""
    async for _ in socket:
        pass

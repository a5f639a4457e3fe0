"""Server-sent events: a stream of texts over a plain response."""

import asyncio
import logging
from collections.abc import AsyncIterator

from aiohttp import hdrs, web

from stroem.server.http.route import access_ends
from stroem.server.http.streaming import CLOSING, closing, until_first_ends

LOGGER = logging.getLogger(__name__)
MEDIA_TYPE = "text/event-stream"
_HEARTBEAT_SECS = 15


def wants_events(request: web.Request) -> bool:
    """Whether the client accepts server-sent events."""
    accepted = request.headers.get(hdrs.ACCEPT, "").split(",")
    return any(one.partition(";")[0].strip().lower() == MEDIA_TYPE for one in accepted)


def last_event_id(request: web.Request) -> int | None:
    """The id of the last event that a client has got, which it sends when it connects again."""
    given = request.headers.get("Last-Event-ID", "")
    return int(given) if given.isascii() and given.isdigit() and len(given) < 19 else None


def event_text(name: str, data: bytes, event_id: int | None = None) -> bytes:
    """An event. `data` is one line. Without an id, a client that connects again does not say where it was."""
    own_id = b"" if event_id is None else b"id: %d\n" % event_id
    return own_id + b"event: %s\ndata: %s\n\n" % (name.encode(), data)


async def serve_events(request: web.Request, events: AsyncIterator[bytes]) -> web.StreamResponse:
    """Writes events with backpressure until they end, the client disconnects or loses its rights, or the server stops.

    A comment in each pause of 15 seconds finds lost clients. An error aborts the connection.
    """
    response = web.StreamResponse(headers={hdrs.CACHE_CONTROL: "no-store", "X-Accel-Buffering": "no"})
    response.content_type = MEDIA_TYPE
    await response.prepare(request)
    if request.method == hdrs.METH_HEAD:
        return response
    try:
        ends = (request.app[CLOSING].wait(), access_ends(request))
        await until_first_ends(_write(response, events), _beat(response), *ends)
        await response.write_eof()
    except ConnectionResetError:
        raise
    except Exception:
        LOGGER.exception("the events of %s failed", request.path)
        if request.transport is not None:
            request.transport.abort()
    return response


async def _write(response: web.StreamResponse, events: AsyncIterator[bytes]) -> None:
    async with closing(events):
        async for event in events:
            await response.write(event)


async def _beat(response: web.StreamResponse) -> None:
    while True:
        await asyncio.sleep(_HEARTBEAT_SECS)
        await response.write(b": \n\n")

"""WebSocket stream of events."""

import attrs
import orjson
from aiohttp import web

from stroem.conversion.unstructure import unstructure
from stroem.orchestrator.events.feed import EventFeed, EventPage
from stroem.records.event import Event, EventKind, Severity
from stroem.rights.reach import Reach
from stroem.server.api.events import GREATEST_ID
from stroem.server.api.rights.live_rights import reach_for
from stroem.server.http.paging import clamp, page_items
from stroem.server.http.streaming import closing
from stroem.server.http.websocket import serve_socket
from stroem.server.keys import SERVICES
from stroem.store.events.events import EventFilter


@attrs.frozen(kw_only=True)
class EventStreamQuery:
    """A filter of events. `after` resumes behind an event's id, `tail` includes so many past events; the default is
    new events only.
    """

    workspace: str | None = None
    library: str | None = None
    kind: EventKind | None = None
    severity: Severity | None = None
    after: int | None = None
    tail: int = 0


async def stream(request: web.Request, query: EventStreamQuery) -> web.WebSocketResponse:
    """Events over a WebSocket, oldest first: those asked for that are there, then new ones, each once.

    The first frame is `{"event":"start","next"}`, each other one `{"event":"event","next","item"}`. After a lost
    connection, ask again with `after` set to the last `next`.
    """
    feed = request.app[SERVICES].feed
    tail = clamp(query.tail, 0, page_items(request))
    return await serve_socket(request, lambda socket: _send(request, socket, feed, query, tail), "an event stream")


async def _send(
    request: web.Request, socket: web.WebSocketResponse, feed: EventFeed, query: EventStreamQuery, tail: int
) -> None:
    """Sends pages one after the other, with backpressure: what the client may see when a page is sent."""
    wanted = EventFilter(workspace=query.workspace, library=query.library, kind=query.kind, severity=query.severity)
    after = None if query.after is None else clamp(query.after, 0, GREATEST_ID)
    async with closing(feed.follow(wanted, after=after, tail=tail)) as pages:
        start = await anext(pages)
        await socket.send_str(orjson.dumps({"event": "start", "next": start.next}).decode())
        async for page in pages:
            await _send_page(socket, page, reach_for(request, "event.read"))


async def _send_page(socket: web.WebSocketResponse, page: EventPage, reach: Reach | None) -> None:
    for event in page.events:
        if reach is not None and not (reach.includes(event.workspace) if event.workspace else reach.server):
            continue
        item = unstructure(event, Event)
        frame = {"event": "event", "next": event.id, "item": item}
        await socket.send_str(orjson.dumps(frame, option=orjson.OPT_UTC_Z).decode())

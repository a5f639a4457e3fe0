"""Events of consumers."""

from aiohttp import web

from stroem.errors import BadRequest
from stroem.protocol.events import MOST_EVENTS, Emission, Emitted, EventBatch, SettledEvents
from stroem.server.keys import SERVICES


async def emit(request: web.Request, body: Emission) -> Emitted:
    """Starts the job of one event. With `event_id` it starts one however often it is sent.

    400 for a trigger that is no enabled event source of `task`, and for an event that cannot start a job, which is then
    a dead letter. While the trigger is paused or has too many live jobs, waits up to 25 s, then 429.
    """
    return await request.app[SERVICES].triggers.consumers.taker.emit(body)


async def take(request: web.Request, body: EventBatch) -> SettledEvents:
    """Starts the jobs of events in order, and says how many are settled. Sent again, an event changes nothing.

    Events that cannot start a job are dead letters. While there is no room for more jobs, waits up to 25 s.
    """
    if len(body.events) > MOST_EVENTS:
        raise BadRequest(message=f"`events` must have at most {MOST_EVENTS} events, has {len(body.events)}")
    return await request.app[SERVICES].triggers.consumers.taker.take(body)

"""Notices of everything that changes, over a WebSocket or as server-sent events."""

import asyncio
import uuid
from collections.abc import AsyncIterator

import attrs
from aiohttp import web

from stroem.conversion.unstructure import encode
from stroem.errors import NotFound
from stroem.orchestrator.jobs.history_reader import HistoryEnd
from stroem.orchestrator.live import notices
from stroem.orchestrator.live.notice import Notice
from stroem.orchestrator.live.subscription import Subscription
from stroem.orchestrator.services import Services
from stroem.server.api.rights.authorization import authorized_job
from stroem.server.api.rights.visible_notices import VisibleNotices
from stroem.server.http.server_sent_events import event_text, serve_events
from stroem.server.http.streaming import LOGGER, closing
from stroem.server.http.websocket import serve_socket
from stroem.server.keys import SERVICES
from stroem.store.batch_isolation import level_of

_RETRY_SECS = 1.0


@attrs.frozen(kw_only=True)
class LiveQuery:
    """`job` adds notices of the steps of a job."""

    job: uuid.UUID | None = None


async def stream(request: web.Request, query: LiveQuery) -> web.WebSocketResponse:
    """Notices over a WebSocket, one per frame, from `{"kind":"start"}` on.

    A notice says what has changed and its present state. Changes of the same thing are told at most four times a
    second. After a lost connection nothing is told again: after each `start` or `resync`, read what is shown.
    """
    services = request.app[SERVICES]
    visible = await _visible(request, query)
    after = await _end(services, query)

    async def send(socket: web.WebSocketResponse) -> None:
        async with closing(_notices(services, query, after)) as found:
            async for one in found:
                if (shown := visible.shown(one)) is not None:
                    await socket.send_str(encode(shown, Notice).decode())

    return await serve_socket(request, send, "the live stream")


async def stream_events(request: web.Request, query: LiveQuery) -> web.StreamResponse:
    """Notices as server-sent events with the name `notice`, for networks without WebSockets."""
    services = request.app[SERVICES]
    visible = await _visible(request, query)
    return await serve_events(request, _texts(services, query, await _end(services, query), visible))


async def _visible(request: web.Request, query: LiveQuery) -> VisibleNotices:
    """What the client may see. Raises NotFound and Forbidden for the job."""
    task = None if query.job is None else await authorized_job(request, query.job, "job.read")
    return VisibleNotices(request, task)


async def _texts(services: Services, query: LiveQuery, after: int, visible: VisibleNotices) -> AsyncIterator[bytes]:
    async with closing(_notices(services, query, after)) as found:
        async for one in found:
            if (shown := visible.shown(one)) is not None:
                yield event_text("notice", encode(shown, Notice))


async def _end(services: Services, query: LiveQuery) -> int:
    """The position behind what has happened to the job. Raises NotFound for an unknown one."""
    return 0 if query.job is None else await services.history.end(query.job)


async def _notices(services: Services, query: LiveQuery, after: int) -> AsyncIterator[Notice]:
    with services.live.watching() as subscription:
        following = None
        if query.job is not None:
            following = asyncio.create_task(_follow(services, query.job, after, subscription))
        try:
            while True:
                for one in await subscription.take():
                    yield one
        finally:
            if following is not None:
                following.cancel()
                await asyncio.gather(following, return_exceptions=True)


async def _follow(services: Services, job_id: uuid.UUID, after: int, subscription: Subscription) -> None:
    """Adds the changes of the steps of a job after a position, until it ends; after a failure, from where it was."""
    while True:
        try:
            async with closing(services.history.follow(job_id, after=after)) as pages:
                async for page in pages:
                    if isinstance(page, HistoryEnd):
                        return
                    after = page.next
                    changes = (one for one in page.entries if one.step_name is not None)
                    subscription.add(notices.of_step(one, str(job_id)) for one in changes)
        except NotFound:
            return
        except Exception as error:
            LOGGER.log(level_of(error), "steps of job %s could not be read for a watcher", job_id, exc_info=error)
            await asyncio.sleep(_RETRY_SECS)

"""The history of a job: pages, and streams over a WebSocket or as server-sent events."""

import datetime
import uuid
from collections.abc import AsyncIterator
from typing import Any

import attrs
import orjson
from aiohttp import web

from stroem.conversion.unstructure import unstructure
from stroem.errors import NotFound, PlanUnreadable
from stroem.orchestrator.jobs.history_reader import Entry, HistoryEnd
from stroem.redaction.redactor import Redactor, Withholder
from stroem.server.api.jobs.job_redactor import redactor_of
from stroem.server.http.paging import clamp, page_items
from stroem.server.http.responses import json_response
from stroem.server.http.server_sent_events import event_text, last_event_id, serve_events, wants_events
from stroem.server.http.streaming import closing
from stroem.server.http.websocket import serve_socket
from stroem.server.keys import SERVICES
from stroem.store.jobs import jobs

_GREATEST_ID = (1 << 63) - 2


@attrs.frozen(kw_only=True)
class HistoryStreamQuery:
    """The changes after the id `after`, of one step or all."""

    after: int = 0
    step: str | None = None


@attrs.frozen(kw_only=True)
class HistoryQuery(HistoryStreamQuery):
    """At most `limit` changes after the id `after`, of one step or all."""

    limit: int = 50


@attrs.frozen(kw_only=True)
class HistoryItem:
    """A change of a step, or of the job, which has no `step_name`. `waits_for` is what it waits for from then on."""

    id: int
    at: datetime.datetime
    step_name: str | None
    status: str
    attempt: int
    waits_for: str | None
    cause: str
    actor: str | None
    detail: str | None


@attrs.frozen(kw_only=True)
class HistoryItems:
    """Changes, oldest first. `next` is the position behind them; `more` whether changes follow already."""

    items: tuple[HistoryItem, ...]
    next: int
    more: bool


async def get(request: web.Request, job_id: uuid.UUID, query: HistoryQuery) -> web.StreamResponse:
    """The history of a job, oldest first; with `Accept: text/event-stream` as server-sent events, up to its end."""
    after, reader = clamp(query.after, 0, _GREATEST_ID), request.app[SERVICES].history
    redactor = await _redactor(request.app, job_id)
    limit = clamp(query.limit, 1, page_items(request))
    if wants_events(request):
        after = max(after, last_event_id(request) or 0)
        await reader.check(job_id, query.step)
        return await serve_events(request, _events(request.app, job_id, query.step, after, redactor))
    page = await reader.read(job_id, step=query.step, after=after, limit=limit)
    items = tuple(_item(one, redactor) for one in page.entries)
    return json_response(HistoryItems(items=items, next=page.next, more=page.more), HistoryItems)


async def stream(request: web.Request, job_id: uuid.UUID, query: HistoryStreamQuery) -> web.WebSocketResponse:
    """The history of a job over a WebSocket: first what is there, then what comes, without a gap or a double.

    A frame is `{"event":"history","next","item"}`; at last comes `{"event":"end","status","next"}`. After a lost
    connection, ask again with `after` set to the last `next`.
    """
    redactor = await _redactor(request.app, job_id)
    await request.app[SERVICES].history.check(job_id, query.step)
    after = clamp(query.after, 0, _GREATEST_ID)

    async def send(socket: web.WebSocketResponse) -> None:
        async with closing(_frames(request.app, job_id, query.step, after, redactor)) as frames:
            async for one in frames:
                frame = {"event": one.event, "next": one.next, **one.content}
                await socket.send_str(orjson.dumps(frame, option=orjson.OPT_UTC_Z).decode())

    return await serve_socket(request, send, f"the history stream of job {job_id}")


async def _events(
    app: web.Application, job_id: uuid.UUID, step: str | None, after: int, redactor: Redactor
) -> AsyncIterator[bytes]:
    """The frames as server-sent events. The data of a change is its item, that of the end has the status."""
    async with closing(_frames(app, job_id, step, after, redactor)) as frames:
        async for one in frames:
            data = orjson.dumps(one.content.get("item", one.content), option=orjson.OPT_UTC_Z)
            yield event_text(one.event, data, one.next)


@attrs.frozen(kw_only=True)
class _Frame:
    """A part of a stream: a change, or the end. `next` is the position behind it."""

    event: str
    next: int
    content: dict[str, Any]


async def _frames(
    app: web.Application, job_id: uuid.UUID, step: str | None, after: int, redactor: Redactor
) -> AsyncIterator[_Frame]:
    """The changes, oldest first, and the end."""
    async with closing(app[SERVICES].history.follow(job_id, step=step, after=after)) as pages:
        async for page in pages:
            if isinstance(page, HistoryEnd):
                yield _Frame(event="end", next=page.next, content={"status": page.status})
                return
            for entry in page.entries:
                item = unstructure(_item(entry, redactor), HistoryItem)
                yield _Frame(event="history", next=entry.row.id, content={"item": item})


async def _redactor(app: web.Application, job_id: uuid.UUID) -> Redactor:
    """The redactor of the details. Raises NotFound for an unknown job."""
    async with app[SERVICES].database.read() as connection:
        job = await jobs.get_job(connection, job_id)
        if job is None:
            raise NotFound(kind="Job", name=job_id)
        try:
            plan = await app[SERVICES].plans.cached_jobs.plan(connection, job_id)
        except PlanUnreadable:
            return Withholder()
    return await redactor_of(app, job, plan)


def _item(entry: Entry, redactor: Redactor) -> HistoryItem:
    row = entry.row
    return HistoryItem(
        id=row.id,
        at=row.at,
        step_name=entry.step_name,
        status=row.status,
        attempt=row.attempt,
        waits_for=redactor.optional(row.waits_for),
        cause=row.cause,
        actor=row.actor,
        detail=redactor.optional(row.detail),
    )

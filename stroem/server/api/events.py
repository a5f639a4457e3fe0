"""Events of workspaces and libraries."""

import datetime
from collections import defaultdict

import attrs
from aiohttp import web

from stroem.conversion.unstructure import ABSENT
from stroem.errors import BadRequest
from stroem.records.event import Event, EventKind, Severity
from stroem.server.api.lookup import workspace_not_found
from stroem.server.api.rights.live_rights import reach_for
from stroem.server.http.paging import clamp, page_items
from stroem.server.keys import CATALOG, SERVICES
from stroem.store.events import deliveries, events
from stroem.store.events.events import EventFilter, EventSearch
from stroem.store.lists.first_import import import_lists

_LONGEST_SEARCH = 200
GREATEST_ID = (1 << 63) - 2


@attrs.frozen(kw_only=True)
class Undelivered:
    """A pending delivery to a sink; without `next_try` it was given up."""

    sink: str
    attempts: int
    error: str | None
    next_try: datetime.datetime | None


@attrs.frozen(kw_only=True)
class EventItem(Event):
    """An event. Repetitions are merged: `count` is their number, `last_at` the time of the last."""

    undelivered: tuple[Undelivered, ...] | None = attrs.field(default=None, metadata=ABSENT)


@attrs.frozen(kw_only=True)
class EventsPage:
    """Events, newest first. `next` as `before` gives the page behind; it is null on the last one."""

    items: tuple[EventItem, ...]
    next: int | None


@attrs.frozen(kw_only=True)
class EventsPart:
    """A filter of events: ids in `(after, before)`, one library, kind or severity.

    `search` is a text in message, person, workspace, library or revision, `by` a person. Each page looks through the
    newest 20,000 events that pass the rest of the filter; it may have no items and a `next`.
    """

    library: str | None = None
    kind: EventKind | None = None
    severity: Severity | None = None
    search: str = ""
    by: str = ""
    before: int | None = None
    after: int | None = None
    limit: int = 50


@attrs.frozen(kw_only=True)
class EventsQuery(EventsPart):
    """A filter of events that may name one workspace."""

    workspace: str | None = None


async def list_events(request: web.Request, query: EventsQuery) -> EventsPage:
    """Events, newest first. Polling with `after` misses none."""
    return await _page(request, query.workspace, query)


async def list_of_workspace(request: web.Request, workspace: str, query: EventsPart) -> EventsPage:
    """The events of a workspace, also after its removal."""
    page = await _page(request, workspace, query)
    if not page.items and request.app[CATALOG].get(workspace) is None:
        newest = await _page(request, workspace, EventsPart(limit=1))
        if not newest.items:
            raise workspace_not_found(request.app, workspace)
    return page


async def _page(request: web.Request, workspace: str | None, part: EventsPart) -> EventsPage:
    await import_lists()
    from stroem.store.lists import event_list  # not at the start: see `import_lists`

    reach = reach_for(request, "event.read")
    wanted = EventFilter(workspace=workspace, library=part.library, kind=part.kind, severity=part.severity, reach=reach)
    _check(part)
    limit = clamp(part.limit, 1, page_items(request))
    before = None if part.before is None else clamp(part.before, 0, GREATEST_ID)
    after = None if part.after is None else clamp(part.after, 0, GREATEST_ID)
    async with request.app[SERVICES].database.read() as connection:
        up_to = None if after is None else (await events.settled(connection)).id
        behind = None
        if part.search or part.by:
            search = EventSearch(text=part.search or None, by=part.by or None)
            found, behind = await event_list.search_events(
                connection, wanted, search, limit=limit + 1, before=before, after=after, up_to=up_to
            )
        else:
            found = await event_list.list_events(
                connection, wanted, limit=limit + 1, before=before, after=after, up_to=up_to
            )
        shown = found[:limit]
        missing = await deliveries.undelivered(connection, [event.id for event in shown])
    by_event: dict[int, list[Undelivered]] = defaultdict(list)
    for one in missing:
        by_event[one.event_id].append(
            Undelivered(sink=one.sink, attempts=one.attempts, error=one.error, next_try=one.next_try)
        )
    items = tuple(
        EventItem(**attrs.asdict(event, recurse=False), undelivered=tuple(by_event[event.id]) or None)
        for event in shown
    )
    return EventsPage(items=items, next=shown[-1].id if len(found) > limit else behind)


def _check(part: EventsPart) -> None:
    for name in ("search", "by"):
        text = getattr(part, name)
        if "\0" in text or len(text.encode(errors="replace")) > _LONGEST_SEARCH:
            raise BadRequest(message=f"{name} has a NUL character, or more than {_LONGEST_SEARCH} bytes")

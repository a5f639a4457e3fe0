"""Lists of events, in the order of their ids."""

from collections.abc import Iterator
from typing import Any

import sqlalchemy as sa

from stroem.records.event import Event
from stroem.store.events.events import BEYOND, EventFilter, EventSearch
from stroem.store.lists.compose import select, texts
from stroem.store.lists.tables import events
from stroem.store.statement import Connection

SEARCHED = 20_000
"""Number of the newest events in which a search looks."""


async def list_events(
    connection: Connection,
    wanted: EventFilter,
    *,
    limit: int,
    before: int | None = None,
    after: int | None = None,
    up_to: int | None = None,
) -> list[Event]:
    """Events with ids in `(after, before)` and not beyond `up_to`, newest first."""
    query = _between(wanted, after or 0, _end(before, up_to), newest_first=True).limit(limit)
    return [Event(**row) for row in await select(connection, query)]


async def search_events(
    connection: Connection,
    wanted: EventFilter,
    search: EventSearch,
    *,
    limit: int,
    before: int | None = None,
    after: int | None = None,
    up_to: int | None = None,
) -> tuple[list[Event], int | None]:
    """The same of the newest 20,000 of these events, with a text or a person; and the id behind which others lie.

    That is None if there were no more than 20,000 to look through.
    """
    window = _between(wanted, after or 0, _end(before, up_to), newest_first=True).limit(SEARCHED).subquery()
    found = sa.select(window).where(*_conditions(window.c, search)).order_by(window.c.id.desc()).limit(limit)
    last = sa.select(window.c.id).order_by(window.c.id.desc()).offset(SEARCHED - 1)
    rows, end = await select(connection, found), await select(connection, last)
    return [Event(**row) for row in rows], end[0]["id"] if end else None


def _end(before: int | None, up_to: int | None) -> int:
    return min(BEYOND if before is None else before, BEYOND if up_to is None else up_to + 1)


def _conditions(event: Any, search: EventSearch) -> Iterator[sa.ColumnElement[bool]]:
    if search.by is not None:
        yield event.by == search.by
    if search.text is not None:
        places = (event.message, event.by, event.workspace, event.library, event.revision)
        yield sa.or_(*(place.icontains(search.text, autoescape=True) for place in places))


async def events_after(
    connection: Connection, wanted: EventFilter, *, after: int, up_to: int, limit: int
) -> list[Event]:
    """The first events with ids in `(after, up_to]`, oldest first."""
    query = _between(wanted, after, up_to + 1, newest_first=False).limit(limit)
    return [Event(**row) for row in await select(connection, query)]


async def tail_start(connection: Connection, wanted: EventFilter, *, up_to: int, tail: int) -> int:
    """Id after which the last `tail` events up to `up_to` lie."""
    if tail <= 0:
        return up_to
    query = _between(wanted, 0, up_to + 1, newest_first=True).limit(1).offset(tail)
    rows = await select(connection, query.with_only_columns(events.c.id))
    return int(rows[0]["id"]) if rows else 0


def _between(wanted: EventFilter, after: int, before: int, *, newest_first: bool) -> sa.Select[Any]:
    """Condition and order for events with ids in a range.

    The first condition compares pairs of a value and an id, and is part of the order: so the planner must use the index
    on both, and never reads all events to find the few of one workspace.
    """
    values: dict[str, Any] = {name: getattr(wanted, name) for name in ("workspace", "library", "kind", "severity")}
    given = [(events.c[name], value) for name, value in values.items() if value is not None]
    key, start, end = [events.c.id], [after], [before]
    if given:
        column, value = given.pop(0)
        key, start, end = [column, *key], [value, *start], [value, *end]
    query = sa.select(events).where(
        sa.tuple_(*key) > sa.tuple_(*start), sa.tuple_(*key) < sa.tuple_(*end), *(one == value for one, value in given)
    )
    if wanted.reach is not None:
        reached = events.c.workspace == sa.any_(texts(sorted(wanted.reach.workspaces)))
        of_server = sa.and_(events.c.workspace.is_(None), sa.literal(wanted.reach.server))
        query = query.where(sa.or_(reached, of_server))
    return query.order_by(*(one.desc() if newest_first else one for one in key))

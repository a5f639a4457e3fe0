"""Lists of events, in the order of their ids."""

from typing import Any

import attrs
import sqlalchemy as sa

from stroem.records.event import Event
from stroem.store.events.events import BEYOND, EventFilter
from stroem.store.lists.compose import select
from stroem.store.lists.tables import events
from stroem.store.statement import Connection


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
    end = min(BEYOND if before is None else before, BEYOND if up_to is None else up_to + 1)
    query = _between(wanted, after or 0, end, newest_first=True).limit(limit)
    return [Event(**row) for row in await select(connection, query)]


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
    given = [
        (events.c[name], value) for name, value in attrs.asdict(wanted, recurse=False).items() if value is not None
    ]
    key, start, end = [events.c.id], [after], [before]
    if given:
        column, value = given.pop(0)
        key, start, end = [column, *key], [value, *start], [value, *end]
    query = sa.select(events).where(
        sa.tuple_(*key) > sa.tuple_(*start), sa.tuple_(*key) < sa.tuple_(*end), *(one == value for one, value in given)
    )
    return query.order_by(*(one.desc() if newest_first else one for one in key))

"""Pending deliveries of events to sinks. A lane is the sequence of events of one workspace to one sink."""

import datetime
from collections.abc import Collection, Sequence
from typing import Any

import attrs

from stroem.records.event import Event
from stroem.store.statement import Connection, execute, fetch, fetch_named, records, storable

Lane = tuple[str, str]
"""A sink's key and a workspace, empty for none."""
FIRST_LANE: Lane = ("", "")
_ERROR_CHARS = 1000


@attrs.frozen(kw_only=True)
class Delivery:
    """A claimed delivery of an event to a sink. `age_secs` counts from the recording of the event."""

    event: Event
    sink: str
    attempt: int
    age_secs: float


@attrs.frozen(kw_only=True)
class Undelivered:
    """State of a delivery that has not succeeded. Without `next_try` it is a dead letter."""

    event_id: int
    sink: str
    attempts: int
    error: str | None
    next_try: datetime.datetime | None


_ADD = """
    INSERT INTO event_deliveries (event_id, sink, workspace)
    SELECT event_id, sink, workspace
    FROM json_to_recordset(%s::json) AS given (event_id bigint, sink text, workspace text) LIMIT %s
    ON CONFLICT DO NOTHING
    """
# Goes from lane to lane along the index, however long each is, and only as far as it is asked to.
_DUE_HEADS = """
    WITH RECURSIVE heads AS (
        (SELECT sink, workspace, event_id, due_at FROM event_deliveries
         WHERE given_up_at IS NULL AND (sink, workspace) > (%(sink)s, %(workspace)s)
         ORDER BY sink, workspace, event_id LIMIT 1)
        UNION ALL
        SELECT next.* FROM heads CROSS JOIN LATERAL (
            SELECT sink, workspace, event_id, due_at FROM event_deliveries later
            WHERE given_up_at IS NULL AND (later.sink, later.workspace) > (heads.sink, heads.workspace)
            ORDER BY sink, workspace, event_id LIMIT 1
        ) next
    )
    SELECT sink, workspace, event_id FROM heads WHERE due_at <= now() AND sink = ANY(%(sinks)s) LIMIT %(limit)s
    """
_CLAIM = """
    WITH wanted AS MATERIALIZED (
        SELECT * FROM json_to_recordset(%(heads)s::json) AS wanted (event_id bigint, sink text) LIMIT %(count)s
    ), free AS MATERIALIZED (
        SELECT held.event_id, held.sink FROM wanted CROSS JOIN LATERAL (
            SELECT event_id, sink FROM event_deliveries
            WHERE event_id = wanted.event_id AND sink = wanted.sink AND due_at <= now() AND given_up_at IS NULL
            FOR UPDATE SKIP LOCKED
        ) held
    ), claimed AS (
        UPDATE event_deliveries SET attempts = attempts + 1, due_at = now() + make_interval(secs => %(secs)s)
        FROM free WHERE event_deliveries.event_id = free.event_id AND event_deliveries.sink = free.sink
        RETURNING event_deliveries.event_id, event_deliveries.sink, attempts
    )
    SELECT claimed.sink, claimed.attempts AS attempt, extract(epoch FROM now() - at)::float8 AS age_secs, events.*
    FROM claimed JOIN events ON events.id = claimed.event_id
    """
_OWN = "event_id = %(event_id)s AND sink = %(sink)s AND attempts = %(attempt)s AND given_up_at IS NULL"
_DELIVERED = f"DELETE FROM event_deliveries WHERE {_OWN}"  # noqa: S608 - no value is in it
_RETRY = f"""
    UPDATE event_deliveries SET due_at = now() + make_interval(secs => %(secs)s), error = %(error)s WHERE {_OWN}
    """  # noqa: S608 - no value is in it
_GIVE_UP = f"UPDATE event_deliveries SET given_up_at = now(), error = %(error)s WHERE {_OWN}"  # noqa: S608 - the same
_UNDELIVERED = """
    SELECT event_id, sink, attempts, error, CASE WHEN given_up_at IS NULL THEN due_at END AS next_try
    FROM event_deliveries WHERE event_id = ANY(%(ids)s) ORDER BY event_id, sink
    """
_FORGET = """
    DELETE FROM event_deliveries WHERE (event_id, sink) IN (
        SELECT event_id, sink FROM event_deliveries
        WHERE event_id <= (
            SELECT id FROM events WHERE last_at < now() - make_interval(days => %(days)s)
            ORDER BY last_at DESC LIMIT 1)
        ORDER BY event_id, sink LIMIT %(limit)s OFFSET %(skip)s FOR UPDATE SKIP LOCKED)
    """


async def add_deliveries(connection: Connection, wanted: Sequence[tuple[Event, str]]) -> None:
    """Adds a delivery for each pair of event and sink key."""
    rows = [{"event_id": event.id, "sink": key, "workspace": event.workspace or ""} for event, key in wanted]
    await execute(connection, _ADD, records(rows))


async def due_heads(
    connection: Connection, sinks: Collection[str], *, behind: Lane, limit: int
) -> list[tuple[Lane, int]]:
    """Heads of due lanes of these sinks, after the lane `behind`: lane, and id of its first event."""
    values = {"sink": behind[0], "workspace": behind[1], "sinks": list(sinks), "limit": limit}
    return [((row[0], row[1]), row[2]) for row in await fetch(connection, _DUE_HEADS, values)]


async def claim_deliveries(connection: Connection, heads: Sequence[tuple[str, int]], secs: float) -> list[Delivery]:
    """Claims deliveries (sink, event) that are still due; they are due again after `secs`."""
    wanted, count = records([{"sink": sink, "event_id": event_id} for sink, event_id in heads])
    rows = await fetch_named(connection, _CLAIM, {"heads": wanted, "count": count, "secs": secs})
    return [_delivery(row) for row in rows]


async def finish_delivery(connection: Connection, delivery: Delivery) -> bool:
    """Deletes a successful delivery; False if the claim was lost."""
    return await execute(connection, _DELIVERED, _own(delivery)) == 1


async def retry_delivery(connection: Connection, delivery: Delivery, error: str, secs: float) -> bool:
    """Schedules the next attempt of a delivery; False if the claim was lost."""
    values = {**_own(delivery), "error": _text(error), "secs": secs}
    return await execute(connection, _RETRY, values) == 1


async def give_up_delivery(connection: Connection, delivery: Delivery, error: str) -> bool:
    """Makes a delivery a dead letter; False if the claim was lost."""
    return await execute(connection, _GIVE_UP, {**_own(delivery), "error": _text(error)}) == 1


async def undelivered(connection: Connection, event_ids: Collection[int]) -> list[Undelivered]:
    """Deliveries of these events that have not succeeded."""
    return [Undelivered(**row) for row in await fetch_named(connection, _UNDELIVERED, {"ids": list(event_ids)})]


async def forget_deliveries(connection: Connection, days: int, limit: int, skip: int = 0) -> int:
    """Deletes up to `limit` deliveries of events older than `days`, after the first `skip`; returns their number."""
    return await execute(connection, _FORGET, {"days": days, "limit": limit, "skip": skip})


def _delivery(row: dict[str, Any]) -> Delivery:
    own = {name: row.pop(name) for name in ("sink", "attempt", "age_secs")}
    return Delivery(event=Event(**row), **own)


def _own(delivery: Delivery) -> dict[str, Any]:
    return {"event_id": delivery.event.id, "sink": delivery.sink, "attempt": delivery.attempt}


def _text(error: str) -> str:
    return storable(error[:_ERROR_CHARS]) or ""

"""Events of workspaces and libraries, in the order of their ids."""

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

import attrs

from stroem.records.event import Event, EventKind, NewEvent, Severity
from stroem.rights.reach import Reach
from stroem.store import settling
from stroem.store.events import deliveries
from stroem.store.events.bounds import bounded
from stroem.store.settling import MARK_OF_LAST_ID, Settled
from stroem.store.statement import Connection, execute, fetch, fetch_named, records

WantedBy = Callable[[Event], Collection[str]]
"""Selects the keys of the sinks that get an event."""

_MARK = 0x657674 << 40
BEYOND = (1 << 63) - 1
"""Above the id of any event."""

_ADD = f"""
    WITH given AS MATERIALIZED (
        SELECT * FROM json_to_recordset(%(records)s::json) AS given (
            position int, may_repeat boolean, kind text, severity text, message text, workspace text, library text,
            revision text, release int, cause text, by text, origin text, data jsonb)
        LIMIT %(count)s
    ), newest AS MATERIALIZED (
        SELECT given.position, last.id
        FROM given CROSS JOIN LATERAL (
            SELECT * FROM events
            WHERE (coalesce(events.workspace, ''), coalesce(events.library, ''), id)
                  < (coalesce(given.workspace, ''), coalesce(given.library, ''), %(beyond)s)
            ORDER BY coalesce(events.workspace, '') DESC, coalesce(events.library, '') DESC, id DESC LIMIT 1
        ) last
        WHERE given.may_repeat AND last.kind = given.kind AND last.message = given.message
          AND last.workspace IS NOT DISTINCT FROM given.workspace AND last.library IS NOT DISTINCT FROM given.library
          AND last.revision IS NOT DISTINCT FROM given.revision AND last.by IS NOT DISTINCT FROM given.by
          AND last.release IS NOT DISTINCT FROM given.release
        ORDER BY last.id
    ), repeated AS (
        UPDATE events SET count = events.count + 1, last_at = now() FROM newest WHERE events.id = newest.id
        RETURNING newest.position, events.id, events.at, events.last_at, events.count
    ), marked AS MATERIALIZED ({MARK_OF_LAST_ID.format(sequence="events_id_seq")}
    ), numbered AS MATERIALIZED (
        SELECT nextval('events_id_seq') AS id, fresh.* FROM (
            SELECT given.* FROM marked, given
            WHERE NOT EXISTS (SELECT FROM newest WHERE newest.position = given.position)
            ORDER BY given.position
        ) fresh
    ), added AS (
        INSERT INTO events (id, kind, severity, message, workspace, library, revision, release, cause, by, origin, data)
        OVERRIDING SYSTEM VALUE
        SELECT id, kind, severity, message, workspace, library, revision, release, cause, by, origin, data
        FROM numbered ORDER BY id
        RETURNING id, at, last_at, count
    )
    SELECT position, id, at, last_at, count FROM repeated
    UNION ALL
    SELECT numbered.position, id, at, last_at, count FROM added JOIN numbered USING (id)
    ORDER BY position
    """  # noqa: S608 - a constant
_FORGET_OLD = """
    DELETE FROM events WHERE id IN (
        SELECT id FROM events WHERE last_at < now() - make_interval(days => %(days)s)
        ORDER BY last_at, id LIMIT %(limit)s OFFSET %(skip)s FOR UPDATE SKIP LOCKED)
    """
_NEXT_SUBJECT = """
    SELECT coalesce(workspace, ''), coalesce(library, '') FROM events
    WHERE (coalesce(workspace, ''), coalesce(library, '')) > (%(workspace)s, %(library)s)
    ORDER BY coalesce(workspace, ''), coalesce(library, '') LIMIT 1
    """
_FORGET_SURPLUS = """
    DELETE FROM events WHERE id IN (
        SELECT id FROM events
        WHERE (coalesce(workspace, ''), coalesce(library, ''), id) < (%(workspace)s, %(library)s, %(beyond)s)
          AND (coalesce(workspace, ''), coalesce(library, ''), id) > (%(workspace)s, %(library)s, 0)
        ORDER BY coalesce(workspace, '') DESC, coalesce(library, '') DESC, id DESC
        OFFSET %(keep)s::bigint + %(skip)s LIMIT %(limit)s)
    """

Subject = tuple[str, str]
"""Workspace and library of an event, each empty if none."""
FIRST_SUBJECT: Subject = ("", "")


@attrs.frozen(kw_only=True)
class EventFilter:
    """Filter of events; None matches all. `reach` is what the client may see."""

    workspace: str | None = None
    library: str | None = None
    kind: EventKind | None = None
    severity: Severity | None = None
    reach: Reach | None = None


@attrs.frozen(kw_only=True)
class EventSearch:
    """Search in events: for a text in message, person, workspace, library and revision, and for a person."""

    text: str | None = None
    by: str | None = None


def _nobody(event: Event) -> Collection[str]:
    return ()


async def add_events(connection: Connection, new: Sequence[NewEvent], wanted_by: WantedBy = _nobody) -> list[Event]:
    """Records events and their deliveries, in the transaction that they report.

    An event equal to the newest one of its workspace and library is counted there, and not delivered again.
    """
    if not new:
        return []
    kept = [bounded(event) for event in new]
    rows, count = records(_records(kept))
    made = await fetch_named(connection, _ADD, {"records": rows, "count": count, "mark": _MARK, "beyond": BEYOND})
    recorded = [_event(kept[row.pop("position")], row) for row in made]
    wanted = [(event, key) for event in recorded if event.count == 1 for key in wanted_by(event)]
    if wanted:
        await deliveries.add_deliveries(connection, wanted)
    return recorded


def _records(events: Sequence[NewEvent]) -> list[dict[str, Any]]:
    """Rows of events. Only the first event of a subject can repeat one in the database: the others follow it."""
    seen: set[tuple[str | None, str | None]] = set()
    rows: list[dict[str, Any]] = []
    for position, event in enumerate(events):
        subject = (event.workspace, event.library)
        rows.append({**attrs.asdict(event, recurse=False), "position": position, "may_repeat": subject not in seen})
        seen.add(subject)
    return rows


def _event(new: NewEvent, row: Mapping[str, Any]) -> Event:
    return Event(**attrs.asdict(new, recurse=False), **row)


async def settled(connection: Connection) -> Settled:
    """The highest event id below which no transaction can still commit an event.

    Must not be called in a transaction that has read events.
    """
    return await settling.settled(connection, "events_id_seq", _MARK)


async def forget_old(connection: Connection, days: int, limit: int, skip: int = 0) -> int:
    """Deletes events last repeated before `days` days, after the first `skip`, with their deliveries; returns their
    number.
    """
    return await execute(connection, _FORGET_OLD, {"days": days, "limit": limit, "skip": skip})


async def next_subject(connection: Connection, subject: Subject) -> Subject | None:
    """The first subject after this one that has events, or None."""
    rows = await fetch(connection, _NEXT_SUBJECT, {"workspace": subject[0], "library": subject[1]})
    return (rows[0][0], rows[0][1]) if rows else None


async def forget_surplus(connection: Connection, subject: Subject, keep: int, limit: int, skip: int = 0) -> int:
    """Deletes events of a subject beyond the newest `keep` and the next `skip`, with their deliveries; returns their
    number.
    """
    values = {"workspace": subject[0], "library": subject[1], "keep": keep, "limit": limit, "beyond": BEYOND}
    values["skip"] = skip
    return await execute(connection, _FORGET_SURPLUS, values)

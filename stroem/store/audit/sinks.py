"""How far sinks have got with the rows of the audit log."""

import attrs

from stroem.store.statement import Connection, execute, fetch_named, storable

_ERROR_CHARS = 1000

# A sink begins behind what was sealed before it was first seen.
_ENTER = """
    INSERT INTO audit_sinks (sink, position)
    VALUES (%s, coalesce((SELECT id FROM audit_marks WHERE name = 'head'), 0)) ON CONFLICT DO NOTHING
    """
_CLAIM = """
    UPDATE audit_sinks SET attempts = attempts + 1, due_at = now() + make_interval(secs => %(secs)s)
    FROM audit_marks head
    WHERE sink = %(sink)s AND due_at <= now() AND head.name = 'head' AND head.id > position
    RETURNING sink, position, attempts, head.id AS up_to
    """
_ADVANCE = """
    UPDATE audit_sinks SET position = %(to)s, due_at = now(), attempts = 0, error = NULL
    WHERE sink = %(sink)s AND position = %(position)s
    """
_RETRY = """
    UPDATE audit_sinks SET due_at = now() + make_interval(secs => %(secs)s), error = %(error)s
    WHERE sink = %(sink)s AND position = %(position)s AND attempts = %(attempts)s
    """


@attrs.frozen(kw_only=True)
class SinkPlace:
    """A claimed sink: it has the rows up to `position`, and gets more, `up_to` the last sealed one."""

    sink: str
    position: int
    attempts: int
    up_to: int


async def enter_sink(connection: Connection, sink: str) -> None:
    """Notes a sink, unless it is known."""
    await execute(connection, _ENTER, (sink,))


async def claim_sink(connection: Connection, sink: str, secs: float) -> SinkPlace | None:
    """Claims a sink that is due and lacks rows; it is due again after `secs`."""
    found = await fetch_named(connection, _CLAIM, {"sink": sink, "secs": secs})
    return SinkPlace(**found[0]) if found else None


async def advance_sink(connection: Connection, place: SinkPlace, to: int) -> bool:
    """Notes that a sink has the rows up to an id; False if another server has done so."""
    return await execute(connection, _ADVANCE, {"sink": place.sink, "position": place.position, "to": to}) == 1


async def retry_sink(connection: Connection, place: SinkPlace, error: str, secs: float) -> None:
    """Notes a failed attempt; the next one is due after `secs`."""
    values = {"sink": place.sink, "position": place.position, "attempts": place.attempts, "secs": secs}
    await execute(connection, _RETRY, {**values, "error": storable(error[:_ERROR_CHARS])})

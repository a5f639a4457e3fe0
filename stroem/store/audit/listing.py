"""Lists of audit rows, by key in windows of bounded size."""

import datetime
from collections.abc import Mapping
from typing import Any

import attrs
import orjson

from stroem.audit.chain import Values
from stroem.definitions.values import Json
from stroem.records.audit_row import AuditRow, Outcome
from stroem.store.audit.seals import COLUMNS
from stroem.store.statement import Connection, fetch

WINDOW = 50_000
"""The most rows that one page looks through."""

_SKEW = "interval '1 hour'"
"""How much earlier than a row with a smaller id another can say that it was made: its transaction began before."""

_NAMES = (
    "id",
    "at",
    "actor_kind",
    "actor",
    "key",
    "verb",
    "route",
    "workspace",
    "object_kind",
    "object",
    "outcome",
    "status",
    "count",
    "address",
    "request_id",
    "reason",
    "before",
    "after",
    "hash",
)
_PLACES = f"{COLUMNS}, (SELECT encode(hash, 'hex') FROM audit_seals WHERE audit_seals.id = audit.id)"  # noqa: S608 - a constant
_CONDITIONS = {
    "actor": "actor = %(actor)s",
    "verb": "verb = %(verb)s",
    "workspace": "workspace = %(workspace)s",
    "outcome": "outcome = %(outcome)s",
    "request_id": "request_id = %(request_id)s",
    "since": "at >= %(since)s",
    "until": "at < %(until)s",
}
_FIRST_SINCE = f"SELECT id FROM audit WHERE at >= %s::timestamptz - {_SKEW} ORDER BY at LIMIT 1"  # noqa: S608 - a constant
_LAST_UNTIL = f"SELECT id FROM audit WHERE at < %s::timestamptz + {_SKEW} ORDER BY at DESC LIMIT 1"  # noqa: S608 - the same
_NEWEST = """
    SELECT {places} FROM (
        SELECT * FROM audit WHERE id < %(before)s AND id > %(after)s ORDER BY id DESC LIMIT %(window)s
    ) audit{where} ORDER BY id DESC LIMIT %(limit)s
    """
_NEWEST_END = """
    SELECT id FROM audit WHERE id < %(before)s AND id > %(after)s ORDER BY id DESC OFFSET %(window)s - 1 LIMIT 1
    """
_OLDEST = """
    SELECT {places} FROM (
        SELECT * FROM audit WHERE id > %(after)s AND id < %(before)s ORDER BY id LIMIT %(window)s
    ) audit{where} ORDER BY id LIMIT %(limit)s
    """
_OLDEST_END = """
    SELECT id FROM audit WHERE id > %(after)s AND id < %(before)s ORDER BY id OFFSET %(window)s - 1 LIMIT 1
    """


@attrs.frozen(kw_only=True)
class AuditFilter:
    """Filter of audit rows; None matches all. Times in `[since, until)`."""

    actor: str | None = None
    verb: str | None = None
    workspace: str | None = None
    outcome: Outcome | None = None
    request_id: str | None = None
    since: datetime.datetime | None = None
    until: datetime.datetime | None = None


@attrs.frozen(kw_only=True)
class AuditPage:
    """Rows in the order of the list. `next` is the id to go on behind; None at the end."""

    rows: tuple[AuditRow, ...]
    next: int | None


async def newest_rows(
    connection: Connection, wanted: AuditFilter, *, before: int, limit: int, window: int = WINDOW
) -> AuditPage:
    """Rows with smaller ids than `before`, newest first. A page may have no rows and a `next`."""
    after, before = await _range(connection, wanted, 0, before)
    values = {"after": after, "before": before, "window": window}
    return await _page(connection, wanted, values, limit, (_NEWEST, _NEWEST_END))


async def oldest_rows(
    connection: Connection, wanted: AuditFilter, *, after: int, up_to: int, limit: int, window: int = WINDOW
) -> AuditPage:
    """Rows with ids in `(after, up_to]`, oldest first. A page may have no rows and a `next`."""
    after, before = await _range(connection, wanted, after, up_to + 1)
    values = {"after": after, "before": before, "window": window}
    return await _page(connection, wanted, values, limit, (_OLDEST, _OLDEST_END))


async def _range(connection: Connection, wanted: AuditFilter, after: int, before: int) -> tuple[int, int]:
    """The ids between which rows of the wanted time are."""
    if wanted.since is not None:
        found = await fetch(connection, _FIRST_SINCE, (wanted.since,))
        after = max(after, found[0][0] - 1) if found else before
    if wanted.until is not None:
        found = await fetch(connection, _LAST_UNTIL, (wanted.until,))
        before = min(before, found[0][0] + 1) if found else after
    return after, before


async def _page(
    connection: Connection, wanted: AuditFilter, values: dict[str, Any], limit: int, statements: tuple[str, str]
) -> AuditPage:
    conditions = {name: value for name in _CONDITIONS if (value := getattr(wanted, name)) is not None}
    where = " WHERE " + " AND ".join(_CONDITIONS[name] for name in conditions) if conditions else ""
    rows, end = statements
    found = await fetch(
        connection, rows.format(places=_PLACES, where=where), {**values, **conditions, "limit": limit + 1}
    )
    shown = tuple(map(audit_row, found[:limit]))
    if len(found) > limit:
        return AuditPage(rows=shown, next=shown[-1].id if shown else None)
    ended = await fetch(connection, end, values)
    return AuditPage(rows=shown, next=ended[0][0] if ended else None)


def audit_row(values: Values) -> AuditRow:
    """The row of stored values, with its hash at the end."""
    named: dict[str, Any] = dict(zip(_NAMES, values, strict=True))
    for name in ("before", "after"):
        named[name] = _facts(named[name])
    return AuditRow(**named)


def _facts(text: str | None) -> Mapping[str, Json] | None:
    if text is None:
        return None
    try:
        facts = orjson.loads(text)
    except orjson.JSONDecodeError:
        facts = None
    return facts if isinstance(facts, dict) else {"text": text}

"""Insertion of audit rows."""

import uuid
from collections.abc import Callable, Sequence

from stroem.audit.facts import row_values
from stroem.records.audit_row import NewAuditRow
from stroem.store.settling import MARK_OF_LAST_ID
from stroem.store.statement import Connection, Statement, defer, send

AUDIT_MARK = 0x617564 << 40

# The ids are settled like those of events: a transaction marks the last id before it takes one of its own.
_ADD = f"""
    WITH marked AS MATERIALIZED (
        {MARK_OF_LAST_ID.format(sequence="audit_id_seq")}
        WHERE %(may_stand_alone)s OR pg_current_xact_id_if_assigned() IS NOT NULL
    )
    INSERT INTO audit (id, actor_kind, actor, key, verb, route, workspace, object_kind, object, outcome, status, count,
                       address, request_id, reason, before, after)
    SELECT nextval('audit_id_seq'), %(actor_kind)s, %(actor)s, %(key)s, %(verb)s, %(route)s,
           coalesce(%(workspace)s, (SELECT workspace FROM jobs WHERE id = %(job)s)), %(object_kind)s, %(object)s,
           %(outcome)s, %(status)s::int, %(count)s, %(address)s, %(request_id)s, %(reason)s, %(before)s, %(after)s
    FROM marked
    """  # noqa: S608 - a constant


_ADD_STARTED = f"""
    WITH marked AS MATERIALIZED (
        {MARK_OF_LAST_ID.format(sequence="audit_id_seq")}
    )
    INSERT INTO audit (id, actor_kind, actor, verb, workspace, object_kind, object, outcome, after)
    SELECT nextval('audit_id_seq'), 'trigger',
           coalesce(nullif(substr(source_id, strpos(source_id, '/') + 1), ''), source_type), 'job.run', workspace,
           'job', id::text, 'ok', json_build_object('task', task, 'trigger', source_id, 'type', source_type)::text
    FROM marked, jobs WHERE id = ANY(%(jobs)s)
    """  # noqa: S608 - a constant


def insertion(row: NewAuditRow, *, with_change: bool = False) -> Statement:
    """The statement that inserts a row; if `with_change`, only in a transaction that has changed something.

    With values of its own it costs half of what `records` would.
    """
    return _ADD, {**row_values(row), "job": _job_of(row), "mark": AUDIT_MARK, "may_stand_alone": not with_change}


async def add_rows(connection: Connection, rows: Sequence[NewAuditRow]) -> None:
    """Inserts rows at once."""
    if rows:
        await send(connection, [insertion(row) for row in rows])


async def add_rows_later(connection: Connection, rows: Sequence[NewAuditRow]) -> None:
    """Inserts rows together with the next statement of the transaction, or its commit."""
    for row in rows:
        await defer(connection, insertion(row))


async def add_started_later(connection: Connection, jobs: Sequence[uuid.UUID]) -> None:
    """Inserts a row for each of these jobs, with its trigger as the actor, together with the next statement."""
    if jobs:
        await defer(connection, (_ADD_STARTED, {"jobs": list(jobs), "mark": AUDIT_MARK}))


class RowWithCommit:
    """The audit row of a request, which goes with the first change that is committed in its context.

    `jobs` are those that were started; `make` makes the row when it is due.
    """

    def __init__(self, make: Callable[[], NewAuditRow]) -> None:
        self._make = make
        self._is_under_way = False
        self.is_open = True
        self.is_recorded = False
        self.jobs: list[uuid.UUID] = []

    def statement(self) -> Statement | None:
        """The statement for a transaction that is about to be committed, if the row is still to be recorded."""
        if not self.is_open or self.is_recorded or self._is_under_way:
            return None
        self._is_under_way = True
        return insertion(self._make(), with_change=True)

    def end(self, rows: int) -> None:
        """Takes note of the end of that transaction: it has inserted so many rows."""
        self._is_under_way = False
        self.is_recorded = self.is_recorded or rows > 0


def _job_of(row: NewAuditRow) -> uuid.UUID | None:
    """The job of a row without workspace, whose workspace the statement finds."""
    if row.workspace is not None or row.object_kind not in ("job", "step") or row.object is None:
        return None
    try:
        return uuid.UUID(row.object.partition("/")[0])
    except ValueError:
        return None

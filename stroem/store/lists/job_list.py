"""List of jobs."""

from collections.abc import Sequence

import attrs
import sqlalchemy as sa

from stroem.store.jobs.jobs import JobRow
from stroem.store.lists.compose import select
from stroem.store.lists.tables import jobs
from stroem.store.statement import Connection

_COUNTED = 10_000
_LARGE = frozenset({"raw_input", "input", "output", "context", "fragments", "holds", "slots"})


@attrs.frozen(kw_only=True)
class JobFilter:
    """Filter of job lists. `search` matches text in task, workspace, source and job id."""

    workspace: str | None = None
    task: str | None = None
    status: str | None = None
    source_type: str | None = None
    search: str | None = None
    limit: int = 50
    offset: int = 0


async def list_jobs(connection: Connection, wanted: JobFilter) -> tuple[list[JobRow], int]:
    """A page of jobs, newest first, without their large columns, and the total.

    The total counts at most 10,000 jobs, or those before the end of the page.
    """
    conditions = _conditions(wanted)
    columns = [sa.null().label(c.name) if c.name in _LARGE else c for c in jobs.c]
    page = sa.select(*columns).where(*conditions).order_by(jobs.c.created_at.desc(), jobs.c.id)
    rows = await select(connection, page.limit(wanted.limit).offset(wanted.offset))
    total = await _count(connection, conditions, _COUNTED)
    if rows:
        total = max(total, wanted.offset + len(rows))
    elif total == _COUNTED < wanted.offset:
        total = await _count(connection, conditions, wanted.offset)
    return [JobRow(**row) for row in rows], total


async def _count(connection: Connection, conditions: Sequence[sa.ColumnElement[bool]], most: int) -> int:
    some = sa.select(jobs.c.id).where(*conditions).limit(most).subquery()
    rows = await select(connection, sa.select(sa.func.count().label("total")).select_from(some))
    return int(rows[0]["total"])


def _conditions(wanted: JobFilter) -> list[sa.ColumnElement[bool]]:
    equal = {"workspace": wanted.workspace, "task": wanted.task, "status": wanted.status}
    equal["source_type"] = wanted.source_type
    conditions: list[sa.ColumnElement[bool]] = [
        jobs.c[key] == value for key, value in equal.items() if value is not None
    ]
    if wanted.search:
        places = (jobs.c.task, jobs.c.workspace, jobs.c.source_id, sa.cast(jobs.c.id, sa.Text))
        conditions.append(sa.or_(*(place.icontains(wanted.search, autoescape=True) for place in places)))
    return conditions

"""List of jobs."""

import datetime
import uuid
from collections.abc import Iterator
from typing import Any

import attrs
import sqlalchemy as sa

from stroem.rights.reach import Reach
from stroem.store.jobs.jobs import JobRow
from stroem.store.jobs.summaries import timeline
from stroem.store.lists.compose import compiled, select, texts
from stroem.store.lists.job_filter import JobFilter
from stroem.store.lists.revisions import with_revisions
from stroem.store.lists.tables import jobs
from stroem.store.statement import Connection

COUNTED = 10_000
"""Most jobs that a total counts, unless the page lies behind them."""
SEARCHED = 20_000
"""Number of the newest jobs in which a search looks for its text."""
_FEW = 20
"""Most workspaces and tasks of a reach that have queries of their own."""
_LARGE = frozenset({"raw_input", "sealed_input", "input", "output", "context", "fragments", "slots"})
_LARGEST_ID = (1 << 128) - 1

_steps = sa.table("steps", sa.column("job_id"), sa.column("status"), sa.column("error"))
_SEARCHED_COLUMNS = tuple(
    jobs.c[name] for name in ("id", "created_at", "workspace", "task", "source_id", "status", "error", "redacted")
)

Condition = sa.ColumnElement[bool]
Position = tuple[datetime.datetime, uuid.UUID]
"""The place of a job in the list: `created_at` and id."""


@attrs.frozen(kw_only=True)
class JobListPage:
    """Rows without their large columns. `total` counts at most 10,000 jobs, or those before the end of the page.

    `has_more`: a page follows. `is_lower_bound`: there may be more than `total`.
    """

    rows: list[JobRow]
    total: int
    has_more: bool
    is_lower_bound: bool


async def list_jobs(
    connection: Connection, wanted: JobFilter, *, limit: int, offset: int = 0, after: Position | None = None
) -> JobListPage:
    """A page of jobs, newest first: those behind `after` if it is given, without the first `offset`."""
    wanted = await with_revisions(connection, wanted)
    found = _newest(wanted, limit + 1 + offset, after)
    ids = sa.select(found.c.id).order_by(found.c.created_at.desc(), found.c.id).limit(limit + 1).offset(offset)
    chosen = ids.subquery()
    columns = [sa.null().label(c.name) if c.name in _LARGE else c for c in jobs.c]
    page = sa.select(*columns).join_from(chosen, jobs, jobs.c.id == chosen.c.id)
    rows = await select(connection, page.order_by(jobs.c.created_at.desc(), jobs.c.id)) if limit else []
    shown = rows[:limit]
    total, counted = await _count(connection, wanted, COUNTED), COUNTED
    if shown:
        total = max(total, offset + len(shown))
    elif total == COUNTED < offset:
        total, counted = await _count(connection, wanted, offset), offset
    return JobListPage(
        rows=[JobRow(**row) for row in shown],
        total=total,
        has_more=len(rows) > limit > 0,
        is_lower_bound=total >= counted,
    )


async def matching_ids(connection: Connection, wanted: JobFilter, most: int) -> list[uuid.UUID]:
    """Ids of the newest matching jobs, at most `most`."""
    found = _newest(await with_revisions(connection, wanted), most, None)
    ids = sa.select(found.c.id).order_by(found.c.created_at.desc(), found.c.id).limit(most)
    return [row["id"] for row in await select(connection, ids)]


async def count_by_time(
    connection: Connection, wanted: JobFilter, span: timeline.TimelineSpan, ranked: int
) -> list[timeline.TimelineCount]:
    """Counts of the newest matching jobs of a span, as `timeline.count_jobs` makes them."""
    of_span = attrs.evolve(await with_revisions(connection, wanted), since=span.since, until=span.until)
    found = _newest(of_span, timeline.MOST_JOBS, None, timeline.COLUMNS)
    return await timeline.count_jobs(connection, compiled(sa.select(found)), span, ranked)


async def _count(connection: Connection, wanted: JobFilter, most: int) -> int:
    some = sa.select(_newest(wanted, most, None).c.id).limit(most).subquery()
    rows = await select(connection, sa.select(sa.func.count().label("total")).select_from(some))
    return int(rows[0]["total"])


def _newest(
    wanted: JobFilter, most: int, after: Position | None, names: tuple[str, ...] = ("id", "created_at")
) -> sa.Subquery:
    """Columns of the newest matching jobs, at most `most` of each branch."""
    parts: list[sa.Select[Any]] = []
    for conditions in _branches(wanted):
        if not wanted.search:
            parts.append(_ordered(names, *conditions, *_behind(after)).limit(most))
            continue
        newest = sa.select(*_SEARCHED_COLUMNS).where(*conditions, *_behind(after))
        window = newest.order_by(jobs.c.created_at.desc(), jobs.c.id).limit(SEARCHED).subquery()
        found = sa.select(*(window.c[name] for name in names)).where(_has_text(window.c, wanted.search))
        parts.append(found.order_by(window.c.created_at.desc(), window.c.id).limit(most))
        if (ids := _id_range(wanted.search)) is not None:
            parts.append(_ordered(names, *conditions, *_behind(after), jobs.c.id.between(*ids)).limit(most))
    return (
        parts[0].subquery() if len(parts) == 1 else sa.union(*(sa.select(one.subquery()) for one in parts)).subquery()
    )


def _ordered(names: tuple[str, ...], *conditions: Condition) -> sa.Select[Any]:
    query = sa.select(*(jobs.c[name] for name in names)).where(*conditions)
    return query.order_by(jobs.c.created_at.desc(), jobs.c.id)


def _branches(wanted: JobFilter) -> Iterator[list[Condition]]:
    """Conditions of queries whose union is the list. Each can read an index in the order of the list.

    One query for several tasks or statuses would read jobs of all others too, or sort all that match.
    """
    common = list(_conditions(wanted))
    choices = [choice for choice in _choices(wanted) if choice is not None]
    if not choices:
        yield common
        return
    first, *others = choices
    rest = [sa.or_(sa.false(), *choice) for choice in others]
    for one in first:
        yield [*common, one, *rest]
    if not first:
        yield [sa.false()]


def _choices(wanted: JobFilter) -> Iterator[list[Condition] | None]:
    """Conditions of which one must hold, for each part of the filter; the rarest first. None filters nothing."""
    source = wanted.source_job
    yield None if source is None else [jobs.c.source_job_id == source, jobs.c.parent_job == source]
    revisions = wanted.revisions
    yield None if revisions is None else [sa.collate(jobs.c.revision, "C") == one for one in revisions]
    yield [jobs.c.source_id == one for one in wanted.starters] or None
    yield None if wanted.tasks is None else [jobs.c.task == one for one in wanted.tasks]
    yield None if wanted.workspace is not None else _few_reached(wanted.reach)
    yield [jobs.c.status == one for one in wanted.statuses] or None


def _conditions(wanted: JobFilter) -> Iterator[Condition]:
    if wanted.reach is not None:
        yield _reached(wanted.reach)
    if wanted.workspace is not None:
        yield jobs.c.workspace == wanted.workspace
    if wanted.source_type is not None:
        yield jobs.c.source_type == wanted.source_type
    if wanted.release_id is not None:
        yield jobs.c.release_id == wanted.release_id
    if wanted.since is not None:
        yield jobs.c.created_at >= wanted.since
    if wanted.until is not None:
        yield jobs.c.created_at < wanted.until


def _few_reached(reach: Reach | None) -> list[Condition] | None:
    """Workspaces and tasks that are reached, if they are so few that each is worth a query of its own."""
    if reach is None or len(reach.workspaces) + len(reach.tasks) > _FEW:
        return None
    of_tasks = [sa.and_(jobs.c.workspace == workspace, jobs.c.task == task) for workspace, task in sorted(reach.tasks)]
    return [*(jobs.c.workspace == one for one in sorted(reach.workspaces)), *of_tasks]


def _reached(reach: Reach) -> Condition:
    tasks = sorted(reach.tasks)
    columns = (texts([workspace for workspace, _ in tasks]), texts([task for _, task in tasks]))
    pairs = sa.func.unnest(*columns).table_valued("workspace", "task").render_derived()
    of_task = sa.tuple_(jobs.c.workspace, jobs.c.task).in_(sa.select(pairs.c.workspace, pairs.c.task))
    return sa.or_(jobs.c.workspace == sa.any_(texts(sorted(reach.workspaces))), of_task)


def _behind(after: Position | None) -> list[Condition]:
    if after is None:
        return []
    at, job_id = after
    return [jobs.c.created_at <= at, sa.or_(jobs.c.created_at < at, jobs.c.id > job_id)]


def _has_text(job: Any, text: str) -> Condition:
    """A text in names, source or id, or in errors of a job and its failed steps unless these may hold secrets."""
    places = (job.task, job.workspace, job.source_id, sa.cast(job.id, sa.Text))
    of_job = (_steps.c.job_id == job.id, _steps.c.status == sa.literal_column("'failed'"))
    failed = sa.exists().where(*of_job, _steps.c.error.icontains(text, autoescape=True))
    errors = sa.or_(job.error.icontains(text, autoescape=True), sa.and_(job.status == "failed", failed))
    return sa.or_(*(place.icontains(text, autoescape=True) for place in places), sa.and_(job.redacted, errors))


def _id_range(text: str) -> tuple[uuid.UUID, uuid.UUID] | None:
    """The first and the last id that begin with this text; None if it is not the beginning of an id."""
    pattern = "00000000-0000-0000-0000-000000000000"
    if not 4 <= len(text) <= len(pattern):
        return None
    if any((a == "-") != (b == "-") for a, b in zip(text, pattern, strict=False)):
        return None
    digits = text.replace("-", "").lower()
    if any(digit not in "0123456789abcdef" for digit in digits):
        return None
    first = int(digits, 16) << 4 * (32 - len(digits))
    return uuid.UUID(int=first), uuid.UUID(int=first | _LARGEST_ID >> 4 * len(digits))

"""Jobs by time, for histograms."""

import datetime
from collections.abc import Iterable, Mapping
from typing import Literal

import attrs
from aiohttp import web

from stroem.errors import BadRequest
from stroem.server.api.jobs.job_filters import utc
from stroem.server.http.paging import clamp
from stroem.server.keys import SERVICES
from stroem.store.jobs import workers
from stroem.store.jobs.summaries import timeline
from stroem.store.jobs.summaries.timeline import MOST_JOBS, TimelineCount, TimelineFilter

_MOST_BUCKETS = 500
_MOST_TASKS = 50
_LONGEST = datetime.timedelta(days=3660)


@attrs.frozen(kw_only=True)
class TimelineQuery:
    """Jobs created from `from` to `to`, by default in the last 24 hours, in `buckets` equal parts (1 to 500).

    With `group=task`, the first `tasks` tasks (1 to 50) have a series each: those with most failures, then those with
    most jobs; the last series is of all others.
    """

    from_: datetime.datetime | None = None
    to: datetime.datetime | None = None
    buckets: int = 120
    workspace: str = ""
    task_name: str = ""
    group: Literal["none", "task"] = "none"
    tasks: int = 7


@attrs.frozen(kw_only=True)
class TimelineSeries:
    """Jobs of a task, or of `tasks` tasks together, whose `workspace` and `task_name` are null.

    `counts` has a list for each status that occurs, with a number for each part of the time.
    """

    workspace: str | None
    task_name: str | None
    tasks: int
    total: int
    failed: int
    counts: Mapping[str, tuple[int, ...]]


@attrs.frozen(kw_only=True)
class Timeline:
    """Numbers of jobs by time of creation and status. `is_cut`: only the newest 200,000 jobs are counted."""

    from_: datetime.datetime
    to: datetime.datetime
    bucket_ms: float
    total: int
    is_cut: bool
    totals: Mapping[str, int]
    series: tuple[TimelineSeries, ...]


async def get(request: web.Request, query: TimelineQuery) -> Timeline:
    """Numbers of jobs by time and status, of all tasks or of those that matter most."""
    if query.task_name and not query.workspace:
        raise BadRequest(message="task_name needs workspace beside it")
    async with request.app[SERVICES].database.read() as connection:
        until = utc(query.to) or datetime.datetime.fromtimestamp(await workers.clock(connection), datetime.UTC)
        wanted = _filter(query, until)
        ranked = clamp(query.tasks, 1, _MOST_TASKS) if query.group == "task" else 0
        counts = await timeline.count_jobs(connection, wanted, ranked)
    totals: dict[str, int] = {}
    for one in counts:
        totals[one.status] = totals.get(one.status, 0) + one.jobs
    total = sum(totals.values())
    by_rank: dict[int, list[TimelineCount]] = {}
    for one in counts:
        by_rank.setdefault(one.rank, []).append(one)
    return Timeline(
        from_=wanted.since,
        to=wanted.until,
        bucket_ms=(wanted.until - wanted.since).total_seconds() * 1000 / wanted.buckets,
        total=total,
        is_cut=total >= MOST_JOBS,
        totals=totals,
        series=tuple(_series(found, ranked, wanted.buckets) for found in by_rank.values()),
    )


def _filter(query: TimelineQuery, until: datetime.datetime) -> TimelineFilter:
    try:
        since = utc(query.from_) or until - datetime.timedelta(days=1)
        span = until - since
    except OverflowError:
        raise BadRequest(message="to is too early") from None
    if not datetime.timedelta(0) < span <= _LONGEST:
        raise BadRequest(message="to must be after from, at most ten years")
    return TimelineFilter(
        since=since,
        until=until,
        buckets=clamp(query.buckets, 1, _MOST_BUCKETS),
        workspace=query.workspace or None,
        task=query.task_name or None,
    )


def _series(found: list[TimelineCount], ranked: int, buckets: int) -> TimelineSeries:
    first = found[0]
    return TimelineSeries(
        workspace=first.workspace,
        task_name=first.task,
        tasks=first.tasks - ranked if first.rank > ranked else 1,
        total=sum(one.jobs for one in found),
        failed=sum(one.jobs for one in found if one.status == "failed"),
        counts={status: _dense(found, status, buckets) for status in dict.fromkeys(one.status for one in found)},
    )


def _dense(found: Iterable[TimelineCount], status: str, buckets: int) -> tuple[int, ...]:
    numbers = [0] * buckets
    for one in found:
        if one.status == status:
            numbers[one.bucket] += one.jobs
    return tuple(numbers)

"""Jobs by time, for histograms."""

import datetime
from collections.abc import Iterable, Mapping
from typing import Literal

import attrs
from aiohttp import web

from stroem.errors import BadRequest
from stroem.server.api.jobs.job_filters import JobFilterFields, job_filter
from stroem.server.http.paging import clamp
from stroem.server.keys import SERVICES
from stroem.store.jobs import workers
from stroem.store.jobs.summaries.timeline import MOST_JOBS, TimelineCount, TimelineSpan
from stroem.store.lists.first_import import import_lists

_MOST_BUCKETS = 500
_MOST_TASKS = 50
_LONGEST = datetime.timedelta(days=3660)


@attrs.frozen(kw_only=True)
class TimelineQuery(JobFilterFields):
    """Jobs created from `from` to `to`, by default in the last 24 hours, in `buckets` equal parts (1 to 500).

    Other fields are those of the list of jobs. With `group=task`, the first `tasks` tasks (1 to 50) have a series each:
    those with most failures, then those with most jobs; the last series is of all others.
    """

    buckets: int = 120
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
    await import_lists()
    from stroem.store.lists import job_list  # not at the start: see `import_lists`

    wanted = job_filter(request, query)
    async with request.app[SERVICES].database.read() as connection:
        until = wanted.until or datetime.datetime.fromtimestamp(await workers.clock(connection), datetime.UTC)
        span = _span(query, wanted.since, until)
        ranked = clamp(query.tasks, 1, _MOST_TASKS) if query.group == "task" else 0
        counts = await job_list.count_by_time(connection, wanted, span, ranked)
    totals: dict[str, int] = {}
    for one in counts:
        totals[one.status] = totals.get(one.status, 0) + one.jobs
    total = sum(totals.values())
    by_rank: dict[int, list[TimelineCount]] = {}
    for one in counts:
        by_rank.setdefault(one.rank, []).append(one)
    return Timeline(
        from_=span.since,
        to=span.until,
        bucket_ms=(span.until - span.since).total_seconds() * 1000 / span.buckets,
        total=total,
        is_cut=total >= MOST_JOBS,
        totals=totals,
        series=tuple(_series(found, ranked, span.buckets) for found in by_rank.values()),
    )


def _span(query: TimelineQuery, since: datetime.datetime | None, until: datetime.datetime) -> TimelineSpan:
    try:
        begin = since or until - datetime.timedelta(days=1)
        length = until - begin
    except OverflowError:
        raise BadRequest(message="to is too early") from None
    if not datetime.timedelta(0) < length <= _LONGEST:
        raise BadRequest(message="to must be after from, at most ten years")
    return TimelineSpan(since=begin, until=until, buckets=clamp(query.buckets, 1, _MOST_BUCKETS))


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

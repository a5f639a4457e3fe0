"""Counts of jobs by time, status and task."""

import datetime
from collections.abc import Mapping
from typing import Any

import attrs

from stroem.store.statement import Connection, fetch

MOST_JOBS = 200_000
"""Most jobs that are counted, the newest of the time."""
COLUMNS = ("id", "created_at", "status", "workspace", "task")
"""Columns of the jobs that are counted: those of the index by age, from which all jobs of a time are read."""


@attrs.frozen(kw_only=True)
class TimelineSpan:
    """Time from `since` until `until`, the end excluded, in equal parts."""

    since: datetime.datetime
    until: datetime.datetime
    buckets: int


@attrs.frozen(kw_only=True)
class TimelineCount:
    """The number of jobs of a status in a part of the time, from 0. Without `task`: of all tasks beyond the first.

    `rank` is the place of the task, from 1; `tasks` the number of tasks in all.
    """

    workspace: str | None
    task: str | None
    rank: int
    tasks: int
    bucket: int
    status: str
    jobs: int


async def count_jobs(
    connection: Connection, found: tuple[str, Mapping[str, Any]], span: TimelineSpan, ranked: int
) -> list[TimelineCount]:
    """Counts of found jobs by the first `ranked` tasks, and of all others together.

    First come tasks with most failures, then those with most jobs. `found` is a query for `COLUMNS` of jobs of the
    span, whose parameters are not among those below. Without `MATERIALIZED` the jobs would be sorted by task first: a
    part of the time would count as something that differs from job to job.
    """
    query, parameters = found
    rows = await fetch(
        connection,
        f"""
        WITH found AS MATERIALIZED (
            SELECT workspace, task, status,
                   floor(date_part('epoch', created_at - %(since)s::timestamptz) / %(secs)s::float8)::int AS bucket
            FROM ({query}) AS every ORDER BY created_at DESC LIMIT {MOST_JOBS}
        ), counted AS (
            SELECT workspace, task, status, bucket, count(*) AS jobs FROM found GROUP BY workspace, task, status, bucket
        ), grouped AS (
            SELECT workspace, task, coalesce(sum(jobs) FILTER (WHERE status = 'failed'), 0) AS failures,
                   sum(jobs) AS total, array_agg(bucket) AS buckets, array_agg(status) AS statuses,
                   array_agg(jobs) AS counts
            FROM counted GROUP BY workspace, task
        ), ranked AS (
            SELECT *, count(*) OVER () AS tasks,
                   row_number() OVER (ORDER BY failures DESC, total DESC, workspace, task) AS rank
            FROM grouped
        )
        SELECT CASE WHEN rank <= %(ranked)s THEN workspace END, CASE WHEN rank <= %(ranked)s THEN task END,
               least(rank, %(ranked)s + 1), tasks, least(c.bucket, %(buckets)s - 1), c.status, sum(c.jobs)::bigint
        FROM ranked CROSS JOIN unnest(buckets, statuses, counts) AS c (bucket, status, jobs)
        GROUP BY 1, 2, 3, 4, 5, 6 ORDER BY 3, 5, 6
        """,  # noqa: S608 - composed, with parameters
        {
            **parameters,
            "since": span.since,
            "secs": (span.until - span.since).total_seconds() / span.buckets,
            "buckets": span.buckets,
            "ranked": ranked,
        },
    )
    return [
        TimelineCount(
            workspace=row[0], task=row[1], rank=row[2], tasks=row[3], bucket=row[4], status=row[5], jobs=row[6]
        )
        for row in rows
    ]

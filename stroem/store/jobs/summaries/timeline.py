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
        ), counted AS MATERIALIZED (
            SELECT workspace, task, status, bucket, count(*) AS jobs FROM found GROUP BY workspace, task, status, bucket
        ), ranked AS (
            SELECT workspace, task, count(*) OVER () AS tasks, row_number() OVER (
                ORDER BY coalesce(sum(jobs) FILTER (WHERE status = 'failed'), 0) DESC, sum(jobs) DESC, workspace, task
            ) AS rank
            FROM counted GROUP BY workspace, task
        )
        SELECT CASE WHEN rank <= %(ranked)s THEN workspace END, CASE WHEN rank <= %(ranked)s THEN task END,
               least(rank, %(ranked)s + 1), tasks, least(bucket, %(buckets)s - 1), status, sum(jobs)::bigint
        FROM counted JOIN ranked USING (workspace, task) GROUP BY 1, 2, 3, 4, 5, 6 ORDER BY 3, 5, 6
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

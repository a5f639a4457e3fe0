"""Counts of jobs by time, status and task."""

import datetime

import attrs

from stroem.store.statement import Connection, fetch

MOST_JOBS = 200_000
"""Most jobs that are counted, the newest of the time."""


@attrs.frozen(kw_only=True)
class TimelineFilter:
    """Jobs created from `since` until `until`, the end excluded, in equal parts."""

    since: datetime.datetime
    until: datetime.datetime
    buckets: int
    workspace: str | None = None
    task: str | None = None


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


async def count_jobs(connection: Connection, wanted: TimelineFilter, ranked: int) -> list[TimelineCount]:
    """Counts of jobs by the first `ranked` tasks, and of all others together: most failures first, then most jobs."""
    conditions = "created_at >= %(since)s AND created_at < %(until)s"
    conditions += "" if wanted.workspace is None else " AND workspace = %(workspace)s"
    conditions += "" if wanted.task is None else " AND task = %(task)s"
    rows = await fetch(
        connection,
        f"""
        WITH found AS (
            SELECT created_at, status, workspace, task FROM jobs WHERE {conditions}
            ORDER BY created_at DESC LIMIT {MOST_JOBS}
        ), counted AS (
            SELECT workspace, task, status, count(*) AS jobs,
                   floor(date_part('epoch', created_at - %(since)s::timestamptz) / %(secs)s::float8)::int AS bucket
            FROM found GROUP BY workspace, task, status, bucket
        ), summed AS (
            SELECT *, coalesce(sum(jobs) FILTER (WHERE status = 'failed') OVER of_task, 0) AS failures,
                   sum(jobs) OVER of_task AS total
            FROM counted WINDOW of_task AS (PARTITION BY workspace, task)
        ), ranked AS (
            SELECT *, dense_rank() OVER (ORDER BY failures DESC, total DESC, workspace, task) AS rank FROM summed
        ), numbered AS (SELECT *, max(rank) OVER () AS tasks FROM ranked)
        SELECT CASE WHEN rank <= %(ranked)s THEN workspace END, CASE WHEN rank <= %(ranked)s THEN task END,
               least(rank, %(ranked)s + 1), tasks, least(bucket, %(buckets)s - 1), status, sum(jobs)::bigint
        FROM numbered GROUP BY 1, 2, 3, 4, 5, 6 ORDER BY 3, 5, 6
        """,  # noqa: S608 - constants
        {
            "since": wanted.since,
            "until": wanted.until,
            "workspace": wanted.workspace,
            "task": wanted.task,
            "secs": (wanted.until - wanted.since).total_seconds() / wanted.buckets,
            "buckets": wanted.buckets,
            "ranked": ranked,
        },
    )
    return [
        TimelineCount(
            workspace=row[0], task=row[1], rank=row[2], tasks=row[3], bucket=row[4], status=row[5], jobs=row[6]
        )
        for row in rows
    ]

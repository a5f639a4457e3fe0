"""Last jobs of tasks: their outcomes and durations."""

import datetime
from collections.abc import Sequence
from typing import Any

import attrs

from stroem.store.jobs.summaries.durations import TaskName
from stroem.store.statement import Connection, fetch_named, records

SHOWN = 20
"""Number of last jobs that are listed."""
COUNTED = 50
"""Number of last jobs of which durations and successes are counted."""


@attrs.frozen(kw_only=True)
class TaskOutcomes:
    """The last jobs of a task. `recent` has `job_id`, `status` and `duration_ms` of each, newest first.

    `completed` and `failed` count the last 50 jobs; `p50_ms` and `p95_ms` are of those that completed,
    without those that kept steps of others.
    """

    workspace: str
    task: str
    recent: Any
    last_at: datetime.datetime
    completed: int
    failed: int
    p50_ms: float | None
    p95_ms: float | None


async def outcomes_of(connection: Connection, tasks: Sequence[TaskName]) -> dict[TaskName, TaskOutcomes]:
    """Outcomes of the last jobs of tasks, by task; without tasks that have no job.

    With equality of workspace and task, the planner takes few jobs to have both, and would read all of a task.
    """
    if not tasks:
        return {}
    rows = await fetch_named(
        connection,
        f"""
        SELECT n.workspace, n.task, a.recent, a.last_at, a.completed, a.failed, a.spread[1] AS p50_ms,
               a.spread[2] AS p95_ms
        FROM (SELECT * FROM json_to_recordset(%s::json) AS n (workspace text, task text) LIMIT %s) n
        CROSS JOIN LATERAL (
            SELECT json_agg(json_build_object('job_id', id, 'status', status, 'duration_ms', ms) ORDER BY nth)
                       FILTER (WHERE nth <= {SHOWN}) AS recent,
                   max(created_at) AS last_at,
                   count(*) FILTER (WHERE status = 'completed') AS completed,
                   count(*) FILTER (WHERE status = 'failed') AS failed,
                   percentile_cont(ARRAY[0.5, 0.95]) WITHIN GROUP (ORDER BY ms)
                       FILTER (WHERE status = 'completed' AND is_whole) AS spread
            FROM (
                SELECT id, status, created_at, restart IS NULL AS is_whole,
                       row_number() OVER (ORDER BY created_at DESC) AS nth,
                       round(extract(epoch FROM completed_at - started_at) * 1000, 3)::float8 AS ms
                FROM (
                    SELECT * FROM jobs
                    WHERE (workspace, task) >= (n.workspace, n.task) AND (workspace, task) <= (n.workspace, n.task)
                    ORDER BY workspace, task, created_at DESC LIMIT {COUNTED}) newest) j) a
        WHERE a.last_at IS NOT NULL
        """,  # noqa: S608 - constants
        records([{"workspace": workspace, "task": task} for workspace, task in tasks]),
    )
    return {(row["workspace"], row["task"]): TaskOutcomes(**row) for row in rows}

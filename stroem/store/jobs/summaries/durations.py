"""Durations of jobs that have completed."""

from collections.abc import Collection

from stroem.store.statement import Connection, fetch, records

TaskName = tuple[str, str]
"""A workspace and a task."""


async def durations_of(
    connection: Connection, tasks: Collection[TaskName], limit: int
) -> dict[TaskName, tuple[float, ...]]:
    """Seconds that the last completed jobs of each task took, the shortest first. Without waits before their start.

    Jobs that kept steps of others are left out: they are shorter than usual.
    """
    if not tasks:
        return {}
    rows = await fetch(
        connection,
        """
        SELECT n.workspace, n.task, d.secs
        FROM (SELECT * FROM json_to_recordset(%s::json) AS n (workspace text, task text) LIMIT %s) n
        CROSS JOIN LATERAL (
            SELECT extract(epoch FROM completed_at - started_at)::float8 AS secs FROM jobs
            WHERE workspace = n.workspace AND task = n.task AND status = 'completed' AND started_at IS NOT NULL
              AND restart IS NULL
            ORDER BY created_at DESC LIMIT %s) d
        """,
        (*records([{"workspace": workspace, "task": task} for workspace, task in set(tasks)]), limit),
    )
    found: dict[TaskName, list[float]] = {}
    for workspace, task, secs in rows:
        found.setdefault((workspace, task), []).append(secs)
    return {name: tuple(sorted(secs)) for name, secs in found.items()}

"""Conditions for rows of tasks that a client may see."""

from collections.abc import Mapping
from typing import Any

from stroem.rights.reach import Reach


def reached(reach: Reach | None, table: str) -> tuple[str, Mapping[str, Any]]:
    """The condition on `workspace` and `task` of a table, and its parameters; none for the reach of everything."""
    if reach is None:
        return "true", {}
    condition = f"""(
        {table}.workspace = ANY(%(reached_workspaces)s::text[])
        OR ({table}.workspace, {table}.task) IN (
            SELECT * FROM unnest(%(reached_in)s::text[], %(reached_tasks)s::text[])))"""  # noqa: S608 - constants
    tasks = sorted(reach.tasks)
    return condition, {
        "reached_workspaces": sorted(reach.workspaces),
        "reached_in": [workspace for workspace, _ in tasks],
        "reached_tasks": [task for _, task in tasks],
    }


def job_reached(reach: Reach | None, table: str) -> tuple[str, Mapping[str, Any]]:
    """The condition on `job_id` of a table, and its parameters."""
    condition, values = reached(reach, "reached_job")
    of_job = f"EXISTS (SELECT FROM jobs reached_job WHERE reached_job.id = {table}.job_id AND {condition})"
    return "true" if reach is None else of_job, values

"""Ends of jobs that triggers hear: a row for each trigger, written in the transaction that ends the job."""

from collections.abc import Iterable, Iterator
from typing import Any

import orjson

from stroem.store.jobs.job_changes import JobChanges
from stroem.store.statement import Statement

_TELL = """
    INSERT INTO job_outcomes (workspace, trigger, job_id, depth)
    SELECT l.workspace, l.trigger, e.id, coalesce((
        SELECT CASE WHEN j.context->'trigger'->>'depth' ~ '^[0-9]{1,4}$'
            THEN (j.context->'trigger'->>'depth')::int END
        FROM jobs j WHERE j.id = e.root), 0)
    FROM json_to_recordset(%s::json) AS e (id uuid, workspace text, task text, root uuid, is_child boolean)
    CROSS JOIN LATERAL (
        SELECT t.workspace, t.trigger FROM trigger_listens t
        WHERE t.heard_workspace = e.workspace AND t.heard_task = e.task AND (t.children OR NOT e.is_child) OFFSET 0
    ) l
    """
"""A statement of its own, so that its plan is made once: a job that no trigger hears costs one look into an index."""


def telling(jobs: Iterable[JobChanges]) -> Iterator[Statement]:
    """The statement that tells triggers of the jobs that end."""
    if ended := [_record(one) for one in jobs if one.ends and _counts(one)]:
        yield _TELL, (orjson.dumps(ended).decode(),)


def _counts(one: JobChanges) -> bool:
    """True for a job that triggers may hear: no hook, and no attempt that another follows."""
    return one.locked.state.hook_of is None and one.changes.retry is None


def _record(one: JobChanges) -> dict[str, Any]:
    return {
        "id": one.job_id,
        "workspace": one.locked.workspace,
        "task": one.task,
        "root": one.locked.root_job or one.job_id,
        "is_child": one.locked.parent_job is not None,
    }

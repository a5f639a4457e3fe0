"""Ends of jobs that triggers hear: a row for each trigger, written in the transaction that ends the job."""

from typing import Any

from stroem.store.jobs.job_changes import JobChanges

COLUMNS = "workspace text, task text, root uuid, is_child boolean"
"""Columns of ended jobs for `TELL`."""
TELL = """
    INSERT INTO job_outcomes (workspace, trigger, job_id, depth)
    SELECT l.workspace, l.trigger, e.id, coalesce((
        SELECT CASE WHEN j.context->'trigger'->>'depth' ~ '^[0-9]{1,4}$'
            THEN (j.context->'trigger'->>'depth')::int END
        FROM jobs j WHERE j.id = e.root), 0)
    FROM ended e CROSS JOIN LATERAL (
        SELECT t.workspace, t.trigger FROM trigger_listens t
        WHERE t.heard_workspace = e.workspace AND t.heard_task = e.task AND (t.children OR NOT e.is_child) OFFSET 0
    ) l
    """
"""Tells the triggers that hear the tasks of the relation `ended`. Costs one look into an index without such."""


def record(one: JobChanges) -> dict[str, Any]:
    """The columns of an ended job. Triggers hear neither hooks nor attempts that are followed by another."""
    locked, changes = one.locked, one.changes
    if locked.state.hook_of is not None or changes.retry is not None:
        return {}
    return {
        "workspace": locked.workspace,
        "task": one.task,
        "root": locked.root_job or locked.id,
        "is_child": locked.parent_job is not None,
    }

"""Rows of jobs of the same task that ended alike."""

from collections.abc import Mapping

from stroem.definitions.values import Json
from stroem.interfaces.triggers.job_trigger import EndedJob
from stroem_job_outcome.join import task_key

_BREAKING = frozenset({"completed", "failed"})
"""Statuses that end a row of others. A job that was cancelled or skipped says nothing of its task."""


def row_after(ended: EndedJob, *, counts: bool, memory: Json) -> list[Json]:
    """The row of the job's task after its end, as ids of jobs, oldest first."""
    row = rows_in(memory).get(task_key(ended.workspace, ended.task), [])
    if counts:
        return [*row, str(ended.id)]
    return [] if ended.status in _BREAKING else row


def with_row(ended: EndedJob, row: list[Json], memory: Json) -> Json:
    """The memory with the row of the job's task. Empty rows are left out."""
    rows = {**rows_in(memory), task_key(ended.workspace, ended.task): row}
    return {"rows": {key: entry for key, entry in rows.items() if entry}}


def rows_in(memory: Json) -> dict[str, list[Json]]:
    """The rows of a memory; none in that of another definition."""
    rows = memory.get("rows") if isinstance(memory, Mapping) else None
    if not isinstance(rows, Mapping):
        return {}
    return {str(key): list(row) for key, row in rows.items() if isinstance(row, list)}

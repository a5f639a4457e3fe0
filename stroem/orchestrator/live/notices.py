"""Notices of rows that have changed."""

import datetime
from collections.abc import Iterator

from stroem.orchestrator.jobs.history_reader import Entry
from stroem.orchestrator.live.notice import Notice
from stroem.records.event import Event
from stroem.store.jobs.summaries.changed_jobs import ChangedJob
from stroem.store.jobs.workers import WorkerRow

_ABOUT_TRIGGERS = frozenset({"overridden", "override_dropped", "resumed", "consumer_stopped"})
_NOT_OF_TRIGGERS = frozenset(
    {"api", "task", "hook", "user", "mcp", "agent_tool", "retry", "upload", "rerun", "restart"}
)
"""Sources of jobs other than triggers."""


def of_job(row: ChangedJob, at: datetime.datetime) -> Notice:
    """The state of a job."""
    return Notice(
        kind="job",
        at=at,
        id=str(row.id),
        workspace=row.workspace,
        task=row.task,
        status=row.status,
        source_type=row.source_type,
        source_id=row.source_id,
        parent_job_id=None if row.parent_job is None else str(row.parent_job),
        paused=row.paused,
        open=row.open,
        failed=row.failed,
    )


def of_approvals(row: ChangedJob, waiting: int, at: datetime.datetime) -> Notice:
    """Number of steps of a job that wait for an approval; 0 once all are answered."""
    return Notice(kind="approval", at=at, id=str(row.id), workspace=row.workspace, task=row.task, approvals=waiting)


def is_fire(row: ChangedJob) -> bool:
    """True if a job, seen for the first time, comes from a trigger that has just fired."""
    return row.source_type not in _NOT_OF_TRIGGERS and row.status in {"pending", "running"} and row.parent_job is None


def of_fire(row: ChangedJob, at: datetime.datetime) -> Notice:
    """A trigger has fired; `id` is its job."""
    workspace, _, trigger = (row.source_id or "").partition("/")
    return Notice(kind="trigger", at=at, id=str(row.id), workspace=workspace, trigger=trigger)


def of_worker(row: WorkerRow, at: datetime.datetime) -> Notice:
    """The state of a worker."""
    status = row.state if row.active else "inactive"
    return Notice(kind="worker", at=at, id=str(row.id), name=row.name, status=status)


def of_step(entry: Entry, job_id: str) -> Notice:
    """A change of a step of the watched job."""
    row = entry.row
    return Notice(kind="step", at=row.at, id=job_id, step=entry.step_name or "", status=row.status, attempt=row.attempt)


def of_event(event: Event) -> Iterator[Notice]:
    """An event, and what it is about."""
    at, workspace = event.last_at, event.workspace
    yield Notice(kind="event", at=at, id=str(event.id), workspace=workspace, event=event.kind, severity=event.severity)
    if workspace is None:
        return
    yield Notice(kind="workspace", at=at, workspace=workspace)
    trigger = event.data.get("trigger")
    if isinstance(trigger, str):
        yield Notice(kind="trigger", at=at, workspace=workspace, trigger=trigger)
    elif event.kind.startswith("trigger") or event.kind in _ABOUT_TRIGGERS:
        yield Notice(kind="trigger", at=at, workspace=workspace)

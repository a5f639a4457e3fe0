"""Facts of ended jobs for templates."""

import datetime

from stroem.definitions.values import Json
from stroem.interfaces.triggers.job_trigger import EndedJob


def job_facts(ended: EndedJob) -> dict[str, Json]:
    """The variable `trigger.job`. Times are in UTC, lengths in seconds."""
    took = None
    if ended.started_at is not None:
        took = round((ended.completed_at - ended.started_at).total_seconds(), 3)
    return {
        "id": str(ended.id),
        "workspace": ended.workspace,
        "task": ended.task,
        "status": ended.status,
        "is_success": ended.status == "completed",
        "output": ended.output,
        "error": ended.error,
        "source_type": ended.source_type,
        "source_id": ended.source_id,
        "created_at": written(ended.created_at),
        "started_at": None if ended.started_at is None else written(ended.started_at),
        "completed_at": written(ended.completed_at),
        "duration_secs": took,
        "url": ended.url,
    }


def written(time: datetime.datetime) -> str:
    """A time in UTC like `2026-01-31T12:00:00Z`."""
    return time.astimezone(datetime.UTC).isoformat().replace("+00:00", "Z")

"""The variable `hook` of the templates of hooks."""

import datetime
from collections.abc import Sequence

import attrs

from stroem.definitions.values import Json
from stroem.engine.requests import StartHook
from stroem.engine.values.state import ENDED
from stroem.interfaces.nodes import Node
from stroem.orchestrator.jobs.step_end import bounded_error
from stroem.store.jobs.jobs import JobRow
from stroem.store.statement import storable


@attrs.frozen(kw_only=True)
class FailedStep:
    """A failed step with its path."""

    name: str
    node: Node
    error: str | None


def hook_context(
    job: JobRow,
    request: StartHook,
    failed: Sequence[FailedStep],
    artifacts: Sequence[Json],
    suspended: str | None,
    now: datetime.datetime,
) -> dict[str, Json]:
    """The facts of a job that ends or is suspended `now`. `suspended` is the path of the step that is suspended."""
    has_ended = request.status in ENDED
    started_at = job.started_at or now
    facts: dict[str, Json] = {
        "workspace": job.workspace,
        "task_name": job.task,
        "job_id": str(job.id),
        "status": request.status if has_ended else "suspended",
        "is_success": request.status == "completed",
        "error_message": _error(request, failed),
        "source_type": job.source_type,
        "source_id": job.source_id,
        "started_at": _text(started_at),
        "completed_at": _text(now) if has_ended else None,
        "duration_secs": round((now - started_at).total_seconds(), 3) if has_ended else None,
        "failed_steps": [_failed_step(one) for one in failed],
        "artifacts": list(artifacts),
    }
    if request.suspended is not None:
        given = request.suspended.input
        message = given.get("message") if isinstance(given, dict) else None
        facts |= {
            "step_name": suspended,
            "message": storable(message) if isinstance(message, str) else None,
            "reminder": request.suspended.reminded,
        }
    return facts


def _failed_step(failed: FailedStep) -> Json:
    return {
        "step_name": failed.name,
        "action_name": failed.node.action or failed.node.task,
        "error_message": storable(failed.error),
        "continue_on_failure": failed.node.optional,
    }


def _error(request: StartHook, failed: Sequence[FailedStep]) -> str | None:
    """The error of the job, else those of its failed steps together."""
    if request.status not in ("failed", "cancelled"):
        return None
    counted = (f"{one.name}: {one.error}" for one in failed if one.error and not one.node.optional)
    return storable(bounded_error(request.error or "\n".join(counted))) or None


def _text(time: datetime.datetime) -> str:
    return time.astimezone(datetime.UTC).isoformat().replace("+00:00", "Z")

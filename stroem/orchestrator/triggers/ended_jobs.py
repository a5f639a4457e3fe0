"""Ended jobs as triggers hear them."""

import uuid
from collections.abc import Mapping, Sequence

from stroem.errors import NotFound, NotRunnable
from stroem.interfaces.triggers.job_trigger import EndedJob
from stroem.orchestrator.jobs.step_end import bounded_error
from stroem.orchestrator.plans.shared_tasks import CurrentTask
from stroem.orchestrator.plans.step_names import StepNames
from stroem.store.jobs import step_queries
from stroem.store.statement import Connection
from stroem.store.triggers import outcomes
from stroem.store.triggers.outcomes import EndedRow, OutcomeRow

MOST_OUTPUT_BYTES = 256 * 1024
"""Most bytes of an output, as JSON text, that a trigger hears of; larger ones are None."""
_MOST_FAILED = 20


class EndedJobs:
    """Reads ended jobs. `public_url` is the address of the server in browsers."""

    def __init__(self, names: StepNames, current_task: CurrentTask, public_url: str | None) -> None:
        self._names = names
        self._current_task = current_task
        self._base = (public_url or "").rstrip("/")

    async def read(self, connection: Connection, heard: Sequence[OutcomeRow]) -> dict[int, EndedJob]:
        """The jobs of outcomes, by the id of the outcome; without jobs that are gone. Raises NotLoaded."""
        rows = await outcomes.ended_jobs(connection, {one.job_id for one in heard}, MOST_OUTPUT_BYTES)
        errors = {job_id: await self._error(connection, row) for job_id, row in rows.items()}
        return {
            one.id: self._ended(rows[one.job_id], one.depth, errors[one.job_id]) for one in heard if one.job_id in rows
        }

    def refusal(self, ended: EndedJob, workspace: str) -> str | None:
        """Why a trigger of a workspace may not hear the end of a job; None if it may. Raises Unavailable.

        Its output would be known there, as it is to the workspaces that may start the task.
        """
        if ended.workspace == workspace:
            return None
        try:
            _, definitions = self._current_task(ended.workspace, ended.task)
        except (NotFound, NotRunnable):
            return f"Task {ended.task!r} of workspace {ended.workspace!r} is not there any more"
        task = definitions.tasks.get(ended.task)
        if task is not None and task.may_be_called_from(workspace):
            return None
        return (
            f"Task {ended.task!r} of workspace {ended.workspace!r} does not let workspace {workspace!r} know of its "
            "jobs; `callable_from` of the task must list that"
        )

    async def _error(self, connection: Connection, row: EndedRow) -> str | None:
        """The error of a job, else those of its first failed steps."""
        if not row.redacted or row.error or row.status != "failed":
            return row.error if row.redacted else None
        failed = await step_queries.failed_steps(connection, row.id, _MOST_FAILED)
        names: Mapping[tuple[uuid.UUID, int], str] = await self._names.names_of(
            connection, [(row.id, step) for step, _, _ in failed]
        )
        lines = [f"{names.get((row.id, step), step)}: {error}" for step, _, error in failed if error]
        return bounded_error("\n".join(lines)) or None

    def _ended(self, row: EndedRow, depth: int, error: str | None) -> EndedJob:
        return EndedJob(
            id=row.id,
            workspace=row.workspace,
            task=row.task,
            status=row.status,
            output=row.output if row.redacted else None,
            error=error,
            source_type=row.source_type,
            source_id=row.source_id,
            created_at=row.created_at,
            started_at=row.started_at,
            completed_at=row.completed_at,
            depth=depth,
            url=f"{self._base}/api/jobs/{row.id}",
        )

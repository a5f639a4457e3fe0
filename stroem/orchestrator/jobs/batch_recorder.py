"""Recording of a batch of outcomes and log lines, in the caller's transaction."""

import uuid
from collections.abc import Sequence

import attrs

from stroem.conversion.json_value import encode
from stroem.definitions.values import Json
from stroem.engine.events import Ended
from stroem.engine.values.state import Address
from stroem.orchestrator.jobs.job_driver import JobDriver, Recorded
from stroem.orchestrator.jobs.step_end import StepEnd
from stroem.orchestrator.jobs.step_scopes import Outputs, ResultKey
from stroem.orchestrator.logs.appender import LogChunk
from stroem.orchestrator.logs.server_lines import server_line
from stroem.orchestrator.plans.job_plan import JobPlan
from stroem.orchestrator.plans.job_plans import JobPlans
from stroem.orchestrator.plans.step_names import StepNames
from stroem.orchestrator.state.snapshots import Snapshots
from stroem.protocol import step_ends
from stroem.protocol.steps import LogLines, Outcome
from stroem.store.jobs import locked_jobs
from stroem.store.jobs.steps import StepId
from stroem.store.state.publishing import Published
from stroem.store.statement import Connection

_REMEMBERED_BYTES = 64 * 1024
"""The largest output kept in memory for the steps that refer to it; others are read back."""


class BatchRecorder:
    """Records what workers deliver. Without a worker's id it is a worker of the older contract."""

    def __init__(
        self, names: StepNames, plans: JobPlans, driver: JobDriver, snapshots: Snapshots, *, output_bytes: int
    ) -> None:
        self._names = names
        self._plans = plans
        self._driver = driver
        self._snapshots = snapshots
        self._output_bytes = output_bytes

    async def record(
        self,
        connection: Connection,
        outcomes: Sequence[Outcome],
        lines: Sequence[LogLines],
        worker_id: uuid.UUID | None,
    ) -> tuple[Recorded, Outputs]:
        """Records all of it; returns the result, and the outputs of steps that ended now.

        Raises NotLoaded.
        """
        ends = await self._ends(connection, outcomes, worker_id)
        chunks = await self._chunks(connection, lines, worker_id)
        if any(outcome.snapshots for outcome in outcomes):
            chunks += await self._publish_state(connection, outcomes, lines)
        recorded = await self._driver.record(connection, ends, chunks)
        return recorded, _outputs(ends, recorded.ended - recorded.filled)

    async def record_notice(self, connection: Connection, notice: LogLines, worker_id: uuid.UUID | None) -> Recorded:
        """Records a notice in the place of lines that cannot be stored; it has no secrets."""
        chunks = await self._chunks(connection, [notice], worker_id)
        return await self._driver.record(connection, [], [attrs.evolve(chunk, is_clean=True) for chunk in chunks])

    async def _publish_state(
        self, connection: Connection, outcomes: Sequence[Outcome], lines: Sequence[LogLines]
    ) -> list[LogChunk]:
        """Publishes the state that steps have written, before the decision: its templates may read it.

        Returns lines about conflicts. Locks the jobs of the batch.
        """
        await locked_jobs.lock_jobs(connection, {one.job_id for one in (*outcomes, *lines)})
        written = {
            snapshot: outcome.job_id for outcome in outcomes if not outcome.cancelled for snapshot in outcome.snapshots
        }
        published = await self._snapshots.publish_staged(connection, written)
        return [server_line(one.job_id, _conflict(one)) for one in published if one.conflict]

    async def _chunks(
        self, connection: Connection, lines: Sequence[LogLines], worker_id: uuid.UUID | None
    ) -> list[LogChunk]:
        """The lines of known steps."""
        ids = await self._names.ids_of(connection, lines)
        is_older = worker_id is None
        return [
            LogChunk(
                job_id=one.job_id,
                step=step_id[1],
                lines=one.lines,
                data=one.data,
                chunk=None if is_older else one.chunk,
                attempt=one.attempt,
                worker_id=worker_id,
                streams=(one.stdout_bytes, one.stderr_bytes),
            )
            for one, step_id in zip(lines, ids, strict=True)
            if step_id is not None
        ]

    async def _ends(
        self, connection: Connection, outcomes: Sequence[Outcome], worker_id: uuid.UUID | None
    ) -> list[StepEnd]:
        """The ends of known steps, with masked outputs and errors."""
        ids = await self._names.ids_of(connection, outcomes)
        plans = await self._plans.of(connection, {step_id[0] for step_id in ids if step_id is not None})
        return [
            _redacted(end_of(outcome, step_id, worker_id, self._output_bytes, self._names.place(step_id)), outcome, job)
            for outcome, step_id in zip(outcomes, ids, strict=True)
            if step_id is not None and (job := plans.get(step_id[0])) is not None
        ]


def _conflict(published: Published) -> str:
    """The line about a snapshot whose step had read an older one than the latest."""
    whose = "global state" if published.scope.is_global else f"state of task {published.scope.task!r}"
    return (
        f"[state] Step {published.step_name!r} wrote snapshot {published.number} of the {whose}, and had not read "
        f"snapshot {published.number - 1}, which was written meanwhile. Both are kept; see `stroem state diff`"
    )


def end_of(
    outcome: Outcome, step_id: StepId, worker_id: uuid.UUID | None, output_bytes: int, at: Address | None = None
) -> StepEnd:
    """The end of a step; see `step_ends.end_of`.

    Workers of the older contract have no id here. `at` is the address of the step, if known.
    """
    event = Ended(
        step=step_id[1],
        outcome="completed",
        worker_id=worker_id,
        at=at,
        actor=None if worker_id is None else str(worker_id),
    )
    event, output = step_ends.end_of(outcome, event, output_bytes)
    return StepEnd(job_id=step_id[0], event=event, output=None if output is None else (output, None))


def _redacted(end: StepEnd, outcome: Outcome, job: JobPlan) -> StepEnd:
    """The end with masked output and error; the unmasked output is kept until the job ends."""
    if not job.redactor.knows_secrets:
        return end
    if end.event.error is not None:
        end = attrs.evolve(end, event=attrs.evolve(end.event, error=job.redactor.line(end.event.error)))
    text = end.output[0] if end.output is not None else None
    if text is None or not job.logs.may_find(text.encode()):
        return end
    output = encode(job.redactor.value(outcome.output)).decode()
    if output == text:
        return end
    return attrs.evolve(end, output=(output, text), event=attrs.evolve(end.event, is_repeatable=False))


def _outputs(ends: Sequence[StepEnd], ended: frozenset[StepId]) -> Outputs:
    """Outputs to remember, of steps with a known address."""
    found: dict[ResultKey, Json] = {}
    for end in ends:
        event, text = end.event, None if end.output is None else end.output[1] or end.output[0]
        is_kept = event.outcome == "completed" and end.step_id in ended
        if event.at is not None and text is not None and len(text) <= _REMEMBERED_BYTES and is_kept:
            found[end.job_id, event.at[0], event.at[1]] = event.output
    return found

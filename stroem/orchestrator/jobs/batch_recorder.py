"""Recording of a batch of outcomes and log lines, in the caller's transaction."""

import uuid
from collections.abc import Sequence
from typing import Any

import attrs

from stroem.conversion.json_value import NotKept, encode, too_large
from stroem.orchestrator.jobs.job_driver import JobDriver, Recorded
from stroem.orchestrator.logs.appender import LogChunk
from stroem.orchestrator.plans.job_plans import JobPlan, JobPlans
from stroem.orchestrator.plans.step_names import StepNames
from stroem.protocol.steps import LogLines, Outcome
from stroem.store.jobs.steps import StepEnd, StepId
from stroem.store.statement import Connection

_REMEMBERED_BYTES = 64 * 1024
"""The largest output kept in memory for the steps that refer to it; others are read back."""

Outputs = dict[StepId, Any]


class BatchRecorder:
    """Records what workers deliver. Without a worker's id it is a worker of the older contract."""

    def __init__(self, names: StepNames, plans: JobPlans, driver: JobDriver, *, output_bytes: int) -> None:
        self._names = names
        self._plans = plans
        self._driver = driver
        self._output_bytes = output_bytes

    async def record(
        self,
        connection: Connection,
        outcomes: Sequence[Outcome],
        lines: Sequence[LogLines],
        worker_id: uuid.UUID | None,
    ) -> tuple[Recorded, Outputs]:
        """Records all of it; returns the result, and the outputs of steps that ended now.

        Raises ValuesNotLoaded.
        """
        ends = await self._ends(connection, outcomes, worker_id)
        chunks = await self._chunks(connection, lines, worker_id)
        recorded = await self._driver.record(connection, [end for end, _ in ends], chunks)
        return recorded, _outputs(ends, recorded.ended)

    async def record_notice(self, connection: Connection, notice: LogLines, worker_id: uuid.UUID | None) -> Recorded:
        """Records a notice in the place of lines that cannot be stored; it has no secrets."""
        chunks = await self._chunks(connection, [notice], worker_id)
        return await self._driver.record(connection, [], [attrs.evolve(chunk, is_clean=True) for chunk in chunks])

    async def _chunks(
        self, connection: Connection, lines: Sequence[LogLines], worker_id: uuid.UUID | None
    ) -> list[LogChunk]:
        """The lines of known steps."""
        ids = await self._names.ids_of(connection, lines)
        is_older = worker_id is None
        return [
            LogChunk(
                job_id=one.job_id,
                position=step_id[1],
                lines=one.lines,
                data=one.data,
                chunk=None if is_older else one.chunk,
                attempt=one.attempt,
                worker_id=worker_id,
            )
            for one, step_id in zip(lines, ids, strict=True)
            if step_id is not None
        ]

    async def _ends(
        self, connection: Connection, outcomes: Sequence[Outcome], worker_id: uuid.UUID | None
    ) -> list[tuple[StepEnd, Outcome]]:
        """The ends of known steps, with masked outputs and errors."""
        ids = await self._names.ids_of(connection, outcomes)
        plans = await self._plans.of(connection, {step_id[0] for step_id in ids if step_id is not None})
        return [
            (_redacted(end_of(outcome, step_id, worker_id, self._output_bytes), outcome, job), outcome)
            for outcome, step_id in zip(outcomes, ids, strict=True)
            if step_id is not None and (job := plans.get(step_id[0])) is not None
            if step_id[1] < len(job.plan.steps)
        ]


def end_of(outcome: Outcome, step_id: StepId, worker_id: uuid.UUID | None, output_bytes: int) -> StepEnd:
    """The end of a step: failed if the exit code is not 0, there is an error, or the output cannot be kept.

    An output of more than `output_bytes` bytes cannot be kept. Workers of the older contract have no id here.
    """
    output, fault = _encoded(outcome.output, output_bytes)
    error = outcome.error
    if error is None and outcome.exit_code not in (None, 0):
        error = f"Process exited with code {outcome.exit_code}"
    if fault is not None:
        error = fault if error is None else f"{error}\n{fault}"
    status = "cancelled" if outcome.cancelled else "failed" if error is not None else "completed"
    return StepEnd(
        job_id=step_id[0],
        position=step_id[1],
        status=status,
        attempt=outcome.attempt,
        worker_id=worker_id,
        output=output,
        error=error,
    )


def _encoded(output: Any, most: int) -> tuple[str | None, str | None]:
    """The output as JSON text, or the reason why it cannot be kept."""
    if output is None:
        return None, None
    try:
        text = encode(output)
    except NotKept as error:
        return None, f"The output cannot be kept: {error}"
    if len(text) > most:
        return None, too_large(len(text), most)
    return text.decode(), None


def _redacted(end: StepEnd, outcome: Outcome, job: JobPlan) -> StepEnd:
    """The end with masked output and error; the unmasked output is kept until the job ends."""
    if not job.redactor.knows_secrets:
        return end
    error = None if end.error is None else job.redactor.line(end.error)
    if end.output is None or not job.logs.may_find(end.output.encode()):
        return attrs.evolve(end, error=error)
    output = encode(job.redactor.value(outcome.output)).decode()
    full_output = end.output if output != end.output else None
    return attrs.evolve(end, error=error, output=output, full_output=full_output)


def _outputs(ends: Sequence[tuple[StepEnd, Outcome]], ended: frozenset[StepId]) -> Outputs:
    return {
        (end.job_id, end.position): outcome.output
        for end, outcome in ends
        if end.status == "completed" and end.output is not None and len(end.output) <= _REMEMBERED_BYTES
        if (end.job_id, end.position) in ended
    }

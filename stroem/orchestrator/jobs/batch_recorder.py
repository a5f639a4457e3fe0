"""Outcomes and log lines of workers, recorded together or, when one of them is bad, step by step."""

import logging
import uuid
from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from typing import Any

import attrs

from stroem.conversion.json_value import NotKept, encode, too_large
from stroem.orchestrator.exchange import Lines, Outcome
from stroem.orchestrator.jobs.driver import JobDriver, Recorded
from stroem.orchestrator.jobs.step_failer import StepFailer
from stroem.orchestrator.logs.appender import LogChunk
from stroem.orchestrator.logs.server_lines import note_line
from stroem.orchestrator.notifier import Notifier
from stroem.orchestrator.plans.job_plans import JobPlan, JobPlans
from stroem.orchestrator.plans.step_names import Places
from stroem.store.database import Database
from stroem.store.isolation import is_outage, isolate, reason_of
from stroem.store.jobs.steps import StepEnd, StepId
from stroem.store.statement import Connection

_REMEMBERED_BYTES = 64 * 1024
"""A larger output is read back from the database for the steps that refer to it."""
_log = logging.getLogger(__name__)

Outputs = dict[StepId, Any]
_Otherwise = Callable[[Exception, uuid.UUID | None], Awaitable[None]]


@attrs.frozen(kw_only=True)
class _StepNews:
    """Lines of one attempt of a step, and perhaps how it ended after them."""

    lines: tuple[Lines, ...] = ()
    outcome: Outcome | None = None


class NewsRecorder:
    """Records what workers tell. `record` is the ordinary way; `record_each` that for news which spoil it."""

    def __init__(
        self,
        database: Database,
        places: Places,
        plans: JobPlans,
        recorder: JobDriver,
        notifier: Notifier,
        failer: StepFailer,
        output_bytes: int,
    ) -> None:
        self._database = database
        self._places = places
        self._plans = plans
        self._recorder = recorder
        self._notifier = notifier
        self._failer = failer
        self._output_bytes = output_bytes

    async def record(
        self,
        connection: Connection,
        outcomes: Sequence[Outcome],
        lines: Sequence[Lines],
        worker_id: uuid.UUID | None,
    ) -> tuple[Recorded, Outputs]:
        """Records all of it in the caller's transaction; what follows, and the outputs that count now.

        Raises ValuesNotLoaded.
        """
        ends = await self._ends(connection, outcomes, worker_id)
        chunks = await self._chunks(connection, lines, worker_id)
        recorded = await self._recorder.record(connection, [end for end, _ in ends], chunks)
        return recorded, _outputs(ends, recorded.ended)

    async def record_each(
        self, outcomes: Sequence[Outcome], lines: Sequence[Lines], worker_id: uuid.UUID | None
    ) -> bool:
        """Records what can be recorded, in transactions of its own, and fails the steps whose news cannot.

        Returns whether lines came from a worker that does not hold their step. Raises only when the database is away.
        """
        work = self._plans.retrying(partial(self._record_steps, worker_id=worker_id))
        return any(await isolate(_by_step(outcomes, lines), work, partial(self._record_apart, worker_id=worker_id)))

    async def _chunks(
        self, connection: Connection, lines: Sequence[Lines], worker_id: uuid.UUID | None
    ) -> list[LogChunk]:
        """Lines with the positions of their steps; those of unknown steps are left out."""
        places = await self._places.find(connection, [(one.job_id, one.step) for one in lines])
        return [
            LogChunk(
                job_id=one.job_id,
                position=place[1],
                lines=one.lines,
                data=one.data,
                chunk=one.chunk,
                attempt=one.attempt,
                worker_id=worker_id,
                is_clean=one.is_clean,
            )
            for one in lines
            if (place := places.get((one.job_id, one.step))) is not None
        ]

    async def _ends(
        self, connection: Connection, outcomes: Sequence[Outcome], worker_id: uuid.UUID | None
    ) -> list[tuple[StepEnd, Outcome]]:
        places = await self._places.find(connection, [(outcome.job_id, outcome.step) for outcome in outcomes])
        plans = await self._plans.of(connection, {job_id for job_id, _ in places.values()})
        return [
            (_redacted(end_of(outcome, place, worker_id, self._output_bytes), outcome, plans[outcome.job_id]), outcome)
            for outcome in outcomes
            if (place := places.get((outcome.job_id, outcome.step))) is not None
        ]

    async def _record_steps(self, news: Sequence[_StepNews], worker_id: uuid.UUID | None) -> bool:
        outcomes = [one.outcome for one in news if one.outcome is not None]
        lines = [chunk for one in news for chunk in one.lines]
        async with self._database.begin() as connection:
            recorded, _ = await self.record(connection, outcomes, lines, worker_id)
        self._notifier.publish(recorded.notification)
        return recorded.refused

    async def _record_apart(self, news: _StepNews, error: Exception, worker_id: uuid.UUID | None) -> None:
        """Records the lines of one step and its outcome each for itself."""
        if news.outcome is not None and not news.lines:
            return await self._fail(news.outcome, error, worker_id)
        for chunk in news.lines:
            await self._try(_StepNews(lines=(chunk,)), worker_id, partial(self._replace, chunk))
        if news.outcome is not None:
            await self._try(_StepNews(outcome=news.outcome), worker_id, partial(self._fail, news.outcome))

    async def _try(self, news: _StepNews, worker_id: uuid.UUID | None, otherwise: _Otherwise) -> None:
        try:
            await self._plans.run(lambda: self._record_steps([news], worker_id))
        except Exception as error:
            if is_outage(error):
                raise
            await otherwise(error, worker_id)

    async def _replace(self, chunk: Lines, error: Exception, worker_id: uuid.UUID | None) -> None:
        """Puts a notice in the place of lines that cannot be stored."""
        _log.error(
            "%d lines of step %r of job %s cannot be stored", chunk.lines, chunk.step, chunk.job_id, exc_info=error
        )
        text = f"{chunk.lines} lines are missing here, they could not be stored: {reason_of(error)}"
        notice = attrs.evolve(chunk, lines=1, data=note_line(chunk.step, text), is_clean=True)
        await self._try(_StepNews(lines=(notice,)), worker_id, self._drop)

    async def _drop(self, error: Exception, _: uuid.UUID | None) -> None:
        _log.error("the notice of missing lines cannot be stored either: %s", reason_of(error))

    async def _fail(self, outcome: Outcome, error: Exception, worker_id: uuid.UUID | None) -> None:
        """Fails a step whose outcome cannot be recorded, and when that is impossible too, its job."""
        _log.error("the outcome of step %r of job %s cannot be recorded", outcome.step, outcome.job_id, exc_info=error)
        reason = f"The outcome could not be recorded: {reason_of(error)}"
        plain = attrs.evolve(outcome, exit_code=-1, output=None, error=reason)

        async def fail_job(final: Exception, _: uuid.UUID | None) -> None:
            await self._failer.fail_job(
                outcome.job_id, f"The outcome of step {outcome.step!r} cannot be recorded", final
            )

        await self._try(_StepNews(outcome=plain), worker_id, fail_job)


def end_of(outcome: Outcome, place: StepId, worker_id: uuid.UUID | None, output_bytes: int) -> StepEnd:
    """The contract's rule: a step has failed when its exit code is not 0 or an error is told.

    It has also failed when its output cannot be kept, or has more than `output_bytes` bytes.
    """
    output, fault = _encoded(outcome.output, output_bytes)
    error = outcome.error
    if error is None and outcome.exit_code not in (None, 0):
        error = f"Process exited with code {outcome.exit_code}"
    if fault is not None:
        error = fault if error is None else f"{error}\n{fault}"
    status = "cancelled" if outcome.cancelled else "failed" if error is not None else "completed"
    return StepEnd(
        job_id=place[0],
        position=place[1],
        status=status,
        attempt=outcome.attempt,
        worker_id=worker_id,
        output=output,
        error=error,
    )


def _encoded(output: Any, most: int) -> tuple[str | None, str | None]:
    """The output as JSON text, or why it cannot be kept."""
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
    """The end with no secrets in its output and error; the output with them is kept until the job ends."""
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


def _by_step(outcomes: Sequence[Outcome], lines: Sequence[Lines]) -> list[_StepNews]:
    """Notification sorted by attempt of a step, so that lines stay before the outcome that ends them."""
    found: dict[tuple[uuid.UUID, str, int | None], _StepNews] = {}
    for chunk in lines:
        key = (chunk.job_id, chunk.step, chunk.attempt)
        before = found.get(key, _StepNews())
        found[key] = attrs.evolve(before, lines=(*before.lines, chunk))
    for outcome in outcomes:
        key = (outcome.job_id, outcome.step, outcome.attempt)
        found[key] = attrs.evolve(found.get(key, _StepNews()), outcome=outcome)
    return list(found.values())

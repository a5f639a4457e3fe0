"""Recording of outcomes and log lines step by step, where a batch fails."""

import logging
import uuid
from collections.abc import Awaitable, Callable, Sequence
from functools import partial

import attrs

from stroem.conversion.constraints import Utf8
from stroem.errors import LeaseLost
from stroem.orchestrator.jobs.batch_recorder import BatchRecorder
from stroem.orchestrator.jobs.step_failer import StepFailer
from stroem.orchestrator.logs.server_lines import note_line
from stroem.orchestrator.notifier import Notifier
from stroem.orchestrator.plans.job_plans import JobPlans
from stroem.protocol.steps import AttemptKey, LogLines, Outcome
from stroem.store.batch_isolation import is_outage, isolate, reason_of
from stroem.store.database import Database

_log = logging.getLogger(__name__)


@attrs.frozen(kw_only=True)
class _StepBatch:
    """Lines of one attempt of a step, and its outcome after them."""

    lines: tuple[LogLines, ...] = ()
    outcome: Outcome | None = None


class SplitRecorder:
    """Records batches in transactions of its own, and splits a failing batch: a bad item fails its step alone."""

    def __init__(
        self,
        database: Database,
        batches: BatchRecorder,
        plans: JobPlans,
        notifier: Notifier,
        failer: StepFailer,
    ) -> None:
        self._database = database
        self.batches = batches
        self._plans = plans
        self._notifier = notifier
        self._failer = failer

    async def record_each(
        self, outcomes: Sequence[Outcome], lines: Sequence[LogLines], worker_id: uuid.UUID | None
    ) -> bool:
        """Records what can be recorded, and fails the steps of the rest.

        True if lines came from a worker that does not have their step. Raises only when the database is away.
        """
        record = self._plans.retrying(partial(self._record, worker_id=worker_id))
        return any(await isolate(_by_step(outcomes, lines), record, partial(self._record_apart, worker_id=worker_id)))

    async def append(self, lines: LogLines, worker_id: uuid.UUID) -> None:
        """Records log lines. Raises LeaseLost when the worker does not have their step any more."""
        if await self.record_each([], [lines], worker_id):
            raise LeaseLost(step=lines.step_name)

    async def _record(self, parts: Sequence[_StepBatch], worker_id: uuid.UUID | None) -> bool:
        outcomes = [one.outcome for one in parts if one.outcome is not None]
        lines = [chunk for one in parts for chunk in one.lines]
        async with self._database.begin() as connection:
            recorded, _ = await self.batches.record(connection, outcomes, lines, worker_id)
        self._notifier.publish(recorded.notification)
        return recorded.refused

    async def _record_apart(self, part: _StepBatch, error: Exception, worker_id: uuid.UUID | None) -> None:
        """Records the chunks and the outcome in one transaction each."""
        if part.outcome is not None and not part.lines:
            return await self._fail(part.outcome, worker_id, error)
        for chunk in part.lines:
            await self._try(_StepBatch(lines=(chunk,)), worker_id, partial(self._replace, chunk, worker_id))
        if part.outcome is not None:
            fail = partial(self._fail, part.outcome, worker_id)
            await self._try(_StepBatch(outcome=part.outcome), worker_id, fail)

    async def _try(
        self, part: _StepBatch, worker_id: uuid.UUID | None, on_failure: Callable[[Exception], Awaitable[None]]
    ) -> None:
        try:
            await self._plans.run(lambda: self._record([part], worker_id))
        except Exception as error:
            if is_outage(error):
                raise
            await on_failure(error)

    async def _replace(self, chunk: LogLines, worker_id: uuid.UUID | None, error: Exception) -> None:
        """Stores a notice in the place of lines that cannot be stored."""
        _log.error("%d lines of step %s cannot be stored", chunk.lines, chunk, exc_info=error)
        text = f"{chunk.lines} lines are missing here, they could not be stored: {reason_of(error)}"
        notice = attrs.evolve(chunk, lines=1, data=Utf8(note_line(chunk.step_name, text)))
        try:
            async with self._database.begin() as connection:
                recorded = await self.batches.record_notice(connection, notice, worker_id)
        except Exception as final:
            if is_outage(final):
                raise
            _log.error("the notice of missing lines cannot be stored either: %s", reason_of(final))
        else:
            self._notifier.publish(recorded.notification)

    async def _fail(self, outcome: Outcome, worker_id: uuid.UUID | None, error: Exception) -> None:
        """Fails a step in place of its outcome; fails its job if that is impossible too."""
        _log.error("the outcome of step %s cannot be recorded", outcome, exc_info=error)
        reason = f"The outcome could not be recorded: {reason_of(error)}"
        plain = attrs.evolve(outcome, exit_code=-1, output=None, error=reason, error_kind="output")

        async def fail_job(final: Exception) -> None:
            what = f"The outcome of step {outcome.step_name!r} cannot be recorded"
            await self._failer.fail_job(outcome.job_id, what, final)

        await self._try(_StepBatch(outcome=plain), worker_id, fail_job)


def _by_step(outcomes: Sequence[Outcome], lines: Sequence[LogLines]) -> list[_StepBatch]:
    """The items by attempt of a step, lines before outcomes."""
    found: dict[AttemptKey, _StepBatch] = {}
    for chunk in lines:
        before = found.get(chunk.key, _StepBatch())
        found[chunk.key] = attrs.evolve(before, lines=(*before.lines, chunk))
    for outcome in outcomes:
        found[outcome.key] = attrs.evolve(found.get(outcome.key, _StepBatch()), outcome=outcome)
    return list(found.values())

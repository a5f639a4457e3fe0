"""Job driver: records ends of steps and writes what the engine decides next, in one transaction."""

import uuid
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence

import attrs

from stroem.conversion.text import abridged
from stroem.engine.decide import Settlement, Waiting, job_status, reach, settle
from stroem.orchestrator.logs.appender import LogAppender, LogChunk
from stroem.orchestrator.logs.server_lines import server_line
from stroem.orchestrator.notifier import Need, Notification
from stroem.orchestrator.plans.plan_cache import CachedPlan, PlanCache
from stroem.store.jobs import jobs, steps, transitions
from stroem.store.jobs.jobs import LockedJob
from stroem.store.jobs.steps import StepEnd, StepId
from stroem.store.jobs.transitions import JobProgress, StepChange
from stroem.store.statement import Connection

_ERROR_CHARS = 16 * 1024
"""Longest error of a step. Longer ones keep their beginning and end."""


@attrs.frozen(kw_only=True)
class Recorded:
    """Result of a transition: the steps that ended, and the notification to publish after the commit.

    `refused` is true if lines came from a worker that no longer has their step.
    """

    ended: frozenset[StepId]
    notification: Notification
    refused: bool = False


class JobDriver:
    """Records ends of steps and log lines, and applies what the engine decides."""

    def __init__(self, plan_cache: PlanCache, appender: LogAppender) -> None:
        self._plan_cache = plan_cache
        self._appender = appender

    async def record(
        self,
        connection: Connection,
        ends: Sequence[StepEnd],
        chunks: Sequence[LogChunk] = (),
        *,
        was: str = "running",
    ) -> Recorded:
        """Applies ends of steps and log lines to their jobs, locked in this transaction.

        Appends to the logs, ends steps that are still `was`, settles the steps behind them, and ends jobs without open
        steps. Late or repeated ends change nothing.
        """
        locked = await jobs.lock_jobs(connection, {end.job_id for end in ends} | {chunk.job_id for chunk in chunks})
        lines, refused = await self._appender.append(connection, locked, chunks) if chunks else ({}, False)
        known = [self._translated(end, locked[end.job_id]) for end in _once(ends) if end.job_id in locked]
        if not known:
            return Recorded(ended=frozenset(), notification=Notification(jobs=frozenset(lines)), refused=refused)
        plans = {end.job_id: await self._plan_cache.get(connection, locked[end.job_id].plan) for end in known}
        finished = await steps.finish_steps(connection, known, _behind(plans, known), was=was)
        by_job = _by_job(end for end in known if (end.job_id, end.position) in finished.ended)
        if not by_job:
            return Recorded(ended=frozenset(), notification=Notification(jobs=frozenset(lines)), refused=refused)
        if told := [end for own in by_job.values() for end in own if end.log_origin is not None]:
            now = {
                job_id: attrs.evolve(locked[job_id], log_lines=lines.get(job_id, locked[job_id].log_lines))
                for job_id in by_job
            }
            own_lines = [_server_line(end, plans[end.job_id]) for end in told]
            lines |= (await self._appender.append(connection, now, own_lines))[0]
        settlements = _settle(plans, by_job, finished.waiting)
        changes = [one for job_id, what in settlements.items() for one in _changes(job_id, plans[job_id], what)]
        moved = []
        for job_id, own in by_job.items():
            job = attrs.evolve(locked[job_id], log_lines=lines.get(job_id, locked[job_id].log_lines))
            moved.append(_progress(job, own, plans[job_id], settlements.get(job_id)))
        await transitions.advance(connection, moved, changes)
        notification = _notification(plans, settlements, frozenset(lines) | frozenset(by_job))
        return Recorded(ended=finished.ended, notification=notification, refused=refused)

    @staticmethod
    def _translated(end: StepEnd, job: LockedJob) -> StepEnd:
        """The end with a bounded error. A step that fails while its job is being cancelled is cancelled."""
        if end.error is not None and len(end.error) > _ERROR_CHARS:
            end = attrs.evolve(end, error=abridged(end.error, _ERROR_CHARS))
        if end.status == "failed" and job.cancel_reason is not None:
            return attrs.evolve(end, status="cancelled")
        return end


def _once(ends: Sequence[StepEnd]) -> Iterable[StepEnd]:
    """The end of the latest attempt of each step: a second one would be counted twice."""
    found: dict[StepId, StepEnd] = {}
    for end in ends:
        other = found.get((end.job_id, end.position))
        if other is None or (end.attempt or 0) > (other.attempt or 0):
            found[(end.job_id, end.position)] = end
    return found.values()


def _server_line(end: StepEnd, plan: CachedPlan) -> LogChunk:
    step = plan.plan.steps[end.position].name
    return server_line(end.job_id, f"[{end.log_origin}] Step {step!r}: {end.error}")


def _behind(plans: Mapping[uuid.UUID, CachedPlan], ends: Iterable[StepEnd]) -> list[StepId]:
    """Steps with counters that these ends may change."""
    return [
        (job_id, position)
        for job_id, own in _by_job(ends).items()
        for position in reach(plans[job_id].plan, *_sides(own))
    ]


def _by_job(ends: Iterable[StepEnd]) -> dict[uuid.UUID, list[StepEnd]]:
    sorted_out: dict[uuid.UUID, list[StepEnd]] = defaultdict(list)
    for end in ends:
        sorted_out[end.job_id].append(end)
    return sorted_out


def _settle(
    plans: Mapping[uuid.UUID, CachedPlan],
    by_job: Mapping[uuid.UUID, Sequence[StepEnd]],
    waiting: Mapping[StepId, tuple[int, int]],
) -> dict[uuid.UUID, Settlement]:
    counters: dict[uuid.UUID, dict[int, Waiting]] = defaultdict(dict)
    for (job_id, position), (unmet, broken) in waiting.items():
        counters[job_id][position] = Waiting(unmet=unmet, broken=broken)
    return {
        job_id: settle(plans[job_id].plan, *_sides(own), counters[job_id])
        for job_id, own in by_job.items()
        if job_id in counters
    }


def _progress(job: LockedJob, ends: Sequence[StepEnd], plan: CachedPlan, settlement: Settlement | None) -> JobProgress:
    failed = job.steps_failed + sum(
        end.status == "failed" and not plan.plan.steps[end.position].continue_on_failure for end in ends
    )
    still_open = job.steps_open - len(ends) - (len(settlement.skipped) if settlement else 0)
    return JobProgress(
        id=job.id,
        steps_open=still_open,
        steps_failed=failed,
        log_lines=job.log_lines,
        status=job_status(still_open, failed, job.cancel_reason),
        error=None if still_open else job.cancel_reason,
        sinks=plan.sinks,
    )


def _notification(
    plans: Mapping[uuid.UUID, CachedPlan], settlements: Mapping[uuid.UUID, Settlement], touched: frozenset[uuid.UUID]
) -> Notification:
    ready: Counter[Need] = Counter()
    for job_id, settlement in settlements.items():
        planned = plans[job_id].plan.steps
        ready.update((planned[position].ability, planned[position].tags) for position in settlement.ready)
    return Notification(ready=ready, jobs=touched)


def _sides(ends: Iterable[StepEnd]) -> tuple[list[int], list[int]]:
    good: list[int] = []
    bad: list[int] = []
    for end in ends:
        (good if end.status == "completed" else bad).append(end.position)
    return good, bad


def _changes(job_id: uuid.UUID, plan: CachedPlan, settlement: Settlement) -> Iterable[StepChange]:
    ready = frozenset(settlement.ready)
    for position, counters in settlement.counters.items():
        status, error = "pending", None
        if position in settlement.skipped:
            cause = plan.plan.steps[settlement.skipped[position]].name
            status, error = "skipped", f"Skipped: step {cause!r} did not complete"
        elif position in ready:
            status = "ready"
        yield StepChange(
            job_id=job_id, position=position, unmet=counters.unmet, broken=counters.broken, status=status, error=error
        )

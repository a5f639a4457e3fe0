"""Reasons of jobs: one line on their present work or their failure."""

import datetime
import uuid
from collections.abc import Iterator, Mapping, Sequence
from typing import Literal

import attrs
from aiohttp import web

from stroem.engine.plan import TaskPlan
from stroem.interfaces.nodes import ROOT
from stroem.orchestrator.operations.pauser import PauseState
from stroem.orchestrator.plans.plan_cache import CachedPlan
from stroem.redaction.redactor import Redactor, Withholder
from stroem.server.api.jobs.error_lines import error_line
from stroem.server.api.jobs.page_redactors import origins_of, redactors_of
from stroem.server.api.jobs.readable import names_in
from stroem.server.api.waiting.reasons import held_reason, waiting_reason
from stroem.server.keys import SERVICES, SETTINGS
from stroem.store.jobs import needs
from stroem.store.jobs.jobs import TERMINAL, JobRow
from stroem.store.jobs.needs import WorkerOffer, need_of
from stroem.store.jobs.steps import StepId
from stroem.store.jobs.summaries import job_progress
from stroem.store.jobs.summaries.job_progress import CurrentStep, FailedStep, Progress
from stroem.store.statement import Connection

Kind = Literal["failed", "rejected", "cancelled", "skipped", "paused", "waiting", "running"]
_FAILURES: Sequence[Kind] = ("failed", "rejected")
_LONGEST = 300
_PLAIN_CANCEL = "Job cancelled by user"
_NOTHING_TOLD = Withholder()


@attrs.frozen(kw_only=True)
class Reason:
    """A line on what a job does or why it ended so, without secrets. `step` is the path of the step that it is of."""

    kind: Kind
    text: str
    step: str | None = None


@attrs.frozen(kw_only=True)
class JobState:
    """The reason of a job, and its steps outside of blocks and loops: all, and those done. None: not known.

    `waits_for` is that of the row, without secrets.
    """

    reason: Reason | None = None
    waits_for: str | None = None
    steps_total: int | None = None
    steps_done: int | None = None


async def states_of(
    app: web.Application, connection: Connection, rows: Sequence[JobRow], pauses: Mapping[uuid.UUID, PauseState]
) -> dict[uuid.UUID, JobState]:
    """The states of the jobs of a page, by job id. Raises NotLoaded.

    The number of statements does not depend on that of the jobs, but for secrets of live jobs that are read once.
    """
    services = app[SERVICES]
    await services.plans.cached_jobs.get(connection, [row.id for row in rows])
    live = [row.id for row in rows if row.status not in TERMINAL]
    current = await job_progress.current_steps(connection, live)
    failures = await job_progress.first_failures(connection, [row.id for row in rows if row.status == "failed"])
    plans = await services.plan_cache.get_all(connection, {row.plan for row in rows})
    failed = {row.id: one for row in rows if (one := _cause(failures.get(row.id, ()), plans.get(row.plan)))}
    read = _Read(
        plans=plans,
        current=current,
        failed=failed,
        progress=await job_progress.progress_of(connection, [row.id for row in rows if row.status != "completed"]),
        cancellers=await job_progress.cancellers(connection, [row.id for row in rows if row.cancel_reason]),
        offers=await needs.active_offers(connection) if any(s.status == "ready" for s in current.values()) else (),
        names=await names_in(app, connection, [*_ids(current), *_ids(failed)]),
        fails_after=app[SETTINGS].recovery.unmatched_step_timeout_secs,
    )
    reasons = {row.id: _reason(row, pauses.get(row.id), read) for row in rows}
    told = [row for row in rows if reasons[row.id] is not None or row.waits_for is not None]
    in_doubt = [row.id for row in told if _is_in_doubt(row, reasons[row.id])]
    redactors = await redactors_of(app, connection, {row.id: row.workspace for row in told}, in_doubt)
    return {row.id: _state(row, reasons[row.id], read, redactors.get(row.id, _NOTHING_TOLD)) for row in rows}


@attrs.frozen(kw_only=True)
class _Read:
    plans: Mapping[str, CachedPlan]
    current: Mapping[uuid.UUID, CurrentStep]
    failed: Mapping[uuid.UUID, FailedStep]
    progress: Mapping[uuid.UUID, Progress]
    cancellers: Mapping[uuid.UUID, str]
    offers: Sequence[WorkerOffer]
    names: Mapping[StepId, str]
    fails_after: int


def _ids(steps: Mapping[uuid.UUID, CurrentStep] | Mapping[uuid.UUID, FailedStep]) -> Iterator[StepId]:
    for job_id, one in steps.items():
        yield job_id, one.id if isinstance(one, CurrentStep) else one.step


def _cause(failures: Sequence[FailedStep], cached: CachedPlan | None) -> FailedStep | None:
    """The first failure that counts for the job."""
    counting = (one for one in failures if cached is None or not _is_optional(cached.plan, one.node))
    return next(counting, failures[0] if failures else None)


def _is_optional(plan: TaskPlan, node: int) -> bool:
    while node != ROOT and node < len(plan.nodes):
        if plan.node(node).optional:
            return True
        node = plan.node(node).parent
    return False


def _is_in_doubt(row: JobRow, reason: Reason | None) -> bool:
    """True if texts on a job may hold its secrets: errors are stored masked, keys of limits and signals are not."""
    if row.waits_for is not None or (reason is not None and reason.kind == "waiting"):
        return True
    is_own = reason is not None and reason.kind in ("running", "paused")
    return not is_own and (not row.redacted or bool(origins_of(row)))


def _state(row: JobRow, reason: Reason | None, read: _Read, redactor: Redactor) -> JobState:
    if reason is not None:
        text = redactor.text(reason.text)
        reason = attrs.evolve(reason, text=_line(_failed(text, reason.step) if reason.kind in _FAILURES else text))
    waits_for = redactor.optional(row.waits_for)
    if row.plan not in read.plans:
        return JobState(reason=reason, waits_for=waits_for)
    total = len(read.plans[row.plan].plan.children(ROOT))
    progress = read.progress.get(row.id, Progress())
    done = progress.finished if row.status in TERMINAL else progress.ended
    done = total if row.status == "completed" else done
    return JobState(reason=reason, waits_for=waits_for, steps_total=total, steps_done=done)


def _reason(row: JobRow, pause: PauseState | None, read: _Read) -> Reason | None:
    if row.status == "failed":
        return _failure(row, read)
    if row.status == "cancelled" or (row.cancel_reason and row.status == "running"):
        return _cancellation(row, read.cancellers.get(row.id))
    if row.status == "skipped":
        return Reason(kind="skipped", text=row.error) if row.error else None
    if row.status == "completed":
        return None
    if pause is not None and pause.paused_at is not None:
        return Reason(kind="paused", text=f"Paused by {pause.paused_by}" if pause.paused_by else "Paused")
    if (waits := held_reason(row.status, row.waits_for)) is not None:
        return Reason(kind="waiting", text=waits)
    if row.starts_at is not None and row.next_step == 1:
        at = row.starts_at.astimezone(datetime.UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
        return Reason(kind="waiting", text=f"Repeats a failed job at {at}")
    step = read.current.get(row.id)
    return None if step is None else _step_reason(row, step, read)


def _failure(row: JobRow, read: _Read) -> Reason | None:
    """The error of the job itself, else that of the first failed step."""
    if row.error:
        return Reason(kind="failed", text=row.error)
    if (failed := read.failed.get(row.id)) is None:
        return None
    name = read.names.get((row.id, failed.step))
    kind: Kind = "rejected" if failed.error_kind == "rejected" else "failed"
    return Reason(kind=kind, text=failed.error, step=name)


def _failed(error: str, step: str | None) -> str:
    """The words of a failure, from an error without secrets."""
    line = error_line(error)
    return line if step is None else f"{step}: {line}"


def _cancellation(row: JobRow, by: str | None) -> Reason | None:
    given = row.cancel_reason or row.error
    why = None if given == _PLAIN_CANCEL else given
    if by is None:
        return Reason(kind="cancelled", text=why or "Cancelled")
    return Reason(kind="cancelled", text=f"Cancelled by {by}" + (f": {why}" if why else ""))


def _step_reason(row: JobRow, step: CurrentStep, read: _Read) -> Reason | None:
    name = read.names.get((row.id, step.id))
    if name is None:
        return None
    plan = read.plans[row.plan].plan if row.plan in read.plans else None
    if step.status == "running":
        return Reason(kind="running", text=_work(name, step, row, plan, read), step=name)
    if step.status == "ready" and plan is not None and step.node < len(plan.nodes):
        node = plan.node(step.node)
        need = need_of(node.ability, node.tags, node.resources)
        text = waiting_reason(need, read.offers, read.fails_after, row.workspace)
        return Reason(kind="waiting", text=text, step=name)
    end = step.expires_at if step.status == "suspended" else step.due_at
    text = held_reason(step.status, step.waits_for, end) or "Waiting"
    return Reason(kind="waiting", text=text, step=name)


def _work(name: str, step: CurrentStep, row: JobRow, plan: TaskPlan | None, read: _Read) -> str:
    """`resize 9,476 of 10,000, 31 failed` of a loop, else the place of the step among all."""
    if step.total:
        failed = f", {step.failed:,} failed" if step.failed else ""
        return f"{name} {step.total - step.open:,} of {step.total:,}{failed}"
    total = 0 if plan is None else len(plan.children(ROOT))
    done = read.progress.get(row.id, Progress()).ended
    return f"{name} {min(done + 1, total)} of {total}" if total > 1 else name


def _line(text: str) -> str:
    """The first line that is not empty, cut at 300 characters."""
    line = next((line.strip() for line in text.splitlines() if line.strip()), "")
    return line if len(line) <= _LONGEST else f"{line[: _LONGEST - 1]}…"

"""Blockers of a job and its steps, and a forecast."""

import asyncio
import datetime
import uuid
from collections.abc import Collection, Sequence

import attrs
from aiohttp import web

from stroem.engine.values.state import JOB, SLOT
from stroem.errors import NotFound
from stroem.orchestrator.operations.pauser import PauseState, pauses_of
from stroem.server.api.jobs.job_redactor import redactor_of
from stroem.server.api.jobs.step_operations import holds_in
from stroem.server.api.jobs.stored_steps import silence_of
from stroem.server.api.rights.live_rights import reach_for
from stroem.server.api.waiting import forecast
from stroem.server.api.waiting.blockers import Blocker, Known, masked, slot_blocker, step_blocker, turns, unvisited
from stroem.server.api.waiting.forecast import Durations, Estimate, Forecast, Unknown
from stroem.server.keys import SERVICES, SETTINGS
from stroem.store.jobs import blocked_steps, jobs, needs, workers
from stroem.store.jobs.blocked_steps import BlockedStep
from stroem.store.jobs.jobs import TERMINAL, JobRow
from stroem.store.jobs.summaries import durations
from stroem.store.limits import lines
from stroem.store.limits.slots import Owner
from stroem.store.statement import Connection

_MOST_STEPS = 100
"""Most steps of which the blockers are shown."""
_UNBOUNDED = frozenset({"approval", "signal", "pause", "worker"})
"""Kinds of blockers that no duration ends."""


@attrs.frozen(kw_only=True)
class WaitingJob:
    """Blockers of the job itself, then those of its first 100 waiting steps. An ended job has none.

    `now` is the time of the answer.
    """

    job_id: uuid.UUID
    workspace: str
    task_name: str
    status: str
    now: datetime.datetime
    blockers: tuple[Blocker, ...]
    has_more: bool
    forecast: Forecast


async def get(request: web.Request, job_id: uuid.UUID) -> WaitingJob:
    """Reasons why a job and its steps wait, and a forecast from the durations of earlier jobs."""
    app = request.app
    async with app[SERVICES].database.read() as connection:
        job = await jobs.get_job(connection, job_id)
        if job is None:
            raise NotFound(kind="Job", name=job_id)
        now = datetime.datetime.fromtimestamp(await workers.clock(connection), datetime.UTC)
        if job.status in TERMINAL:
            return _waiting(job, now, (), Forecast())
        pause = (await pauses_of(connection, [job])).get(job_id, PauseState())
        rows = await blocked_steps.list_blocked(connection, job_id, _MOST_STEPS + 1)
        counts = await blocked_steps.count_turns(connection, job_id)
        known = await _known(request, connection, job, rows, counts)
        tasks = _tasks(job, known)
        spent = await durations.durations_of(connection, tasks, forecast.SAMPLE)
        visited = await blocked_steps.open_nodes(connection, job_id)
        silent = await silence_of(connection, job, request.app[SETTINGS].recovery)
    found = [*_of_job(job, pause, known)]
    if silent is not None:
        found.append(Blocker(step=None, kind="worker", text=silent))
    if job.next_step > 1:
        told = {one.step for one in found}
        steps = (step_blocker(known, row) for row in rows[:_MOST_STEPS])
        found += [one for one in steps if one.kind != "pause" or one.step not in told]
        found += turns(known, counts)
        if len(rows) <= _MOST_STEPS:
            found += unvisited(known, visited)
    redactor = await redactor_of(app, job, known.plan)
    reach = reach_for(request, "job.read")
    shown = await asyncio.to_thread(lambda: [masked(one, redactor, reach) for one in found])
    expected = _forecast(job, shown, known, spent, now)
    return _waiting(job, now, shown, expected, has_more=len(rows) > _MOST_STEPS)


def _waiting(
    job: JobRow, now: datetime.datetime, found: Sequence[Blocker], expected: Forecast, *, has_more: bool = False
) -> WaitingJob:
    return WaitingJob(
        job_id=job.id,
        workspace=job.workspace,
        task_name=job.task,
        status=job.status,
        now=now,
        blockers=tuple(found),
        has_more=has_more,
        forecast=expected,
    )


async def _known(
    request: web.Request,
    connection: Connection,
    job: JobRow,
    rows: Sequence[BlockedStep],
    loops: Collection[int],
) -> Known:
    services = request.app[SERVICES]
    plan = await services.plans.cached_jobs.plan(connection, job.id)
    waits = [*filter(None, (job.waits_for, *(row.waits_for for row in rows)))]
    keys = {one.removeprefix(SLOT) for one in waits if _is_slot(one)}
    owners: set[Owner] = {(job.id, row.id) for row in rows if _is_slot(row.waits_for)}
    owners |= {(job.id, JOB)} if _is_slot(job.waits_for) else set()
    states = await lines.states_of(connection, keys)
    ahead = await lines.ahead_of(connection, owners) if owners else {}
    others = {(one.job_id, one.step) for state in states.values() for one in (*state.holders, *state.line) if one.step}
    named = {*others, *((job.id, row.id) for row in rows), *((job.id, loop) for loop in loops)}
    is_ready = any(row.status == "ready" for row in rows)
    scopes = {JOB, *(row.parent for row in rows)}
    return Known(
        job_id=job.id,
        workspace=job.workspace,
        plan=plan,
        names=await services.names.names_of(connection, named),
        states=states,
        ahead=ahead,
        places=await blocked_steps.queue_places(connection, job.id) if is_ready else {},
        ended=frozenset(await blocked_steps.ended_nodes(connection, job.id, scopes)),
        offers=await needs.active_offers(connection) if is_ready else (),
        fails_after=request.app[SETTINGS].recovery.unmatched_step_timeout_secs,
    )


def _is_slot(waits_for: str | None) -> bool:
    return waits_for is not None and waits_for.startswith(SLOT)


def _tasks(job: JobRow, known: Known) -> set[durations.TaskName]:
    """The tasks whose durations the forecast needs."""
    owners = (one for state in known.states.values() for one in (*state.holders, *state.line))
    return {(job.workspace, job.task), *((one.workspace, one.task) for one in owners if not one.step)}


def _of_job(job: JobRow, pause: PauseState, known: Known) -> Sequence[Blocker]:
    """The blockers of the job itself."""
    found: list[Blocker] = []
    if pause.paused_at is not None:
        by = f" by {pause.paused_by}" if pause.paused_by else ""
        text = f"The job is paused{by}"
        found.append(Blocker(step=None, kind="pause", text=text, since=pause.paused_at, by=pause.paused_by))
    for hold in holds_in(job) if job.next_step > 1 else ():
        by = f" by {hold.by}" if hold.by else ""
        text = f"Step {hold.step!r} is paused{by}"
        found.append(Blocker(step=hold.step, kind="pause", text=text, since=hold.at, by=hold.by))
    if job.waits_for is not None and _is_slot(job.waits_for):
        found.append(slot_blocker(known, (job.id, JOB), job.waits_for, None))
    elif job.starts_at is not None and job.next_step == 1 and job.waits_for is None:
        text = "The job repeats a failed one after a delay"
        found.append(Blocker(step=None, kind="start", text=text, since=job.created_at, until=job.starts_at))
    return found


def _forecast(
    job: JobRow, found: Sequence[Blocker], known: Known, spent: Durations, now: datetime.datetime
) -> Forecast:
    task = (job.workspace, job.task)
    begins: Estimate | None = None
    try:
        if endless := next((one for one in found if one.kind in _UNBOUNDED), None):
            raise Unknown(reason=f"nobody knows when this ends: {endless.text}")
        if job.next_step > 1:
            if job.started_at is None:
                raise Unknown(reason="the job waits for a worker")
            return Forecast(ends=forecast.end_from(job.started_at, task, spent, now))
        begins = _begin(job, known, spent, now)
        return Forecast(begins=begins, ends=forecast.job_end(begins, task, spent))
    except Unknown as unknown:
        return Forecast(begins=begins, unknown=unknown.reason)


def _begin(job: JobRow, known: Known, spent: Durations, now: datetime.datetime) -> Estimate:
    """When a job that has not begun will. Raises Unknown."""
    if job.waits_for is None or not _is_slot(job.waits_for):
        at = job.starts_at or now
        return Estimate(likely=at, late=at, sample_size=0)
    state = known.states.get(job.waits_for.removeprefix(SLOT))
    if state is None:
        raise Unknown(reason="the limit is not known")
    return forecast.begin_after(state, known.ahead.get((job.id, JOB), 0), spent, now)

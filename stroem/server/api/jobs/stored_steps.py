"""Steps of jobs as they are stored, with what is needed to show them."""

import uuid
from collections.abc import Mapping, Sequence

from aiohttp import web

from stroem.engine.plan import LOCAL, TaskPlan
from stroem.engine.values.state import JOB
from stroem.redaction.redactor import Withholder
from stroem.server.api.jobs.job_steps import CachedFrom, JobSteps
from stroem.server.api.waiting.reasons import held_reason, silence, waiting_reason
from stroem.server.keys import SERVICES, SETTINGS
from stroem.settings.server import RecoverySettings
from stroem.store.jobs import jobs, loop_items, needs, step_queries
from stroem.store.jobs.needs import need_of
from stroem.store.jobs.results.step_cache import hits_of_job
from stroem.store.jobs.step_queries import StepRow
from stroem.store.jobs.worker_steps import silent_worker
from stroem.store.statement import Connection


async def steps_of(app: web.Application, connection: Connection, job: jobs.JobRow, *, with_items: bool) -> JobSteps:
    """The steps of a job, which show nothing until they have a redactor. Raises PlanUnreadable."""
    plan = await app[SERVICES].plans.cached_jobs.plan(connection, job.id)
    if with_items or not _nodes(plan, "loop"):
        return await _made(app, connection, job, plan, await step_queries.list_steps(connection, job.id), None)
    return await _without_items(app, connection, job, plan, JOB)


async def steps_inside(app: web.Application, connection: Connection, job: jobs.JobRow, row: StepRow) -> JobSteps:
    """The steps inside a step, without the items of loops there."""
    plan = await app[SERVICES].plans.cached_jobs.plan(connection, job.id)
    return await _without_items(app, connection, job, plan, row.id, row)


async def _without_items(
    app: web.Application, connection: Connection, job: jobs.JobRow, plan: TaskPlan, scope: int, *around: StepRow
) -> JobSteps:
    """The steps of a scope that are in no loop there, with the numbers of the loops' items by status."""
    inside = await loop_items.steps_outside_loops(connection, job.id, _nodes(plan, "block"), scope)
    rows = [*around, *inside]
    loops = [row.id for row in rows if plan.node(row.node).kind == "loop"]
    counts = await loop_items.item_counts(connection, job.id, loops) if loops else {}
    return await _made(app, connection, job, plan, rows, counts)


def _nodes(plan: TaskPlan, kind: str) -> list[int]:
    return [number for number, node in enumerate(plan.nodes) if node.kind == kind]


async def _made(
    app: web.Application,
    connection: Connection,
    job: jobs.JobRow,
    plan: TaskPlan,
    rows: Sequence[StepRow],
    counts: Mapping[int, dict[str, int]] | None,
) -> JobSteps:
    shown = None if counts is None else [row.id for row in rows]
    tasks = [row.id for row in rows if plan.node(row.node).task is not None]
    return JobSteps(
        job_id=job.id,
        plan=plan,
        rows=rows,
        attempts=await step_queries.list_attempts(connection, job.id, shown),
        job_status=job.status,
        is_cancelled=job.cancel_reason is not None,
        ended_at=job.completed_at,
        redactor=Withholder(),
        waiting=await _waiting(app, connection, job, plan, rows),
        cached=await _cached(connection, job.id, rows),
        children=await loop_items.child_jobs(connection, job.id, tasks) if tasks else {},
        counts=counts,
    )


async def _waiting(
    app: web.Application, connection: Connection, job: jobs.JobRow, plan: TaskPlan, rows: Sequence[StepRow]
) -> dict[int, str]:
    """Reasons why steps wait."""
    recovery = app[SETTINGS].recovery
    silent = await silence_of(connection, job, recovery)
    offers = await needs.active_offers(connection) if any(row.status == "ready" for row in rows) else []

    def reason_of(row: StepRow) -> str | None:
        if silent is not None and row.worker_id is not None and row.status in ("ready", "running"):
            return silent
        if row.status == "ready":
            node = plan.node(row.node)
            need = need_of(node.ability, node.tags, node.resources)
            return waiting_reason(need, offers, recovery.unmatched_step_timeout_secs, job.workspace)
        return held_reason(row.status, row.waits_for, row.expires_at if row.status == "suspended" else row.due_at)

    return {row.id: reason for row in rows if (reason := reason_of(row)) is not None}


async def _cached(connection: Connection, job_id: uuid.UUID, rows: Sequence[StepRow]) -> dict[int, CachedFrom]:
    """The steps that took results. These have completed without an attempt."""
    if not any(row.status == "completed" and not row.attempt for row in rows):
        return {}
    hits = await hits_of_job(connection, job_id)
    return {step: CachedFrom(job_id=one.job_id, step_name=one.name) for step, one in hits.items()}


async def silence_of(connection: Connection, job: jobs.JobRow, recovery: RecoverySettings) -> str | None:
    """The reason why a job stands still that stays on a worker which is not heard any more."""
    if job.mode != LOCAL or job.worker_id is None or job.status in jobs.TERMINAL:
        return None
    worker = await silent_worker(connection, job.worker_id)
    return None if worker is None else silence(worker, recovery.local_secs)

"""A job with all its steps."""

import asyncio
import datetime
import uuid
from collections.abc import Mapping, Sequence

import attrs
from aiohttp import web

from stroem.definitions.values import Json
from stroem.engine.plan import TaskPlan
from stroem.errors import NotFound, PlanUnreadable
from stroem.orchestrator.operations.pauser import PauseState, pauses_of
from stroem.redaction.job_secrets import hide_secret_fields
from stroem.redaction.redactor import Redactor, Withholder
from stroem.server.api.jobs.job_redactor import redactor_of
from stroem.server.api.jobs.job_steps import JobSteps, StepDetail
from stroem.server.api.jobs.pause_reasons import pause_reasons
from stroem.server.api.jobs.step_operations import PausedStep, holds_in, paused_steps
from stroem.server.api.jobs.waiting import held_reason, waiting_reason
from stroem.server.http.responses import json_response
from stroem.server.keys import SERVICES, SETTINGS
from stroem.store.jobs import jobs, step_queries, workers
from stroem.store.jobs.workers import WorkerOffer

_MANY_STEPS = 200
"""Number of steps from which the response is built in a thread."""


@attrs.frozen(kw_only=True)
class JobDetail:
    """A job with all its steps, in topological order. Secrets are shown as `••••••`."""

    job_id: uuid.UUID
    workspace: str
    task_name: str
    mode: str
    input: Json
    raw_input: Json
    output: Json
    status: str
    source_type: str
    source_id: str | None
    source_job_id: uuid.UUID | None
    restart_from_step: str | None = None
    revision: str | None
    worker_id: uuid.UUID | None = None
    created_at: datetime.datetime
    started_at: datetime.datetime | None
    completed_at: datetime.datetime | None
    steps: tuple[StepDetail, ...]
    retry_of_job_id: uuid.UUID | None = None
    retry_job_id: uuid.UUID | None = None
    retry_attempt: int = 0
    max_retries: int | None = None
    starts_at: datetime.datetime | None = None
    error_message: str | None
    cancel_reason: str | None
    paused_at: datetime.datetime | None
    paused_by: str | None
    paused_steps: tuple[PausedStep, ...] = ()


async def get(request: web.Request, job_id: uuid.UUID) -> web.Response:
    """A job with all its steps."""
    async with request.app[SERVICES].database.read() as connection:
        job = await jobs.get_job(connection, job_id)
        if job is None:
            raise NotFound(kind="Job", name=job_id)
        pause = (await pauses_of(connection, [job])).get(job_id, PauseState())
        rows = await step_queries.list_steps(connection, job_id)
        attempts = await step_queries.list_attempts(connection, job_id)
        try:
            plan = await request.app[SERVICES].plans.cached_jobs.plan(connection, job_id)
        except PlanUnreadable as error:
            return _without_plan(job, error, pause)
        offers = await workers.active_offers(connection) if any(row.status == "ready" for row in rows) else []
    fails_after = request.app[SETTINGS].recovery.unmatched_step_timeout_secs
    waiting = {row.id: reason for row in rows if (reason := _reason(row, plan, offers, fails_after)) is not None}
    waiting |= pause_reasons(rows, pause, holds_in(job))
    redactor = await redactor_of(request.app, job, plan)

    def answer() -> web.Response:
        steps = JobSteps(
            plan=plan,
            rows=rows,
            attempts=attempts,
            job_status=job.status,
            is_cancelled=job.cancel_reason is not None,
            ended_at=job.completed_at,
            redactor=redactor,
            waiting=waiting,
        )
        return json_response(job_detail(job, steps, pause), JobDetail)

    return answer() if len(rows) < _MANY_STEPS else await asyncio.to_thread(answer)


def _reason(row: step_queries.StepRow, plan: TaskPlan, offers: Sequence[WorkerOffer], fails_after: int) -> str | None:
    if row.status == "ready":
        node = plan.node(row.node)
        return waiting_reason(node.ability, node.tags, offers, fails_after)
    end = row.expires_at if row.status == "suspended" else row.due_at
    return held_reason(row.status, row.waits_for, end)


def _without_plan(job: jobs.JobRow, error: PlanUnreadable, pause: PauseState) -> web.Response:
    """The response for a job with a damaged plan: without steps, since the plan has their names, and without values."""
    plan = TaskPlan(task=job.task, nodes=(), actions={})
    detail = job_detail(job, JobSteps(plan=plan, rows=(), job_status=job.status, redactor=Withholder()), pause)
    return json_response(attrs.evolve(detail, error_message=job.error or str(error)), JobDetail)


def job_detail(job: jobs.JobRow, steps: JobSteps, pause: PauseState) -> JobDetail:
    """A job as the API shows it. Input that another job gave is shown as stored: it may have secrets of that."""
    plan, redactor = steps.plan, steps.redactor
    has_own_input = job.parent_job is None and job.hook_of is None
    return JobDetail(
        job_id=job.id,
        workspace=job.workspace,
        task_name=job.task,
        mode=job.mode,
        input=_shown_input(job.input, plan, redactor),
        raw_input=_shown_input(job.raw_input if has_own_input else job.input, plan, redactor),
        output=redactor.value(job.output),
        status=job.status,
        source_type=job.source_type,
        source_id=job.source_id,
        source_job_id=job.source_job_id,
        revision=job.revision,
        worker_id=job.worker_id,
        created_at=job.created_at,
        started_at=job.started_at,
        completed_at=job.completed_at,
        steps=steps.details(),
        retry_of_job_id=job.retry_of,
        retry_job_id=job.retry_job,
        retry_attempt=job.retry_attempt,
        max_retries=job.max_retries,
        starts_at=job.starts_at,
        error_message=redactor.optional(job.error),
        cancel_reason=job.cancel_reason,
        paused_at=pause.paused_at,
        paused_by=pause.paused_by,
        paused_steps=paused_steps(job),
    )


def _shown_input(given: Json, plan: TaskPlan, redactor: Redactor) -> Json:
    return redactor.value(hide_secret_fields(plan, given) if isinstance(given, Mapping) else given)

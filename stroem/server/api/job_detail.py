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
from stroem.orchestrator.plans.job_plans import JobPlan
from stroem.redaction.job_secrets import hide_secret_fields, secrets_of
from stroem.redaction.redactor import Redactor, Withholder
from stroem.server.api.job_steps import JobSteps, StepDetail
from stroem.server.api.waiting import held_reason, waiting_reason
from stroem.server.http.responses import json_response
from stroem.server.keys import CATALOG, SERVICES, SETTINGS
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


async def get(request: web.Request, job_id: uuid.UUID) -> web.Response:
    """A job with all its steps."""
    async with request.app[SERVICES].database.read() as connection:
        job = await jobs.get_job(connection, job_id)
        if job is None:
            raise NotFound(kind="Job", name=job_id)
        rows = await step_queries.list_steps(connection, job_id)
        attempts = await step_queries.list_attempts(connection, job_id)
        try:
            plan = await request.app[SERVICES].plans.cached_jobs.plan(connection, job_id)
        except PlanUnreadable as error:
            return _without_plan(job, error)
        offers = await workers.active_offers(connection) if any(row.status == "ready" for row in rows) else []
    fails_after = request.app[SETTINGS].recovery.unmatched_step_timeout_secs
    waiting = {row.id: reason for row in rows if (reason := _reason(row, plan, offers, fails_after)) is not None}
    full = plan if job.redacted else await _with_values(request.app, job_id)
    live = request.app[CATALOG].get(job.workspace)
    secrets = live.definitions.secrets if live and live.definitions else None

    def answer() -> web.Response:
        known = None if full is None else [*secrets_of(full, job.raw_input, job.input), secrets]
        redactor = Withholder() if known is None else Redactor(known)
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
        return json_response(job_detail(job, steps), JobDetail)

    return answer() if len(rows) < _MANY_STEPS else await asyncio.to_thread(answer)


def _reason(row: step_queries.StepRow, plan: TaskPlan, offers: Sequence[WorkerOffer], fails_after: int) -> str | None:
    if row.status == "ready":
        node = plan.node(row.node)
        return waiting_reason(node.ability, node.tags, offers, fails_after)
    return held_reason(row.status, row.waits_for)


def _without_plan(job: jobs.JobRow, error: PlanUnreadable) -> web.Response:
    """The response for a job with a damaged plan: without steps, since the plan has their names, and without values."""
    plan = TaskPlan(task=job.task, nodes=(), actions={})
    detail = job_detail(job, JobSteps(plan=plan, rows=(), job_status=job.status, redactor=Withholder()))
    return json_response(attrs.evolve(detail, error_message=job.error or str(error)), JobDetail)


async def _with_values(app: web.Application, job_id: uuid.UUID) -> TaskPlan | None:
    """The plan of a job with its values; None when they are gone."""
    services = app[SERVICES]

    async def read() -> JobPlan:
        async with services.database.read() as connection:
            return (await services.plans.of(connection, [job_id]))[job_id]

    found = await services.plans.run(read)
    return found.plan if found.error is None else None


def job_detail(job: jobs.JobRow, steps: JobSteps) -> JobDetail:
    """A job as the API shows it."""
    plan, redactor = steps.plan, steps.redactor
    return JobDetail(
        job_id=job.id,
        workspace=job.workspace,
        task_name=job.task,
        mode=job.mode,
        input=_shown_input(job.input, plan, redactor),
        raw_input=_shown_input(job.raw_input if job.hook_of is None else job.input, plan, redactor),
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
        error_message=_shown(job.error, redactor),
        cancel_reason=job.cancel_reason,
    )


def _shown_input(given: Json, plan: TaskPlan, redactor: Redactor) -> Json:
    return redactor.value(hide_secret_fields(plan, given) if isinstance(given, Mapping) else given)


def _shown(text: str | None, redactor: Redactor) -> str | None:
    return None if text is None else redactor.text(text)

"""A job with all its steps."""

import asyncio
import datetime
import heapq
import uuid
from collections.abc import Mapping

import attrs
from aiohttp import web

from stroem.conversion.unstructure import ABSENT
from stroem.definitions.field import InputField
from stroem.definitions.values import Json
from stroem.engine.compile import runner_of
from stroem.engine.plan import TaskPlan
from stroem.errors import NotFound, PlanUnreadable
from stroem.orchestrator.plans.job_plans import JobPlan
from stroem.redaction.job_secrets import hide_secret_fields, secrets_of
from stroem.redaction.redactor import Redactor, Withholder
from stroem.server.api.waiting import waiting_reason
from stroem.server.http.responses import json_response
from stroem.server.keys import CATALOG, SERVICES, SETTINGS
from stroem.store.jobs import jobs, step_queries, workers

_MANY_STEPS = 200
"""Number of steps from which the response is built in a thread."""


@attrs.frozen(kw_only=True)
class FailedAttempt:
    """A failed attempt with a successor."""

    attempt: int
    error: str
    started_at: datetime.datetime | None
    failed_at: datetime.datetime | None


@attrs.frozen(kw_only=True)
class StepDetail:
    """A step of a job, with the reason why it was skipped or why it is still waiting."""

    step_name: str
    action_name: str
    action_type: str
    action_image: str | None
    runner: str
    input: Json
    output: Json
    status: str
    worker_id: uuid.UUID | None
    started_at: datetime.datetime | None
    completed_at: datetime.datetime | None
    suspended_at: datetime.datetime | None = None
    error_message: str | None
    skip_reason: str | None = attrs.field(default=None, metadata=ABSENT)
    waiting_reason: str | None = attrs.field(default=None, metadata=ABSENT)
    when_condition: str | None = None
    for_each_expr: Json = None
    loop_source: str | None = None
    loop_index: int | None = None
    loop_total: int | None = None
    depends_on: tuple[str, ...]
    retry_attempt: int
    max_retries: int | None = None
    retry_history: tuple[FailedAttempt, ...] = ()
    retry_at: datetime.datetime | None = None
    approval_message: str | None = attrs.field(default=None, metadata=ABSENT)
    approval_fields: dict[str, InputField] | None = attrs.field(default=None, metadata=ABSENT)


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
    error_message: str | None
    cancel_reason: str | None


async def get(request: web.Request, job_id: uuid.UUID) -> web.Response:
    """A job with all its steps."""
    async with request.app[SERVICES].database.read() as connection:
        job = await jobs.get_job(connection, job_id)
        if job is None:
            raise NotFound(kind="Job", name=job_id)
        rows = await step_queries.list_steps(connection, job_id)
        try:
            plan = (await request.app[SERVICES].plan_cache.get(connection, job.plan)).plan
        except PlanUnreadable as error:
            return _without_plan(job, error)
        offers = await workers.active_offers(connection) if any(row.status == "ready" for row in rows) else []
    fails_after = request.app[SETTINGS].recovery.unmatched_step_timeout_secs
    waiting = {
        row.position: waiting_reason(row.ability, row.tags, offers, fails_after)
        for row in rows
        if row.status == "ready"
    }
    full = plan if job.redacted else await _with_values(request.app, job_id)
    live = request.app[CATALOG].get(job.workspace)
    secrets = live.definitions.secrets if live and live.definitions else None

    def answer() -> web.Response:
        known = None if full is None else [*secrets_of(full, job.raw_input, job.input), secrets]
        redactor = Withholder() if known is None else Redactor(known)
        return json_response(job_detail(job, rows, plan, redactor, waiting), JobDetail)

    return answer() if len(rows) < _MANY_STEPS else await asyncio.to_thread(answer)


def _without_plan(job: jobs.JobRow, error: PlanUnreadable) -> web.Response:
    """The response for a job with a damaged plan: without steps, since the plan has their names, and without values."""
    detail = job_detail(job, [], TaskPlan(task=job.task, steps=(), actions={}), Withholder(), {})
    return json_response(attrs.evolve(detail, error_message=job.error or str(error)), JobDetail)


async def _with_values(app: web.Application, job_id: uuid.UUID) -> TaskPlan | None:
    """The plan of a job with its values; None when they are gone."""
    services = app[SERVICES]

    async def read() -> JobPlan:
        async with services.database.read() as connection:
            return (await services.plans.of(connection, [job_id]))[job_id]

    found = await services.plans.run(read)
    return found.plan if found.error is None else None


def job_detail(
    job: jobs.JobRow,
    rows: list[step_queries.StepRow],
    plan: TaskPlan,
    redactor: Redactor,
    waiting: Mapping[int, str],
) -> JobDetail:
    """A job as the API shows it. `waiting` has the reasons of ready steps by their positions."""
    return JobDetail(
        job_id=job.id,
        workspace=job.workspace,
        task_name=job.task,
        mode=job.mode,
        input=_shown_input(job.input, plan, redactor),
        raw_input=_shown_input(job.raw_input, plan, redactor),
        output=redactor.value(job.output),
        status=job.status,
        source_type=job.source_type,
        source_id=job.source_id,
        source_job_id=job.source_job_id,
        revision=job.revision,
        created_at=job.created_at,
        started_at=job.started_at,
        completed_at=job.completed_at,
        steps=tuple(
            _step_detail(rows[position], plan, redactor, waiting.get(position)) for position in topological(plan)
        ),
        error_message=_shown(job.error, redactor),
        cancel_reason=job.cancel_reason,
    )


def topological(plan: TaskPlan) -> list[int]:
    """Positions of a plan's steps in topological order, else in the order of the flow."""
    unmet = [len(step.depends_on) for step in plan.steps]
    free = [position for position, count in enumerate(unmet) if count == 0]
    order: list[int] = []
    while free:
        position = heapq.heappop(free)
        order.append(position)
        for dependent in plan.steps[position].dependents:
            unmet[dependent] -= 1
            if unmet[dependent] == 0:
                heapq.heappush(free, dependent)
    return order


def _step_detail(row: step_queries.StepRow, plan: TaskPlan, redactor: Redactor, waiting: str | None) -> StepDetail:
    planned = plan.steps[row.position]
    action = plan.actions[planned.action]
    return StepDetail(
        step_name=planned.name,
        action_name=planned.action,
        action_type=action.type,
        action_image=action.image,
        runner=runner_of(action),
        input=redactor.value(row.input),
        output=redactor.value(row.output),
        status=row.status,
        worker_id=row.worker_id,
        started_at=row.started_at,
        completed_at=row.completed_at,
        error_message=None if row.status == "skipped" else _shown(row.error, redactor),
        skip_reason=_shown(row.error, redactor) if row.status == "skipped" else None,
        waiting_reason=waiting,
        depends_on=tuple(plan.steps[position].name for position in planned.depends_on),
        retry_attempt=max(row.attempt - 1, 0),
    )


def _shown_input(given: Json, plan: TaskPlan, redactor: Redactor) -> Json:
    return redactor.value(hide_secret_fields(plan, given) if isinstance(given, Mapping) else given)


def _shown(text: str | None, redactor: Redactor) -> str | None:
    return None if text is None else redactor.text(text)

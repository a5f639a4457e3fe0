"""A job with all its steps."""

import asyncio
import datetime
import uuid
from collections.abc import Mapping
from typing import Literal

import attrs
from aiohttp import web

from stroem.conversion.unstructure import ABSENT
from stroem.definitions.values import Json
from stroem.engine.plan import TaskPlan
from stroem.errors import NotFound, PlanUnreadable
from stroem.orchestrator.operations.pauser import PauseState, pauses_of
from stroem.orchestrator.reruns.restart import Restart, first_restarted
from stroem.redaction.job_secrets import hide_secret_fields
from stroem.redaction.redactor import Redactor, Withholder
from stroem.server.api.git_pages import page_of
from stroem.server.api.jobs.job_redactor import redactor_of
from stroem.server.api.jobs.job_steps import JobSteps, StepDetail
from stroem.server.api.jobs.job_summaries import JobSummary, summaries_of
from stroem.server.api.jobs.outputs import may_read_outputs, shown_output
from stroem.server.api.jobs.pause_reasons import pause_reasons
from stroem.server.api.jobs.step_operations import PausedStep, holds_in, paused_steps
from stroem.server.api.jobs.stored_steps import steps_of
from stroem.server.api.rights.live_rights import reach_for
from stroem.server.api.rights.visible_source import visible_source
from stroem.server.api.waiting.reasons import held_reason
from stroem.server.http.responses import json_response
from stroem.server.keys import SERVICES
from stroem.store.jobs import jobs
from stroem.store.jobs.results import kept_steps
from stroem.store.statement import Connection
from stroem.store.workspaces import releases

MOST_RERUNS = 20
_MANY_STEPS = 200
"""Number of steps from which the response is built in a thread."""


@attrs.frozen(kw_only=True)
class JobRestart:
    """The steps that a job was to run again: `steps`, and with `failed` those that failed or were cancelled."""

    failed: bool
    steps: tuple[str, ...]


@attrs.frozen(kw_only=True)
class JobCommit:
    """The commit of a job's release: its author, the first line of its message, and its time."""

    author: str
    title: str
    at: datetime.datetime


@attrs.frozen(kw_only=True)
class JobDetail(JobSummary):
    """A job with its summary and all its steps, in topological order. Secrets are shown as `••••••`.

    `commit` is that of the release, `commit_url` its page at the git host. `source_job_id` is the job that it runs
    again, in part with `restart`; `rerun_job_ids` are the latest jobs that run this one again, newest first. Without
    the right `output.read` there are no outputs.
    """

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
    restart: JobRestart | None = None
    rerun_job_ids: tuple[uuid.UUID, ...] = ()
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
    priority: int = 0
    waiting_reason: str | None = attrs.field(default=None, metadata=ABSENT)
    error_message: str | None
    cancel_reason: str | None
    paused_at: datetime.datetime | None
    paused_by: str | None
    paused_steps: tuple[PausedStep, ...] = ()
    commit: JobCommit | None = None
    commit_url: str | None = None


@attrs.frozen(kw_only=True)
class Around:
    """Facts of a job beside its row and its steps."""

    pause: PauseState
    reruns: tuple[uuid.UUID, ...]
    summary: JobSummary = attrs.Factory(JobSummary)
    source_id: str | None = None
    commit: JobCommit | None
    commit_url: str | None


@attrs.frozen(kw_only=True)
class JobQuery:
    """The steps of the answer: `all`, or with `top` those outside of loops; loops have counts of their items then."""

    steps: Literal["all", "top"] = "all"


async def get(request: web.Request, job_id: uuid.UUID, query: JobQuery) -> web.Response:
    """A job with its steps. Without them, and without values, if its plan is damaged: the plan has the names."""
    app = request.app
    damage: PlanUnreadable | None = None
    async with app[SERVICES].database.read() as connection:
        job = await jobs.get_job(connection, job_id)
        if job is None:
            raise NotFound(kind="Job", name=job_id)
        pauses = await pauses_of(connection, [job])
        around = await _around(request, connection, job, pauses.get(job_id, PauseState()))
        try:
            steps = await steps_of(app, connection, job, with_items=query.steps == "all")
        except PlanUnreadable as error:
            damage = error
            plan = TaskPlan(task=job.task, nodes=(), actions={})
            steps = JobSteps(job_id=job_id, plan=plan, rows=(), job_status=job.status, redactor=Withholder())
    around = attrs.evolve(around, summary=(await summaries_of(request, [job], pauses))[job_id])
    if damage is None:
        waiting = {**steps.waiting, **pause_reasons(steps.rows, around.pause, holds_in(job))}
        steps = attrs.evolve(
            steps,
            waiting=waiting,
            redactor=await redactor_of(app, job, steps.plan),
            has_outputs=may_read_outputs(request, job),
        )

    def answer() -> web.Response:
        detail = job_detail(job, steps, around)
        if damage is not None:
            detail = attrs.evolve(detail, error_message=job.error or str(damage))
        return json_response(detail, JobDetail)

    return answer() if len(steps.rows) < _MANY_STEPS else await asyncio.to_thread(answer)


async def _around(request: web.Request, connection: Connection, job: jobs.JobRow, pause: PauseState) -> Around:
    commit = None if job.release_id is None else await releases.commit_of(connection, job.release_id)
    return Around(
        pause=pause,
        source_id=visible_source(job.source_type, job.source_id, job.workspace, reach_for(request, "job.read")),
        reruns=tuple(await kept_steps.jobs_running_again(connection, job.id, MOST_RERUNS)),
        commit=None if commit is None else JobCommit(author=commit.author, title=commit.title, at=commit.at),
        commit_url=page_of(request.app, job.workspace, job.revision),
    )


def job_detail(job: jobs.JobRow, steps: JobSteps, around: Around) -> JobDetail:
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
        output=shown_output(job.output, redactor, job.id) if steps.has_outputs else None,
        status=job.status,
        source_type=job.source_type,
        source_id=around.source_id,
        source_job_id=job.source_job_id,
        restart_from_step=first_restarted(job.restart),
        restart=None if job.restart is None else JobRestart(**attrs.asdict(Restart.from_json(job.restart))),
        rerun_job_ids=around.reruns,
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
        priority=job.priority,
        waiting_reason=redactor.optional(held_reason(job.status, job.waits_for)),
        error_message=redactor.optional(job.error),
        cancel_reason=job.cancel_reason,
        paused_at=around.pause.paused_at,
        paused_by=around.pause.paused_by,
        paused_steps=paused_steps(job),
        commit=around.commit,
        commit_url=around.commit_url,
        **attrs.asdict(around.summary),
    )


def _shown_input(given: Json, plan: TaskPlan, redactor: Redactor) -> Json:
    return redactor.value(hide_secret_fields(plan, given) if isinstance(given, Mapping) else given)

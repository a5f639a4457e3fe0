"""Status of the jobs that requests to hooks have started."""

import datetime
import uuid

import attrs
from aiohttp import web

from stroem.definitions.values import Json
from stroem.errors import NotFound
from stroem.interfaces.triggers.http_trigger import HookRefused
from stroem.orchestrator.hooks.deliverer import hook_of
from stroem.server.api.hooks.answers import masked_output
from stroem.server.api.hooks.receive import refusal
from stroem.server.api.hooks.requests import hook_request
from stroem.server.http.paging import clamp
from stroem.server.http.responses import json_response
from stroem.server.keys import SERVICES
from stroem.store.jobs import jobs
from stroem.store.jobs.jobs import TERMINAL

_MOST_SECS = 300


@attrs.frozen(kw_only=True)
class JobStatusQuery:
    """With `wait`, the answer comes at the end of the job, or after `timeout` seconds, at most 300.

    `secret` is that of the webhook.
    """

    wait: bool = False
    timeout: int = 30
    secret: str | None = None


@attrs.frozen(kw_only=True)
class HookJob:
    """A job that a request has started. `trigger` is the name in the path."""

    job_id: uuid.UUID
    trigger: str
    task: str
    status: str
    output: Json
    created_at: datetime.datetime
    completed_at: datetime.datetime | None


async def get(request: web.Request, hook: str, job_id: uuid.UUID, query: JobStatusQuery) -> web.Response:
    """The status of a job that a request to this webhook has started; 202 if a wait for its end was too short."""
    return await _get(request, hook, job_id, query, workspace=None)


async def get_of_workspace(
    request: web.Request, workspace: str, hook: str, job_id: uuid.UUID, query: JobStatusQuery
) -> web.Response:
    """The status of a job that a request to this webhook of a workspace has started."""
    return await _get(request, hook, job_id, query, workspace=workspace)


async def _get(
    request: web.Request, name: str, job_id: uuid.UUID, query: JobStatusQuery, *, workspace: str | None
) -> web.Response:
    services = request.app[SERVICES]
    live = await services.hooks.finder.find(name, workspace)
    try:
        await hook_of(live).check_reader(hook_request(request))
    except HookRefused as error:
        raise refusal(error) from None
    async with services.database.read() as connection:
        job = await jobs.get_job(connection, job_id)
    if job is None or (job.source_type, job.source_id) != (live.options.source_type, live.source_id):
        raise NotFound(kind="Job", name=job_id)
    if query.wait and job.status not in TERMINAL:
        await services.canceller.wait_for_end(job_id, clamp(query.timeout, 0, _MOST_SECS))
        async with services.database.read() as connection:
            job = await jobs.get_job(connection, job_id) or job
    shown = HookJob(
        job_id=job.id,
        trigger=hook_of(live).hook_name,
        task=job.task,
        status=job.status,
        output=await masked_output(request.app, job),
        created_at=job.created_at,
        completed_at=job.completed_at,
    )
    is_late = query.wait and job.status not in TERMINAL
    response = json_response(shown, HookJob, status=202 if is_late else 200)
    response.headers["Cache-Control"] = "no-store"
    return response

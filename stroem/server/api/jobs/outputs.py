"""Outputs of jobs and steps: as a job shows them, and whole."""

import uuid
from urllib.parse import quote

from aiohttp import web

from stroem.definitions.values import Json
from stroem.errors import NotFound, PlanUnreadable
from stroem.records.large_output import KEY, LargeOutput, replaced
from stroem.redaction.redactor import Redactor, Withholder
from stroem.server.api.jobs.job_redactor import redactor_of
from stroem.server.api.rights.live_rights import may
from stroem.server.api.rights.task_paths import place_of_task
from stroem.server.http.streaming import stream
from stroem.server.keys import CATALOG, SERVICES
from stroem.store.jobs import jobs, step_queries


def shown_output(value: Json, redactor: Redactor, job_id: uuid.UUID, step: str | None = None) -> Json:
    """An output without secrets. In the place of large parts are their sizes, and the URL of the whole."""
    place = f"/api/jobs/{job_id}" if step is None else f"/api/jobs/{job_id}/steps/{quote(step, safe='')}"

    def marker(large: LargeOutput) -> Json:
        return {KEY: {"size": large.size, "url": f"{place}/output"}}

    return redactor.value(replaced(value, marker))


def may_read_outputs(request: web.Request, job: jobs.JobRow) -> bool:
    """Whether the client may read the outputs of a job."""
    return may(request, "output.read", place_of_task(request.app[CATALOG], job.workspace, job.task))


async def of_job(request: web.Request, job_id: uuid.UUID) -> web.StreamResponse:
    """The output of a job, also a large one, as JSON."""
    async with request.app[SERVICES].database.read() as connection:
        job = await jobs.get_job(connection, job_id)
    if job is None:
        raise NotFound(kind="Job", name=job_id)
    return await _write(request, job, job.output)


async def of_step(request: web.Request, job_id: uuid.UUID, step: str) -> web.StreamResponse:
    """The output of a step, also a large one, as JSON; null for a step without one."""
    services = request.app[SERVICES]
    async with services.database.read() as connection:
        job = await jobs.get_job(connection, job_id)
        if job is None:
            raise NotFound(kind="Job", name=job_id)
        found = (await services.names.find(connection, [(job_id, step)])).get((job_id, step))
        if found is None:
            raise await services.names.missing(connection, job_id, step)
        output = await step_queries.output_of(connection, found)
    return await _write(request, job, output)


async def _write(request: web.Request, job: jobs.JobRow, output: Json) -> web.StreamResponse:
    services = request.app[SERVICES]
    try:
        async with services.database.read() as connection:
            plan = await services.plans.cached_jobs.plan(connection, job.id)
        redactor = await redactor_of(request.app, job, plan)
    except PlanUnreadable:
        redactor = Withholder()
    response = web.StreamResponse()
    response.content_type = "application/json"
    return await stream(request, response, services.outputs.pieces(job.id, output, redactor))

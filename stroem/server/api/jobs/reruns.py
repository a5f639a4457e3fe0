"""Re-runs of ended jobs."""

import uuid
from typing import Annotated, Literal

import attrs
from aiohttp import web

from stroem.conversion.constraints import Line
from stroem.definitions.values import Json
from stroem.errors import NotFound, NotRunnable
from stroem.orchestrator.operations.rerun_plan import RerunPlan
from stroem.orchestrator.operations.rerunner import RerunRequest
from stroem.orchestrator.reruns.restart import Restart
from stroem.server.api.jobs.executions import StartedJob, ignored_keys
from stroem.server.api.lookup import current_task, current_workspace
from stroem.server.http.actor import principal_of
from stroem.server.keys import SERVICES
from stroem.store.jobs import jobs


@attrs.frozen(kw_only=True)
class RerunBody:
    """Selection of steps that run again: `steps` (`deploy`, `build[3]`) and those that `failed`; without both, all.

    `input` replaces inputs of the job; `release` is by default `current` for all of a job, and `pinned` for a part.
    """

    failed: bool = False
    steps: tuple[Annotated[str, Line()], ...] = ()
    release: Literal["pinned", "current"] | None = None
    input: dict[str, Json] | None = None


async def rerun(request: web.Request, job_id: uuid.UUID, body: RerunBody, unknown_keys: tuple[str, ...]) -> StartedJob:
    """Runs an ended job again, as a whole or in part, as a new job."""
    started = await start(request, job_id, body)
    return attrs.evolve(started, warnings=(*ignored_keys(unknown_keys), *started.warnings))


async def start(request: web.Request, job_id: uuid.UUID, body: RerunBody) -> StartedJob:
    """Starts the job that runs an ended one again."""
    started = await request.app[SERVICES].rerunner.start(await _request(request, job_id, body))
    return StartedJob(job_id=started.job_id, warnings=started.warnings)


async def plan(request: web.Request, job_id: uuid.UUID, body: RerunBody, unknown_keys: tuple[str, ...]) -> RerunPlan:
    """Plans a re-run of a job: the steps it keeps, and those it runs again."""
    found = await request.app[SERVICES].rerunner.plan(await _request(request, job_id, body))
    return attrs.evolve(found, warnings=(*ignored_keys(unknown_keys), *found.warnings))


async def _request(request: web.Request, job_id: uuid.UUID, body: RerunBody) -> RerunRequest:
    """The request, with the current release of the task if that is to be used."""
    restart = Restart(failed=body.failed, steps=body.steps) if body.failed or body.steps else None
    release = body.release or ("current" if restart is None else "pinned")
    principal = principal_of(request)
    wanted = RerunRequest(job_id=job_id, restart=restart, given=body.input or {}, principal=principal)
    if release == "pinned":
        return wanted
    async with request.app[SERVICES].database.read() as connection:
        job = await jobs.get_job(connection, job_id)
    if job is None:
        raise NotFound(kind="Job", name=job_id)
    current_task(request.app, job.workspace, job.task)
    found, definitions = current_workspace(request.app, job.workspace).of_task(job.task)
    if found is None or definitions is None:
        raise NotRunnable(task=job.task, reason="its workspace was never valid")
    return attrs.evolve(wanted, current=(found, definitions))

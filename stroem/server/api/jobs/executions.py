"""Execution of tasks."""

import uuid

import attrs
from aiohttp import web

from stroem.definitions.values import Json
from stroem.errors import NotRunnable
from stroem.orchestrator.jobs.new_jobs import StartRequest
from stroem.server.api.lookup import current_task, current_workspace
from stroem.server.http.actor import actor_of
from stroem.server.keys import SERVICES


@attrs.frozen(kw_only=True)
class Execution:
    """Input of a job. With `source_job_id`, secret fields with the marker keep that job's value.

    The steps of `pause_before`, given by their paths, are paused from the start.
    """

    input: dict[str, Json] | None = None
    source_job_id: uuid.UUID | None = None
    pause_before: tuple[str, ...] = ()


@attrs.frozen(kw_only=True)
class StartedJob:
    """The created job, with warnings about its input and about parts of its task without effect."""

    job_id: uuid.UUID
    warnings: tuple[str, ...]


async def execute(
    request: web.Request, workspace: str, task: str, body: Execution, unknown_keys: tuple[str, ...]
) -> StartedJob:
    """Creates a job of a task and returns at once."""
    services = request.app[SERVICES]
    live = current_workspace(request.app, workspace)
    current_task(request.app, workspace, task)
    release, definitions = live.of_task(task)
    if release is None or definitions is None:
        raise NotRunnable(task=task, reason="its workspace was never valid")
    started = await services.starter.start(
        StartRequest(
            task=task,
            definitions=definitions,
            release=release,
            raw_input=body.input or {},
            source_type="api" if body.source_job_id is None else "rerun",
            source_job_id=body.source_job_id,
            pause_before=body.pause_before,
            actor=actor_of(request),
        )
    )
    ignored = (
        f"The body's key {key!r} is not known and was ignored; the input goes to 'input'" for key in unknown_keys
    )
    return StartedJob(job_id=started.job_id, warnings=(*ignored, *started.warnings))

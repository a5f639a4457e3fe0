"""Running a task."""

import uuid
from collections.abc import Mapping

import attrs
from aiohttp import web

from stroem.definitions.field import PRIMITIVE_TYPES
from stroem.definitions.task import Task
from stroem.definitions.values import Json
from stroem.errors import BadRequest, NotRunnable
from stroem.orchestrator.jobs.starter import StartRequest
from stroem.redaction.redactor import MARKER
from stroem.server.api.lookup import current_task, current_workspace
from stroem.server.keys import SERVICES
from stroem.store.jobs import jobs


@attrs.frozen(kw_only=True)
class Execution:
    """What to run a task with. With `source_job_id`, secret fields that show the marker keep that job's value."""

    input: dict[str, Json] | None = None
    source_job_id: uuid.UUID | None = None


@attrs.frozen(kw_only=True)
class StartedJob:
    """The job that was made, what seemed odd about its input, and what of its task has no effect yet."""

    job_id: uuid.UUID
    warnings: tuple[str, ...]


async def execute(
    request: web.Request, workspace: str, task: str, body: Execution, unknown_keys: tuple[str, ...]
) -> StartedJob:
    """Runs a task: makes a job of it and answers at once."""
    services = request.app[SERVICES]
    live = current_workspace(request.app, workspace)
    declared = current_task(request.app, workspace, task)
    release, definitions = live.of_task(task)
    if release is None or definitions is None:
        raise NotRunnable(task=task, reason="its workspace was never valid")
    given = dict(body.input or {})
    if body.source_job_id is not None:
        given = _reused(declared, given, await _source_input(request, workspace, body.source_job_id))
    started = await services.starter.start(
        StartRequest(
            task=task,
            definitions=definitions,
            release=release,
            raw_input=given,
            source_type="api" if body.source_job_id is None else "rerun",
            source_job_id=body.source_job_id,
        )
    )
    ignored = (
        f"The body's key {key!r} is not known and was ignored; the input goes to 'input'" for key in unknown_keys
    )
    return StartedJob(job_id=started.job_id, warnings=(*ignored, *started.warnings))


async def _source_input(request: web.Request, workspace: str, job_id: uuid.UUID) -> Mapping[str, Json]:
    """What another job of the workspace was given. Raises `BadRequest`."""
    async with request.app[SERVICES].database.read() as connection:
        job = await jobs.get_job(connection, job_id)
    if job is None or job.workspace != workspace:
        raise BadRequest(message=f"Source job {str(job_id)!r} does not exist in workspace {workspace!r}")
    if not isinstance(job.raw_input, Mapping):
        raise BadRequest(message=f"Source job {str(job_id)!r} has no input to reuse")
    return job.raw_input


def _reused(task: Task, given: Mapping[str, Json], source: Mapping[str, Json]) -> dict[str, Json]:
    """The input with the source's values where secret and connection fields show the marker."""
    hidden = {name for name, field in task.input.items() if field.secret or field.type not in PRIMITIVE_TYPES}
    kept = {name: value for name, value in given.items() if not (name in hidden and value == MARKER)}
    reused = {name: source[name] for name in hidden - set(kept) if name in given and name in source}
    return {**kept, **reused}

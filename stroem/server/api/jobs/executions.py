"""Execution of tasks."""

import uuid

import attrs
from aiohttp import web

from stroem.conversion.constraints import Priority
from stroem.definitions.values import Json
from stroem.engine.values.reserved_key import refuse_reserved
from stroem.errors import NotRunnable
from stroem.orchestrator.plans.start_request import StartRequest
from stroem.records.principal import ANONYMOUS, Principal
from stroem.server.api.lookup import current_task, current_workspace
from stroem.server.api.rights.authorization import authorized_job
from stroem.server.http.actor import principal_of
from stroem.server.keys import SERVICES


@attrs.frozen(kw_only=True)
class Execution:
    """Input of a job. With `source_job_id`, secret fields with the marker keep that job's value.

    With `cache: false` all steps run, although there are earlier results of their keys. Jobs of a greater `priority` go
    first, from -100 to 100; without it, that of the task counts. The steps of `pause_before`, given by their paths, are
    paused from the start.
    """

    input: dict[str, Json] | None = None
    source_job_id: uuid.UUID | None = None
    cache: bool = True
    priority: Priority | None = None
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
    if body.source_job_id is not None:
        await authorized_job(request, body.source_job_id, "job.run")
    start = start_request(request.app, workspace, task, body, principal_of(request))
    await services.field_options.check(start)
    started = await services.starter.start(start)
    return StartedJob(job_id=started.job_id, warnings=(*ignored_keys(unknown_keys), *started.warnings))


def start_request(
    app: web.Application, workspace: str, task: str, body: Execution, principal: Principal = ANONYMOUS
) -> StartRequest:
    """The request for a job of a task as it is now. Raises NotFound, Unavailable, NotRunnable, InvalidInput."""
    refuse_reserved(body.input)
    live = current_workspace(app, workspace)
    current_task(app, workspace, task)
    release, definitions = live.of_task(task)
    if release is None or definitions is None:
        raise NotRunnable(task=task, reason="its workspace was never valid")
    is_account = principal.kind in ("user", "service")
    return StartRequest(
        task=task,
        definitions=definitions,
        release=release,
        raw_input=body.input or {},
        source_type="rerun" if body.source_job_id is not None else "user" if is_account else "api",
        source_id=None if principal == ANONYMOUS else principal.name,
        source_job_id=body.source_job_id,
        no_cache=not body.cache,
        priority=body.priority,
        pause_before=body.pause_before,
        actor=principal.name,
    )


def ignored_keys(keys: tuple[str, ...]) -> tuple[str, ...]:
    """Warnings of keys of a body that are not known."""
    return tuple(f"The body's key {key!r} is not known and was ignored; the input goes to 'input'" for key in keys)

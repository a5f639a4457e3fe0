"""Workers and their steps."""

import datetime
import uuid
from typing import Literal

import attrs
from aiohttp import web

from stroem.errors import NotFound
from stroem.orchestrator.plans.plan_cache import CachedPlan
from stroem.redaction.redactor import MARKER
from stroem.server.http.paging import Paging
from stroem.server.keys import SERVICES
from stroem.store.jobs import step_queries, workers
from stroem.store.lists.first_import import import_lists

_STEPS = 50


@attrs.frozen(kw_only=True)
class WorkerItem:
    """A worker."""

    worker_id: uuid.UUID
    name: str
    status: Literal["active", "inactive"]
    capabilities: tuple[str, ...]
    tags: tuple[str, ...]
    exclusive: bool
    version: str | None
    last_heartbeat: datetime.datetime | None
    registered_at: datetime.datetime


@attrs.frozen(kw_only=True)
class WorkersPage:
    """A page of workers, and their total number."""

    items: tuple[WorkerItem, ...]
    total: int


@attrs.frozen(kw_only=True)
class WorkerStep:
    """A step claimed by a worker."""

    job_id: uuid.UUID
    workspace: str
    task_name: str
    job_status: str
    step_name: str
    action_type: str
    status: str
    started_at: datetime.datetime | None
    completed_at: datetime.datetime | None
    error_message: str | None


@attrs.frozen(kw_only=True)
class WorkerSteps:
    """The last steps claimed by a worker, at most 50."""

    items: tuple[WorkerStep, ...]
    total: int


@attrs.frozen(kw_only=True)
class WorkerDetail(WorkerItem):
    """A worker with its last steps."""

    steps: WorkerSteps


async def list_workers(request: web.Request, query: Paging) -> WorkersPage:
    """Workers: active ones first, then the newest first."""
    await import_lists()
    from stroem.store.lists import worker_list  # not at the start: see `import_lists`

    limit, offset = query.clamped(request)
    async with request.app[SERVICES].database.read() as connection:
        rows, total = await worker_list.list_workers(connection, limit, offset)
    return WorkersPage(items=tuple(_item(row) for row in rows), total=total)


async def get(request: web.Request, worker_id: uuid.UUID) -> WorkerDetail:
    """A worker with its last steps."""
    async with request.app[SERVICES].database.read() as connection:
        row = await workers.get_worker(connection, worker_id)
        if row is None:
            raise NotFound(kind="Worker", name=worker_id)
        taken = await step_queries.list_worker_steps(connection, worker_id, _STEPS)
        services = request.app[SERVICES]
        known = {digest: await services.plan_cache.get(connection, digest) for digest in {one.plan for one in taken}}
        names = await services.names.names_of(connection, [(one.job_id, one.id) for one in taken])
    items = tuple(_step(one, known[one.plan], names[one.job_id, one.id]) for one in taken)
    return WorkerDetail(**attrs.asdict(_item(row), recurse=False), steps=WorkerSteps(items=items, total=len(items)))


def _step(row: step_queries.WorkerStepRow, shelved: CachedPlan, name: str) -> WorkerStep:
    plan = shelved.plan
    action = plan.actions.get(plan.node(row.node).action) if row.node < len(plan.nodes) else None
    may_be_shown = row.redacted or not shelved.lacks_values
    return WorkerStep(
        job_id=row.job_id,
        workspace=row.workspace,
        task_name=row.task,
        job_status=row.job_status,
        step_name=name,
        action_type="script" if action is None else action.type,
        status=row.status,
        started_at=row.started_at,
        completed_at=row.completed_at,
        error_message=row.error if may_be_shown or row.error is None else MARKER,
    )


def _item(row: workers.WorkerRow) -> WorkerItem:
    return WorkerItem(
        worker_id=row.id,
        name=row.name,
        status="active" if row.active else "inactive",
        capabilities=tuple(row.capabilities),
        tags=tuple(row.tags),
        exclusive=row.exclusive,
        version=row.version,
        last_heartbeat=row.heartbeat_at,
        registered_at=row.registered_at,
    )

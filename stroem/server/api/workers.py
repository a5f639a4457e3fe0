"""Workers and their steps."""

import datetime
import uuid
from collections.abc import Mapping, Sequence
from typing import Literal

import attrs
from aiohttp import web

from stroem.definitions.amounts import written
from stroem.definitions.languages import languages_in, without_languages
from stroem.errors import NotFound
from stroem.orchestrator.plans.plan_cache import CachedPlan
from stroem.redaction.redactor import MARKER
from stroem.rights.reach import is_reached
from stroem.server.api.jobs.readable import names_in
from stroem.server.api.rights.live_rights import reach_for
from stroem.server.http.paging import Paging
from stroem.server.keys import SERVICES
from stroem.store.jobs import candidates, step_queries, worker_steps, workers
from stroem.store.jobs.workers import WorkerState
from stroem.store.lists.first_import import import_lists
from stroem.store.statement import Connection

_STEPS = 50
_RUNNING = 20


@attrs.frozen(kw_only=True)
class RunningStep:
    """A step that a worker runs since then."""

    job_id: uuid.UUID
    workspace: str
    task_name: str
    step_name: str
    since: datetime.datetime | None


@attrs.frozen(kw_only=True)
class WorkerResource:
    """A resource of a worker: `size` in all, of which running steps have `taken`; both as texts such as `8Gi`.

    `share` is the part that is taken, from 0 to 1.
    """

    name: str
    size: str
    taken: str
    share: float


@attrs.frozen(kw_only=True)
class WorkerItem:
    """A worker.

    `state` is what a person has set, with `state_by`, `state_reason` and `state_at`: a `cordoned` worker gets no more
    steps, one that is `draining` also ends once it is idle. Older workers do not tell their `slots`. `running` has up
    to 20 of its steps, the oldest first; `used_slots` counts all. `resources` are those that it limits, `languages`
    those of scripts that it runs beside the shell. Workers of one `worker_group` go on with each other's pods.
    `missing` has the capabilities of its settings that it cannot offer now, each with the reason.
    """

    worker_id: uuid.UUID
    name: str
    status: Literal["active", "inactive"]
    capabilities: tuple[str, ...]
    tags: tuple[str, ...]
    exclusive: bool
    version: str | None
    last_heartbeat: datetime.datetime | None
    registered_at: datetime.datetime
    state: WorkerState
    state_by: str | None
    state_reason: str | None
    state_at: datetime.datetime | None
    slots: int | None
    used_slots: int
    heartbeat_age_secs: float
    running: tuple[RunningStep, ...]
    missing: dict[str, str]
    resources: tuple[WorkerResource, ...]
    languages: tuple[str, ...]
    worker_group: str | None


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
        running = await _running(request, connection, rows)
        taken = await candidates.taken_amounts(connection, [row.id for row in rows if row.resources])
        now = await workers.clock(connection)
    return WorkersPage(items=tuple(_item(row, running, taken.get(row.id, {}), now) for row in rows), total=total)


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
        amounts = (await candidates.taken_amounts(connection, [worker_id])).get(worker_id, {})
        item = _item(row, await _running(request, connection, [row]), amounts, await workers.clock(connection))
    reach = reach_for(request, "job.read")
    seen = [one for one in taken if is_reached(reach, one.workspace, one.task)]
    items = tuple(_step(one, known[one.plan], names[one.job_id, one.id]) for one in seen)
    return WorkerDetail(**attrs.asdict(item, recurse=False), steps=WorkerSteps(items=items, total=len(items)))


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


_Running = Mapping[uuid.UUID, tuple[int, tuple[RunningStep, ...]]]


async def _running(request: web.Request, connection: Connection, rows: Sequence[workers.WorkerRow]) -> _Running:
    """The number of running steps and the first of them, by worker."""
    found = await worker_steps.running_steps(connection, [row.id for row in rows], _RUNNING)
    steps: dict[uuid.UUID, tuple[int, tuple[RunningStep, ...]]] = {}
    names = await names_in(request.app, connection, [(one.job_id, one.id) for one in found])
    reach = reach_for(request, "job.read")
    for one in found:
        shown = RunningStep(
            job_id=one.job_id,
            workspace=one.workspace,
            task_name=one.task,
            step_name=names.get((one.job_id, one.id), str(one.id)),
            since=one.started_at,
        )
        before = steps.get(one.worker_id, (0, ()))[1]
        is_shown = is_reached(reach, one.workspace, one.task)
        steps[one.worker_id] = (one.used, (*before, shown) if is_shown else before)
    return steps


def _item(row: workers.WorkerRow, running: _Running, taken: Mapping[str, int], now: float) -> WorkerItem:
    used, steps = running.get(row.id, (0, ()))
    return WorkerItem(
        worker_id=row.id,
        name=row.name,
        status="active" if row.active else "inactive",
        capabilities=without_languages(row.capabilities),
        languages=languages_in(row.capabilities),
        tags=tuple(row.tags),
        exclusive=row.exclusive,
        worker_group=row.worker_group,
        version=row.version,
        last_heartbeat=row.heartbeat_at,
        registered_at=row.registered_at,
        state=row.state,
        state_by=row.state_by,
        state_reason=row.state_reason,
        state_at=row.state_at,
        slots=row.slots,
        used_slots=used,
        heartbeat_age_secs=max(0.0, round(now - row.heartbeat_at.timestamp(), 1)),
        running=steps,
        missing=row.missing,
        resources=tuple(_resource(name, size, taken.get(name, 0)) for name, size in sorted(row.resources.items())),
    )


def _resource(name: str, size: int, taken: int) -> WorkerResource:
    share = min(1.0, taken / size) if size else 1.0
    return WorkerResource(name=name, size=written(name, size), taken=written(name, taken), share=round(share, 4))

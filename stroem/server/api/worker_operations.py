"""Operations on workers: cordon, drain, uncordon, remove."""

import uuid

import attrs
from aiohttp import web

from stroem.errors import Conflict, NotFound
from stroem.orchestrator.notifier import Notification
from stroem.records.event import EventKind, NewEvent
from stroem.server.api import workers as worker_views
from stroem.server.api.workers import WorkerDetail
from stroem.server.api.workspace_operations import Act, masked_reason
from stroem.server.http.actor import actor_of, author_of
from stroem.server.http.audit.recording import note
from stroem.server.keys import RECONCILER, SERVICES
from stroem.store.jobs import worker_steps, workers
from stroem.store.jobs.worker_steps import WorkerSums
from stroem.store.jobs.workers import WorkerState


@attrs.frozen(kw_only=True)
class Removal(Act):
    """A removal. With `force`, that of a worker which is alive too."""

    force: bool = False


@attrs.frozen(kw_only=True)
class RemovedWorker:
    """A worker that was removed. Its `lost_steps` fail, and are attempted again if they have attempts left."""

    worker_id: uuid.UUID
    name: str
    lost_steps: int


async def cordon(request: web.Request, worker_id: uuid.UUID, body: Act) -> WorkerDetail:
    """Gives a worker no more steps; those that it has go on."""
    return await _set(request, worker_id, "cordoned", body, "worker_cordoned", "takes no more steps")


async def drain(request: web.Request, worker_id: uuid.UUID, body: Act) -> WorkerDetail:
    """Gives a worker no more steps, and ends it once it is idle. Older workers stay, as after `cordon`."""
    return await _set(request, worker_id, "draining", body, "worker_drained", "ends once it is idle")


async def uncordon(request: web.Request, worker_id: uuid.UUID, body: Act) -> WorkerDetail:
    """Gives a worker steps again, after `cordon`, or after `drain` if it has not ended."""
    return await _set(request, worker_id, "active", body, "worker_uncordoned", "takes steps again")


async def remove(request: web.Request, worker_id: uuid.UUID, body: Removal) -> RemovedWorker:
    """Forgets a worker that is gone. One that is alive is removed with `force` only, and registers again."""
    services, by, reason = (
        request.app[SERVICES],
        author_of(request, body.by) or actor_of(request),
        masked_reason(request.app, body),
    )
    async with services.database.begin() as connection:
        found = await workers.remove_worker(connection, worker_id, even_alive=body.force)
        if found is None:
            raise NotFound(kind="Worker", name=worker_id)
        running = await worker_steps.running_steps(connection, [worker_id], 1)
        lost = running[0].used if running else 0
        name, is_removed = found
        if not is_removed:
            raise Conflict(message=_alive(name, lost))
        said = f"Worker {name!r} was removed" + (f" with {_steps(lost)}" if lost else "")
        event = NewEvent(
            kind="worker_removed",
            message=said + (f" ({reason})" if reason else ""),
            by=by,
            cause="person",
            data={"worker_id": str(worker_id), "lost_steps": lost},
        )
        await request.app[RECONCILER].deps.record(connection, [event])
    services.notifier.publish(Notification(workers=frozenset({worker_id})))
    services.rescuer.woken.set()
    return RemovedWorker(worker_id=worker_id, name=name, lost_steps=lost)


async def count(request: web.Request) -> WorkerSums:
    """The numbers of live workers, and of their slots."""
    async with request.app[SERVICES].database.read() as connection:
        return await worker_steps.sums(connection)


def _alive(name: str, steps: int) -> str:
    runs = f", and runs {_steps(steps)}, which would fail" if steps else ""
    return f"Worker {name!r} is alive{runs}: drain it, or wait until its lease has ended; or force the removal"


def _steps(count: int) -> str:
    return "1 step" if count == 1 else f"{count} steps"


async def _set(
    request: web.Request, worker_id: uuid.UUID, state: WorkerState, body: Act, kind: EventKind, what: str
) -> WorkerDetail:
    services, reason = request.app[SERVICES], masked_reason(request.app, body)
    by = author_of(request, body.by) or actor_of(request)
    said_by = {"by": body.by} if body.by else {}
    said_why = {"reason": reason} if reason else {}
    async with services.database.begin() as connection:
        before = await workers.get_worker(connection, worker_id)
        name = await workers.set_state(connection, worker_id, state, by=by, reason=reason)
        if name is None:
            raise NotFound(kind="Worker", name=worker_id)
        note(
            request,
            before=None if before is None else {"state": before.state},
            after={"state": state, **said_by, **said_why},
        )
        said = f"Worker {name!r} {what}" + (f" ({reason})" if reason else "")
        event = NewEvent(kind=kind, message=said, by=by, cause="person", data={"worker_id": str(worker_id)})
        await request.app[RECONCILER].deps.record(connection, [event])
    services.notifier.publish(Notification(workers=frozenset({worker_id})))
    return await worker_views.get(request, worker_id)

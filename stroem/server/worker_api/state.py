"""State of tasks and workspaces for workers: the latest snapshot, and uploads of steps."""

import uuid

import attrs
from aiohttp import hdrs, web

from stroem.conversion.constraints import Int32
from stroem.errors import BadRequest
from stroem.protocol.steps import WireStepId
from stroem.server.http.blob_response import blob_response
from stroem.server.keys import SERVICES
from stroem.server.worker_api.auth import check_grant
from stroem.store.state.scopes import StateScope
from stroem.store.state.snapshots import find_snapshot
from stroem.store.state.staging import StepOfWorker


@attrs.frozen(kw_only=True)
class SnapshotQuery:
    """The id of a snapshot, from a claim; when it is gone, or not named, the latest one is sent."""

    snapshot: uuid.UUID | None = None


@attrs.frozen(kw_only=True)
class UploadQuery:
    """The attempt that wrote the state, and `base`, the snapshot it had read. Older workers name none.

    `has_json` is not used: the server looks for `state.json` itself.
    """

    has_json: bool | None = None
    step_id: WireStepId | None = None
    step_name: str = ""
    attempt: Int32 = 1
    worker_id: uuid.UUID | None = None
    base: uuid.UUID | None = None


@attrs.frozen(kw_only=True)
class StoredSnapshot:
    """The id of the stored snapshot."""

    snapshot_id: uuid.UUID


async def get(request: web.Request, workspace: str, task: str, query: SnapshotQuery) -> web.StreamResponse:
    """The state of a task as a gzipped tar, or a range of its bytes. 204 when there is none.

    `X-Snapshot-Id` names the snapshot. A token of a step is good for the state of its task, while it runs.
    """
    return await _send(request, StateScope(workspace=workspace, task=task), query)


async def get_global(request: web.Request, workspace: str, query: SnapshotQuery) -> web.StreamResponse:
    """The global state of a workspace, as for a task."""
    return await _send(request, StateScope(workspace=workspace), query)


async def put(
    request: web.Request, workspace: str, task: str, job_id: uuid.UUID, query: UploadQuery, body: bytes
) -> StoredSnapshot:
    """Stores the state of a task that a step has written. It is the latest once the outcome of the step is recorded.

    409 when the step is no longer the worker's, or is being cancelled. Without `step_id` and `worker_id` it is the
    latest at once.
    """
    return await _store(request, StateScope(workspace=workspace, task=task), job_id, query, body)


async def put_global(
    request: web.Request, workspace: str, job_id: uuid.UUID, query: UploadQuery, body: bytes
) -> StoredSnapshot:
    """Stores the global state of a workspace, as for a task."""
    return await _store(request, StateScope(workspace=workspace), job_id, query, body)


async def _send(request: web.Request, scope: StateScope, query: SnapshotQuery) -> web.StreamResponse:
    await check_grant(request, lambda grant: grant.workspace == scope.workspace and scope.task in ("", grant.task))
    services = request.app[SERVICES]
    async with services.database.read() as connection:
        found = await find_snapshot(connection, scope, query.snapshot)
    if found is None:
        return web.Response(status=204)
    headers = {hdrs.ETAG: f'"{found.blob}"', "X-Snapshot-Id": str(found.id)}
    return await blob_response(request, services.blobs, found.blob, headers)


async def _store(
    request: web.Request, scope: StateScope, job_id: uuid.UUID, query: UploadQuery, body: bytes
) -> StoredSnapshot:
    snapshots = request.app[SERVICES].snapshots
    if (query.step_id is None) != (query.worker_id is None):
        raise BadRequest(message="`step_id` and `worker_id` belong together")
    if query.step_id is None or query.worker_id is None:
        return StoredSnapshot(snapshot_id=await snapshots.publish_at_once(scope, body, job_id))
    writer = StepOfWorker(
        job_id=job_id,
        step=query.step_id,
        attempt=query.attempt,
        worker_id=query.worker_id,
        step_name=query.step_name,
    )
    return StoredSnapshot(snapshot_id=await snapshots.stage(scope, body, writer, query.base))

"""State of tasks and of workspaces: list, show, compare, download, upload, roll back."""

import uuid
from typing import Annotated, Literal

import attrs
from aiohttp import hdrs, web

from stroem.conversion.constraints import Line, Range
from stroem.errors import BadRequest
from stroem.orchestrator.jobs.state_uploads import Author, StateUpload
from stroem.records.principal import ANONYMOUS
from stroem.server.api.lookup import current_task, loaded_workspace
from stroem.server.api.state import snapshot_views
from stroem.server.api.state.snapshot_views import SnapshotComparison, SnapshotDetail, SnapshotsAnswer
from stroem.server.http.actor import principal_of
from stroem.server.http.audit.recording import record
from stroem.server.http.blob_response import blob_response
from stroem.server.keys import SERVICES
from stroem.store.state.publishing import Published
from stroem.store.state.scopes import StateScope

Number = Annotated[int, Range(at_least=1, at_most=2**31 - 1)]


@attrs.frozen(kw_only=True)
class CompareQuery:
    """The numbers of two snapshots."""

    old: Number
    new: Number


@attrs.frozen(kw_only=True)
class UploadQuery:
    """`replace` the state, or `merge` the upload into it. Every other key of the query is a value of the state.json."""

    mode: Literal["replace", "merge"] = "replace"


@attrs.frozen(kw_only=True)
class StateRollback:
    """The number of the snapshot to bring back, the self-declared author, and the reason."""

    snapshot: Number
    by: Annotated[str, Line()] | None = None
    reason: Annotated[str, Line()] | None = None


@attrs.frozen(kw_only=True)
class NewSnapshot:
    """The new snapshot, and the completed job that records it."""

    snapshot_id: uuid.UUID
    job_id: uuid.UUID
    number: int


async def list_of_task(request: web.Request, workspace: str, task: str) -> SnapshotsAnswer:
    """The kept snapshots of a task's state, newest first."""
    return await snapshot_views.listed(request, _of_task(request, workspace, task))


async def list_of_workspace(request: web.Request, workspace: str) -> SnapshotsAnswer:
    """The kept snapshots of a workspace's global state, newest first."""
    return await snapshot_views.listed(request, _of_workspace(request, workspace))


async def get_of_task(request: web.Request, workspace: str, task: str, number: int) -> SnapshotDetail:
    """A snapshot of a task's state: its state.json without secrets, and its files."""
    return await snapshot_views.detail(request, _of_task(request, workspace, task), number)


async def get_of_workspace(request: web.Request, workspace: str, number: int) -> SnapshotDetail:
    """A snapshot of a workspace's global state: its state.json without secrets, and its files."""
    return await snapshot_views.detail(request, _of_workspace(request, workspace), number)


async def compare_of_task(request: web.Request, workspace: str, task: str, query: CompareQuery) -> SnapshotComparison:
    """The differences between two snapshots of a task's state."""
    return await snapshot_views.comparison(request, _of_task(request, workspace, task), query.old, query.new)


async def compare_of_workspace(request: web.Request, workspace: str, query: CompareQuery) -> SnapshotComparison:
    """The differences between two snapshots of a workspace's global state."""
    return await snapshot_views.comparison(request, _of_workspace(request, workspace), query.old, query.new)


async def download_of_task(request: web.Request, workspace: str, task: str, number: int) -> web.StreamResponse:
    """The archive of a snapshot as it was stored, a gzipped tar. Secrets in it are not masked."""
    return await _download(request, _of_task(request, workspace, task), number)


async def download_of_workspace(request: web.Request, workspace: str, number: int) -> web.StreamResponse:
    """The archive of a snapshot of global state as it was stored, a gzipped tar. Secrets in it are not masked."""
    return await _download(request, _of_workspace(request, workspace), number)


async def upload_to_task(
    request: web.Request, workspace: str, task: str, query: UploadQuery, body: bytes
) -> NewSnapshot:
    """Makes a snapshot of a task's state from a gzipped tar, which may be empty, and the values in the query."""
    return await _upload(request, _of_task(request, workspace, task), query, body)


async def upload_to_workspace(request: web.Request, workspace: str, query: UploadQuery, body: bytes) -> NewSnapshot:
    """Makes a snapshot of a workspace's global state, as for a task."""
    return await _upload(request, _of_workspace(request, workspace), query, body)


async def roll_back_task(request: web.Request, workspace: str, task: str, body: StateRollback) -> NewSnapshot:
    """Makes a snapshot of a task's state that equals an older one."""
    return await _roll_back(request, _of_task(request, workspace, task), body)


async def roll_back_workspace(request: web.Request, workspace: str, body: StateRollback) -> NewSnapshot:
    """Makes a snapshot of a workspace's global state that equals an older one."""
    return await _roll_back(request, _of_workspace(request, workspace), body)


def _of_task(request: web.Request, workspace: str, task: str) -> StateScope:
    current_task(request.app, workspace, task)
    return StateScope(workspace=workspace, task=task)


def _of_workspace(request: web.Request, workspace: str) -> StateScope:
    loaded_workspace(request.app, workspace)
    return StateScope(workspace=workspace)


async def _download(request: web.Request, scope: StateScope, number: int) -> web.StreamResponse:
    row = await snapshot_views.found(request, scope, number)
    snapshot = ("snapshot", f"{scope.task}/{number}" if scope.task else str(number))
    await record(request, "state.download", object=snapshot, workspace=scope.workspace)
    name = f"state-{number}.tar.gz"
    headers = {
        hdrs.ETAG: f'"{row.blob}"',
        "X-Snapshot-Id": str(row.id),
        hdrs.CONTENT_DISPOSITION: f'attachment; filename="{name}"',
        "X-Content-Type-Options": "nosniff",
    }
    return await blob_response(request, request.app[SERVICES].blobs, row.blob, headers)


async def _upload(request: web.Request, scope: StateScope, query: UploadQuery, body: bytes) -> NewSnapshot:
    values = {key: value for key, value in request.query.items() if key != "mode"}
    if not values and not body:
        raise BadRequest(message="The upload is empty: send files, or values for the state.json as KEY=VALUE")
    upload = StateUpload(archive=body, values=values, mode=query.mode)
    return _new(await request.app[SERVICES].state_uploads.upload(scope, upload, Author(name=_uploader(request))))


async def _roll_back(request: web.Request, scope: StateScope, body: StateRollback) -> NewSnapshot:
    author = Author(name=_uploader(request) or body.by, reason=body.reason)
    return _new(await request.app[SERVICES].state_uploads.roll_back(scope, body.snapshot, author))


def _uploader(request: web.Request) -> str | None:
    """Who has signed in, as snapshots name them."""
    principal = principal_of(request)
    if principal.kind == "step":
        return f"step:{principal.name}"
    if principal.key is not None:
        return f"api_key:{principal.key.prefix}"
    return None if principal == ANONYMOUS else f"user:{principal.name}"


def _new(published: Published) -> NewSnapshot:
    return NewSnapshot(snapshot_id=published.id, job_id=published.job_id, number=published.number)

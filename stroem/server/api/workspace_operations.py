"""What people do to a workspace at run time."""

from typing import Annotated

import attrs
from aiohttp import web

from stroem.conversion.constraints import Line, Range
from stroem.errors import BadRequest
from stroem.records.condition import Override
from stroem.server.api.lookup import current_workspace, loaded_workspace
from stroem.server.api.workspaces import WorkspaceItem, item
from stroem.server.keys import OPERATIONS, RECONCILER, REFRESH_COOLDOWN

Name = Annotated[str, Line()]


@attrs.frozen(kw_only=True)
class Act:
    """Who does it, as they name themselves, and why."""

    by: Name | None = None
    reason: Name | None = None


@attrs.frozen(kw_only=True)
class Pin(Act):
    """A branch, tag or commit to follow."""

    ref: Name


@attrs.frozen(kw_only=True)
class Rollback(Act):
    """The number of the release to bring back."""

    release: Annotated[int, Range(at_least=1, at_most=2**31 - 1)]


@attrs.frozen(kw_only=True)
class ApprovalOf(Act):
    """What is approved: the `revision` that waits, or the `manifest` (the digest of its files) that was looked at."""

    revision: Name | None = None
    manifest: Name | None = None


@attrs.frozen(kw_only=True)
class Drift:
    """What people have set at run time against what git says; nothing when the workspace is as git says."""

    workspace: str
    overrides: tuple[Override, ...]


async def reconcile(request: web.Request, workspace: str, body: Act) -> WorkspaceItem:
    """Looks at the source now and says how the workspace stands then. Not more often than every five seconds."""
    current_workspace(request.app, workspace)
    with request.app[REFRESH_COOLDOWN].acquire(workspace):
        await request.app[RECONCILER].refresh(workspace, body.by)
    return item(current_workspace(request.app, workspace))


async def suspend(request: web.Request, workspace: str, body: Act) -> WorkspaceItem:
    """Stops following the source. What runs stays as it is."""
    await request.app[OPERATIONS].suspend(workspace, body.by, body.reason)
    return item(current_workspace(request.app, workspace))


async def resume(request: web.Request, workspace: str, body: Act) -> WorkspaceItem:
    """Follows the source as the settings say: neither suspended, nor pinned, nor rolled back."""
    await request.app[OPERATIONS].resume(workspace, body.by)
    return item(current_workspace(request.app, workspace))


async def pin(request: web.Request, workspace: str, body: Pin) -> WorkspaceItem:
    """Follows another ref than the settings say, until resumed."""
    await request.app[OPERATIONS].pin(workspace, body.ref, body.by, body.reason)
    return item(current_workspace(request.app, workspace))


async def roll_back(request: web.Request, workspace: str, body: Rollback) -> WorkspaceItem:
    """Makes a new release with the files of an older one, and does not follow the source until resumed."""
    await request.app[OPERATIONS].roll_back(workspace, body.release, body.by, body.reason)
    return item(current_workspace(request.app, workspace))


async def approve(request: web.Request, workspace: str, body: ApprovalOf) -> WorkspaceItem:
    """Lets the revision that waits become a release; 409 when another waits, or none."""
    waiting = current_workspace(request.app, workspace).status.waiting
    if (body.revision is None) == (body.manifest is None):
        raise BadRequest(message="Say what you approve: either `revision` or `manifest`, as the workspace shows it")
    manifest = body.manifest
    if manifest is None:
        same = waiting is not None and body.revision is not None and waiting.revision.startswith(body.revision)
        manifest = waiting.manifest if waiting is not None and same else ""
    await request.app[OPERATIONS].approve(workspace, manifest, body.by)
    return item(current_workspace(request.app, workspace))


async def pause_trigger(request: web.Request, workspace: str, trigger: str, body: Act) -> WorkspaceItem:
    """Has a trigger start nothing until it is resumed."""
    loaded_workspace(request.app, workspace)
    await request.app[OPERATIONS].pause_trigger(workspace, trigger, body.by, body.reason)
    return item(current_workspace(request.app, workspace))


async def resume_trigger(request: web.Request, workspace: str, trigger: str, body: Act) -> WorkspaceItem:
    """Has a paused trigger start its task again."""
    loaded_workspace(request.app, workspace)
    await request.app[OPERATIONS].resume_trigger(workspace, trigger, body.by)
    return item(current_workspace(request.app, workspace))


async def drift(request: web.Request, workspace: str) -> Drift:
    """What people have set at run time against what git says, with who and when."""
    return Drift(workspace=workspace, overrides=current_workspace(request.app, workspace).status.overrides)


async def drop_drift(request: web.Request, workspace: str, body: Act) -> WorkspaceItem:
    """Drops all of it: the workspace is as git says."""
    await request.app[OPERATIONS].drop_drift(workspace, body.by)
    return item(current_workspace(request.app, workspace))

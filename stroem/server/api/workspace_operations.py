"""Operations on a workspace at run time."""

from typing import Annotated

import attrs
from aiohttp import web

from stroem.conversion.constraints import Line, Range
from stroem.definitions.approvers import Excluded
from stroem.definitions.values import Json
from stroem.errors import BadRequest, Conflict, Forbidden
from stroem.records.condition import Override
from stroem.redaction.definition_secrets import Secrets
from stroem.rights.approvers import People, refusal
from stroem.server.api.lookup import current_workspace, loaded_workspace
from stroem.server.api.workspaces import WorkspaceItem, item_of, seen
from stroem.server.http.actor import author_of, principal_of
from stroem.server.http.audit.recording import note
from stroem.server.keys import CATALOG, OPERATIONS, RECONCILER, REFRESH_COOLDOWN, SERVICES, SETTINGS

Name = Annotated[str, Line()]


@attrs.frozen(kw_only=True)
class Act:
    """The author of an operation, for servers without sign-in, and the reason.

    Who has signed in is the author, whatever `by` says.
    """

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
    """The approved `revision`, or the reviewed `manifest` (the digest of its files)."""

    revision: Name | None = None
    manifest: Name | None = None


@attrs.frozen(kw_only=True)
class Drift:
    """Overrides set at run time; empty when the workspace is as in git."""

    workspace: str
    overrides: tuple[Override, ...]


def masked_reason(app: web.Application, body: Act, workspace: str | None = None) -> str | None:
    """The reason to store: without the secrets that the workspace has now, or for None all workspaces."""
    reason = body.reason
    for live in app[CATALOG].live():
        if reason and live.definitions is not None and workspace in (None, live.status.name):
            reason = Secrets(sides=(live.definitions,)).redactor.text(reason)
    return reason


def _note(request: web.Request, workspace: str, body: Act, **after: Json) -> None:
    """Adds what is changed to the audit log: the overrides of the workspace before, and what is asked for."""
    live = request.app[CATALOG].get(workspace)
    said = {"by": body.by, "reason": masked_reason(request.app, body, workspace), **after}
    overrides: list[Json] = [] if live is None else [_named(one) for one in live.status.overrides]
    note(
        request, before={"overrides": overrides}, after={key: value for key, value in said.items() if value is not None}
    )


def _named(override: Override) -> str:
    what = override.name or override.ref or (None if override.release is None else f"release {override.release}")
    return f"{override.kind} {what}" if what else override.kind


async def reconcile(request: web.Request, workspace: str, body: Act) -> WorkspaceItem:
    """Polls the source and returns the resulting workspace, at most once in five seconds."""
    current_workspace(request.app, workspace)
    with request.app[REFRESH_COOLDOWN].acquire(workspace):
        await request.app[RECONCILER].pipeline.reconcile(workspace, cause="person", by=author_of(request, body.by))
    return seen(request, item_of(request.app, workspace))


async def suspend(request: web.Request, workspace: str, body: Act) -> WorkspaceItem:
    """Stops following the source. The current release stays."""
    _note(request, workspace, body)
    await request.app[OPERATIONS].suspend(
        workspace, author_of(request, body.by), masked_reason(request.app, body, workspace)
    )
    return seen(request, item_of(request.app, workspace))


async def resume(request: web.Request, workspace: str, body: Act) -> WorkspaceItem:
    """Follows the source as configured: ends a suspension, pin or rollback."""
    _note(request, workspace, body)
    await request.app[OPERATIONS].resume(workspace, author_of(request, body.by))
    return seen(request, item_of(request.app, workspace))


async def pin(request: web.Request, workspace: str, body: Pin) -> WorkspaceItem:
    """Follows another ref than the configured one, until resumed."""
    _note(request, workspace, body, ref=body.ref)
    await request.app[OPERATIONS].pin(
        workspace, body.ref, author_of(request, body.by), masked_reason(request.app, body, workspace)
    )
    return seen(request, item_of(request.app, workspace))


async def roll_back(request: web.Request, workspace: str, body: Rollback) -> WorkspaceItem:
    """Creates a release from the files of an older one; the source is not followed until resumed."""
    _note(request, workspace, body, release=body.release)
    await request.app[OPERATIONS].roll_back(
        workspace, body.release, author_of(request, body.by), masked_reason(request.app, body, workspace)
    )
    return seen(request, item_of(request.app, workspace))


async def approve(request: web.Request, workspace: str, body: ApprovalOf) -> WorkspaceItem:
    """Approves the waiting revision; 409 when another waits, or none."""
    waiting = current_workspace(request.app, workspace).status.waiting
    if (body.revision is None) == (body.manifest is None):
        raise BadRequest(message="Say what you approve: either `revision` or `manifest`, as the workspace shows it")
    manifest = body.manifest
    if manifest is None:
        same = waiting is not None and body.revision is not None and waiting.revision.startswith(body.revision)
        manifest = waiting.manifest if waiting is not None and same else ""
    _note(request, workspace, body, revision=body.revision, manifest=manifest)
    _check_approver(request, workspace)
    await request.app[OPERATIONS].approve(workspace, manifest, author_of(request, body.by))
    return seen(request, item_of(request.app, workspace))


def _check_approver(request: web.Request, workspace: str) -> None:
    """Raises `Forbidden` if the guards of the workspace do not let the person approve what waits."""
    guards = request.app[RECONCILER].workspaces.get(workspace).settings.guards
    if request.app[SETTINGS].sign_in is None or (guards.approvers is None and not guards.four_eyes):
        return
    waiting = current_workspace(request.app, workspace).status.waiting
    people = People(author=waiting.author if waiting else None)
    four_eyes: tuple[Excluded, ...] = ("author",) if guards.four_eyes else ()
    if reason := refusal(guards.approvers, four_eyes, principal_of(request), people, approves=True):
        raise Forbidden(message=f"What waits in workspace {workspace!r} is not yours to approve: {reason}")


async def pause_trigger(request: web.Request, workspace: str, trigger: str, body: Act) -> WorkspaceItem:
    """Pauses a trigger until it is resumed."""
    loaded_workspace(request.app, workspace)
    _note(request, workspace, body)
    await request.app[OPERATIONS].pause_trigger(
        workspace, trigger, author_of(request, body.by), masked_reason(request.app, body, workspace)
    )
    return seen(request, item_of(request.app, workspace))


async def resume_trigger(request: web.Request, workspace: str, trigger: str, body: Act) -> WorkspaceItem:
    """Resumes a paused trigger, or an event source whose consumer was cancelled or has ended for good."""
    loaded_workspace(request.app, workspace)
    _note(request, workspace, body)
    resumed = await request.app[SERVICES].triggers.consumers.supervisor.resume(workspace, trigger)
    try:
        await request.app[OPERATIONS].resume_trigger(workspace, trigger, author_of(request, body.by))
    except Conflict:
        if not resumed:
            raise
    return seen(request, item_of(request.app, workspace))


async def drift(request: web.Request, workspace: str) -> Drift:
    """Overrides set at run time, with their author and time."""
    return Drift(workspace=workspace, overrides=current_workspace(request.app, workspace).status.overrides)


async def drop_drift(request: web.Request, workspace: str, body: Act) -> WorkspaceItem:
    """Removes all overrides: the workspace is as in git."""
    _note(request, workspace, body)
    await request.app[OPERATIONS].drop_drift(workspace, author_of(request, body.by))
    return seen(request, item_of(request.app, workspace))

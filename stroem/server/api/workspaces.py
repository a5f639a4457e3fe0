"""Workspaces: their current release and the state of their source."""

import datetime
from collections.abc import Sequence

import attrs
from aiohttp import web

from stroem.conversion.unstructure import ABSENT
from stroem.reconciler.workspaces.catalog import LiveWorkspace
from stroem.records.condition import Condition, Override, Waiting
from stroem.records.problem import Problem
from stroem.records.release import Commit, Held, LibraryVersion
from stroem.rights.place import Place
from stroem.rights.reach import is_reached
from stroem.server.api.git_pages import page_of
from stroem.server.api.lookup import current_workspace
from stroem.server.api.rights.live_rights import may, reach_for
from stroem.server.keys import CATALOG, RECONCILER, REFRESH_COOLDOWN, SERVICES


@attrs.frozen(kw_only=True)
class WorkspaceItem:
    """One workspace. The counts, `revision` and `released_at` are those of its current release, `release_commit` is its
    commit; `error` says why a newer revision, `observed_revision`, is not current, and `problems` lists its mistakes.
    `commit` is that of the newer one. The URLs are pages at the git host.

    `conditions` are Ready, Reconciling and Stalled; `next_at` is the time of the next look at the source, `looks`
    counts them; `drift` is what people have set at run time against what git says. `ref` is what is followed,
    `settings_ref` what the settings say, which a pin takes precedence over.
    """

    name: str
    tasks_count: int
    actions_count: int
    triggers_count: int
    connections_count: int
    revision: str | None
    release: int | None
    observed_revision: str | None
    checked_at: datetime.datetime | None
    next_at: datetime.datetime | None
    origin: str
    source_type: str | None
    ref: str | None
    settings_ref: str | None
    released_at: datetime.datetime | None
    conditions: tuple[Condition, ...]
    failures: int
    looks: int
    error: str | None = attrs.field(default=None, metadata=ABSENT)
    warnings: tuple[str, ...] | None = attrs.field(default=None, metadata=ABSENT)
    problems: tuple[Problem, ...] | None = attrs.field(default=None, metadata=ABSENT)
    commit: Commit | None = attrs.field(default=None, metadata=ABSENT)
    commit_url: str | None = attrs.field(default=None, metadata=ABSENT)
    release_commit: Commit | None = attrs.field(default=None, metadata=ABSENT)
    release_commit_url: str | None = attrs.field(default=None, metadata=ABSENT)
    waiting: Waiting | None = attrs.field(default=None, metadata=ABSENT)
    libraries: tuple[LibraryVersion, ...] | None = attrs.field(default=None, metadata=ABSENT)
    held: tuple[Held, ...] | None = attrs.field(default=None, metadata=ABSENT)
    drift: tuple[Override, ...] | None = attrs.field(default=None, metadata=ABSENT)


@attrs.frozen(kw_only=True)
class Refreshed:
    """Result of a refresh; `error` is the reason why the found revision is not current."""

    workspace: str
    revision: str | None
    refreshed: bool = True
    error: str | None = attrs.field(default=None, metadata=ABSENT)


async def list_workspaces(request: web.Request) -> tuple[WorkspaceItem, ...]:
    """All workspaces."""
    catalog = request.app[CATALOG]
    names = [status.name for status in catalog.workspaces()]
    visible = [one for one in names if may(request, "workspace.read", Place(workspace=one))]
    items = await _with_conflicts(request.app, [item_of(request.app, one) for one in visible])
    return tuple(seen(request, one) for one in items)


async def get(request: web.Request, workspace: str) -> WorkspaceItem:
    """A workspace."""
    (item,) = await _with_conflicts(request.app, [item_of(request.app, workspace)])
    return seen(request, item)


def seen(request: web.Request, shown: WorkspaceItem) -> WorkspaceItem:
    """A workspace as its client may see it: only who may read its files reads the names of their parts."""
    workspace = shown.name
    if may(request, "source.read", Place(workspace=workspace)):
        return shown
    reach = reach_for(request, "task.read")
    live = current_workspace(request.app, workspace)
    tasks = live.definitions.tasks if live.definitions else ()
    return attrs.evolve(
        shown,
        tasks_count=sum(is_reached(reach, workspace, task) for task in tasks),
        error=shown.error and "The workspace has mistakes; the right source.read is needed to read them",
        conditions=tuple(attrs.evolve(one, message="") for one in shown.conditions),
        warnings=None,
        problems=None,
        waiting=None,
        held=None,
        drift=None,
    )


async def _with_conflicts(app: web.Application, items: Sequence[WorkspaceItem]) -> tuple[WorkspaceItem, ...]:
    """The workspaces with warnings of webhooks whose names other workspaces have too."""
    conflicts = await app[SERVICES].hooks.finder.conflicts([one.name for one in items])
    warnings: dict[str, list[str]] = {}
    for (workspace, trigger), text in sorted(conflicts.items()):
        warnings.setdefault(workspace, []).append(f"Trigger {trigger!r}: {text}")
    return tuple(
        attrs.evolve(one, warnings=(*(one.warnings or ()), *warnings[one.name])) if one.name in warnings else one
        for one in items
    )


async def refresh(request: web.Request, workspace: str) -> Refreshed:
    """Polls the workspace's source, at most once in five seconds."""
    current_workspace(request.app, workspace)
    with request.app[REFRESH_COOLDOWN].acquire(workspace):
        await request.app[RECONCILER].pipeline.reconcile(workspace, cause="person")
    found = current_workspace(request.app, workspace)
    revision = found.release.revision if found.release else None
    return Refreshed(workspace=workspace, revision=revision, error=found.status.error)


def item_of(app: web.Application, workspace: str) -> WorkspaceItem:
    """A workspace as the API shows it. Raises `NotFound`."""
    live = current_workspace(app, workspace)
    workspaces = app[RECONCILER].workspaces
    followed = workspaces.get(workspace) if workspace in workspaces else None
    shown = _item(live)
    return attrs.evolve(
        shown,
        source_type=followed.settings.type if followed else None,
        settings_ref=followed.source.ref if followed else None,
        commit_url=page_of(app, workspace, shown.observed_revision),
        release_commit_url=page_of(app, workspace, shown.revision),
    )


def _item(live: LiveWorkspace) -> WorkspaceItem:
    status, release = live.status, live.release
    return WorkspaceItem(
        name=status.name,
        tasks_count=release.tasks_count if release else 0,
        actions_count=release.actions_count if release else 0,
        triggers_count=release.triggers_count if release else 0,
        connections_count=release.connections_count if release else 0,
        revision=release.revision if release else None,
        release=release.number if release else None,
        observed_revision=status.revision,
        checked_at=status.checked_at,
        next_at=status.next_at,
        origin=status.origin,
        source_type=None,
        settings_ref=None,
        released_at=release.created_at if release else None,
        ref=status.ref,
        conditions=status.conditions,
        failures=status.failures,
        looks=status.looks,
        error=status.error,
        warnings=status.warnings or None,
        problems=status.problems or None,
        commit=status.commit,
        release_commit=release.commit if release else None,
        waiting=status.waiting,
        libraries=(release.libraries if release else ()) or None,
        held=(release.held if release else ()) or None,
        drift=status.overrides or None,
    )

"""Operations on workspaces: suspend, resume, pin, roll back, approve, pause a trigger."""

import asyncio
import datetime
from collections.abc import Sequence

from stroem.conversion.suggestions import missing
from stroem.errors import BadRequest, Conflict, NotFound
from stroem.interfaces.source import Snapshot, SourceUnavailable
from stroem.reconciler.diff.definitions import changes_between
from stroem.reconciler.following.dependencies import Dependencies
from stroem.reconciler.sources.contents import fetch_within
from stroem.reconciler.workspaces.catalog import Catalog, WorkspaceStatus
from stroem.reconciler.workspaces.pipeline import Pipeline
from stroem.reconciler.workspaces.replica_sync import ReplicaSync
from stroem.reconciler.workspaces.restoring import definitions_of, files_of
from stroem.reconciler.workspaces.rules import read_rules, rules_changes
from stroem.reconciler.workspaces.state import Workspace
from stroem.reconciler.workspaces.workspaces import Workspaces
from stroem.records.condition import Approval, Override
from stroem.records.event import EventKind, NewEvent
from stroem.records.release import Cause, Release
from stroem.store.statement import Connection
from stroem.store.triggers import triggers
from stroem.store.workspaces import overrides, release_retention, releases, workspaces
from stroem.store.workspaces.releases import Draft

NOBODY = "anonymous"
_FOLLOWING = ("suspended", "pinned")
_PAUSED = ("trigger_paused",)


class WorkspaceOperations:
    """Operations of people; each is one transaction with an event, after which the workspace is reconciled."""

    def __init__(
        self,
        deps: Dependencies,
        workspaces: Workspaces,
        pipeline: Pipeline,
        replicas: ReplicaSync,
        catalog: Catalog,
    ) -> None:
        self._deps = deps
        self._database = deps.database
        self._workspaces = workspaces
        self._pipeline = pipeline
        self._replicas = replicas
        self._catalog = catalog

    async def suspend(self, name: str, by: str | None, reason: str | None) -> WorkspaceStatus:
        """Stops following the source; what runs stays. Raises `NotFound`."""
        workspace = self._workspaces.get(name)
        override = _override("suspended", by, reason=reason)
        async with self._database.begin() as connection:
            await overrides.set_override(connection, name, override)
            await self._tell(connection, workspace, "suspended", "The source is no longer followed", override)
        return await self._poll(name, by, "person")

    async def resume(self, name: str, by: str | None) -> WorkspaceStatus:
        """Follows the source of the settings again: neither suspended, nor pinned, nor rolled back."""
        workspace = self._workspaces.get(name)
        async with self._database.begin() as connection:
            dropped = await overrides.drop_overrides(connection, name, _FOLLOWING)
            if not dropped:
                raise Conflict(message=f"Workspace {name!r} is neither suspended, nor pinned, nor rolled back")
            kind: EventKind = "unpinned" if {found for found, _ in dropped} == {"pinned"} else "resumed"
            await self._tell(connection, workspace, kind, "The source is followed again", _override("suspended", by))
        return await self._poll(name, by, "resume")

    async def pin(self, name: str, ref: str, by: str | None, reason: str | None) -> WorkspaceStatus:
        """Follows another ref than the set one until resumed. Raises `BadRequest` for one that is not there."""
        workspace = self._workspaces.get(name)
        async with workspace.lock:
            try:
                await fetch_within(workspace.settings.limits, workspace.source, workspace.snapshot, ref)
            except SourceUnavailable as error:
                raise BadRequest(message=f"Workspace {name!r} cannot be pinned to {ref!r}: {error}") from None
        override = _override("pinned", by, ref=ref, reason=reason)
        async with self._database.begin() as connection:
            await overrides.drop_overrides(connection, name, _FOLLOWING)
            await overrides.set_override(connection, name, override)
            await self._tell(connection, workspace, "pinned", f"The source is followed at {ref}", override)
        return await self._poll(name, by, "pin")

    async def roll_back(self, name: str, number: int, by: str | None, reason: str | None) -> WorkspaceStatus:
        """Makes a new release with the files of an older one, and does not follow the source until resumed.

        Raises `NotFound` for a release that is not there or was dropped, `Conflict` when it is current.
        """
        workspace = self._workspaces.get(name)
        async with workspace.lock:
            target = await self._target(workspace, number)
            draft = await self._draft(workspace, target, by)
            base = workspace.release.id if workspace.release else None
            override = _override("pinned", by, release=number, reason=reason)
            async with self._database.begin() as connection:
                for one in (target.id, *{held.release_id for held in target.held if held.release_id is not None}):
                    if not await release_retention.keep_release(connection, one):
                        raise release_not_kept(workspace.name, number)
                made = await releases.make_current(connection, draft, base)
                if made is None:
                    raise Conflict(message=f"Workspace {name!r} has just got another release; look at it and try again")
                await overrides.drop_overrides(connection, name, _FOLLOWING)
                await overrides.set_override(connection, name, override)
                message = f"Release {made.number} brings back release {number} ({target.revision[:12]})"
                await self._tell(connection, workspace, "rolled_back", message, override, made)
        return await self._poll(name, by, "person")

    async def approve(self, name: str, manifest: str, by: str | None) -> WorkspaceStatus:
        """Approves the waiting revision. Raises `Conflict` when something else waits, or nothing, and when the
        source has moved on: what came since waits for its own approval.
        """
        workspace = self._workspaces.get(name)
        approval = Approval(manifest=manifest, by=by or NOBODY, at=datetime.datetime.now(datetime.UTC))
        async with self._database.begin() as connection:
            if not await workspaces.approve_waiting(connection, name, approval):
                raise Conflict(message=f"Workspace {name!r} does not wait for that; look at what it waits for")
            waiting = self._catalog.get(name)
            revision = waiting.status.revision if waiting else None
            event = NewEvent(
                kind="approved",
                workspace=name,
                message="What waited is approved",
                revision=revision,
                by=approval.by,
                origin=workspace.source.origin,
            )
            await self._deps.record(connection, [event])
        status = await self._poll(name, by, "approval")
        if status.waiting is not None and status.waiting.manifest != manifest:
            newer = status.waiting.revision[:12]
            message = f"Workspace {name!r} has moved on to {newer}, which waits now; what was approved is no release"
            raise Conflict(message=message)
        return status

    async def pause_trigger(self, name: str, trigger: str, by: str | None, reason: str | None) -> WorkspaceStatus:
        """Pauses a trigger until it is resumed. Raises `NotFound`."""
        workspace = self._workspaces.get(name)
        if workspace.definitions is None or trigger not in workspace.definitions.triggers:
            raise missing("Trigger", trigger, workspace.definitions.triggers if workspace.definitions else ())
        override = _override("trigger_paused", by, name=trigger, reason=reason)
        async with self._database.begin() as connection:
            await overrides.set_override(connection, name, override)
            await triggers.set_paused(connection, name, [trigger], paused=True)
            await self._tell(connection, workspace, "overridden", f"Trigger {trigger!r} is paused", override)
        return await self._show(name)

    async def resume_trigger(self, name: str, trigger: str, by: str | None) -> WorkspaceStatus:
        """Resumes a paused trigger. Raises `Conflict` when it is not paused."""
        return await self._drop(name, _PAUSED, trigger, by, f"Trigger {trigger!r} is as git says again")

    async def drop_drift(self, name: str, by: str | None) -> WorkspaceStatus:
        """Removes all overrides, so that the workspace equals its source. Raises `Conflict` if there are none."""
        return await self._drop(name, (*_FOLLOWING, *_PAUSED), None, by, "The workspace is as git says again")

    async def _drop(
        self, name: str, kinds: Sequence[str], one: str | None, by: str | None, message: str
    ) -> WorkspaceStatus:
        workspace = self._workspaces.get(name)
        async with self._database.begin() as connection:
            dropped = await overrides.drop_overrides(connection, name, kinds, one)
            if resumed := [found for kind, found in dropped if kind == "trigger_paused"]:
                await triggers.set_paused(connection, name, resumed, paused=False)
            if not dropped:
                what = f"trigger {one!r} is not paused" if one else "nothing is set against git"
                raise Conflict(message=f"Workspace {name!r}: {what}")
            await self._tell(connection, workspace, "override_dropped", message, _override("suspended", by))
        return await self._poll(name, by, "resume")

    async def _target(self, workspace: Workspace, number: int) -> Release:
        async with self._database.read() as connection:
            target = await releases.find_by_number(connection, workspace.name, number)
        if target is None:
            raise release_not_kept(workspace.name, number)
        if workspace.release is not None and workspace.release.id == target.id:
            raise Conflict(message=f"Release {number} of workspace {workspace.name!r} is current already")
        return target

    async def _draft(self, workspace: Workspace, target: Release, by: str | None) -> Draft:
        old = await definitions_of(target, self._deps)
        changes = await asyncio.to_thread(changes_between, workspace.definitions, old)
        if workspace.name == self._deps.rules_from():
            files = Snapshot(revision=target.revision, files=await files_of(target, self._deps))
            changes += rules_changes(workspace.rules, await read_rules(files, {}, self._deps.blobs))
        kept = (
            "revision", "manifest", "tasks_count", "actions_count", "triggers_count", "connections_count",
            "commit", "libraries", "held", "ref",
        )  # fmt: skip
        return Draft(
            workspace=workspace.name,
            changes=changes,
            cause="rollback",
            made_by=by or NOBODY,
            rollback_of=target.number,
            **{name: getattr(target, name) for name in kept},
        )

    async def _tell(
        self,
        connection: Connection,
        workspace: Workspace,
        kind: EventKind,
        message: str,
        override: Override,
        release: Release | None = None,
    ) -> None:
        said = f"{message} ({override.reason})" if override.reason else message
        event = NewEvent(
            kind=kind,
            severity="warning" if kind == "rolled_back" else "info",
            workspace=workspace.name,
            message=said,
            by=override.by,
            cause="person",
            origin=workspace.source.origin,
            revision=release.revision if release else None,
            release=release.number if release else None,
        )
        await self._deps.record(connection, [event])

    async def _poll(self, name: str, by: str | None, cause: Cause) -> WorkspaceStatus:
        status = await self._pipeline.reconcile(name, cause=cause, by=by or NOBODY)
        self._deps.tell_others([name])
        return status

    async def _show(self, name: str) -> WorkspaceStatus:
        await self._replicas.show(name)
        self._deps.tell_others([name])
        live = self._catalog.get(name)
        assert live is not None
        return live.status


def release_not_kept(workspace: str, number: int) -> NotFound:
    """The error that a workspace has no release with this number."""
    hint = "It was never made, or is no longer kept."
    return NotFound(kind=f"Release of workspace {workspace!r}", name=number, hint=hint)


def _override(
    kind: str,
    by: str | None,
    *,
    name: str = "",
    ref: str | None = None,
    release: int | None = None,
    reason: str | None = None,
) -> Override:
    now = datetime.datetime.now(datetime.UTC)
    return Override(kind=kind, name=name, ref=ref, release=release, reason=reason, by=by or NOBODY, at=now)  # type: ignore[arg-type]

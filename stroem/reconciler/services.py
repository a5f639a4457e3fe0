"""The reconciler put together: what is followed, and the loops that follow it."""

import asyncio
from collections.abc import Collection, Sequence

import attrs

from stroem.blobs.blob_store import BlobStore
from stroem.reconciler.configured.configured_workspaces import ConfiguredWorkspaces, ReplaceSinks, sources_of
from stroem.reconciler.following.announcements import Announcements
from stroem.reconciler.following.dependencies import Dependencies, Record, TellOthers
from stroem.reconciler.following.followed import Kinds
from stroem.reconciler.following.loop import FollowLoop
from stroem.reconciler.following.requests import PollRequests
from stroem.reconciler.libraries.libraries import Libraries
from stroem.reconciler.workspaces.catalog import Catalog
from stroem.reconciler.workspaces.library_users import LibraryUsers
from stroem.reconciler.workspaces.operations import WorkspaceOperations
from stroem.reconciler.workspaces.pipeline import Pipeline
from stroem.reconciler.workspaces.release_contents import ContentsReader
from stroem.reconciler.workspaces.replica_sync import ReplicaSync
from stroem.reconciler.workspaces.settings_change import SettingsChange
from stroem.reconciler.workspaces.stages import STAGES, Stage
from stroem.reconciler.workspaces.status_writer import StatusWriter
from stroem.reconciler.workspaces.workspaces import Workspaces
from stroem.registry.registry import Registry
from stroem.settings.server import ServerSettings
from stroem.store.database import Database


async def _no_sinks(_: object, __: object) -> None:
    return None


def _no_others(_: Collection[str]) -> None:
    return None


@attrs.frozen(kw_only=True)
class ReconcilerOptions:
    """Dependencies of the reconciler on the server.

    `record` records events in a transaction, `tell_others` notifies other servers of changed workspaces, and
    `replace_sinks` takes over event sinks from the settings.
    """

    registry: Registry
    settings: ServerSettings
    record: Record
    tell_others: TellOthers = _no_others
    replace_sinks: ReplaceSinks = _no_sinks
    stages: Sequence[Stage] = STAGES


@attrs.frozen(kw_only=True)
class Reconciler:
    """The parts that the server uses."""

    deps: Dependencies
    catalog: Catalog
    workspaces: Workspaces
    libraries: Libraries
    pipeline: Pipeline
    replicas: ReplicaSync
    operations: WorkspaceOperations
    contents: ContentsReader
    changes: SettingsChange
    configured: ConfiguredWorkspaces
    announcements: Announcements
    requests: PollRequests
    loop: FollowLoop


def build_reconciler(database: Database, blobs: BlobStore, options: ReconcilerOptions) -> Reconciler:
    """Puts the parts together; nothing runs yet."""
    registry, settings = options.registry, options.settings
    sources = sources_of(settings, registry)
    workspaces, requests, catalog = Workspaces(sources, settings.workspaces), PollRequests(), Catalog()
    deps = Dependencies(
        database=database,
        blobs=blobs,
        runners=registry.runner_options,
        trigger_types=registry.trigger_types,
        dialects=registry.dialects,
        names=lambda: frozenset(workspaces.names),
        rules_from=lambda: configured.rules_from,
        own_rules=lambda: configured.own_rules,
        record=options.record,
        tell_others=options.tell_others,
    )
    users = LibraryUsers(deps, workspaces, requests)
    libraries = Libraries(deps, sources, users.keys, users.changed)
    libraries.set_common(settings.libraries)
    writer = StatusWriter(catalog, deps)
    pipeline = Pipeline(deps, workspaces, libraries, writer, options.stages)
    replicas = ReplicaSync(deps, workspaces, libraries, writer)
    changes = SettingsChange(deps, workspaces, libraries, replicas, requests)
    configured = ConfiguredWorkspaces(deps, changes, registry, settings, options.replace_sinks)
    kinds: Kinds = {one.kind: one for one in (pipeline, libraries, configured.set)}
    return Reconciler(
        deps=deps,
        catalog=catalog,
        workspaces=workspaces,
        libraries=libraries,
        pipeline=pipeline,
        replicas=replicas,
        operations=WorkspaceOperations(deps, workspaces, pipeline, replicas, catalog),
        contents=ContentsReader(deps, workspaces),
        changes=changes,
        configured=configured,
        announcements=Announcements(database, kinds, requests),
        requests=requests,
        loop=FollowLoop(database, kinds, requests),
    )


async def run_reconciler(reconciler: Reconciler) -> None:
    """Runs the loops until cancelled; call `replicas.restore` before."""
    async with asyncio.TaskGroup() as group:
        group.create_task(reconciler.loop.run())
        group.create_task(reconciler.replicas.run())
        group.create_task(reconciler.configured.set.run())

"""The options of the services, from the settings and plugins of an application."""

import os

from aiohttp import web

from stroem.definitions.workspace import Definitions
from stroem.errors import NotRunnable
from stroem.files.key_file import key_in
from stroem.orchestrator.approval_links import ApprovalLinks
from stroem.orchestrator.artifacts.uploads import ArtifactLimits
from stroem.orchestrator.events.sinks import EventSinks
from stroem.orchestrator.jobs.new_jobs import DefaultTimeouts
from stroem.orchestrator.secrets.stores import SecretStores
from stroem.orchestrator.service_options import ServiceOptions
from stroem.orchestrator.triggers.live_triggers import WorkspaceTriggers
from stroem.orchestrator.triggers.options import TriggerOptions
from stroem.orchestrator.triggers.stream_loop import StreamPlace
from stroem.reconciler.workspaces.restoring import definitions_by_id
from stroem.records.release import Release
from stroem.secrets.envelope import KeyRing, keys_in, keys_of
from stroem.server.api.lookup import current_task, current_workspace
from stroem.server.keys import (
    CATALOG,
    RECONCILER,
    REGISTRY,
    SETTINGS,
)
from stroem.settings.server import ServerSettings
from stroem.settings.storage import ArtifactStorageSettings, StateStorageSettings
from stroem.store.state.publishing import Kept


def service_options(app: web.Application) -> ServiceOptions:
    """The options of the services of an application. Raises `KeyFileUnusable`, `KeyVariableUnusable`."""
    settings, registry = app[SETTINGS], app[REGISTRY]
    recovery, state = settings.recovery, settings.state_storage or StateStorageSettings()
    artifacts = settings.artifact_storage or ArtifactStorageSettings()
    key = key_in(settings.signing_key_file, "key_file")

    async def definitions_of(release_id: int) -> Definitions:
        return await definitions_by_id(release_id, app[CATALOG], app[RECONCILER].deps)

    def current(workspace: str, task: str) -> tuple[Release, Definitions]:
        current_task(app, workspace, task)
        release, definitions = current_workspace(app, workspace).of_task(task)
        if release is None or definitions is None:
            raise NotRunnable(task=task, reason=f"its workspace {workspace!r} was never valid")
        return release, definitions

    def workspace_triggers(name: str) -> WorkspaceTriggers | None:
        live = app[CATALOG].get(name) if CATALOG in app else None
        if live is None or live.release is None or live.definitions is None:
            return None
        return WorkspaceTriggers(release=live.release, definitions=live.definitions)

    async def refresh(workspace: str) -> None:
        await app[RECONCILER].pipeline.reconcile(workspace, cause="trigger")

    return ServiceOptions(
        lease_secs=recovery.heartbeat_timeout_secs,
        local_lease_secs=recovery.local_secs,
        output_bytes=settings.limits.output,
        sweep_secs=recovery.sweep_interval_secs,
        unmatched_secs=recovery.unmatched_step_timeout_secs,
        cancel_grace=recovery.cancel_grace,
        timeouts=DefaultTimeouts(step=settings.default_step_timeout, job=settings.default_job_timeout),
        definitions_of=definitions_of,
        limits={name: one.limit for name, one in settings.job_limits.items()},
        current_task=current,
        triggers=TriggerOptions(
            current_workspace=workspace_triggers,
            workspaces=lambda: [one.status.name for one in app[CATALOG].live()] if CATALOG in app else [],
            refresh=refresh,
            fire_days=settings.retention.fire_days,
            place=StreamPlace(folders=settings.triggers.folders, endpoints=settings.triggers.endpoints),
        ),
        abilities={name: runner.ability for name, runner in registry.runners.items()},
        flow_of=registry.dialects.flow,
        kinds=registry.step_kinds,
        releases=settings.retention.releases,
        signs_in=settings.sign_in is not None,
        kept_state=Kept(task=state.max_snapshots, workspace=state.global_max_snapshots or state.max_snapshots),
        artifact_limits=ArtifactLimits(
            file_bytes=artifacts.max_file_bytes,
            job_bytes=artifacts.max_job_bytes,
            job_files=artifacts.max_job_files,
        ),
        artifact_days=settings.retention.artifact_days,
        public_url=settings.public_url,
        cached_results=settings.retention.cached_results,
        worker_hours=settings.retention.worker_hours,
        retention_secs=settings.retention.interval_secs,
        links=ApprovalLinks(key, settings.public_url),
        key=key,
        audit_days=settings.retention.audit_days,
        audit_head_file=settings.audit_head_file,
        sinks=EventSinks(registry.event_sinks),
        secret_stores=SecretStores(registry.secret_stores),
        secret_keys=_secret_keys(settings),
        encrypts=settings.encryption.is_set,
        event_days=settings.retention.event_days,
        delivery_days=settings.retention.delivery_days,
        deliveries=settings.retention.deliveries,
    )


def _secret_keys(settings: ServerSettings) -> KeyRing:
    """The keys that encrypt secrets. Raises KeyFileUnusable, KeyVariableUnusable."""
    file, variable = settings.secret_key_file, settings.encryption.key_env
    return keys_in(file, "encryption.key_file") if file is not None else keys_of(os.environ, str(variable))

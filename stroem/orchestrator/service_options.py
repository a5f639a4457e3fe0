"""Options of the services of a server."""

import secrets
from collections.abc import Mapping
from pathlib import Path

import attrs

from stroem.conversion.json_value import OUTPUT_BYTES
from stroem.definitions.limit import Limit
from stroem.definitions.workspace import Definitions
from stroem.engine.compile import FlowOf
from stroem.engine.dag import dag
from stroem.errors import NotFound
from stroem.interfaces.step_kind import StepKind
from stroem.orchestrator.approval_links import ApprovalLinks
from stroem.orchestrator.artifacts.uploads import ArtifactLimits
from stroem.orchestrator.events.sinks import EventSinks
from stroem.orchestrator.jobs.new_jobs import DefaultTimeouts
from stroem.orchestrator.plans.job_plans import DefinitionsOf
from stroem.orchestrator.plans.shared_tasks import CurrentTask, no_workspaces
from stroem.orchestrator.secrets.stores import SecretStores
from stroem.orchestrator.triggers.options import TriggerOptions
from stroem.secrets.envelope import KeyRing
from stroem.store.state.publishing import Kept


async def _no_release(release_id: int) -> Definitions:
    raise NotFound(kind="Release", name=release_id)


@attrs.frozen(kw_only=True)
class ServiceOptions:
    """Options of the services. Times are in seconds.

    `abilities` are those of the runners of plugins, by runner name; `flow_of` makes the nodes of tasks; `kinds` are
    the server-side kinds of steps; `releases` is the number kept per workspace; `definitions_of` reads the
    definitions of a release, `current_task` finds those of a task of any workspace; `limits` are those of the server;
    `links` signs links to approvals; people sign in if it `signs_in`; `kept_state` are the numbers of snapshots that
    are kept; `key` is that of the server. Inputs with secrets are encrypted by `secret_keys` if it `encrypts`.
    """

    lease_secs: int = 120
    local_lease_secs: int = 600
    output_bytes: int = OUTPUT_BYTES
    sweep_secs: float = 60
    unmatched_secs: int = 30
    cancel_grace: int = 300
    signs_in: bool = False
    timeouts: DefaultTimeouts = attrs.Factory(DefaultTimeouts)
    abilities: Mapping[str, str] = attrs.Factory(dict)
    flow_of: FlowOf = dag
    kinds: Mapping[str, StepKind] = attrs.Factory(dict)
    definitions_of: DefinitionsOf = _no_release
    limits: Mapping[str, Limit] = attrs.Factory(dict)
    current_task: CurrentTask = no_workspaces
    triggers: TriggerOptions = attrs.Factory(TriggerOptions)
    sinks: EventSinks = attrs.Factory(lambda: EventSinks({}))
    secret_stores: SecretStores = attrs.Factory(lambda: SecretStores({}))
    secret_keys: KeyRing | None = None
    encrypts: bool = False
    event_days: int = 90
    delivery_days: int = 30
    deliveries: int = 1000
    releases: int = 100
    kept_state: Kept = attrs.Factory(Kept)
    artifact_limits: ArtifactLimits = attrs.Factory(ArtifactLimits)
    artifact_days: int | None = None
    public_url: str | None = None
    cached_results: int = 10_000
    worker_hours: int = 24
    retention_secs: float = 3600
    audit_days: int | None = None
    audit_head_file: Path | None = None
    key: bytes = attrs.field(factory=lambda: secrets.token_bytes(32), repr=False)
    links: ApprovalLinks = attrs.Factory(lambda: ApprovalLinks(secrets.token_bytes(32)))

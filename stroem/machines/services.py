"""Construction of the services of identities of workers."""

import attrs

from stroem.machines.holdings import Holdings
from stroem.machines.identities import WorkerIdentities
from stroem.machines.join_tokens import JoinTokens
from stroem.machines.pruner import MachinePruner
from stroem.orchestrator.notifier import Notifier
from stroem.store.database import Database


@attrs.frozen(kw_only=True)
class Machines:
    """The services of identities of workers."""

    join_tokens: JoinTokens
    identities: WorkerIdentities
    holdings: Holdings
    pruner: MachinePruner


def build_machines(database: Database, notifier: Notifier, key: bytes, shared_token: str | None) -> Machines:
    """The services. `key` is that of the server, `shared_token` that of workers without an identity."""
    return Machines(
        join_tokens=JoinTokens(database),
        identities=WorkerIdentities(database, notifier, key, shared_token),
        holdings=Holdings(database),
        pruner=MachinePruner(database),
    )

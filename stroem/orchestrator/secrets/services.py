"""Construction of the services of secrets."""

import attrs

from stroem.orchestrator.secrets.sealed_secrets import SealedSecrets
from stroem.orchestrator.secrets.stores import SecretStores
from stroem.orchestrator.secrets.values import SecretValues
from stroem.secrets.envelope import KeyRing
from stroem.store.database import Database


@attrs.frozen(kw_only=True)
class SecretServices:
    """The stores of this server, what was read from them, and the secrets that the server keeps itself."""

    stores: SecretStores
    values: SecretValues
    sealed: SealedSecrets


def build_secrets(database: Database, stores: SecretStores, keys: KeyRing | None) -> SecretServices:
    """Builds the services."""
    sealed = SealedSecrets(database, keys)
    stores.read_sealed = sealed.read
    return SecretServices(stores=stores, values=SecretValues(stores), sealed=sealed)

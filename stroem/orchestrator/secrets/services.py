"""Construction of the services of secrets."""

import attrs

from stroem.orchestrator.secrets.job_inputs import JobInputs
from stroem.orchestrator.secrets.sealed_secrets import SealedSecrets
from stroem.orchestrator.secrets.sealed_values import SealedValues
from stroem.orchestrator.secrets.stores import SecretStores
from stroem.orchestrator.secrets.values import SecretValues
from stroem.secrets.envelope import KeyRing
from stroem.store.database import Database


@attrs.frozen(kw_only=True)
class SecretServices:
    """The stores of this server, what was read from them, its own secrets, encrypted inputs and rows."""

    stores: SecretStores
    values: SecretValues
    sealed: SealedSecrets
    inputs: JobInputs
    rows: SealedValues


def build_secrets(database: Database, stores: SecretStores, keys: KeyRing | None, *, encrypts: bool) -> SecretServices:
    """Builds the services. Inputs with secrets, and rows that may hold some, are stored encrypted if it `encrypts`."""
    inputs, rows = JobInputs(keys, encrypts=encrypts), SealedValues(keys, encrypts=encrypts)
    sealed = SealedSecrets(database, keys, inputs, rows)
    stores.read_sealed = sealed.read
    return SecretServices(stores=stores, values=SecretValues(stores), sealed=sealed, inputs=inputs, rows=rows)

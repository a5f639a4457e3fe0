"""Construction of the services of secrets."""

import attrs

from stroem.orchestrator.secrets.job_inputs import JobInputs
from stroem.orchestrator.secrets.sealed_secrets import SealedSecrets
from stroem.orchestrator.secrets.stores import SecretStores
from stroem.orchestrator.secrets.values import SecretValues
from stroem.secrets.envelope import KeyRing
from stroem.store.database import Database


@attrs.frozen(kw_only=True)
class SecretServices:
    """The stores of this server, what was read from them, the secrets that the server keeps itself, and inputs."""

    stores: SecretStores
    values: SecretValues
    sealed: SealedSecrets
    inputs: JobInputs


def build_secrets(database: Database, stores: SecretStores, keys: KeyRing | None, *, encrypts: bool) -> SecretServices:
    """Builds the services. Inputs of jobs that hold secrets are stored encrypted if it `encrypts`."""
    inputs = JobInputs(keys, encrypts=encrypts)
    sealed = SealedSecrets(database, keys, inputs)
    stores.read_sealed = sealed.read
    return SecretServices(stores=stores, values=SecretValues(stores), sealed=sealed, inputs=inputs)

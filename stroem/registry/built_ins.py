"""The plugin of the core: what it brings through the hooks of plugins."""

from collections.abc import Sequence

from stroem.hookspecs import hookimpl
from stroem.interfaces.authenticator import Authenticator
from stroem.interfaces.dialect import Dialect
from stroem.interfaces.secret_store import SecretStore
from stroem.interfaces.step_kind import StepKind


@hookimpl
def stroem_dialects() -> Sequence[type[Dialect]]:
    """The dialect of workflow files in YAML."""
    from stroem.dialects.stroem_yaml.dialect import YamlDialect  # loaded on use, as those of other plugins

    return [YamlDialect]


@hookimpl
def stroem_step_kinds() -> Sequence[type[StepKind]]:
    """The kinds of steps that every server has."""
    from stroem.engine.kinds.approval import Approval
    from stroem.engine.kinds.assign import Assign
    from stroem.engine.kinds.signal import Signal
    from stroem.engine.kinds.wait import Wait

    return [Approval, Assign, Signal, Wait]


@hookimpl
def stroem_secret_stores() -> Sequence[type[SecretStore]]:
    """The secret stores that every server has."""
    from stroem.secrets.environment_store import EnvironmentStore
    from stroem.secrets.file_store import FileStore
    from stroem.secrets.sealed_store import SealedStore
    from stroem.secrets.sops_store import SopsStore
    from stroem.secrets.vault_store import VaultStore

    return [EnvironmentStore, FileStore, SealedStore, SopsStore, VaultStore]


@hookimpl
def stroem_authenticators() -> Sequence[type[Authenticator]]:
    """The ways to sign in that every server has."""
    from stroem.authenticators.internal import Internal
    from stroem.authenticators.oidc.oidc import Oidc
    from stroem.authenticators.proxy import Proxy

    return [Internal, Oidc, Proxy]

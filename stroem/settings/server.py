"""What an operator sets for the server."""

import re
from typing import Annotated, Literal

import attrs

from stroem.definitions.values import Json
from stroem.errors import FieldError
from stroem.settings.access import AclSettings, AuthSettings, McpSettings, MetricsSettings
from stroem.settings.agents import AgentSettings
from stroem.settings.bounds import Positive, Range, Seconds, Secret
from stroem.settings.storage import (
    ArtifactStorageSettings,
    BlobSettings,
    LogStorageSettings,
    RetentionSettings,
    StateStorageSettings,
)

_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]*")
_LIBRARY_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]*")
_HOUR = 3600


@attrs.frozen(kw_only=True)
class DbSettings:
    """Where PostgreSQL is. `url` is a `postgresql://` address."""

    url: str = attrs.field(repr=False)
    pool_size: Annotated[int, Range(at_least=2, at_most=200)] = 10


@attrs.frozen(kw_only=True)
class RecoverySettings:
    """How fast lost workers and steps are noticed, in seconds.

    `heartbeat_timeout_secs` is the length of a lease.
    """

    heartbeat_timeout_secs: Annotated[int, Range(at_least=10)] = 120
    sweep_interval_secs: Annotated[int, Range(at_least=5)] = 60
    unmatched_step_timeout_secs: Annotated[int, Range(at_least=5)] = 30


@attrs.frozen(kw_only=True)
class WorkspaceSettings:
    """One workspace: the name of its source under `type`, and the source's own options beside it."""

    type: str
    options: dict[str, Json] = attrs.field(factory=dict, repr=False)
    poll_interval_secs: Positive = 30


@attrs.frozen(kw_only=True)
class LibrarySettings:
    """Actions and tasks for every workspace: the name of its source under `type`, its options beside it."""

    type: str
    options: dict[str, Json] = attrs.field(factory=dict, repr=False)


@attrs.frozen(kw_only=True)
class GitAuthSettings:
    """Credentials that git sources share by name."""

    type: Literal["ssh_key", "token"]
    key_path: str | None = None
    key: str | None = attrs.field(default=None, repr=False)
    token: str | None = attrs.field(default=None, repr=False)
    username: str = "x-access-token"


@attrs.frozen(kw_only=True)
class LimitSettings:
    """What one request may ask for. Sizes are in bytes."""

    body_bytes: Annotated[int, Range(at_least=1024)] = 2 * 1024 * 1024
    log_body_bytes: Annotated[int, Range(at_least=1024)] = 16 * 1024 * 1024
    page_items: Annotated[int, Range(at_least=1)] = 500


@attrs.frozen(kw_only=True)
class ServerSettings:
    """Settings of a server."""

    listen: str
    db: DbSettings
    worker_token: Secret = attrs.field(repr=False)
    workspaces: dict[str, WorkspaceSettings] = attrs.Factory(dict)
    log_storage: LogStorageSettings = attrs.Factory(LogStorageSettings)
    blobs: BlobSettings | None = None
    recovery: RecoverySettings = attrs.Factory(RecoverySettings)
    limits: LimitSettings = attrs.Factory(LimitSettings)
    default_step_timeout: Annotated[Seconds, Range(at_most=24 * _HOUR)] | None = None
    default_job_timeout: Annotated[Seconds, Range(at_most=7 * 24 * _HOUR)] | None = None
    libraries: dict[str, LibrarySettings] = attrs.Factory(dict)
    git_auth: dict[str, GitAuthSettings] = attrs.Factory(dict)
    auth: AuthSettings | None = None
    acl: AclSettings | None = None
    retention: RetentionSettings = attrs.Factory(RetentionSettings)
    mcp: McpSettings = attrs.Factory(McpSettings)
    metrics: MetricsSettings = attrs.Factory(MetricsSettings)
    agents: AgentSettings = attrs.Factory(AgentSettings)
    state_storage: StateStorageSettings | None = None
    artifact_storage: ArtifactStorageSettings | None = None

    @property
    def address(self) -> tuple[str, int]:
        """The host and the port of `listen`. Raises `ValueError`."""
        host, separator, port = self.listen.rpartition(":")
        if not separator or not port.isascii() or not port.isdigit() or int(port) > 65535:
            raise ValueError(self.listen)
        return host.strip("[]") or "0.0.0.0", int(port)  # noqa: S104 (what an empty host means)

    @property
    def blob_url(self) -> str:
        """The object store that holds large bytes. Raises `ValueError` when none is set."""
        if self.blobs is not None:
            return self.blobs.url
        if self.log_storage.local_dir is None:
            raise ValueError("blobs.url")
        return (self.log_storage.local_dir.absolute() / "blobs").as_uri()

    def conflicts(self) -> tuple[FieldError, ...]:
        """The mistakes that show only when values are looked at together."""
        found = [
            FieldError(field=f"{kind}.{name}", message=f"is not a name: letters, digits and {signs}")
            for kind, names, pattern, signs in (
                ("workspaces", self.workspaces, _NAME, "._-"),
                ("libraries", self.libraries, _LIBRARY_NAME, "_-"),
            )
            for name in names
            if not pattern.fullmatch(name)
        ]
        try:
            _ = self.address
        except ValueError:
            found.append(FieldError(field="listen", message="expected HOST:PORT, like 0.0.0.0:8080"))
        if self.blobs is None and self.log_storage.local_dir is None:
            found.append(FieldError(field="log_storage.local_dir", message="is required, unless blobs.url is set"))
        if self.mcp.enabled and self.auth is not None and not self.auth.base_url:
            found.append(FieldError(field="auth.base_url", message="is required when mcp is enabled"))
        return tuple(found)

"""Settings of the server."""

import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Annotated

import attrs

from stroem.conversion.constraints import Positive, Range, Seconds, Secret
from stroem.conversion.json_value import OUTPUT_BYTES
from stroem.definitions.values import Json
from stroem.errors import FieldError
from stroem.settings.access import AuthSettings, McpSettings, MetricsSettings
from stroem.settings.addresses import address_mistakes, proxy_mistakes
from stroem.settings.agents import AgentSettings
from stroem.settings.job_limits import JobLimitSettings, limit_mistakes
from stroem.settings.release_guards import GuardSettings
from stroem.settings.rights import AclSettings, RoleSettings, RuleSettings
from stroem.settings.secret_stores import EncryptionSettings, SecretStoreSettings, encryption_mistakes, store_mistakes
from stroem.settings.storage import (
    ArtifactStorageSettings,
    BlobSettings,
    LogStorageSettings,
    RetentionSettings,
    StateStorageSettings,
)
from stroem.settings.triggers import TriggerSettings, trigger_mistakes

_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]*")
_LIBRARY_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]*")
_HOUR = 3600
_MINUTE = Seconds(60)
_GRACE = Seconds(300)
_LOCAL_LEASE = Seconds(600)


@attrs.frozen(kw_only=True)
class DbSettings:
    """The PostgreSQL database. `url` is a `postgresql://` address; a starting server waits `startup_timeout` for it."""

    url: str = attrs.field(repr=False)
    pool_size: Annotated[int, Range(at_least=2, at_most=200)] = 10
    startup_timeout: Annotated[Seconds, Range(at_most=_HOUR)] = _MINUTE


@attrs.frozen(kw_only=True)
class RecoverySettings:
    """Timeouts for lost workers and steps, in seconds.

    `heartbeat_timeout_secs` is the length of a lease. After a cancellation, the `finally` steps of a job have
    `cancel_grace`. Local jobs of a worker go on for `local_lease` after it was heard last.
    """

    heartbeat_timeout_secs: Annotated[int, Range(at_least=10)] = 120
    sweep_interval_secs: Annotated[int, Range(at_least=5)] = 60
    unmatched_step_timeout_secs: Annotated[int, Range(at_least=5)] = 30
    cancel_grace: Annotated[Seconds, Range(at_least=1, at_most=24 * _HOUR)] = _GRACE
    local_lease: Annotated[Seconds, Range(at_least=1, at_most=24 * _HOUR)] = _LOCAL_LEASE

    @property
    def local_secs(self) -> int:
        """How long a worker that is not heard keeps its local jobs: at least for its lease."""
        return max(self.local_lease, self.heartbeat_timeout_secs)


@attrs.frozen(kw_only=True)
class PluginSettings:
    """Something that a plugin brings: its name under `type`, and its own options beside it."""

    type: str
    options: dict[str, Json] = attrs.field(factory=dict, repr=False)


@attrs.frozen(kw_only=True)
class SourceLimitSettings:
    """Limits of a source's content. Sizes are in bytes."""

    files: Annotated[int, Range(at_least=1)] = 100_000
    file_bytes: Annotated[int, Range(at_least=1024)] = 64 * 1024 * 1024
    total_bytes: Annotated[int, Range(at_least=1024)] = 2 * 1024 * 1024 * 1024


@attrs.frozen(kw_only=True)
class WorkspaceSettings:
    """One workspace: the name of its source under `type`, and the source's own options beside it.

    Without `poll_interval_secs`, in files also `poll_interval`, the interval is that of the kind of source.
    """

    type: str
    options: dict[str, Json] = attrs.field(factory=dict, repr=False)
    poll_interval_secs: Positive | None = None
    guards: GuardSettings = attrs.Factory(GuardSettings)
    limits: SourceLimitSettings = attrs.Factory(SourceLimitSettings)
    event_sinks: dict[str, PluginSettings] = attrs.Factory(dict)


@attrs.frozen(kw_only=True)
class LibrarySettings:
    """A source that workspaces share: its name under `type`, its options beside it."""

    type: str
    options: dict[str, Json] = attrs.field(factory=dict, repr=False)
    poll_interval_secs: Positive | None = None
    limits: SourceLimitSettings = attrs.Factory(SourceLimitSettings)


@attrs.frozen(kw_only=True)
class GitAuthSettings:
    """Credentials that sources share by name: their kind under `type`, what it takes beside it.

    `urls` are patterns with `*` of the addresses to which a library that a workspace declares may have them sent.
    """

    type: str
    options: dict[str, Json] = attrs.field(factory=dict, repr=False)
    urls: tuple[str, ...] = ()


@attrs.frozen(kw_only=True)
class LimitSettings:
    """Limits of one request. Sizes are in bytes."""

    body_bytes: Annotated[int, Range(at_least=1024)] = 2 * 1024 * 1024
    log_body_bytes: Annotated[int, Range(at_least=1024)] = 16 * 1024 * 1024
    output: Annotated[int, Range(at_least=1024, at_most=256 * 1024 * 1024)] = OUTPUT_BYTES
    push_body_bytes: Annotated[int, Range(at_least=1024)] = 25 * 1024 * 1024
    hook_body_bytes: Annotated[int, Range(at_least=1024)] = 5 * 1024 * 1024
    page_items: Annotated[int, Range(at_least=1)] = 500
    body_secs: Positive = 60
    idle_secs: Positive = 75


@attrs.frozen(kw_only=True)
class ServerSettings:
    """Settings of a server."""

    listen: str
    db: DbSettings
    worker_token: Secret | None = attrs.field(default=None, repr=False)
    public_url: str | None = None
    allowed_hosts: tuple[str, ...] = ()
    allowed_origins: tuple[str, ...] = ()
    trusted_proxies: tuple[str, ...] = ()
    cache_dir: Path | None = None
    key_file: Path | None = None
    workspaces: dict[str, WorkspaceSettings] = attrs.Factory(dict)
    workspaces_from: LibrarySettings | None = None
    library_urls: tuple[str, ...] = ("https://*", "ssh://*", "git@*")
    push_hooks: dict[str, PluginSettings] = attrs.field(factory=dict, repr=False)
    event_sinks: dict[str, PluginSettings] = attrs.field(factory=dict, repr=False)
    secret_stores: dict[str, SecretStoreSettings] = attrs.Factory(dict)
    encryption: EncryptionSettings = attrs.Factory(EncryptionSettings)
    log_storage: LogStorageSettings = attrs.Factory(LogStorageSettings)
    blobs: BlobSettings | None = None
    recovery: RecoverySettings = attrs.Factory(RecoverySettings)
    ready_within_secs: Positive = 60
    limits: LimitSettings = attrs.Factory(LimitSettings)
    job_limits: dict[str, JobLimitSettings] = attrs.Factory(dict)
    default_step_timeout: Annotated[Seconds, Range(at_most=24 * _HOUR)] | None = None
    default_job_timeout: Annotated[Seconds, Range(at_most=7 * 24 * _HOUR)] | None = None
    libraries: dict[str, LibrarySettings] = attrs.Factory(dict)
    git_auth: dict[str, GitAuthSettings] = attrs.Factory(dict)
    auth: AuthSettings | None = None
    acl: AclSettings | None = None
    roles: dict[str, RoleSettings] = attrs.Factory(dict)
    rules: tuple[RuleSettings, ...] | None = None
    rules_from: str | None = None
    retention: RetentionSettings = attrs.Factory(RetentionSettings)
    mcp: McpSettings = attrs.Factory(McpSettings)
    metrics: MetricsSettings = attrs.Factory(MetricsSettings)
    agents: AgentSettings = attrs.Factory(AgentSettings)
    state_storage: StateStorageSettings | None = None
    artifact_storage: ArtifactStorageSettings | None = None
    triggers: TriggerSettings = attrs.Factory(TriggerSettings)

    @property
    def address(self) -> tuple[str, int]:
        """The host and the port of `listen`. Raises `ValueError`."""
        host, separator, port = self.listen.rpartition(":")
        if not separator or not port.isascii() or not port.isdigit() or int(port) > 65535:
            raise ValueError(self.listen)
        return host.strip("[]") or "0.0.0.0", int(port)  # noqa: S104 (what an empty host means)

    @property
    def sign_in(self) -> AuthSettings | None:
        """The settings of sign-in; None if everything is open."""
        return self.auth if self.auth is not None and not self.auth.open else None

    @property
    def browser_urls(self) -> tuple[str, ...]:
        """The addresses of this server in browsers, as far as they are set."""
        base_url = self.auth.base_url if self.auth else None
        return tuple(url for url in (self.public_url, base_url) if url)

    @property
    def cache_folder(self) -> Path:
        """The cache of sources. It may be emptied while the server is down."""
        return self.cache_dir or (self.log_storage.local_dir or Path(".stroem")).absolute() / "cache"

    @property
    def data_folder(self) -> Path:
        """The folder of what must not be lost; the cache, if no other is known."""
        if self.log_storage.local_dir is None and self.cache_dir is not None:
            return self.cache_dir
        return (self.log_storage.local_dir or Path(".stroem")).absolute()

    @property
    def signing_key_file(self) -> Path:
        """The file with the key that signs links. Servers that share a database need the same key."""
        return self.key_file or self._kept("server.key")

    @property
    def secret_key_file(self) -> Path | None:
        """The file with the keys that encrypt secrets, if no variable has them. Servers of a database need the same."""
        return None if self.encryption.key_env is not None else self.encryption.key_file or self._kept("secrets.key")

    @property
    def audit_head_file(self) -> Path:
        """The file with the last head of the audit log that this server has seen."""
        return self._kept("audit.head")

    def _kept(self, name: str) -> Path:
        """A file beside the key. One that an earlier version has made in the cache stays in use."""
        if self.key_file is not None:
            return self.key_file.with_name(name)
        file, former = self.data_folder / name, self.cache_folder / name
        return former if former.exists() and not file.exists() else file

    @property
    def blob_url(self) -> str:
        """The object store that holds large bytes. Raises `ValueError` when none is set."""
        if self.blobs is not None:
            return self.blobs.url
        if self.log_storage.local_dir is None:
            raise ValueError("blobs.url")
        return (self.log_storage.local_dir.absolute() / "blobs").as_uri()

    def conflicts(self) -> tuple[FieldError, ...]:
        """Mistakes in the combination of values."""
        found = list(self._strange_names())
        try:
            _ = self.address
        except ValueError:
            found.append(FieldError(field="listen", message="expected HOST:PORT, like 0.0.0.0:8080"))
        if self.blobs is None and self.log_storage.local_dir is None:
            found.append(FieldError(field="log_storage.local_dir", message="is required, unless blobs.url is set"))
        if self.worker_token is None and self.sign_in is None:
            message = "is required: without sign-in (auth), anybody could make the tokens with which workers join"
            found.append(FieldError(field="worker_token", message=message))
        if self.sign_in is not None and self.mcp.enabled and not self.sign_in.base_url:
            found.append(FieldError(field="auth.base_url", message="is required when mcp is enabled"))
        found.extend(self.auth.mistakes() if self.auth is not None else ())
        found.extend(limit_mistakes(self.job_limits))
        found.extend(trigger_mistakes(self.triggers))
        found.extend(address_mistakes(self.public_url, self.allowed_hosts, self.allowed_origins))
        found.extend(proxy_mistakes(self.trusted_proxies))
        found.extend(store_mistakes(self.secret_stores))
        found.extend(encryption_mistakes(self.encryption))
        return tuple(found)

    def _strange_names(self) -> Iterator[FieldError]:
        named: dict[str, Iterable[str]] = {
            "workspaces": self.workspaces,
            "libraries": self.libraries,
            "push_hooks": self.push_hooks,
            "event_sinks": self.event_sinks,
            **{f"workspaces.{name}.event_sinks": own.event_sinks for name, own in self.workspaces.items()},
        }
        for kind, names in named.items():
            problem = library_name_problem if kind == "libraries" else name_problem
            for name in names:
                if message := problem(name):
                    yield FieldError(field=f"{kind}.{name}", message=message)


def name_problem(name: str) -> str | None:
    """The mistake in the name of a workspace, push hook or event sink; None for a valid name."""
    return None if _NAME.fullmatch(name) else "is not a name: letters, digits and ._-"


def library_name_problem(name: str) -> str | None:
    """The mistake in the name of a library; None for a valid name."""
    return None if _LIBRARY_NAME.fullmatch(name) else "is not a name: letters, digits and _-"

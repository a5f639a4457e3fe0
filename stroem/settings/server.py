"""What an operator sets for the server."""

from pathlib import Path

import attrs

from stroem.definitions.values import Json


@attrs.frozen(kw_only=True)
class DbSettings:
    """Where PostgreSQL is. `url` is a `postgresql://` address."""

    url: str
    pool_size: int = 10


@attrs.frozen(kw_only=True)
class LogStorageSettings:
    """Where sealed logs go. `local_dir` is used unless `blobs.url` names an object store."""

    local_dir: Path | None = None
    archive: dict[str, Json] | None = None
    s3: dict[str, Json] | None = None


@attrs.frozen(kw_only=True)
class BlobSettings:
    """The object store for large bytes: `file:///…`, `s3://bucket/prefix`, `gs://…`, `az://…`."""

    url: str


@attrs.frozen(kw_only=True)
class RecoverySettings:
    """How fast lost workers and steps are noticed, in seconds. `heartbeat_timeout_secs` is the length of a lease."""

    heartbeat_timeout_secs: int = 120
    sweep_interval_secs: int = 60
    unmatched_step_timeout_secs: int = 30


@attrs.frozen(kw_only=True)
class WorkspaceSettings:
    """One workspace: the name of its source under `type`, and the source's own options."""

    type: str
    options: dict[str, Json] = attrs.Factory(dict)
    poll_interval_secs: float = 30


@attrs.frozen(kw_only=True)
class LimitSettings:
    """What one request may ask for. Sizes are in bytes."""

    body_bytes: int = 2 * 1024 * 1024
    log_body_bytes: int = 16 * 1024 * 1024
    page_items: int = 500


@attrs.frozen(kw_only=True)
class ServerSettings:
    """Settings of a server."""

    listen: str
    db: DbSettings
    worker_token: str
    workspaces: dict[str, WorkspaceSettings] = attrs.Factory(dict)
    log_storage: LogStorageSettings = attrs.Factory(LogStorageSettings)
    blobs: BlobSettings | None = None
    recovery: RecoverySettings = attrs.Factory(RecoverySettings)
    limits: LimitSettings = attrs.Factory(LimitSettings)
    default_step_timeout: int | None = None
    default_job_timeout: int | None = None
    libraries: dict[str, Json] = attrs.Factory(dict)
    git_auth: dict[str, Json] = attrs.Factory(dict)
    auth: dict[str, Json] | None = None
    acl: dict[str, Json] | None = None
    retention: dict[str, Json] = attrs.Factory(dict)
    mcp: dict[str, Json] = attrs.Factory(dict)
    metrics: dict[str, Json] = attrs.Factory(dict)
    agents: dict[str, Json] = attrs.Factory(dict)
    state_storage: dict[str, Json] | None = None
    artifact_storage: dict[str, Json] | None = None

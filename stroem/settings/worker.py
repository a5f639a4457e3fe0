"""What an operator sets for a worker."""

from pathlib import Path

import attrs

from stroem.definitions.values import Json


@attrs.frozen(kw_only=True)
class WorkerSettings:
    """Settings of a worker. Times are in seconds."""

    server_url: str
    worker_token: str
    worker_name: str
    max_concurrent: int
    poll_interval_secs: float
    workspace_cache_dir: Path
    capabilities: tuple[str, ...]
    tags: tuple[str, ...] = ()
    exclusive: bool = False
    runner_image: str | None = None
    docker: dict[str, Json] = attrs.Factory(dict)
    kubernetes: dict[str, Json] = attrs.Factory(dict)
    agents: dict[str, Json] = attrs.Factory(dict)
    request_timeout_secs: float = 30
    connect_timeout_secs: float = 10
    max_retained_revisions: int = 2
    runners: dict[str, dict[str, Json]] = attrs.Factory(dict)
    """Options of each runner by its name; see the runner's page."""
    drain_timeout_secs: float = 30
    """How long running steps may go on after SIGTERM before they are ended."""
    cancel_grace_secs: float = 10
    """How long a step has between TERM and KILL."""

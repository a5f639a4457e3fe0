"""Settings of a worker."""

from pathlib import Path
from typing import Annotated

import attrs

from stroem.conversion.constraints import Length, Positive, Range, Secret
from stroem.conversion.web_address import is_server_address
from stroem.definitions.amounts import offer_fault
from stroem.definitions.values import Json
from stroem.errors import FieldError
from stroem.settings.agents import AgentSettings


@attrs.frozen(kw_only=True)
class DockerSettings:
    """Settings of containers. `host` is the address of the Docker Engine."""

    host: str | None = None


@attrs.frozen(kw_only=True)
class KubernetesSettings:
    """Settings of pods."""

    namespace: str
    init_image: str = "curlimages/curl:latest"
    runner_startup_configmap: str | None = None


@attrs.frozen(kw_only=True)
class WorkerSettings:
    """Settings of a worker. Times are in seconds."""

    server_url: str
    worker_token: Secret | None = attrs.field(default=None, repr=False)
    join_token: Secret | None = attrs.field(default=None, repr=False)
    """Token with which the worker gets an identity of its own at its first start."""
    worker_name: str
    max_concurrent: Annotated[int, Range(at_least=1)]
    poll_interval_secs: Positive
    workspace_cache_dir: Path
    capabilities: Annotated[tuple[str, ...], Length(at_least=1)]
    tags: tuple[str, ...] = ()
    resources: dict[str, Json] = attrs.field(factory=dict)
    """Amounts that its steps may take together, such as `cpu: 4`, `memory: 8Gi`, `license: 2`."""
    exclusive: bool = False
    worker_group: str | None = None
    """Name of workers that go on with each other's pods."""
    runner_image: str | None = None
    docker: DockerSettings | None = None
    kubernetes: KubernetesSettings | None = None
    agents: AgentSettings = attrs.Factory(AgentSettings)
    request_timeout_secs: Positive = 30
    connect_timeout_secs: Positive = 10
    max_retained_revisions: Annotated[int, Range(at_least=0)] = 2
    workspace_cache_bytes: Annotated[int, Range(at_least=0)] = 10 * 1024 * 1024 * 1024
    runners: dict[str, dict[str, Json]] = attrs.field(factory=dict, repr=False)
    """Options of each runner by its name; see the runner's page."""
    drain_timeout_secs: Positive = 30
    """Time that running steps have after SIGTERM."""
    cancel_grace_secs: Positive = 10
    """Time between TERM and KILL of a step."""

    def conflicts(self) -> tuple[FieldError, ...]:
        """Mistakes within values."""
        found = []
        if not is_server_address(self.server_url):
            message = "expected an address like http://stroem.example.org:8080"
            found.append(FieldError(field="server_url", message=message))
        for name, amount in self.resources.items():
            if fault := offer_fault(name, amount):
                found.append(FieldError(field=f"resources.{name}", message=fault))
        return tuple(found)

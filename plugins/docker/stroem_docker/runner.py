"""Runs steps as containers of a Docker Engine."""

import contextlib
import secrets
from collections.abc import Collection
from functools import partial
from typing import ClassVar

import attrs
import docker
import requests
from docker.errors import APIError, NotFound

from stroem.containers.to_the_end import to_the_end
from stroem.definitions.action import Resources
from stroem.interfaces.runner import OutputWriter, RunnerFailed, StepMark, StepOrder
from stroem_docker.allowed import Allowed
from stroem_docker.container import Defaults, container_request, worker_user
from stroem_docker.engine import Engine, reason
from stroem_docker.images import Images
from stroem_docker.marks import INSTALLATION, filter_of, mark_of
from stroem_docker.options import ContainerOptions, Pull
from stroem_docker.step_container import StepContainer


@attrs.define(kw_only=True, slots=False)
class DockerRunner:
    """Runs each step in a container of its own.

    `host` is the address of the engine (`unix://`, `tcp://` with `tls_ca`, `tls_cert` and `tls_key`), `context` the
    name of a context of the `docker` program; without either it is that of `DOCKER_HOST`, else the usual socket.
    `pull` is the policy of images whose action has none, `image` the image of scripts that name none. `allow` says what
    steps may have of this host. `network`, `cpu`, `memory` and `pids` are what a container has whose step asks for
    nothing else; `user` is who runs scripts, by default the worker's own user.
    """

    name: ClassVar[str] = "docker"
    ability: ClassVar[str] = "docker"
    Options: ClassVar[type | None] = ContainerOptions

    host: str | None = None
    context: str | None = None
    tls_ca: str | None = None
    tls_cert: str | None = None
    tls_key: str | None = None
    pull: Pull = "missing"
    image: str | None = None
    allow: Allowed = attrs.Factory(Allowed)
    network: str = "bridge"
    cpu: str | None = None
    memory: str | None = None
    pids: int = 4096
    user: str | None = None

    def __attrs_post_init__(self) -> None:
        """Raises `ValueError` for options that do not go together."""
        if self.context is not None and self.host is not None:
            raise ValueError("`host` and `context` both name an engine")
        if (self.tls_cert is None) != (self.tls_key is None):
            raise ValueError("`tls_cert` and `tls_key` go together")
        self._engine = Engine(self.host, self.context, self.tls_ca, self.tls_cert, self.tls_key)
        self._images = Images(self._engine)
        self._script_user = self.user
        self._running: list[StepMark | None] = []

    async def open(self) -> None:
        """Connects to the engine; see `ConnectedRunner.open`."""
        try:
            await self._engine.call(self._connect)
        except (APIError, requests.RequestException, OSError) as error:
            raise RunnerFailed(f"The container engine does not answer: {reason(error)}") from error

    def _connect(self, client: docker.APIClient) -> None:
        self._engine.knock()
        client.ping()
        if self._script_user is None:
            is_rootless = any("rootless" in option for option in client.info().get("SecurityOptions") or ())
            self._script_user = "0:0" if is_rootless else worker_user()  # without root, its own user is root inside

    async def close(self) -> None:
        """Closes the connection; see `ConnectedRunner.close`."""
        await self._engine.close()

    async def run(self, order: StepOrder, output: OutputWriter) -> int:
        """Runs the container to its end; see `Runner.run`."""
        options = order.options if isinstance(order.options, ContainerOptions) else ContainerOptions()
        image = order.action.image or (self.image if order.action.type == "script" else None)
        if image is None:
            raise RunnerFailed("The action names no `image`, and the worker has none in `runners.docker.image`.")
        resources = order.action.resources or Resources()
        self.allow.check(image, options, resources.gpus)
        container = StepContainer(
            name=f"stroem-{order.job_id.hex[:8]}-{secrets.token_hex(8)}",
            engine=self._engine,
            output=output,
            memory=resources.memory or self.memory,
        )
        self._running.append(order.mark)
        try:
            await self._make(container, order, image, options)
            return await container.run(order.grace_secs)
        finally:
            await to_the_end(container.remove())
            self._running.remove(order.mark)

    async def leftovers(self, installation: str) -> Collection[StepMark]:
        """Marks of containers that this runner does not run; see `LeftoverRunner.leftovers`."""
        wanted = {"label": f"{INSTALLATION}={installation}"}
        try:
            found = await self._engine.ask(lambda client: client.containers(all=True, filters=wanted))
        except (APIError, requests.RequestException) as error:
            raise RunnerFailed(f"The containers cannot be listed: {reason(error)}") from error
        marks = {mark_of(container["Labels"]) for container in found}
        return [mark for mark in marks if mark is not None and mark not in self._running]

    async def remove(self, mark: StepMark) -> None:
        """Ends and removes the containers of an attempt; see `LeftoverRunner.remove`."""

        def work(client: docker.APIClient) -> None:
            for container in client.containers(all=True, filters={"label": filter_of(mark)}):
                with contextlib.suppress(NotFound):
                    client.remove_container(container["Id"], v=True, force=True)

        try:
            await self._engine.ask(work)
        except (APIError, requests.RequestException) as error:
            raise RunnerFailed(f"A container cannot be removed: {reason(error)}") from error

    async def _make(self, container: StepContainer, order: StepOrder, image: str, options: ContainerOptions) -> None:
        create = partial(self._create, name=container.name, order=order, image=image, options=options)
        try:
            await self._images.make(
                image,
                options.pull or self.pull,
                options.registry_auth,
                container.output.note,
                partial(container.make, create),
            )
        except (APIError, requests.RequestException) as error:
            raise RunnerFailed(f"The container cannot be made: {reason(error)}") from error

    def _create(
        self, client: docker.APIClient, name: str, order: StepOrder, image: str, options: ContainerOptions
    ) -> None:
        defaults = Defaults(
            network=self.network, cpu=self.cpu, memory=self.memory, pids=self.pids, user=self._script_user
        )
        client.create_container(image, name=name, **container_request(client, order, options, defaults))

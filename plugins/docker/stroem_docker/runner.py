"""Runs steps as containers of a Docker Engine."""

from collections.abc import Collection
from functools import partial
from typing import ClassVar

import attrs
import docker
import requests
from docker.errors import APIError

from stroem.containers.places import has_workspace
from stroem.containers.to_the_end import to_the_end
from stroem.definitions.action import Resources
from stroem.definitions.amounts import faults
from stroem.interfaces.options import option_error
from stroem.interfaces.runner import OutputWriter, PoolPlace, RunnerFailed, StepMark, StepOrder
from stroem_docker.allowed import Allowed
from stroem_docker.container import Defaults, Shape, shape_of, step_request, worker_user
from stroem_docker.engine import Engine, reason, remove_all
from stroem_docker.images import Images
from stroem_docker.marks import INSTALLATION, is_spent, mark_of, name_of
from stroem_docker.options import ContainerOptions, Pull
from stroem_docker.pool import Pool
from stroem_docker.pool_settings import PoolSettings
from stroem_docker.pools import Pools
from stroem_docker.step_container import StepContainer


@attrs.define(kw_only=True, slots=False)
class DockerRunner:
    """Runs each step in a container of its own.

    `host` is the address of the engine (`unix://`, `tcp://` with `tls_ca`, `tls_cert` and `tls_key`), `context` the
    name of a context of the `docker` program; without either it is that of `DOCKER_HOST`, else the usual socket.
    `pull` is the policy of images whose action has none, `image` the image of scripts that name none. `allow` says what
    steps may have of this host. `network`, `cpu`, `memory` and `pids` are what a container has whose step asks for
    nothing else; `user` is who runs scripts, by default the worker's own user. `pool` says which containers are kept
    ready for steps.
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
    pool: tuple[PoolSettings, ...] = ()

    def __attrs_post_init__(self) -> None:
        """Raises `ValueError` for options that do not go together, `SettingsError` for amounts that are none."""
        for name, fault in faults(Resources(cpu=self.cpu, memory=self.memory)):
            raise option_error(name, fault)
        if self.context is not None and self.host is not None:
            raise ValueError("`host` and `context` both name an engine")
        if (self.tls_cert is None) != (self.tls_key is None):
            raise ValueError("`tls_cert` and `tls_key` go together")
        self._engine = Engine(self.host, self.context, self.tls_ca, self.tls_cert, self.tls_key)
        self._images = Images(self._engine)
        self._script_user = self.user
        self._running: list[StepMark | None] = []
        self._pool_names: set[str] = set()
        self._pools = Pools(list(map(self._pool_of, self.pool)), self._engine, self._pool_names)

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
        self._running.append(order.mark)
        try:
            code = await self._run_in_ready_one(order, output, image, options)
            return await self._run_in_own(order, output, image, options) if code is None else code
        finally:
            self._running.remove(order.mark)

    async def keep_pool(self, place: PoolPlace) -> None:
        """Keeps the containers of all pools ready; see `PoolRunner.keep_pool`."""
        await self._pools.keep(place)

    async def leftovers(self, installation: str) -> Collection[StepMark]:
        """Marks of containers that this runner does not run; see `LeftoverRunner.leftovers`."""
        wanted = {"label": f"{INSTALLATION}={installation}"}

        def work(client: docker.APIClient) -> list[StepMark | None]:
            listed = client.containers(all=True, filters=wanted)
            remove_all(client, filter(is_spent, listed))
            return [mark_of(container) for container in listed]

        try:
            marks = set(await self._engine.ask(work))
        except (APIError, requests.RequestException) as error:
            raise RunnerFailed(f"The containers cannot be listed: {reason(error)}") from error
        return [mark for mark in marks if mark is not None and mark not in self._running]

    async def remove(self, mark: StepMark) -> None:
        """Ends and removes the containers of an attempt; see `LeftoverRunner.remove`."""
        wanted = {"label": f"{INSTALLATION}={mark.installation}"}

        def work(client: docker.APIClient) -> None:
            listed = client.containers(all=True, filters=wanted)
            remove_all(client, (container for container in listed if mark_of(container) == mark))

        try:
            await self._engine.ask(work)
        except (APIError, requests.RequestException) as error:
            raise RunnerFailed(f"A container cannot be removed: {reason(error)}") from error

    async def _run_in_ready_one(
        self, order: StepOrder, output: OutputWriter, image: str, options: ContainerOptions
    ) -> int | None:
        """Runs the step in a container that is ready; None without one that fits."""
        if not self._pools.ready or order.volume is not None or (options.pull or self.pull) == "always":
            return None
        resources = order.action.resources or Resources()
        shape = self._shape(self._engine.client, image, resources, options, with_workspace=has_workspace(order))
        if (taken := self._pools.take(shape, order)) is None:
            return None
        member, message = taken
        try:
            return await member.run(order, output, message, resources.memory or self.memory)
        finally:
            await to_the_end(member.discard())

    async def _run_in_own(self, order: StepOrder, output: OutputWriter, image: str, options: ContainerOptions) -> int:
        resources = order.action.resources or Resources()
        container = StepContainer(
            name=name_of(order.mark, order.job_id),
            engine=self._engine,
            output=output,
            memory=resources.memory or self.memory,
        )
        try:
            await self._make(container, order, image, options)
            return await container.run(order.grace_secs)
        finally:
            await to_the_end(container.remove())

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
        except requests.ConnectionError as error:
            raise self._engine.unreachable(error) from error
        except (APIError, requests.RequestException) as error:
            raise RunnerFailed(f"The container cannot be made: {reason(error)}") from error

    def _create(
        self, client: docker.APIClient, name: str, order: StepOrder, image: str, options: ContainerOptions
    ) -> None:
        resources = order.action.resources or Resources()
        shape = self._shape(client, image, resources, options, with_workspace=has_workspace(order))
        client.create_container(name=name, **step_request(shape, order))

    def _shape(
        self,
        client: docker.APIClient,
        image: str,
        resources: Resources,
        options: ContainerOptions,
        *,
        with_workspace: bool,
    ) -> Shape:
        defaults = Defaults(
            network=self.network, cpu=self.cpu, memory=self.memory, pids=self.pids, user=self._script_user
        )
        return shape_of(client, image, resources, options, defaults, with_workspace=with_workspace)

    def _pool_of(self, settings: PoolSettings) -> Pool:
        """Raises `ValueError` for a pool whose containers no step would get."""
        pull = settings.options.pull or self.pull
        if pull == "always":
            raise ValueError(
                f"the pool of {settings.image} serves no step: with `pull: always`, each gets a new container"
            )
        try:
            self.allow.check(settings.image, settings.options, settings.resources.gpus)
        except RunnerFailed as failure:
            raise ValueError(f"the pool of {settings.image}: {failure}") from failure
        return Pool(settings, self._engine, self._images, pull, self._pool_shape, self._pool_names)

    async def _pool_shape(self, settings: PoolSettings) -> Shape:
        if self._script_user is None:
            await self.open()
        return self._shape(
            self._engine.client,
            settings.image,
            settings.resources,
            settings.options,
            with_workspace=settings.workspace,
        )

"""Runs steps as containers of a Docker Engine."""

import asyncio
import logging
from typing import ClassVar

import attrs
import docker
import requests
from docker.errors import APIError, NotFound

from stroem.interfaces.runner import OutputWriter, RunnerFailed, StepOrder
from stroem_docker.allowed import Allowed
from stroem_docker.attached import Attached
from stroem_docker.container import Defaults, container_request, worker_user
from stroem_docker.engine import Engine, reason
from stroem_docker.images import Images
from stroem_docker.options import ContainerOptions, Pull
from stroem_docker.to_the_end import to_the_end

logger = logging.getLogger(__name__)


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

    async def open(self) -> None:
        """Connects to the engine; see `ConnectedRunner.open`."""
        try:
            await self._engine.call(lambda client: client.ping())
        except (APIError, requests.RequestException) as error:
            raise RunnerFailed(f"The container engine does not answer: {reason(error)}") from error

    async def close(self) -> None:
        """Closes the connection; see `ConnectedRunner.close`."""
        await self._engine.close()

    async def run(self, order: StepOrder, output: OutputWriter) -> int:
        """Runs the container to its end; see `Runner.run`."""
        options = order.options if isinstance(order.options, ContainerOptions) else ContainerOptions()
        image = order.action.image or (self.image if order.action.type == "script" else None)
        if image is None:
            raise RunnerFailed("The action names no `image`, and the worker has none in `runners.docker.image`.")
        self.allow.check(image, options)
        try:
            found = await self._images.ensure(image, options.pull or self.pull, options.registry_auth, output.note)
            logger.debug("step %s of %s runs in %s", order.step, order.job_id, found.get("Id"))
            container = await self._engine.call(lambda client: self._create(client, order, image, options))
        except (APIError, requests.RequestException) as error:
            raise RunnerFailed(f"The container cannot be made: {reason(error)}") from error
        try:
            return await self._run(container, order, output)
        finally:
            await to_the_end(self._remove(container))

    def _create(self, client: docker.APIClient, order: StepOrder, image: str, options: ContainerOptions) -> str:
        defaults = Defaults(
            network=self.network, cpu=self.cpu, memory=self.memory, pids=self.pids, user=self._script_user(client)
        )
        created = client.create_container(image, **container_request(client, order, options, defaults))
        return str(created["Id"])

    def _script_user(self, client: docker.APIClient) -> str:
        """Who runs scripts. In an engine without root, its own user is root inside."""
        if self.user is not None:
            return self.user
        is_rootless = any("rootless" in option for option in client.info().get("SecurityOptions") or ())
        return "0:0" if is_rootless else worker_user()

    async def _run(self, container: str, order: StepOrder, output: OutputWriter) -> int:
        attached = await self._engine.call(lambda client: Attached(client, container, output))
        loop = asyncio.get_running_loop()
        running = loop.create_task(self._engine.call(lambda _: attached.run(loop)))
        try:
            await asyncio.shield(running)
        except (APIError, requests.RequestException) as error:
            raise RunnerFailed(f"The container cannot be started: {reason(error)}") from error
        except BaseException:
            await to_the_end(self._stop(container, running, order.grace_secs))
            raise
        return running.result()

    async def _stop(self, container: str, running: "asyncio.Task[int]", grace_secs: float) -> None:
        """Asks the container to end, then kills it; what it still prints is passed on."""
        await self._signal(container, "SIGTERM")
        await asyncio.wait({running}, timeout=grace_secs)
        if not running.done():
            await self._signal(container, "SIGKILL")
        await asyncio.wait({running})
        running.exception()

    async def _signal(self, container: str, signal: str) -> None:
        try:
            await self._engine.call(lambda client: client.kill(container, signal))
        except (APIError, requests.RequestException) as error:
            logger.debug("%s of container %s: %s", signal, container, reason(error))

    async def _remove(self, container: str) -> None:
        try:
            await self._engine.call(lambda client: client.remove_container(container, v=True, force=True))
        except NotFound:
            pass
        except (APIError, requests.RequestException, RunnerFailed) as error:
            logger.warning("container %s could not be removed: %s", container, reason(error))

"""A container that is kept ready, and what it becomes when a step takes it."""

import asyncio
from functools import partial
from typing import Any

import attrs
import docker
import requests
from docker.errors import APIError

from stroem.containers import agent
from stroem.containers.agent_output import AgentOutput
from stroem.containers.places import WORKSPACE
from stroem.containers.to_the_end import to_the_end
from stroem.interfaces.runner import OutputWriter, PoolPlace, RunnerFailed, RunnerLost, StepOrder
from stroem_docker.container import Shape, command_of, environment, workdir_of
from stroem_docker.marks import INSTALLATION, OWNER, name_of
from stroem_docker.member_folders import MemberFolders
from stroem_docker.places import places
from stroem_docker.step_container import StepContainer

READY_SECS = 60
"""Seconds for the agent of a started container to say that it is ready."""

BEGIN_SECS = 20
"""Seconds for the agent to begin its step; longer takes only one whose container was paused, or a hanging engine."""

POOL = "stroem.pool"
"""The label of containers that were kept ready: their image."""


@attrs.define(eq=False, kw_only=True)
class Member:
    """A container in which the agent waits, once it is ready.

    `image_id` is what its image was then. Its first name is among `names` until it is removed.
    """

    shape: Shape
    place: PoolPlace
    folders: MemberFolders
    container: StepContainer
    output: AgentOutput
    names: set[str]
    image_id: str = attrs.field(default="", init=False)
    _image: dict[str, Any] = attrs.field(factory=dict, init=False)

    async def create(self) -> None:
        """Makes the container. Raises what the engine answers."""
        await self.container.make(self._create)

    def _create(self, client: docker.APIClient) -> None:
        labels = {
            INSTALLATION: self.place.installation,
            OWNER: str(self.place.folder),
            POOL: self.shape.image,
        }
        made = client.create_container(
            **self.shape.request(self.folders.places, labels),
            name=self.container.name,
            entrypoint=[],
            command=list(agent.COMMAND),
            stdin_open=True,
            working_dir=str(WORKSPACE) if self.shape.with_workspace else None,
        )
        self.container.name = made["Id"]  # its name will tell whose it is

    def _look(self, client: docker.APIClient) -> None:
        self.image_id = client.inspect_container(self.container.name)["Image"]
        self._image = client.inspect_image(self.image_id)["Config"]

    async def start(self) -> None:
        """Starts it, and waits for its agent. Raises `RunnerFailed` and what the engine answers."""
        await self.container.engine.call(self._look)
        await self.container.begin(with_input=True)
        ready = asyncio.create_task(self.output.ready.wait())
        try:
            await asyncio.wait(
                {ready, self.container.following}, timeout=READY_SECS, return_when=asyncio.FIRST_COMPLETED
            )
        finally:
            ready.cancel()
        if not self.output.ready.is_set():
            said = self.output.said.decode(errors="replace").strip()
            raise RunnerFailed(f"no /bin/sh waits in its container: {said or 'it says nothing'}")

    def message_for(self, shape: Shape, order: StepOrder) -> bytes | None:
        """The input that starts the step in this container; None if the step needs a container of its own.

        Writes the step's script, if that needs a file. Raises `RunnerFailed`.
        """
        if shape != self.shape or not self.folders.hold(order.folders):
            return None
        workdir = workdir_of(order) if shape.with_workspace else None
        if workdir is not None and not _make_workdir(order):
            return None
        command, entrypoint = command_of(order)
        words = self._image.get("Entrypoint") or [] if entrypoint is None else entrypoint
        rest = command if command is not None or entrypoint is not None else self._image.get("Cmd")
        words = [*words, *(rest or [])]
        env = environment(shape, order)
        return agent.message(words, env, workdir) if agent.can_say(words, env) else None

    async def run(self, order: StepOrder, output: OutputWriter, message: bytes, memory: str | None) -> int | None:
        """Runs the step to its end; its exit code, None if the container ended before the step began.

        A paused one gets no step: it would begin when the container is removed, for a moment. One whose agent does not
        begin in time is ended. See `StepContainer.run`.
        """
        self.output.step, self.container.memory = output, memory
        name = name_of(order.mark, order.job_id)
        try:
            if not await self.container.engine.ask(partial(self._take, name=name)):
                return None
        except (APIError, requests.RequestException, RunnerFailed):
            return None
        await to_the_end(asyncio.to_thread(self._become, order))
        watching = asyncio.create_task(self._end_unless_begun())
        try:
            await self.container.send(message)
            code = await self.container.run(order.grace_secs)
        except (OSError, RunnerLost):
            if self.output.has_begun or self.container.is_doubtful:
                raise
            return None
        finally:
            watching.cancel()
        return code if self.output.has_begun or self.container.is_doubtful else None

    def _take(self, client: docker.APIClient, name: str) -> bool:
        """Gives the container the name of a step; False if it is paused."""
        client.rename(self.container.name, name)
        return not client.inspect_container(self.container.name)["State"]["Paused"]

    async def _end_unless_begun(self) -> None:
        try:
            async with asyncio.timeout(BEGIN_SECS):
                await self.output.begun.wait()
        except TimeoutError:
            await self.container.remove()

    def _become(self, order: StepOrder) -> None:
        self.shape.open(places(order, with_workspace=self.shape.with_workspace))
        self.folders.become(order)

    async def discard(self) -> None:
        """Ends and removes the container, and the folders that no step has."""
        self.container.detach()
        await self.container.remove()
        await asyncio.to_thread(self.folders.remove)
        self.names.discard(self.folders.root.name)


def _make_workdir(order: StepOrder) -> bool:
    """Makes the folder where the step starts, as an engine does; False if it is not one of the workspace."""
    inside = workdir_of(order)
    if not inside.is_relative_to(WORKSPACE) or ".." in inside.parts:
        return False
    path = order.directory / inside.relative_to(WORKSPACE)
    if not path.resolve().is_relative_to(order.directory.resolve()):
        return False
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError:
        return False
    return True

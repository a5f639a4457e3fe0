"""The container of a step, from its making to its removal."""

import asyncio
import logging
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, TypeVar

import attrs
import docker
import requests
from docker.errors import APIError, NotFound

from stroem.containers.out_of_memory import KILLED, out_of_memory, perhaps_out_of_memory
from stroem.containers.to_the_end import stoppable, to_the_end
from stroem.interfaces.runner import OutputWriter, RunnerFailed, RunnerLost
from stroem_docker.attached import Attached, Input
from stroem_docker.engine import Engine, EngineSilent, is_gone, reason

logger = logging.getLogger(__name__)

T = TypeVar("T", Attached, Input)

AWAY_SECS = 60
"""Seconds that an engine may be away while a step runs."""

LOOK_SECS = 0.5
KILL_SECS = 10
"""Seconds for a killed container to end, and for one that is being made when its step is cancelled."""

MEMORY_PAUSES = (0.05, 0.15, 0.3, 0.5)
"""Pauses between looks at a killed container: an engine may tell of used up memory later than of the end it brought."""

PAUSES = (0.005, 0.01, 0.02, 0.05, 0.1, 0.3, 0.5, 1)
"""Pauses between looks at a container whose output has ended, and which therefore is about to end."""

_BEING_REMOVED = ("removing", "dead")
REMOVED = "The container of the step was removed while it ran."

_NOISE = "unable to start container process: "


@attrs.define(eq=False)
class StepContainer:
    """A container by the name that it gets. `memory` is its limit in words."""

    name: str
    engine: Engine
    output: OutputWriter
    memory: str | None = None
    _attached: Attached | None = attrs.field(default=None, init=False)
    _input: Input | None = attrs.field(default=None, init=False)
    _following: "asyncio.Task[None] | None" = attrs.field(default=None, init=False)
    _was_away: bool = attrs.field(default=False, init=False)
    _is_stopped: bool = attrs.field(default=False, init=False)
    is_doubtful: bool = attrs.field(default=False, init=False)
    """Whether a part of the output may be missing."""

    async def make(self, create: Callable[[docker.APIClient], object]) -> None:
        """Makes the container. A cancellation waits for a making that is under way, for a bounded time."""
        making = asyncio.get_running_loop().create_task(self.engine.call(create))
        try:
            await asyncio.shield(making)
        except asyncio.CancelledError:
            making.add_done_callback(lambda task: task.exception())
            await to_the_end(_done(making))
            raise

    async def run(self, grace_secs: float) -> int:
        """Runs the container to its end; its exit code. Raises `RunnerFailed` and what the output raises.

        A cancellation ends it: TERM, then KILL after `grace_secs`.
        """
        try:
            return await stoppable(self._run(), partial(self._stop, grace_secs))
        finally:
            self.detach()

    async def begin(self, *, with_input: bool = False) -> None:
        """Starts the container, whose output is passed on from now on. Raises `RunnerFailed`."""
        if with_input:
            self._input = await self._connected(partial(Input, container=self.name))
        attached = await self._attach()
        await self._start()
        self._follow(attached)

    @property
    def following(self) -> "asyncio.Task[None]":
        """Passes the output on until it ends: with the container, or with the connection."""
        if self._following is None:
            raise RuntimeError("nothing is attached")
        return self._following

    async def send(self, data: bytes) -> None:
        """Sends bytes to the input. Raises `OSError`."""
        if self._input is None:
            raise RuntimeError("there is no input")
        await self.engine.call(partial(_send, self._input, data))

    async def remove(self) -> None:
        """Ends the container at once if it runs, and removes it with its volumes."""
        try:
            await self.engine.ask(lambda client: client.remove_container(self.name, v=True, force=True))
        except (APIError, requests.RequestException, RunnerFailed) as error:
            if is_gone(error):
                return
            logger.warning("container %s could not be removed, which is tried again: %s", self.name, reason(error))

    async def _run(self) -> int:
        if self._following is None:
            await self.begin()
        while True:
            await self.following
            if (state := await self._end()) is not None:
                return await self._exit_code(state)
            self.is_doubtful = True
            self._follow(await self._attach())
            await self.output.note("The connection to the container was lost: what it printed meanwhile is missing.")

    async def _attach(self) -> Attached:
        if self._attached is not None:
            self._attached.close()
        loop = asyncio.get_running_loop()
        self._attached = await self._connected(lambda client: Attached(client, self.name, self.output, loop))
        return self._attached

    def _follow(self, attached: Attached) -> None:
        self._following = asyncio.get_running_loop().create_task(self.engine.call(partial(_pass_on, attached)))

    async def _connected(self, connect: Callable[[docker.APIClient], T]) -> T:
        connecting = asyncio.get_running_loop().create_task(self.engine.call(connect))
        try:
            return await asyncio.shield(connecting)
        except asyncio.CancelledError:
            connecting.add_done_callback(_close_late)
            raise
        except requests.ConnectionError as error:
            raise self.engine.unreachable(error) from error
        except (APIError, requests.RequestException) as error:
            raise RunnerFailed(f"The container cannot be attached to: {reason(error)}") from error

    def detach(self) -> None:
        """Closes the connections to the container."""
        for connection in (self._attached, self._input):
            if connection is not None:
                connection.close()
        self._attached = self._input = None

    async def _start(self) -> None:
        try:
            await self.engine.start(self.name)
        except requests.ConnectionError as error:
            raise self.engine.unreachable(error) from error
        except (APIError, requests.RequestException) as error:
            why = reason(error).rpartition(_NOISE)[2].removesuffix(": unknown")
            raise RunnerFailed(f"The container cannot be started: {why}") from error

    async def _end(self) -> Mapping[str, Any] | None:
        """The state of the ended container; None if it runs on. Waits for an engine that is away."""
        clock = asyncio.get_running_loop().time
        until = clock() + AWAY_SECS
        while True:
            try:
                return await self._state()
            except NotFound as error:
                raise RunnerLost(REMOVED) from error
            except (requests.RequestException, RunnerFailed) as error:
                self.is_doubtful = True
                self._was_away |= not isinstance(error, EngineSilent)  # a busy one has ended no container
                if clock() > until:
                    raise RunnerLost(
                        f"The container engine went away while the step ran, and was away for {AWAY_SECS} s: "
                        f"{reason(error)}"
                    ) from error
            await asyncio.sleep(LOOK_SECS)

    async def _state(self) -> Mapping[str, Any] | None:
        for pause in PAUSES:
            found = await self.engine.ask(lambda client: client.inspect_container(self.name))
            state: Mapping[str, Any] = found["State"]
            if not state["Running"]:
                return state
            await asyncio.sleep(pause)
        return None

    async def _exit_code(self, state: Mapping[str, Any]) -> int:
        code = int(state["ExitCode"])
        if self._was_away:
            raise RunnerLost(
                "The container engine went away while the step ran, and the container ended without it "
                f"(exit code {code}). What the step has done is not known."
            )
        if state.get("Status") in _BEING_REMOVED:
            raise RunnerLost(REMOVED)
        if state.get("OOMKilled") or (code == KILLED and not self._is_stopped and await self._is_told_of_memory()):
            await self.output.write("stderr", out_of_memory(self.memory, "the memory that the engine has"))
        elif code == KILLED and not self._is_stopped and self.memory:
            await self.output.write("stderr", perhaps_out_of_memory(self.memory))
        return code

    async def _is_told_of_memory(self) -> bool:
        """Whether the engine says a little later that the container needed too much memory.

        Raises `RunnerLost` if it was killed to be removed.
        """
        for pause in MEMORY_PAUSES:
            await asyncio.sleep(pause)
            try:
                found = await self.engine.ask(lambda client: client.inspect_container(self.name))
            except NotFound as error:
                raise RunnerLost(REMOVED) from error
            except (APIError, requests.RequestException, RunnerFailed):
                continue
            if found["State"].get("Status") in _BEING_REMOVED:
                raise RunnerLost(REMOVED)
            if found["State"].get("OOMKilled"):
                return True
        return False

    async def _stop(self, grace_secs: float, running: "asyncio.Task[int]") -> None:
        """Asks the container to end, then kills it; what it still prints is passed on."""
        self._is_stopped = True
        await self._signal("SIGTERM")
        await asyncio.wait({running}, timeout=grace_secs)
        if not running.done():
            await self._signal("SIGKILL")
            await asyncio.wait({running}, timeout=KILL_SECS)
        self.detach()

    async def _signal(self, signal: str) -> None:
        try:
            await self.engine.ask(lambda client: client.kill(self.name, signal))
        except (APIError, requests.RequestException, RunnerFailed) as error:
            logger.debug("%s of container %s: %s", signal, self.name, reason(error))


def _pass_on(attached: Attached, _: docker.APIClient) -> None:
    attached.follow()


def _send(sending: Input, data: bytes, _: docker.APIClient) -> None:
    sending.send(data)


def _close_late(connecting: "asyncio.Task[Attached] | asyncio.Task[Input]") -> None:
    if not connecting.cancelled() and connecting.exception() is None:
        connecting.result().close()


async def _done(making: "asyncio.Task[object]") -> None:
    await asyncio.wait({making}, timeout=KILL_SECS)

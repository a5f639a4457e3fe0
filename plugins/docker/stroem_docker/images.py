"""Images: there already, or pulled once for all steps that wait for one."""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import attrs
import docker
import requests
from docker.errors import APIError, ImageNotFound, NotFound
from docker.utils import parse_repository_tag

from stroem.containers.registry_auth import RegistryAuth
from stroem.definitions.backoff import Backoff
from stroem.interfaces.runner import RunnerFailed
from stroem_docker.engine import Engine, reason
from stroem_docker.options import Pull

logger = logging.getLogger(__name__)

TRIES = 4
BACKOFF = Backoff(first_secs=1, longest_secs=15)
PROGRESS_SECS = 5

FINAL = ("not found", "manifest unknown", "denied", "unauthorized", "invalid reference", "no basic auth", "certificate")
"""Words of answers that another try would get too."""

Tell = Callable[[str], Awaitable[None]]
"""Takes a line about the progress of a pull."""


@attrs.frozen(eq=False)
class _Pull:
    """A pull under way, and who is told about it."""

    task: "asyncio.Task[None]"
    listeners: list[Tell]


@attrs.define(eq=False)
class Images:
    """The images of an engine."""

    engine: Engine
    _pulls: dict[tuple[str, RegistryAuth | None], _Pull] = attrs.field(init=False, factory=dict)

    async def make(
        self, name: str, policy: Pull, auth: RegistryAuth | None, tell: Tell, make: Callable[[], Awaitable[None]]
    ) -> None:
        """Makes a container of the image, which is pulled before it or when the engine lacks it. Raises `RunnerFailed`.

        Asking for the image first would cost each step a request.
        """
        if policy == "always":
            await self._pulled(name, auth, tell)
        try:
            return await make()
        except NotFound:
            if await self._has(name):
                raise
        if policy == "never":
            raise RunnerFailed(f"The image {name!r} is not on this worker, and `pull: never` forbids a pull.")
        await self._pulled(name, auth, tell)
        await make()

    async def _has(self, name: str) -> bool:
        try:
            await self.engine.call(lambda client: client.inspect_image(name))
        except ImageNotFound:
            return False
        return True

    async def _pulled(self, name: str, auth: RegistryAuth | None, tell: Tell) -> None:
        """Waits for the pull that is under way, or begins one. A step that is cancelled does not end it."""
        key = name, auth
        if (pull := self._pulls.get(key)) is None:
            listeners: list[Tell] = []
            pull = _Pull(asyncio.get_running_loop().create_task(self._pull(name, auth, listeners)), listeners)
            self._pulls[key] = pull
            pull.task.add_done_callback(lambda task: self._forget(key, task))
        pull.listeners.append(tell)
        try:
            await asyncio.shield(pull.task)
        finally:
            pull.listeners.remove(tell)

    def _forget(self, key: tuple[str, RegistryAuth | None], task: "asyncio.Task[None]") -> None:
        del self._pulls[key]
        if not task.cancelled():
            task.exception()  # each step that still waits raises it

    async def _pull(self, name: str, auth: RegistryAuth | None, listeners: list[Tell]) -> None:
        await _tell(listeners, f"Pulling {name} ...")
        began = time.monotonic()
        for attempt in range(1, TRIES + 1):
            try:
                await self._pull_once(name, auth, listeners)
                break
            except (APIError, requests.RequestException, OSError, PullFailed) as error:
                if attempt == TRIES or _is_final(error):
                    raise RunnerFailed(f"The image {name!r} cannot be pulled: {reason(error)}") from error
                pause = BACKOFF.secs(attempt)
                await _tell(listeners, f"The pull of {name} failed ({reason(error)}); trying again in {pause:.0f} s")
                await asyncio.sleep(pause)
        await _tell(listeners, f"Pulled {name} in {time.monotonic() - began:.1f} s")

    async def _pull_once(self, name: str, auth: RegistryAuth | None, listeners: list[Tell]) -> None:
        loop = asyncio.get_running_loop()
        progress = Progress()

        def work(client: docker.APIClient) -> None:
            repository, tag = parse_repository_tag(name)
            config = {"username": auth.username, "password": auth.password} if auth else None
            due = time.monotonic() + PROGRESS_SECS
            for event in client.pull(repository, tag or "latest", stream=True, decode=True, auth_config=config):
                progress.take(event)
                if time.monotonic() >= due:
                    due = time.monotonic() + PROGRESS_SECS
                    asyncio.run_coroutine_threadsafe(_tell(listeners, progress.line(name)), loop)

        await self.engine.call(work)


class PullFailed(Exception):
    """The engine ended a pull with an error."""


@attrs.define
class Progress:
    """What is known of the layers of a pull: bytes loaded and bytes in all, by the layer's id."""

    loaded: dict[str, int] = attrs.field(factory=dict)
    sizes: dict[str, int] = attrs.field(factory=dict)

    def take(self, event: Mapping[str, Any]) -> None:
        """Adds an event of the engine. Raises `PullFailed` for one that tells of an error."""
        if "error" in event:
            raise PullFailed(str(event["error"]))
        detail = event.get("progressDetail") or {}
        if event.get("status") == "Downloading" and "total" in detail:
            self.sizes[event["id"]] = detail["total"]
            self.loaded[event["id"]] = detail.get("current", 0)
        elif event.get("status") in ("Download complete", "Pull complete") and event.get("id") in self.sizes:
            self.loaded[event["id"]] = self.sizes[event["id"]]

    def line(self, name: str) -> str:
        """The progress in words."""
        loaded, size = sum(self.loaded.values()), sum(self.sizes.values())
        return f"Pulling {name}: {loaded / 1e6:.0f} of {size / 1e6:.0f} MB"


async def _tell(listeners: list[Tell], line: str) -> None:
    """Tells all listeners; one that fails costs the others nothing."""
    for told in await asyncio.gather(*(listener(line) for listener in list(listeners)), return_exceptions=True):
        if isinstance(told, Exception):
            logger.debug("a step could not be told of its pull: %r", told)


def _is_final(error: BaseException) -> bool:
    """Whether another try would get the same answer: a name that is not there, an account that is refused."""
    words = reason(error).lower()
    final = (
        "not found",
        "manifest unknown",
        "denied",
        "unauthorized",
        "invalid reference",
        "no basic auth",
        "certificate",
    )
    return (isinstance(error, APIError) and error.is_client_error()) or any(word in words for word in final)

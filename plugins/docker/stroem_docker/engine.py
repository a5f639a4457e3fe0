"""The connection to a Docker Engine."""

import asyncio
import os
import socket
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any, ParamSpec, TypeVar

import attrs
import docker
import requests
from docker.constants import DEFAULT_UNIX_SOCKET
from docker.context import ContextAPI
from docker.errors import APIError, DockerException, NotFound
from docker.tls import TLSConfig

from stroem.interfaces.runner import RunnerFailed, RunnerLost

P = ParamSpec("P")
T = TypeVar("T")

ANSWER_SECS = 60
"""Seconds for an answer of the engine to anything but a pull and the output of a container."""

ASK_SECS = 15
"""Seconds for an answer to a question about a container, and to a request to end it."""

MOST_STARTS = 16
"""Containers that are started at once; an engine that starts hundreds answers none in time."""

MOST_THREADS = 1000
"""Each running container has a thread that reads its output."""


AWAY = (RunnerFailed, APIError, requests.RequestException, OSError)
"""Exceptions of requests to the engine."""


class EngineSilent(RunnerFailed):
    """The engine hangs."""


class Client(docker.APIClient):  # type: ignore[misc]  # the library has no types
    """A client whose authority is that of the settings, also where REQUESTS_CA_BUNDLE names others."""

    def merge_environment_settings(self, url: Any, proxies: Any, stream: Any, verify: Any, cert: Any) -> Any:
        return super().merge_environment_settings(url, proxies, stream, self.verify if verify is None else verify, cert)


@attrs.define(eq=False)
class Engine:
    """A Docker Engine, or another one with its API, by its address; without one by `DOCKER_HOST` or the context."""

    host: str | None = None
    context: str | None = None
    tls_ca: str | None = None
    tls_cert: str | None = None
    tls_key: str | None = None
    _client: docker.APIClient | None = attrs.field(default=None, init=False)
    _threads: ThreadPoolExecutor = attrs.field(
        init=False, factory=lambda: ThreadPoolExecutor(MOST_THREADS, thread_name_prefix="stroem-docker")
    )
    _starts: asyncio.Semaphore = attrs.field(init=False, factory=lambda: asyncio.Semaphore(MOST_STARTS))

    async def call(self, work: Callable[[docker.APIClient], T]) -> T:
        """The result of requests, made in a thread. Raises what they raise, and `RunnerFailed` without an engine."""
        return await asyncio.get_running_loop().run_in_executor(self._threads, lambda: work(self.client))

    async def ask(self, work: Callable[[docker.APIClient], T]) -> T:
        """Does the same within `ASK_SECS`. Raises `EngineSilent` for an engine that hangs."""
        try:
            async with asyncio.timeout(ASK_SECS):
                return await self.call(work)
        except TimeoutError:
            raise EngineSilent(f"it gave no answer within {ASK_SECS} s") from None

    async def start(self, container: str) -> None:
        """Starts a container; waits while others are started. Raises what requests raise, and `RunnerFailed`."""
        async with self._starts:
            await self.call(lambda client: client.start(container))

    async def close(self) -> None:
        """Closes the connections. Nothing is under way any more."""
        if self._client is not None:
            self._client.close()
        self._threads.shutdown(wait=False)

    @property
    def client(self) -> docker.APIClient:
        """The client of the engine, made at the first use. Raises `RunnerFailed`. Blocks."""
        if self._client is None:
            try:
                self.knock()
                self._client = Client(version="auto", timeout=ANSWER_SECS, **self._address())
            except (DockerException, requests.RequestException, OSError, ValueError) as error:
                raise self.unreachable(error) from error
        return self._client

    def unreachable(self, error: BaseException) -> RunnerLost:
        """The failure of a step whose engine is away."""
        return RunnerLost(f"The container engine at {self._named()} cannot be reached: {reason(error)}")

    def knock(self) -> None:
        """Raises `OSError` when nothing listens at the engine's Unix socket. Blocks.

        The library leaves the sockets of refused connections open.
        """
        address = self._address().get("base_url") or DEFAULT_UNIX_SOCKET
        path = address.removeprefix("http+").removeprefix("unix://")
        if path.startswith("/"):
            with socket.socket(socket.AF_UNIX) as connection:
                connection.settimeout(ASK_SECS)
                connection.connect(path)

    def _named(self) -> str:
        named = self.host or self.context or os.environ.get("DOCKER_HOST")
        return named or DEFAULT_UNIX_SOCKET.removeprefix("http+")

    def _address(self) -> dict[str, Any]:
        if self.host is None and self.context is not None:
            context = ContextAPI.get_context(self.context)
            if context is None:
                raise ValueError(f"there is no context {self.context!r}")
            return {"base_url": context.Host, "tls": context.TLSConfig or False}
        if self.host is None:
            return dict(docker.utils.kwargs_from_env())
        if self.tls_ca is None:
            return {"base_url": self.host}
        pair = (self.tls_cert, self.tls_key) if self.tls_cert and self.tls_key else None
        return {"base_url": self.host, "tls": TLSConfig(ca_cert=self.tls_ca, client_cert=pair, verify=True)}


def remove_all(client: docker.APIClient, listed: Iterable[Mapping[str, Any]]) -> None:
    """Removes listed containers with their volumes. Blocks."""
    for container in listed:
        try:
            client.remove_container(container["Id"], v=True, force=True)
        except APIError as error:
            if not is_gone(error):
                raise


def is_gone(error: BaseException) -> bool:
    """Whether an error of a removal says that someone has removed the container, or does so now."""
    return isinstance(error, NotFound) or "already in progress" in reason(error)


def reason(error: BaseException) -> str:
    """The words of an error of the engine or of the connection to it."""
    if isinstance(error, APIError) and error.explanation:
        return str(error.explanation).strip()
    if isinstance(error, requests.ReadTimeout):
        return f"it gave no answer within {ANSWER_SECS} s"
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, OSError) and cause.errno is not None and cause.strerror:
            return cause.strerror
        cause = cause.__cause__ or cause.__context__
    return str(error).strip() or type(error).__name__

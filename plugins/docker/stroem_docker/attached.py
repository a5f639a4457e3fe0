"""A container whose output is read while it runs."""

import asyncio
import concurrent.futures
from typing import Any

import docker
from docker.utils.socket import frames_iter

from stroem.interfaces.runner import OutputWriter, Stream

_STREAMS: dict[int, Stream] = {1: "stdout", 2: "stderr"}


class Attached:
    """A container that is made and not started yet, with its output attached."""

    def __init__(self, client: docker.APIClient, container: str, output: OutputWriter) -> None:
        """Attaches to the container. Blocks."""
        self._client = client
        self._container = container
        self._output = output
        self._socket: Any = client.attach_socket(container, {"stdout": 1, "stderr": 1, "stream": 1})

    def run(self, loop: asyncio.AbstractEventLoop) -> int:
        """Starts the container and passes its output on until it ends; its exit code. Blocks.

        Raises what the output raised, and errors of the engine.
        """
        try:
            self._client.start(self._container)
            for number, data in frames_iter(self._socket, tty=False):
                self._pass_on(_STREAMS.get(number, "stdout"), data, loop)
            return int(self._client.wait(self._container, timeout=None)["StatusCode"])
        finally:
            self.close()

    def close(self) -> None:
        """Closes the connection, which the library leaves to its response."""
        if (response := getattr(self._socket, "_response", None)) is not None:
            response.close()
        self._socket.close()

    def _pass_on(self, stream: Stream, data: bytes, loop: asyncio.AbstractEventLoop) -> None:
        """Waits until the output has taken the bytes, so that a slow one slows the step."""
        taken: concurrent.futures.Future[None] = asyncio.run_coroutine_threadsafe(
            self._output.write(stream, data), loop
        )
        taken.result()

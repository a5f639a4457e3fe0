"""The output and the input of a container while it runs."""

import asyncio
import concurrent.futures
import contextlib
import os
import socket
from typing import Any

import docker
from docker.utils.socket import frames_iter

from stroem.interfaces.runner import OutputWriter, Stream

_STREAMS: dict[int, Stream] = {1: "stdout", 2: "stderr"}


class Attached:
    """The two streams of a container, from now on."""

    def __init__(
        self, client: docker.APIClient, container: str, output: OutputWriter, loop: asyncio.AbstractEventLoop
    ) -> None:
        """Attaches to the container, which need not run yet. Blocks."""
        self._output = output
        self._loop = loop
        self._socket: Any = client.attach_socket(container, {"stdout": 1, "stderr": 1, "stream": 1})

    def follow(self) -> None:
        """Passes the output on until it ends: with the container, or with the connection. Blocks.

        Raises what the output raises.
        """
        frames = frames_iter(self._socket, tty=False)
        while (frame := _next(frames)) is not None:
            number, data = frame
            self._pass_on(_STREAMS.get(number, "stdout"), data)

    def close(self) -> None:
        """Closes the connection. A thread that reads it stops."""
        _close(self._socket)

    def _pass_on(self, stream: Stream, data: bytes) -> None:
        """Waits until the output has taken the bytes, so that a slow one slows the step."""
        taken: concurrent.futures.Future[None] = asyncio.run_coroutine_threadsafe(
            self._output.write(stream, data), self._loop
        )
        taken.result()


class Input:
    """The standard input of a container, which ends with this connection."""

    def __init__(self, client: docker.APIClient, container: str) -> None:
        """Attaches to the container, which need not run yet. Blocks."""
        self._socket: Any = client.attach_socket(container, {"stdin": 1, "stream": 1})

    def send(self, data: bytes) -> None:
        """Sends bytes. Raises `OSError`. Blocks."""
        getattr(self._socket, "_sock", self._socket).sendall(data)

    def close(self) -> None:
        """Ends the input."""
        _close(self._socket)


def _close(attached: Any) -> None:
    """Closes a connection, which the library leaves to its response."""
    with contextlib.suppress(OSError), socket.socket(fileno=os.dup(attached.fileno())) as connection:
        connection.shutdown(socket.SHUT_RDWR)
    if (response := getattr(attached, "_response", None)) is not None:
        response.close()
    attached.close()


def _next(frames: Any) -> Any:
    """The next frame; None at the end of the connection, however it ended."""
    try:
        return next(frames, None)
    except (OSError, ValueError):  # closed here, or by an engine that ended
        return None

"""The output and the input of a container while it runs."""

import asyncio
import concurrent.futures
import contextlib
import os
import socket
from collections.abc import Callable
from typing import Any

import docker

from stroem.interfaces.runner import OutputWriter, Stream

HEADER_BYTES = 8
PIECE_BYTES = 64 * 1024

_STREAMS: dict[int, Stream] = {1: "stdout", 2: "stderr"}


class Attached:
    """The two streams of a container, from now on."""

    def __init__(
        self, client: docker.APIClient, container: str, output: OutputWriter, loop: asyncio.AbstractEventLoop
    ) -> None:
        """Attaches to the container, which need not run yet. Blocks."""
        self._output = output
        self._loop = loop
        self._connection = _Connection(client, container, {"stdout": 1, "stderr": 1, "stream": 1})

    def follow(self) -> None:
        """Passes the output on until it ends: with the container, or with the connection. Blocks.

        Raises what the output raises.
        """
        while len(header := self._header()) == HEADER_BYTES:
            left = int.from_bytes(header[4:])
            while left > 0:
                if not (data := self._connection.receive(min(left, PIECE_BYTES))):
                    return
                left -= len(data)
                self._pass_on(_STREAMS.get(header[0], "stdout"), data)

    def close(self) -> None:
        """Closes the connection. A thread that reads it stops."""
        self._connection.close()

    def _header(self) -> bytes:
        """The stream of the next frame and its length; less at the end."""
        header = b""
        while data := self._connection.receive(HEADER_BYTES - len(header)):
            header += data
        return header

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
        self._connection = _Connection(client, container, {"stdin": 1, "stream": 1})

    def send(self, data: bytes) -> None:
        """Sends bytes. Raises `OSError`. Blocks."""
        self._connection.send(data)

    def close(self) -> None:
        """Ends the input."""
        self._connection.close()


class _Connection:
    """A connection to the streams of a container.

    The library's own functions pass over the buffers of its answer and of TLS, either of which may hold frames.
    """

    def __init__(self, client: docker.APIClient, container: str, streams: dict[str, int]) -> None:
        self._attached: Any = client.attach_socket(container, streams)
        self._socket: socket.socket = getattr(self._attached, "_sock", self._attached)
        self._socket.settimeout(None)
        answer = self._attached._response.raw._fp.fp
        self._read: Callable[[int], bytes] = getattr(answer, "read1", self._socket.recv)

    def receive(self, most: int) -> bytes:
        """The next bytes; none at the end of the connection, however it ended. Blocks."""
        try:
            return self._read(most) if most else b""
        except (OSError, ValueError):  # closed here, or by an engine that ended
            return b""

    def send(self, data: bytes) -> None:
        """Sends bytes. Raises `OSError`. Blocks."""
        self._socket.sendall(data)

    def close(self) -> None:
        """Closes the connection, which the library leaves to its response. A thread that reads it stops."""
        with contextlib.suppress(OSError), socket.socket(fileno=os.dup(self._socket.fileno())) as connection:
            connection.shutdown(socket.SHUT_RDWR)
        self._attached._response.close()
        self._attached.close()
        self._socket.close()

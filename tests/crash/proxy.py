"""A network between worker and server that loses things."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

Loses = Callable[[bytes, bytes], bool]
"""Whether an answer is lost, and the connection with it: takes what was asked last on this connection, and the
answer."""


class Proxy:
    """Passes bytes on between a port of its own and the server's."""

    def __init__(self, target_port: int) -> None:
        self._target_port = target_port
        self._flowing = asyncio.Event()
        self._flowing.set()
        self._connections: set[asyncio.Task[None]] = set()
        self._ends: set[asyncio.StreamWriter] = set()
        self.loses: Loses = lambda asked, answered: False
        self.lost = 0

    @asynccontextmanager
    async def on(self, port: int) -> AsyncIterator[None]:
        """Listens meanwhile."""
        listening = await asyncio.start_server(self._accept, "127.0.0.1", port)
        try:
            yield
        finally:
            listening.close()
            for task in self._connections:
                task.cancel()
            await asyncio.gather(*self._connections, return_exceptions=True)
            ends, self._ends = self._ends, set()
            for end in ends:
                end.transport.abort()
            await asyncio.gather(*(end.wait_closed() for end in ends), return_exceptions=True)

    def lose_once(self, loses: Loses) -> None:
        """The next such answer is lost."""
        self.loses = lambda asked, answered: not self.lost and loses(asked, answered)

    def freeze(self) -> None:
        """Nothing passes any more in either direction, and nobody is told."""
        self._flowing.clear()

    def thaw(self, *, forget: bool) -> None:
        """What is new passes again; with `forget` connections of before stay dead and nobody is told."""
        if forget:
            self._flowing = asyncio.Event()
        self._flowing.set()

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._connections.add(task)
        task.add_done_callback(self._connections.discard)
        self._ends.add(writer)
        with contextlib.suppress(OSError, asyncio.CancelledError):
            await self._connect(reader, writer)
        writer.close()

    async def _connect(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        flowing = self._flowing
        await flowing.wait()
        server_reader, server_writer = await asyncio.open_connection("127.0.0.1", self._target_port)
        self._ends.add(server_writer)
        asked = bytearray()
        ways = [
            asyncio.create_task(self._pass(flowing, reader, server_writer, asked, answers=False)),
            asyncio.create_task(self._pass(flowing, server_reader, writer, asked, answers=True)),
        ]
        try:
            await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
        finally:
            server_writer.close()
            for way in ways:
                way.cancel()
            await asyncio.gather(*ways, return_exceptions=True)

    async def _pass(
        self,
        flowing: asyncio.Event,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        asked: bytearray,
        *,
        answers: bool,
    ) -> None:
        while data := await reader.read(1024 * 1024):
            await flowing.wait()
            if answers:
                if self.loses(bytes(asked), data):
                    self.lost += 1
                    return
                asked.clear()
            else:
                asked += data
            writer.write(data)
            await writer.drain()

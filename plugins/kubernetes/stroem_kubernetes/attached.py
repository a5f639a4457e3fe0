"""The streams of a container over the WebSocket of its API server."""

import asyncio

import aiohttp
import attrs

PROTOCOL = "v4.channel.k8s.io"
_INPUT, _OUTPUT, _ERROR = b"\0", 1, 2
_PIECE = 64 * 1024


@attrs.define(eq=False)
class Attached:
    """The input of a container, and what it prints from now on."""

    socket: aiohttp.ClientWebSocketResponse
    error: bytes = b""

    async def send(self, data: bytes) -> None:
        """Writes to the input. Raises `OSError`."""
        for start in range(0, len(data), _PIECE):
            await self.socket.send_bytes(_INPUT + data[start : start + _PIECE])

    async def until(self, line: bytes, most_secs: float) -> bool:
        """Reads until that line is printed; False if the container ended before. Raises `TimeoutError`."""
        heard = b""
        async with asyncio.timeout(most_secs):
            async for message in self.socket:
                if message.type is not aiohttp.WSMsgType.BINARY or not message.data:
                    continue
                if message.data[0] == _ERROR:
                    self.error += message.data[1:]
                elif message.data[0] == _OUTPUT:
                    heard += message.data[1:]
                    if line in heard:
                        return True
        return False

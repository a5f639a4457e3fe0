"""The streams of a container over a WebSocket, as a kubelet serves them."""

import asyncio
import contextlib
import time

import aiohttp
from aiohttp import web

from tests.support.kubernetes.container_process import ContainerProcess

PROTOCOL = "v4.channel.k8s.io"
INPUT, OUTPUTS = 0, {"output": ("Stdout", 1), "error": ("Stderr", 2)}


async def attached(request: web.Request, process: ContainerProcess) -> web.WebSocketResponse:
    """Passes on input, and what is printed from now on, until the connection or the container ends."""
    socket = web.WebSocketResponse(protocols=[PROTOCOL], max_msg_size=0)
    await socket.prepare(request)
    outputs = [_pass_on(process, socket, *OUTPUTS[name]) for name in OUTPUTS if request.query.get(name)]
    printing = asyncio.ensure_future(_until_printed(socket, outputs))
    try:
        async for message in socket:
            if message.type is aiohttp.WSMsgType.BINARY and message.data[:1] == bytes([INPUT]):
                await process.give(message.data[1:])
    finally:
        printing.cancel()
        process.detached()
    return socket


async def _until_printed(socket: web.WebSocketResponse, outputs: "list[asyncio.Future[None]]") -> None:
    if outputs:
        await asyncio.gather(*outputs)
        await socket.close()


async def _pass_on(process: ContainerProcess, socket: web.WebSocketResponse, stream: str, channel: int) -> None:
    with contextlib.suppress(ConnectionError):
        async for piece in process.log.read(since=time.time_ns(), stream=stream, stamps=False, follow=True):
            await socket.send_bytes(bytes([channel]) + piece)

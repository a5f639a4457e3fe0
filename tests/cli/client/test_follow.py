"""Following a log through lost connections, against a Strøm that is up."""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator
from urllib.parse import urlsplit

import pytest

from stroem.cli.client.client import Client
from stroem.cli.client.streams import follow
from stroem.cli.program.options import Address

pytestmark = pytest.mark.xdist_group("up")

CUTS = 3
CUT_AFTER = 1500


@pytest.fixture
async def cutting_proxy(running) -> AsyncIterator[str]:
    """The address of a proxy to the server that cuts its first connections after some bytes of the answer."""
    target = urlsplit(running.address)
    connections = 0
    handled = set()

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal connections
        connections += 1
        handled.add(asyncio.current_task())
        budget = CUT_AFTER if connections <= CUTS else None
        up_reader, up_writer = await asyncio.open_connection(target.hostname, target.port)
        upward = asyncio.create_task(pump(reader, up_writer, None))
        await pump(up_reader, writer, budget)
        upward.cancel()
        for each in (writer, up_writer):
            each.close()
            with contextlib.suppress(ConnectionError):
                await each.wait_closed()

    server = await asyncio.start_server(handle, "127.0.0.1", 0)
    yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    server.close()
    await asyncio.gather(*handled)
    await server.wait_closed()
    assert connections > CUTS


async def pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, budget: int | None) -> None:
    with contextlib.suppress(OSError):
        while data := await reader.read(256 if budget else 65536):
            writer.write(data)
            await writer.drain()
            if budget is not None and (budget := budget - len(data)) <= 0:
                return
        writer.write_eof()


async def test_no_line_is_missing_or_comes_twice(running, cutting_proxy: str, capsys) -> None:
    async with Client(Address(running.address)) as client:
        job_id = (await client.post("workspaces", "default", "tasks", "drips", "execute", body={}))["job_id"]
    lines, status = [], None
    async with Client(Address(cutting_proxy)) as client:
        async for frame in follow(client, job_id, step="drip"):
            if frame["event"] == "log":
                lines += [json.loads(line)["line"] for line in frame["data"].splitlines()]
            else:
                status = frame["status"]
    assert lines == [f"drop {number}" for number in range(1, 101)]
    assert status == "completed"
    said = capsys.readouterr().err
    assert "trying again" in said
    assert "Connected again." in said

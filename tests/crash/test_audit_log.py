"""The audit log while servers that share a database are killed: no change without its row, and one chain."""

import asyncio
import contextlib
import random
from pathlib import Path

import aiohttp
import orjson
import psycopg
import pytest

from tests.crash.program import Program
from tests.crash.site import server_settings, write_settings
from tests.crash.workload import WORKSPACE
from tests.support.programs import free_port
from tests.support.wait import eventually
from tests.support.workspace_files import write_workspace

pytestmark = pytest.mark.slow("kills programs")

WORKFLOWS = """
tasks:
  plain:
    flow: {s: {type: script, script: "true", tags: [nobody-has-this]}}
"""
KILLS, LATEST_SECS = 4, 1.5
STARTED = """
    SELECT jobs.id::text FROM jobs
    EXCEPT SELECT jsonb_array_elements_text(after::jsonb->'started') FROM audit WHERE verb = 'job.run'
    """
ROWS = """
    SELECT jsonb_array_elements_text(after::jsonb->'started') FROM audit WHERE verb = 'job.run'
    EXCEPT SELECT id::text FROM jobs
    """


def server(folder: Path, name: str, port: int, url: str) -> Program:
    settings = {**server_settings(folder, port, url), "key_file": str(folder / "server.key")}
    return Program(
        "server",
        "--config",
        write_settings(folder, name, settings),
        ready="server is ready",
        log=folder / f"{name}.log",
    )


async def start_jobs(url: str, over: asyncio.Event) -> int:
    """Starts jobs one after the other; returns how many were answered."""
    answered = 0
    async with aiohttp.ClientSession(url, timeout=aiohttp.ClientTimeout(total=30)) as http:
        while not over.is_set():
            with contextlib.suppress(aiohttp.ClientError, TimeoutError):
                async with http.post(f"/api/workspaces/{WORKSPACE}/tasks/plain/execute", json={}) as response:
                    answered += response.status == 200
    return answered


async def test_no_change_is_without_its_row_and_the_chain_has_no_fork(tmp_path: Path, database_url: str) -> None:
    chance = random.Random(45)
    write_workspace(tmp_path / "workspace", WORKFLOWS)
    ports = [free_port(), free_port()]
    urls = [f"http://127.0.0.1:{port}" for port in ports]
    servers = [server(tmp_path, f"server-{n}", port, database_url) for n, port in enumerate(ports)]
    over = asyncio.Event()

    async def rows(sql: str) -> list[tuple[object, ...]]:
        async with await psycopg.AsyncConnection.connect(database_url) as connection:
            return await (await connection.execute(sql.encode())).fetchall()

    try:
        await asyncio.gather(*(one.up() for one in servers))
        load = [asyncio.create_task(start_jobs(url, over)) for url in urls * 3]
        await eventually(lambda: rows("SELECT 1 FROM jobs LIMIT 1"), "a first job")
        for _ in range(KILLS):
            await asyncio.sleep(chance.uniform(0.2, LATEST_SECS))  # the instant of the kill
            one = chance.choice(servers)
            await one.kill()
            await one.up()
        over.set()
        assert sum(await asyncio.gather(*load)) > 0
        assert await rows(STARTED) == []
        assert await rows(ROWS) == []
        async with aiohttp.ClientSession() as http, http.get(urls[0] + "/api/audit/verify") as response:
            found = await response.json(loads=orjson.loads)
        assert found["ok"], found
        assert found["rows"] == (await rows("SELECT count(*) FROM audit"))[0][0]
    finally:
        over.set()
        for one in servers:
            await one.close()

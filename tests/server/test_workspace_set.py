"""Workspaces that are listed in a folder of their own, followed while the server runs."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest
from aiohttp import web

from stroem.registry.registry import load_plugins
from stroem.server.app import build_app
from stroem.server.serving import make_runner
from stroem.settings.loader import server_settings


def add_workspace(root: Path, name: str, extra: str = "") -> None:
    folder = root / "folders" / name
    (folder / ".workflows").mkdir(parents=True, exist_ok=True)
    (folder / ".workflows" / "a.yaml").write_text(
        f"tasks:\n  {name}:\n    flow:\n      one: {{type: script, script: echo}}\n"
    )
    (root / "set").mkdir(exist_ok=True)
    (root / "set" / f"{name}.yaml").write_text(f"type: folder\npath: {folder}\n{extra}")


@contextlib.asynccontextmanager
async def serving(database_url: str, root: Path) -> AsyncIterator[aiohttp.ClientSession]:
    settings = server_settings(
        {
            "listen": "127.0.0.1:0",
            "db": {"url": database_url},
            "worker_token": "0123456789012345678901234567890123456789",
            "blobs": {"url": (root / "blobs").as_uri()},
            "cache_dir": str(root / "cache"),
            "workspaces_from": {"type": "folder", "path": str(root / "set")},
        },
        {},
    )
    runner = make_runner(build_app(settings, load_plugins()))
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        host, port = runner.addresses[0][:2]
        async with aiohttp.ClientSession(f"http://{host}:{port}") as session:
            yield session
    finally:
        await runner.cleanup()


@pytest.fixture
async def client(database_url: str, tmp_path: Path) -> AsyncIterator[aiohttp.ClientSession]:
    add_workspace(tmp_path, "first")
    async with serving(database_url, tmp_path) as session:
        yield session


async def names(client: aiohttp.ClientSession) -> dict[str, int | None]:
    async with client.get("/api/workspaces") as response:
        return {one["name"]: one["release"] for one in await response.json()}


async def events(client: aiohttp.ClientSession) -> list[tuple[str, str]]:
    async with client.get("/api/events") as response:
        return [(event["kind"], event["message"]) for event in (await response.json())["items"]]


async def until(client: aiohttp.ClientSession, wanted: dict[str, int | None]) -> None:
    async with asyncio.timeout(20):
        while await names(client) != wanted:
            await asyncio.sleep(0.02)


async def test_workspaces_come_change_and_go_with_their_files(client: aiohttp.ClientSession, tmp_path: Path) -> None:
    await until(client, {"first": 1})
    add_workspace(tmp_path, "second")
    await until(client, {"first": 1, "second": 1})
    (tmp_path / "set" / "first.yaml").unlink()
    await until(client, {"second": 1})
    async with client.get("/api/workspaces/first/releases") as response:
        assert [one["number"] for one in (await response.json())["items"]] == [1]
    async with client.get("/api/events?workspace=first") as response:
        kinds = [one["kind"] for one in (await response.json())["items"]]
    assert kinds[0] == "workspace_removed"
    add_workspace(tmp_path, "first")
    await until(client, {"first": 1, "second": 1})


async def test_a_broken_file_leaves_its_workspace_as_it_was(client: aiohttp.ClientSession, tmp_path: Path) -> None:
    await until(client, {"first": 1})
    add_workspace(tmp_path, "first", extra="nonsense: 1\n")
    add_workspace(tmp_path, "second")
    await until(client, {"first": 1, "second": 1})
    async with client.get("/api/settings") as response:
        status = (await response.json())["workspaces_from"]
    (problem,) = status["problems"]
    assert (problem["file"], problem["line"]) == ("first.yaml", 3)
    assert "nonsense" in problem["message"]


async def test_the_set_is_there_after_a_restart_although_its_source_is_away(database_url: str, tmp_path: Path) -> None:
    add_workspace(tmp_path, "first")
    async with serving(database_url, tmp_path) as client:
        await until(client, {"first": 1})
    (tmp_path / "set").rename(tmp_path / "away")
    async with serving(database_url, tmp_path) as client:
        await until(client, {"first": 1})
        async with asyncio.timeout(20):
            while not any("does not exist" in message for _, message in await events(client)):
                await asyncio.sleep(0.02)
        kinds = {kind for kind, _ in await events(client)}
    assert "workspace_removed" not in kinds

"""Workspaces that are listed in a folder of their own, followed while the server runs."""

import contextlib
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
import attrs
import pytest
from aiohttp import web

from stroem.errors import Unavailable
from stroem.reconciler.following import followed
from stroem.reconciler.following.watchers import Watchers
from stroem.registry.registry import load_plugins
from stroem.server.app import build_app
from stroem.server.keys import CONFIGURED
from stroem.server.serving import make_runner
from stroem.settings.loader import server_settings
from stroem.settings.server import ServerSettings
from stroem.store.workspaces import libraries
from tests.support.listening import listening
from tests.support.wait import eventually


def add_workspace(root: Path, name: str, extra: str = "") -> None:
    folder = root / "folders" / name
    (folder / ".workflows").mkdir(parents=True, exist_ok=True)
    (folder / ".workflows" / "a.yaml").write_text(
        f"tasks:\n  {name}:\n    flow:\n      one: {{type: script, script: echo}}\n"
    )
    (root / "set").mkdir(exist_ok=True)
    (root / "set" / f"{name}.yaml").write_text(f"type: folder\npath: {folder}\n{extra}")


def settings_of(database_url: str, root: Path, folder: str = "set") -> ServerSettings:
    return server_settings(
        {
            "listen": "127.0.0.1:0",
            "db": {"url": database_url},
            "worker_token": "0123456789012345678901234567890123456789",
            "blobs": {"url": (root / "blobs").as_uri()},
            "cache_dir": str(root / "cache"),
            "workspaces_from": {"type": "folder", "path": str(root / folder)},
        },
        {},
    )


@contextlib.asynccontextmanager
async def serving(
    database_url: str, root: Path, folder: str = "set", app: web.Application | None = None
) -> AsyncIterator[aiohttp.ClientSession]:
    runner = make_runner(app or build_app(settings_of(database_url, root, folder), load_plugins()))
    async with listening(runner) as url, aiohttp.ClientSession(url) as session:
        yield session


@pytest.fixture
async def client(database_url: str, tmp_path: Path) -> AsyncIterator[aiohttp.ClientSession]:
    add_workspace(tmp_path, "first")
    async with serving(database_url, tmp_path) as session:
        yield session


async def names(client: aiohttp.ClientSession) -> dict[str, int | None]:
    async with client.get("/api/workspaces") as response:
        return {one["name"]: one["release"] for one in await response.json()}


async def set_status(client: aiohttp.ClientSession) -> dict[str, Any]:
    async with client.get("/api/settings") as response:
        return (await response.json())["workspaces_from"]


async def events(client: aiohttp.ClientSession) -> list[tuple[str, str]]:
    async with client.get("/api/events") as response:
        return [(event["kind"], event["message"]) for event in (await response.json())["items"]]


async def until(client: aiohttp.ClientSession, wanted: dict[str, int | None]) -> None:
    async def reached() -> bool:
        return await names(client) == wanted

    await eventually(reached, f"the workspaces are {wanted}")


async def until_told(client: aiohttp.ClientSession, words: str) -> None:
    async def told() -> bool:
        return any(words in message for _, message in await events(client))

    await eventually(told, f"an event says {words!r}")


async def until_set_has(client: aiohttp.ClientSession, key: str) -> None:
    async def shown() -> bool:
        return bool((await set_status(client)).get(key))

    await eventually(shown, f"the status of the set has {key!r}")


async def test_workspaces_come_change_and_go_with_their_files(client: aiohttp.ClientSession, tmp_path: Path) -> None:
    await until(client, {"first": 1})
    add_workspace(tmp_path, "second")
    await until(client, {"first": 1, "second": 1})
    (tmp_path / "set" / "first.yaml").unlink()
    await until(client, {"second": 1})
    async with client.get("/api/workspaces/first/releases") as response:
        assert [one["number"] for one in (await response.json())["items"]] == [1]
    await until_told(client, "Workspace 'first' was removed from the settings")
    assert ("workspace_removed", "Workspace 'first' was removed from the settings") in await events(client)
    add_workspace(tmp_path, "first")
    await until(client, {"first": 1, "second": 1})


async def test_a_broken_file_leaves_its_workspace_as_it_was(client: aiohttp.ClientSession, tmp_path: Path) -> None:
    await until(client, {"first": 1})
    add_workspace(tmp_path, "first", extra="nonsense: 1\n")
    add_workspace(tmp_path, "second")
    await until(client, {"first": 1, "second": 1})
    (problem,) = (await set_status(client))["problems"]
    assert (problem["file"], problem["line"]) == ("first.yaml", 3)
    assert "nonsense" in problem["message"]


async def test_the_set_is_there_after_a_restart_although_its_source_is_away(database_url: str, tmp_path: Path) -> None:
    add_workspace(tmp_path, "first")
    async with serving(database_url, tmp_path) as client:
        await until(client, {"first": 1})
    (tmp_path / "set").rename(tmp_path / "away")
    async with serving(database_url, tmp_path) as client:
        await until(client, {"first": 1})
        await until_told(client, "does not exist")
        kinds = {kind for kind, _ in await events(client)}
    assert "workspace_removed" not in kinds


async def test_a_workspace_whose_file_is_broken_is_there_after_a_restart(database_url: str, tmp_path: Path) -> None:
    add_workspace(tmp_path, "first")
    add_workspace(tmp_path, "second")
    async with serving(database_url, tmp_path) as client:
        await until(client, {"first": 1, "second": 1})
        add_workspace(tmp_path, "first", extra="nonsense: 1\n")
        (tmp_path / "set" / "second.yaml").unlink()
        await until(client, {"first": 1})
    async with serving(database_url, tmp_path) as client:
        await until_set_has(client, "problems")
        await until(client, {"first": 1})
        add_workspace(tmp_path, "third")
        await until(client, {"first": 1, "third": 1})


async def test_a_set_that_moves_stays_until_it_is_seen_there(database_url: str, tmp_path: Path) -> None:
    add_workspace(tmp_path, "first")
    app = build_app(settings_of(database_url, tmp_path), load_plugins())
    async with serving(database_url, tmp_path, app=app) as client:
        await until(client, {"first": 1})
        await app[CONFIGURED].change(settings_of(database_url, tmp_path, "elsewhere"))
        await until_set_has(client, "error")
        assert await names(client) == {"first": 1}
        (tmp_path / "set").rename(tmp_path / "elsewhere")
        add_workspace(tmp_path, "second")
        (tmp_path / "set" / "second.yaml").rename(tmp_path / "elsewhere" / "second.yaml")
        await until(client, {"first": 1, "second": 1})
        kinds = {kind for kind, _ in await events(client)}
    assert "workspace_removed" not in kinds
    (tmp_path / "elsewhere").rename(tmp_path / "away")
    async with serving(database_url, tmp_path, "elsewhere") as client:
        await until(client, {"first": 1, "second": 1})


async def test_a_change_of_the_set_that_an_outage_cuts_off_is_finished_by_the_next(
    database_url: str, tmp_path: Path, monkeypatch: Any
) -> None:
    add_workspace(tmp_path, "first")
    app = build_app(settings_of(database_url, tmp_path), load_plugins())
    async with serving(database_url, tmp_path, app=app) as client:
        await until(client, {"first": 1})
        (tmp_path / "set").rename(tmp_path / "elsewhere")
        moved = settings_of(database_url, tmp_path, "elsewhere")

        async def fail(*_: Any, **__: Any) -> None:
            raise Unavailable(message="away")

        with monkeypatch.context() as patch:
            patch.setattr(libraries, "add_library", fail)
            with pytest.raises(Unavailable):
                await app[CONFIGURED].change(moved)
        await app[CONFIGURED].change(moved)
        assert await names(client) == {"first": 1}
        add_workspace(tmp_path, "second")
        (tmp_path / "set" / "second.yaml").rename(tmp_path / "elsewhere" / "second.yaml")
        await until(client, {"first": 1, "second": 1})


async def test_two_servers_share_one_poll_of_the_set(database_url: str, tmp_path: Path, monkeypatch: Any) -> None:
    monkeypatch.setattr(followed, "POLL_SECS", 0.2)
    monkeypatch.setattr(Watchers, "update", lambda *_: None)  # polls at intervals only
    add_workspace(tmp_path, "first")

    def app() -> web.Application:
        settings = settings_of(database_url, tmp_path)
        often = attrs.evolve(settings.workspaces_from, poll_interval_secs=1)
        return build_app(attrs.evolve(settings, workspaces_from=often), load_plugins())

    async with serving(database_url, tmp_path, app=app()) as one, serving(database_url, tmp_path, app=app()) as other:
        for client in (one, other):
            await until(client, {"first": 1})
        add_workspace(tmp_path, "second")
        add_workspace(tmp_path, "first", extra="nonsense: 1\n")
        for client in (one, other):
            await until(client, {"first": 1, "second": 1})
            await until_set_has(client, "problems")
        rejected = [message for kind, message in await events(one) if kind == "rejected"]
        assert len(rejected) == 1
        assert (await set_status(one))["revision"] == (await set_status(other))["revision"]
    (tmp_path / "set").rename(tmp_path / "away")
    async with serving(database_url, tmp_path, app=app()) as one, serving(database_url, tmp_path, app=app()) as other:
        for client in (one, other):
            await until_set_has(client, "error")
            assert await names(client) == {"first": 1, "second": 1}
        failed = [message for kind, message in await events(one) if kind == "failed" and "The set" in message]
        assert len(failed) == 1

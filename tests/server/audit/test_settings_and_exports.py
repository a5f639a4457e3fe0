"""Rows of reloads of the settings, and exports of long logs."""

import tracemalloc
from pathlib import Path
from typing import Any

import aiohttp
import orjson
import pytest
import yaml

from stroem.audit.marks import MarkSigner
from stroem.files.key_file import key_in
from stroem.registry.registry import Registry, load_plugins
from stroem.server.app import build_app
from stroem.server.keys import SERVICES
from stroem.server.serving import make_runner
from stroem.settings.loader import SettingsFile
from stroem.store import statement
from stroem.store.database import Database
from tests.orchestrator.audit.log_site import LogSite
from tests.server.conftest import TOKEN, settings_of
from tests.support.listening import listening
from tests.support.wait import eventually

MANY = 6000


async def test_a_reload_of_the_settings(database_url: str, tmp_path: Path) -> None:
    path = tmp_path / "server-config.yaml"
    settings: dict[str, Any] = {
        "listen": "127.0.0.1:0",
        "db": {"url": database_url},
        "worker_token": TOKEN,
        "log_storage": {"local_dir": str(tmp_path / "data")},
    }
    path.write_text(yaml.safe_dump(settings))
    file = SettingsFile(path=path, environ={})
    app = build_app(file.settings(file.read()), load_plugins(), file)
    async with listening(make_runner(app)) as url, aiohttp.ClientSession(url) as http:
        (tmp_path / "folder").mkdir()
        settings["workspaces"] = {"new": {"type": "folder", "path": str(tmp_path / "folder")}}
        path.write_text(yaml.safe_dump(settings))

        async def reloads(count: int) -> list[dict[str, Any]] | None:
            async with http.get("/api/audit", params={"verb": "settings.reload"}) as response:
                found: list[dict[str, Any]] = (await response.json())["items"]
                return found if len(found) == count else None

        (row,) = await eventually(lambda: reloads(1), "the settings are in effect")
        assert (row["actor_kind"], row["actor"]) == ("system", "settings")
        assert row["after"]["changed"] == ["workspaces"]
        assert row["after"]["workspaces.new.type"] == "folder"
        assert row["after"]["workspaces.new.path"] == str(tmp_path / "folder")
        assert not any(key.startswith("workspaces.new") for key in row["before"])

        (tmp_path / "other").mkdir()
        settings["workspaces"]["new"]["path"] = str(tmp_path / "other")
        settings["git_auth"] = {"hub": {"type": "token", "token": "SECRET-11", "urls": ["https://git.example.org/*"]}}
        path.write_text(yaml.safe_dump(settings))
        row, _ = await eventually(lambda: reloads(2), "the second change is in effect")
        assert row["before"]["workspaces.new.path"] == str(tmp_path / "folder")
        assert row["after"]["workspaces.new.path"] == str(tmp_path / "other")
        assert "git_auth.hub.token" in row["after"]

        settings["git_auth"]["hub"]["token"] = "SECRET-12"
        path.write_text(yaml.safe_dump(settings))
        row, *_ = await eventually(lambda: reloads(3), "the third change is in effect")
        assert row["before"] == {"git_auth.hub.token": "••••••"}
        assert row["after"] == {"changed": ["git_auth"], "settings": 1, "git_auth.hub.token": "••••••"}
        assert "SECRET" not in str(await reloads(3))


async def test_a_long_log_is_exported_in_bounded_memory(server: Any) -> None:
    async with server.app[SERVICES].database.begin() as connection:
        await statement.execute(
            connection,
            "INSERT INTO audit (id, actor_kind, actor, verb, outcome, after)"
            " SELECT nextval('audit_id_seq'), 'user', 'ada', 'job.cancel', 'ok',"
            " json_build_object('note', repeat('x', 2000))::text"
            " FROM generate_series(1, %s)",
            (MANY,),
        )
    await server.app[SERVICES].audit.settle()
    tracemalloc.start()
    try:
        lines = size = 0
        async with server.http.get("/api/audit/export", params={"actor": "ada"}) as response:
            async for line in response.content:
                lines += 1
                size += len(line)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert lines == MANY
    assert size > 12_000_000
    assert peak < 9_000_000
    assert orjson.loads(line)["actor"] == "ada"


class TestRetention:
    """With `retention.audit_days`."""

    @pytest.fixture
    def overrides(self) -> dict[str, str]:
        return {"STROEM__RETENTION__AUDIT_DAYS": "1"}

    @pytest.fixture
    async def old_log(self, database: Database, tmp_path: Path) -> LogSite:
        """A log of five old rows, signed with the key of the server that is to start."""
        key = key_in(tmp_path / "data" / "server.key", "key_file")
        log = LogSite(database=database, signer=MarkSigner(key))
        await log.add(5)
        await log.tamper("UPDATE audit SET at = at - interval '2 days'")
        await log.seal()
        return log

    async def test_old_rows_go_and_the_log_stays_right(self, old_log: LogSite, server: Any) -> None:
        async def anchor() -> Any:
            return (await server.get("/api/audit/verify")).get("anchor")

        assert (await eventually(anchor, "the loop has removed old rows"))["count"] == 5
        found = await server.get("/api/audit/verify")
        assert (found["ok"], found["head"]["count"]) == (True, 5 + found["rows"])
        assert (await server.get("/api/audit", actor="ada@example.org"))["items"] == []
        assert (await old_log.verify()).fault is None


async def test_a_start_warns_of_keys_in_the_cache(
    folder: Path, database_url: str, tmp_path: Path, registry: Registry, caplog: pytest.LogCaptureFixture
) -> None:
    async def told() -> list[str]:
        caplog.clear()
        async with listening(make_runner(build_app(settings_of(folder, database_url, tmp_path), registry))):
            return [record.getMessage() for record in caplog.records if "has keys" in record.getMessage()]

    assert await told() == []
    cache, data = tmp_path / "data" / "cache", tmp_path / "data"
    (data / "server.key").rename(cache / "server.key")
    (message,) = await told()
    assert f"has keys: {cache / 'server.key'}. " in message
    assert not (data / "server.key").exists(), "the former key stays in use"

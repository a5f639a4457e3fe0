"""Rows of reloads of the settings, and exports of long logs."""

import tracemalloc
from pathlib import Path
from typing import Any

import aiohttp
import orjson
import yaml

from stroem.registry.registry import load_plugins
from stroem.server.app import build_app
from stroem.server.keys import SERVICES, SETTINGS_WATCH
from stroem.server.serving import make_runner
from stroem.settings.loader import SettingsFile
from stroem.store import statement
from tests.server.conftest import TOKEN
from tests.support.listening import listening

MANY = 20_000


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
        await app[SETTINGS_WATCH].poll()
        async with http.get("/api/audit", params={"actor": "settings"}) as response:
            rows = (await response.json())["items"]
    reload = [row for row in rows if row["verb"] == "settings.reload"]
    assert [(row["actor_kind"], row["after"]) for row in reload] == [("system", {"changed": ["workspaces"]})]


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
    assert size > 40_000_000
    assert peak < 20_000_000
    assert orjson.loads(line)["actor"] == "ada"

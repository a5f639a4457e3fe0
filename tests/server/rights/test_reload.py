"""Rules of the settings file, changed while the server runs."""

import asyncio
from pathlib import Path
from typing import Any

import aiohttp
import yaml

from stroem.registry.registry import load_plugins
from stroem.server.api.rights.live_rights import RIGHTS
from stroem.server.app import build_app
from stroem.server.keys import SETTINGS_WATCH
from stroem.server.serving import make_runner
from stroem.settings.loader import SettingsFile
from tests.server.conftest import TOKEN
from tests.server.rights.conftest import Guarded, as_said
from tests.support.listening import listening
from tests.support.wait import eventually

ANN = {"name": "ann@example.com"}
PATIENCE_SECS = 60


async def test_changed_rules_take_effect_at_once(database_url: str, tmp_path: Path) -> None:
    settings: dict[str, Any] = {
        "listen": "127.0.0.1:0",
        "db": {"url": database_url},
        "worker_token": TOKEN,
        "log_storage": {"local_dir": str(tmp_path / "data")},
        "auth": {"jwt_secret": "j" * 32},
        "rules": [{"role": "viewer", "users": ["ann@example.com"]}],
    }
    path = tmp_path / "server-config.yaml"
    path.write_text(yaml.safe_dump(settings))
    file = SettingsFile(path=path, environ={})
    app = as_said(build_app(file.settings(file.read()), load_plugins(), file, ui=tmp_path / "ui"))
    async with listening(make_runner(app)) as url, aiohttp.ClientSession(url) as http:
        guarded = Guarded(url=url, app=app, http=http, settings=settings)
        assert (await guarded.ask(ANN, "GET", "/api/workers"))[0] == 200
        changed = app[RIGHTS].changed
        settings["rules"] = [{"role": "viewer", "users": ["bob@example.com"]}]
        path.write_text(yaml.safe_dump(settings))
        async with asyncio.timeout(PATIENCE_SECS):
            await changed.wait()
        assert (await guarded.ask(ANN, "GET", "/api/workers"))[0] == 403
        settings["rules"] = [{"role": "viwer", "users": ["ann@example.com"]}]
        path.write_text(yaml.safe_dump(settings))
        file.asked.set()
        await eventually(lambda: app[SETTINGS_WATCH].status.error is not None, "the mistake is found")
        assert "rules[0].role: there is no role 'viwer'" in str(app[SETTINGS_WATCH].status.error)
        assert (await guarded.ask(ANN, "GET", "/api/workers"))[0] == 403

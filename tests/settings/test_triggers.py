"""Settings of triggers: folders and endpoints that they may read."""

from typing import Any

import pytest

from stroem.errors import SettingsError
from stroem.settings.loader import server_settings
from stroem.settings.server import ServerSettings

NEEDED = {
    "listen": "127.0.0.1:8080",
    "db": {"url": "postgresql://"},
    "worker_token": "x" * 32,
    "log_storage": {"local_dir": "/data"},
}


def settings(given: dict[str, Any]) -> ServerSettings:
    return server_settings({**NEEDED, "triggers": given}, {})


def test_triggers_may_read_nothing_unless_it_is_said() -> None:
    assert settings({}).triggers.folders == settings({}).triggers.endpoints == ()


def test_folders_are_absolute() -> None:
    assert settings({"folders": ["/srv/inbox"]}).triggers.folders == ("/srv/inbox",)
    with pytest.raises(SettingsError) as caught:
        settings({"folders": ["/srv/inbox", "inbox"]})
    assert [field.field for field in caught.value.fields] == ["triggers.folders[1]"]

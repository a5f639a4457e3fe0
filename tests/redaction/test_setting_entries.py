"""Settings of plugins are shown without secrets."""

import attrs
import pytest

from stroem.redaction.redactor import MARKER
from stroem.redaction.setting_entries import entries_of
from stroem.settings.loader import server_settings


@attrs.frozen(kw_only=True)
class Options:
    """Options none of which is marked as a secret."""

    dsn: str = ""
    pwd: str = ""
    basicAuth: str = ""
    apikey: str = ""
    signing_keys: str = ""
    headers: str = ""
    branch: str = ""


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("dsn", MARKER), ("pwd", MARKER), ("basicAuth", MARKER), ("apikey", MARKER), ("signing_keys", MARKER),
        ("headers", MARKER), ("branch", "a-value"), ("unknown", MARKER),
    ],
)  # fmt: skip
def test_options_with_names_that_are_typical_of_secrets(name: str, shown: str) -> None:
    settings = server_settings(
        {
            "listen": "127.0.0.1:0",
            "db": {"url": "postgresql://localhost/s"},
            "worker_token": "w" * 32,
            "log_storage": {"local_dir": "/nowhere"},
            "workspaces": {"main": {"type": "odd", name: "a-value"}},
        },
        {},
    )
    found = {entry.path: entry for entry in entries_of(settings, lambda path, settings: Options)}
    entry = found["workspaces", "main", name]
    assert (entry.value, entry.is_secret) == (shown, shown == MARKER)

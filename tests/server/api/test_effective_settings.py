from pathlib import Path
from typing import Any

import pytest

from stroem.conversion.unstructure import encode
from stroem.registry.registry import load_plugins
from stroem.server.api.effective_settings import EffectiveSettings, effective
from stroem.settings.loader import SettingsFile

SECRETS = """
listen: 127.0.0.1:8080
db: {url: "postgresql://u:SECRET-1@db/s", pool_size: 10}
worker_token: SECRET-2-SECRET-2-SECRET-2-SECRET-2
log_storage: {archive: {endpoint: "https://ada:SECRET-3@s3.example.org"}}
blobs: {url: "s3://SECRET-4:SECRET-4@bucket"}
trusted_proxies: [10.0.0.0/8]
workspaces:
  my-team:
    type: git
    url: https://x:SECRET-5@git.example.org/a/b.git?token=SECRET-6
    auth: {type: token, token: SECRET-7}
    poll_interval: 5m
    guards: {freeze: [{cron: "0 6 * * *", duration: 1h}]}
    event_sinks: {status: {type: github, token: SECRET-8}}
  odd: {type: nobody-brings-it, path: SECRET-9, header: {Authorization: SECRET-10}}
git_auth: {hub: {type: token, token: SECRET-11, urls: ["https://github.com/*"]}}
push_hooks: {hub: {type: github, secret: SECRET-12-SECRET-12-SECRET-12-SECRET}}
event_sinks: {status: {type: gitea, host: git.example.org, token: SECRET-13}}
auth:
  jwt_secret: SECRET-14-SECRET-14-SECRET-14-SECRET
  providers: {sso: {provider_type: oidc, client_id: stroem, client_secret: SECRET-15}}
  initial_user: {email: ada@example.org, password: SECRET-16}
metrics: {token: SECRET-17}
agents: {providers: {main: {type: openai, api_key: SECRET-18}}}
job_limits: {sap: 3}
"""


@pytest.fixture
def shown(tmp_path: Path) -> EffectiveSettings:
    path = tmp_path / "server-config.yaml"
    path.write_text(SECRETS)
    environ = {"STROEM__DB__STARTUP_TIMEOUT": "30", "STROEM__WORKSPACES__MY_TEAM__REF": "next"}
    file = SettingsFile(path=path, environ=environ, base={"cache_dir": "/cache", "listen": "0.0.0.0:1"})
    return effective(file.settings(file.read()), load_plugins(), file)


def test_no_secret_of_a_settings_file_is_in_the_answer(shown: EffectiveSettings) -> None:
    assert b"SECRET" not in encode(shown, EffectiveSettings)
    hidden = {item.key for item in shown.items if item.secret and item.value}
    assert hidden == {
        "agents.providers.main.api_key",
        "auth.initial_user.password",
        "auth.jwt_secret",
        "auth.providers.sso.client_secret",
        "blobs.url",
        "db.url",
        "event_sinks.status.token",
        "git_auth.hub.token",
        "metrics.token",
        "push_hooks.hub.secret",
        "worker_token",
        "workspaces.my-team.auth",
        "workspaces.my-team.event_sinks.status.token",
        "workspaces.odd.header",
        "workspaces.odd.path",
    }


@pytest.mark.parametrize(
    ("key", "value", "origin"),
    [
        ("listen", "127.0.0.1:8080", "file"),
        ("db.url", "••••••", "file"),
        ("db.pool_size", 10, "file"),
        ("db.startup_timeout", 30, "environment"),
        ("log_storage.archive.endpoint", "https://••••••@s3.example.org", "file"),
        ("trusted_proxies", ["10.0.0.0/8"], "file"),
        ("cache_dir", "/cache", "command line"),
        ("key_file", None, "default"),
        ("recovery.heartbeat_timeout_secs", 120, "default"),
        ("auth.refresh_secret", None, "default"),
        ("workspaces.my-team.type", "git", "file"),
        ("workspaces.my-team.url", "https://••••••@git.example.org/a/b.git?••••••", "file"),
        ("workspaces.my-team.ref", "next", "environment"),
        ("workspaces.my-team.poll_interval_secs", 300, "file"),
        ("workspaces.my-team.guards.freeze[0].duration", 3600, "file"),
        ("workspaces.my-team.guards.freeze[0].timezone", "UTC", "default"),
        ("event_sinks.status.host", "git.example.org", "file"),
        ("git_auth.hub.urls", ["https://github.com/*"], "file"),
        ("job_limits.sap.max", 3, "file"),
        ("job_limits.sap.rate", None, "default"),
        ("libraries", {}, "default"),
    ],
)
def test_values_and_origins(shown: EffectiveSettings, key: str, value: object, origin: str) -> None:
    (item,) = [item for item in shown.items if item.key == key]
    assert (item.value, item.origin) == (value, origin)


async def test_the_settings_of_a_server_without_a_file(server: Any) -> None:
    page = await server.get("/api/settings/effective")
    assert page["file"] is None
    items = {item["key"]: item for item in page["items"]}
    assert items["worker_token"] == {"key": "worker_token", "value": "••••••", "origin": "start", "secret": True}
    assert items["limits.page_items"] == {
        "key": "limits.page_items",
        "value": 500,
        "origin": "default",
        "secret": False,
    }

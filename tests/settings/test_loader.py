import traceback
from pathlib import Path

import pytest

from stroem.errors import FieldError, SettingsError
from stroem.settings.loader import (
    load_server_settings,
    load_worker_settings,
    server_settings,
    worker_settings,
)
from stroem.settings.places import mistakes_placed

TOKEN = "t" * 32
SERVER = {
    "listen": "0.0.0.0:8080",
    "db": {"url": "postgresql://u:p@h/d"},
    "worker_token": TOKEN,
    "log_storage": {"local_dir": "/var/lib/stroem"},
}
WORKER = {
    "server_url": "http://localhost:8080",
    "worker_token": TOKEN,
    "worker_name": "one",
    "max_concurrent": 4,
    "poll_interval_secs": 2,
    "workspace_cache_dir": "/var/cache/stroem",
    "capabilities": ["script"],
}


def mistakes(data: dict[str, object], environ: dict[str, str] | None = None) -> dict[str, str]:
    with pytest.raises(SettingsError) as caught:
        server_settings(data, environ or {})
    return {error.field: error.message for error in caught.value.fields}


def test_a_file_becomes_settings(tmp_path: Path) -> None:
    path = tmp_path / "server-config.yaml"
    path.write_text(
        f"""
listen: "[::1]:9000"
db: {{url: "postgresql://u:p@h/d"}}
worker_token: {TOKEN}
log_storage: {{local_dir: /logs}}
default_step_timeout: 1h30m
workspaces:
  main: {{type: folder, path: /code, poll_interval_secs: 5}}
  far: {{type: git, url: "https://example.org/x.git", auth: {{type: token, token: abc}}}}
"""
    )
    settings = load_server_settings(path, {})
    assert settings.address == ("::1", 9000)
    assert settings.default_step_timeout == 5400
    assert settings.workspaces["main"].options == {"path": "/code"}
    assert settings.workspaces["main"].poll_interval_secs == 5
    assert settings.workspaces["far"].options["auth"] == {"type": "token", "token": "abc"}
    assert settings.blob_url == "file:///logs/blobs"
    assert settings.recovery.heartbeat_timeout_secs == 120


def test_an_object_store_needs_no_directory() -> None:
    data = {**SERVER, "blobs": {"url": "s3://bucket/prefix"}}
    del data["log_storage"]
    assert server_settings(data, {}).blob_url == "s3://bucket/prefix"


def test_the_environment_stands_above_the_file() -> None:
    data = {**SERVER, "workspaces": {"my-team": {"type": "folder", "path": "/old"}}}
    settings = server_settings(
        data,
        {
            "STROEM__DB__POOL_SIZE": "7",
            "stroem__listen": "127.0.0.1:1",
            "STROEM__WORKSPACES__MY_TEAM__PATH": "/new",
            "STROEM__WORKSPACES__OTHER": '{"type": "folder", "path": "/o"}',
            "STROEM__WORKSPACES__OTHER__PATH": "/deeper",
            "STROEM__METRICS__PUBLIC": "true",
            "STROEM__ACL": "{default: view, rules: [{workspace: '*', action: run}]}",
            "STROEM_CONFIG": "ignored",
            "HOME": "/root",
        },
    )
    assert settings.db.pool_size == 7
    assert settings.db.url == "postgresql://u:p@h/d"
    assert settings.listen == "127.0.0.1:1"
    assert settings.workspaces["my-team"].options == {"path": "/new"}
    assert settings.workspaces["other"].options == {"path": "/deeper"}
    assert settings.metrics.public is True
    assert settings.acl is not None
    assert settings.acl.rules[0].action == "run"


def test_a_text_that_looks_like_a_number_stays_a_text_where_a_text_is_wanted() -> None:
    settings = server_settings(SERVER, {"STROEM__WORKER_TOKEN": "1" * 40})
    assert settings.worker_token == "1" * 40


def test_lists_of_a_worker_come_from_the_environment() -> None:
    settings = worker_settings(WORKER, {"STROEM__TAGS": '["a", "b"]', "STROEM__CAPABILITIES": "[script]"})
    assert settings.tags == ("a", "b")
    assert settings.capabilities == ("script",)


def test_a_worker_is_configured_by_the_environment_alone() -> None:
    environ = {f"STROEM__{key.upper()}": str(value) for key, value in WORKER.items()}
    assert load_worker_settings(None, environ) == worker_settings(WORKER, {})


def test_the_older_name_of_the_cache_directory() -> None:
    data = {**WORKER, "workspace_dir": "/elsewhere"}
    del data["workspace_cache_dir"]
    assert worker_settings(data, {}).workspace_cache_dir == Path("/elsewhere")


def test_all_mistakes_come_at_once() -> None:
    found = mistakes(
        {
            "listen": "nowhere",
            "db": {"url": "x", "pol_size": 3},
            "worker_token": "short",
            "workspaces": {"a": {"path": "/x"}, "b": {"type": 3, "poll_interval_secs": 0}},
            "recovery": {"heartbeat_timeout_secs": 9},
            "default_step_timeout": "25h",
            "auth": {"jwt_secret": "x", "providers": {"p": {"provider_type": "saml"}}},
            "workspace": {},
        },
        {"STROEM__LIMITS__BODY_BYTES": "many", "STROEM__LISTEN__PORT": "3"},
    )
    assert found == {
        "STROEM__LISTEN__PORT": "cannot be set below listen, which is not a map",
        "workspace": "is not a known key; did you mean 'workspaces'?",
        "db.pol_size": "is not a known key; did you mean 'pool_size'?",
        "worker_token": "must have at least 32 characters, has 5",
        "workspaces.a.type": "is required",
        "workspaces.b.type": "expected a text, found a whole number",
        "workspaces.b.poll_interval_secs": "must be greater than 0",
        "recovery.heartbeat_timeout_secs": "must be at least 10",
        "default_step_timeout": "must be at most 86400",
        "auth.jwt_secret": "must have at least 32 characters, has 1",
        "limits.body_bytes": "expected a whole number, found a text (set by STROEM__LIMITS__BODY_BYTES)",
    }


def test_what_only_shows_together() -> None:
    data = {
        **SERVER,
        "listen": "host:99999",
        "log_storage": {},
        "workspaces": {"a/b": {"type": "folder"}},
        "auth": {"jwt_secret": TOKEN},
        "mcp": {"enabled": True},
    }
    assert set(mistakes(data)) == {"listen", "log_storage.local_dir", "workspaces.a/b", "auth.base_url"}


def test_required_keys_are_named() -> None:
    assert set(mistakes({})) == {"listen", "db"}
    given = {"listen": "localhost:1", "db": {"url": "x"}, "log_storage": {"local_dir": "x"}}
    assert set(mistakes(given)) == {"worker_token"}
    assert server_settings({**given, "auth": {}}, {}).worker_token is None
    assert mistakes({**SERVER, "db": {}}) == {"db.url": "is required"}


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("listen: [\n", ":2:1"),
        ("listen: a\nlisten: b\n", ":2:1"),
        ("- 1\n", "a map"),
        ("worker_token: *hunter2\n", ":1:15"),
        ("worker_token: !hunter2 x\n", ":1:15"),
        ("worker_token: 'hunter2\n", ":"),
        ("\xff", "not YAML in UTF-8"),
    ],
)
def test_a_file_that_is_no_settings_file_is_placed_without_its_contents(tmp_path: Path, text: str, place: str) -> None:
    path = tmp_path / "c.yaml"
    path.write_bytes(text.encode("latin-1"))
    with pytest.raises(SettingsError) as caught:
        load_server_settings(path, {})
    assert str(path) in str(caught.value)
    assert place in str(caught.value)
    assert "hunter2" not in "".join(traceback.format_exception(caught.value))


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"nothing\.yaml cannot be read: No such file"):
        load_server_settings(tmp_path / "nothing.yaml", {})


def test_secrets_are_in_no_repr_and_no_error() -> None:
    hidden = "hunter2" * 6
    data = {
        **SERVER,
        "db": {"url": f"postgresql://u:{hidden}@h/d", "pool_size": hidden},
        "worker_token": [hidden],
        "workspaces": {"a": {"type": "git", "auth": {"token": hidden}, "poll_interval_secs": hidden}},
        "git_auth": {"a": {"type": hidden, "token": hidden}},
        "listen": hidden,
        "default_job_timeout": hidden,
    }
    with pytest.raises(SettingsError) as caught:
        server_settings(data, {"STROEM__AUTH": hidden})
    assert "hunter2" not in "".join(traceback.format_exception(caught.value))
    assert "hunter2" not in repr(caught.value.fields)
    good = {
        **SERVER,
        "db": {"url": f"postgresql://u:{hidden}@h/d"},
        "worker_token": hidden,
        "workspaces": {"a": {"type": "git", "auth": {"token": hidden}}},
        "git_auth": {"a": {"type": "token", "token": hidden}},
        "auth": {"jwt_secret": hidden, "initial_user": {"email": "a@b", "password": hidden}},
        "agents": {"providers": {"p": {"type": "openai", "api_key": hidden}}},
        "metrics": {"token": hidden},
        "blobs": {"url": f"s3://key:{hidden}@bucket"},
    }
    assert "hunter2" not in repr(server_settings(good, {}))


def test_an_empty_part_of_a_variable_is_refused() -> None:
    assert mistakes(SERVER, {"STROEM__DB__": "x"}) == {
        "STROEM__DB__": "has an empty part between its double underscores"
    }


def test_field_errors_are_plain_values() -> None:
    with pytest.raises(SettingsError) as caught:
        server_settings({**SERVER, "libraries": {"x": {}}}, {})
    assert caught.value.fields == (FieldError(field="libraries.x.type", message="is required"),)


@pytest.mark.parametrize("text", ['"a\\0b"', "123456789012345678901", "1e999"])
def test_values_that_are_not_kept_are_told_with_their_place(tmp_path: Path, text: str) -> None:
    path = tmp_path / "server.yaml"
    path.write_text(f"workspaces:\n  main: {{type: folder, path: {text}}}\n")
    with pytest.raises(SettingsError) as caught:
        load_server_settings(path, {})
    assert [error.field for error in caught.value.fields] == ["workspaces.main.path"]


@pytest.mark.parametrize("text", ["[" * 100_000, "{a: " * 50_000, "- " * 100_000, "? " * 100_000])
def test_nesting_in_a_settings_file_is_bounded(tmp_path: Path, text: str) -> None:
    path = tmp_path / "server-config.yaml"
    path.write_text(text)
    with pytest.raises(SettingsError, match=r"yaml:1:\d+: it nests deeper than 100 levels"):
        load_server_settings(path, {})
    with pytest.raises(SettingsError):
        server_settings(SERVER, {"STROEM__WORKSPACES": text})


def test_aliases_in_a_settings_file_are_bounded(tmp_path: Path) -> None:
    path = tmp_path / "server-config.yaml"
    lines = ["a0: &a0 [x, x]", *(f"a{n}: &a{n} [*a{n - 1}, *a{n - 1}]" for n in range(1, 40))]
    path.write_text("\n".join(lines))
    with pytest.raises(SettingsError, match=r"yaml:\d+:\d+: it holds more than 100,000 values that aliases repeat"):
        load_server_settings(path, {})
    path.write_text("a: &a [*a]")
    with pytest.raises(SettingsError, match="it holds an alias of itself"):
        load_server_settings(path, {})


def test_sign_in_without_a_value_is_a_mistake(tmp_path: Path) -> None:
    path = tmp_path / "server.yaml"
    path.write_text(f"listen: 127.0.0.1:0\ndb: {{url: postgresql:///x}}\nworker_token: {TOKEN}\nauth:\n")
    message = r"server.yaml:4:1: auth: has no value: set `auth.initial_user`"
    with pytest.raises(SettingsError, match=message), mistakes_placed(path, {}):
        load_server_settings(path, {})


def test_variables_may_fill_sign_in_that_has_no_value_in_the_file() -> None:
    environ = {"STROEM__AUTH__INITIAL_USER__EMAIL": "a@x.org", "STROEM__AUTH__INITIAL_USER__PASSWORD": "first-password"}
    assert server_settings({**SERVER, "auth": None}, environ).sign_in is not None

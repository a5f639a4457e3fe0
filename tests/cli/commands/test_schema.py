"""`stroem schema`."""

import json
from typing import Any

import jsonschema
import pytest
from click.testing import CliRunner
from openapi_spec_validator import validate as validate_openapi

from stroem.cli.main import stroem

SERVER = {
    "listen": "127.0.0.1:8080",
    "db": {"url": "postgresql://localhost/stroem"},
    "worker_token": "x" * 32,
    "log_storage": {"local_dir": "/var/lib/stroem"},
    "workspaces": {"default": {"type": "folder", "path": "/srv/workspace", "poll_interval_secs": 5}},
    "workspaces_from": {"type": "folder", "path": "/srv/set", "poll_interval": "1m"},
    "git_auth": {"forge": {"type": "token", "token": "abc", "urls": ["https://example.org/*"]}},
    "default_step_timeout": "1h30m",
}
GUARDS = {"hold": "affected", "freeze": [{"cron": "0 18 * * FRI", "duration": "62h", "timezone": "Europe/Oslo"}]}
WORKER = {
    "server_url": "http://localhost:8080",
    "worker_token": "x" * 32,
    "worker_name": "one",
    "max_concurrent": 4,
    "poll_interval_secs": 1,
    "workspace_cache_dir": "/var/cache/stroem",
    "capabilities": ["script"],
    "runners": {"local": {"pass_env": ["LANG"]}},
}


def schema(kind: str) -> dict[str, Any]:
    result = CliRunner().invoke(stroem, ["schema", kind])
    assert result.exit_code == 0, result.output
    document: dict[str, Any] = json.loads(result.output)
    return document


@pytest.mark.parametrize("kind", ["workflow", "workspace", "rules", "server", "worker"])
def test_it_is_a_json_schema(kind: str) -> None:
    jsonschema.Draft202012Validator.check_schema(schema(kind))


def test_the_api_is_an_openapi_document() -> None:
    validate_openapi(schema("openapi"))


GUARDED = {**SERVER, "workspaces": {"a": {"type": "folder", "path": "/", "guards": GUARDS}}}


@pytest.mark.parametrize(("kind", "settings"), [("server", SERVER), ("server", GUARDED), ("worker", WORKER)])
def test_settings_that_are_right_pass(kind: str, settings: dict[str, Any]) -> None:
    jsonschema.validate(settings, schema(kind), jsonschema.Draft202012Validator)


@pytest.mark.parametrize(
    ("kind", "settings"),
    [
        ("server", {**SERVER, "worker_token": "short"}),
        ("server", {**SERVER, "db": {"url": "postgresql://", "pool_size": 1}}),
        ("server", {**SERVER, "workspaces": {"a": {"type": "folder"}}}),
        ("server", {**SERVER, "workspaces": {"a": {"type": "folder", "path": "/", "pth": "/"}}}),
        ("server", {**SERVER, "workspaces": {"a": {"type": "unknown", "path": "/"}}}),
        ("server", {**SERVER, "workspaces": {"a": {"type": "folder", "path": "/", "guards": {"hold": "none"}}}}),
        ("server", {**SERVER, "workspaces": {"a": {"type": "folder", "path": "/", "poll_interval": 1.5}}}),
        ("server", {**SERVER, "push_hooks": {"a": {"type": "unknown"}}}),
        ("server", {**SERVER, "event_sinks": {"a": {"type": "unknown"}}}),
        ("server", {**SERVER, "git_auth": {"a": {"token": "x"}}}),
        ("server", {**SERVER, "lissten": "x"}),
        ("worker", {**WORKER, "capabilities": []}),
        ("worker", {**WORKER, "poll_interval_secs": 0}),
        ("worker", {**WORKER, "runners": {"local": {"pass": []}}}),
    ],
)
def test_settings_that_are_wrong_do_not(kind: str, settings: dict[str, Any]) -> None:
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(settings, schema(kind), jsonschema.Draft202012Validator)


RULES = {
    "roles": {"deployer": {"verbs": ["job.*"]}},
    "rules": [{"role": "deployer", "groups": ["dev"], "tasks": ["deploy/*"]}, {"effect": "deny", "verbs": ["*"]}],
}


def test_the_schema_of_rules_takes_rules_and_nothing_else() -> None:
    validator = jsonschema.Draft202012Validator(schema("rules"))
    assert validator.is_valid(RULES)
    assert not validator.is_valid({"roles": {}})
    assert not validator.is_valid({"rules": [{"effekt": "deny"}]})
    assert not validator.is_valid({**RULES, "acl": {}})

"""`stroem service-accounts` and `stroem keys` against a server where people sign in."""

import json
from pathlib import Path
from typing import Any

import pytest

from stroem.accounts.random_tokens import prefix_of
from tests.server.auth.conftest import EMAIL, PASSWORD, Person, done, refused, run

STDIN = "--password-stdin"


@pytest.fixture
async def signed_in(server: Any, file: Path) -> None:
    """The program bears a key of `stroem login`, which expires."""
    await run(server, "login", "--email", EMAIL, STDIN, typed=PASSWORD)


async def test_a_service_account_gets_a_key(server: Any, ada: Person, signed_in: None) -> None:
    told = await done(server, "service-accounts", "add", "ci", "--group", "deployers", STDIN, typed=PASSWORD)
    assert told == "Service account ci was added\n"
    wanted = ("--days", "30", "--workspace", "default", "--task", "hello", "--verb", "*.read", "--address", "127.0.0.1")
    made = await run(server, "keys", "create", "pipeline", "--service-account", "ci", *wanted, STDIN, typed=PASSWORD)
    key = made.stdout.removesuffix("\n")
    assert (made.exit_code, len(key), key in made.stderr) == (0, 37, False)
    assert f"API key {prefix_of(key)}, good until " in made.stderr
    assert (await done(server, "auth", "whoami", token=key)).startswith("ci, service account, groups deployers\n")
    (item,) = json.loads(await done(server, "keys", "list", "--service-account", "ci", "--json"))["items"]
    assert [item[name] for name in ("workspaces", "tasks", "verbs", "addresses")] == [
        ["default"],
        ["hello"],
        ["*.read"],
        ["127.0.0.1/32"],
    ]
    assert prefix_of(key) in await done(server, "service-accounts", "show", "ci")
    gone = await done(server, "keys", "revoke", key, "--service-account", "ci", "--yes", STDIN, typed=PASSWORD)
    assert gone == f"API key {prefix_of(key)} was revoked\n"
    assert "Invalid API key" in await refused(server, "auth", "whoami", token=key)


async def test_a_key_that_is_not_there_is_told(server: Any, ada: Person, signed_in: None) -> None:
    await ada.post("/api/service-accounts", {"name": "ci"})
    key = (await ada.post("/api/service-accounts/ci/api-keys", {"name": "one"}))["prefix"]
    near = key[:-1] + ("0" if key[-1] != "0" else "1")
    told = await refused(server, "keys", "revoke", near, "--service-account", "ci", "--yes")
    assert f"Did you mean '{key}'?" in told
    assert "No service account has the name 'cd'" in await refused(server, "keys", "list", "--service-account", "cd")


async def test_a_service_account_is_disabled_enabled_and_removed(server: Any, ada: Person, signed_in: None) -> None:
    await ada.post("/api/service-accounts", {"name": "ci"})
    key = (await ada.post("/api/service-accounts/ci/api-keys", {"name": "one"}))["key"]
    yes = ("--yes", STDIN)
    told = await done(server, "service-accounts", "disable", "ci", *yes, typed=PASSWORD)
    assert told == "Service account ci is disabled\n"
    await refused(server, "auth", "whoami", token=key)
    assert "disabled" in await done(server, "service-accounts", "list")
    await done(server, "service-accounts", "enable", "ci", STDIN, typed=PASSWORD)
    assert await done(server, "auth", "whoami", token=key)
    kept = await refused(server, "service-accounts", "remove", "ci", typed="n\n")
    assert "with 1 API key?" in kept
    assert await done(server, "service-accounts", "remove", "ci", *yes, typed=PASSWORD)
    await refused(server, "auth", "whoami", token=key)


async def test_a_person_makes_and_revokes_own_keys(server: Any, ada: Person, signed_in: None) -> None:
    made = json.loads(await done(server, "keys", "create", "nightly", STDIN, "--json", typed=PASSWORD))
    assert made["expires_at"] is None
    names = [
        one["name"] for one in json.loads(await done(server, "keys", "list", STDIN, "--json", typed=PASSWORD))["items"]
    ]
    assert names[0] == "nightly"
    assert names[1].startswith("stroem login on ")
    assert "No API key was revoked" in await refused(server, "keys", "revoke", made["prefix"], typed="n\n")
    await done(server, "keys", "revoke", made["prefix"], "--yes", STDIN, typed=PASSWORD)
    assert [one["name"] for one in await ada.get("/api/auth/api-keys")] == names[1:]


async def test_a_key_revokes_itself_without_a_password(server: Any, ada: Person, file: Path) -> None:
    key = (await ada.post("/api/auth/api-keys", {"name": "one", "expires_in_days": 1}))["key"]
    assert await done(server, "keys", "revoke", key, "--yes", token=key)
    assert await ada.get("/api/auth/api-keys") == []


async def test_mistakes_in_a_key_are_told(server: Any, ada: Person, file: Path) -> None:
    told = await refused(server, "keys", "create", "x", "--verb", "job.rum", "--address", "here", token=ada.token)
    assert "verbs[0]: is no verb" in told
    assert "addresses[0]: expected an address" in told
    assert (await run(server, "keys", "create", "x", "--days", "0", token=ada.token)).exit_code == 2
    assert await ada.get("/api/auth/api-keys") == []


async def test_keys_of_service_accounts_need_the_right(server: Any, ada: Person, bob: Person, file: Path) -> None:
    await ada.post("/api/service-accounts", {"name": "ci"})
    told = await refused(server, "keys", "create", "x", "--service-account", "ci", token=bob.token)
    assert "user.manage" in told
    assert (await run(server, "keys", "create", "x", token=bob.token)).exit_code == 0

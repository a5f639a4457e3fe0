"""`stroem users` and `stroem groups` against a server where people sign in."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.server.auth.conftest import EMAIL, PASSWORD, Person, done, refused, run

BOB = "bob@example.com"
STDIN = "--password-stdin"


@pytest.fixture
async def signed_in(server: Any, file: Path) -> None:
    """The program bears a key of `stroem login`, which expires."""
    await run(server, "login", "--email", EMAIL, STDIN, typed=PASSWORD)


async def test_a_user_is_added_and_gets_a_link(server: Any, ada: Person, signed_in: None) -> None:
    add = ("users", "add", BOB, "--name", "Bob Miller", "--group", "ops")
    assert await done(server, *add, STDIN, typed=PASSWORD) == f"User {BOB} was added\n"
    link = await done(server, "users", "reset-link", "bob miller", STDIN, typed=PASSWORD)
    (url,) = link.splitlines()
    body = {"token": url.partition("#token=")[2], "new_password": PASSWORD}
    async with server.http.post("/api/auth/reset", json=body) as response:
        assert response.status == 200
    assert await Person(server=server, email=BOB).sign_in() == 200
    (bob,) = json.loads(await done(server, "users", "list", "--group", "ops", "--json"))["items"]
    assert (bob["email"], bob["name"], bob["auth_methods"]) == (BOB, "Bob Miller", ["password"])
    assert "Bob Miller" in await done(server, "users", "show", BOB)


async def test_the_session_of_a_command_ends_with_it(server: Any, ada: Person, signed_in: None) -> None:
    await done(server, "users", "add", BOB, STDIN, typed=PASSWORD)
    await refused(server, "users", "add", BOB, STDIN, typed=PASSWORD)
    assert (await ada.get("/api/auth/sessions"))["total"] == 1, "that of the test"


async def test_a_password_is_asked_for(server: Any, signed_in: None) -> None:
    result = await run(server, "users", "add", BOB, typed=f"{PASSWORD}\n")
    assert (result.exit_code, result.stdout) == (0, f"User {BOB} was added\n")
    assert f"sign in for it as {EMAIL}" in result.stderr
    assert PASSWORD not in result.output
    assert "give --password-stdin" in await refused(server, "users", "remove", BOB, "--yes")
    assert "Invalid email or password" in await refused(server, "users", "remove", BOB, "--yes", typed="wrong\n")
    assert BOB in await done(server, "users", "list")


async def test_a_key_without_bounds_needs_no_password(server: Any, ada: Person, file: Path) -> None:
    key = (await ada.post("/api/auth/api-keys", {"name": "people"}))["key"]
    assert await done(server, "users", "add", BOB, token=key) == f"User {BOB} was added\n"
    assert await done(server, "users", "add", "eve@example.com", token=ada.token), "nor does a session"


async def test_an_account_is_disabled_and_enabled(server: Any, bob: Person, signed_in: None) -> None:
    told = await refused(server, "users", "disable", BOB, typed="n\n")
    assert "Nobody was disabled" in told
    assert await bob.get("/api/auth/me")
    assert "needs --yes" in await refused(server, "users", "disable", BOB, STDIN, typed=PASSWORD)
    assert await done(server, "users", "disable", BOB, typed=f"y\n{PASSWORD}\n") == f"User {BOB} is disabled\n"
    assert (await bob.call("GET", "/api/auth/me"))[0] == 401
    await done(server, "users", "enable", BOB, STDIN, typed=PASSWORD)
    assert await bob.sign_in() == 200


async def test_administrators_are_made(server: Any, bob: Person, signed_in: None) -> None:
    yes = ("--yes", STDIN)
    assert await done(server, "users", "make-admin", BOB, *yes, typed=PASSWORD) == f"User {BOB} is an administrator\n"
    assert (await bob.get("/api/auth/me"))["is_admin"]
    await done(server, "users", "revoke-admin", BOB, STDIN, typed=PASSWORD)
    assert not (await bob.get("/api/auth/me"))["is_admin"]
    assert "another one can" in await refused(server, "users", "revoke-admin", EMAIL, STDIN, typed=PASSWORD)


async def test_sessions_of_a_user_end(server: Any, bob: Person, signed_in: None) -> None:
    assert json.loads(await done(server, "users", "sessions", BOB, "--json"))["total"] == 1
    told = await done(server, "users", "end-sessions", BOB, "--yes", STDIN, typed=PASSWORD)
    assert told == f"1 session of {BOB} ended\n"
    assert (await bob.call("GET", "/api/auth/me"))[0] == 401


async def test_a_user_is_removed(server: Any, bob: Person, signed_in: None) -> None:
    removed = await done(server, "users", "remove", BOB, "--yes", STDIN, typed=PASSWORD)
    assert removed == f"User {BOB} was removed\n"
    assert "Did you mean" in await refused(server, "users", "show", "ada@example.org")
    assert "no user" in (await refused(server, "users", "show", BOB)).lower()


async def test_names_of_several_users_are_told(server: Any, ada: Person, file: Path) -> None:
    for email in ("one@example.com", "two@example.com"):
        await ada.post("/api/users", {"email": email, "name": "Sam"})
    told = await refused(server, "users", "show", "sam", token=ada.token)
    assert "one@example.com, two@example.com" in told


async def test_groups_have_members(server: Any, ada: Person, bob: Person, signed_in: None) -> None:
    await ada.post("/api/service-accounts", {"name": "ci"})
    result = await run(server, "groups", "add", "night", BOB, "ci", STDIN, typed=PASSWORD)
    assert (result.exit_code, "night is a new group" in result.stderr) == (0, True)
    assert (await bob.get("/api/auth/me"))["groups"] == ["night", "ops"]
    listed = json.loads(await done(server, "groups", "list", "--json"))["items"]
    assert listed == [
        {"name": "night", "users": [BOB], "service_accounts": ["ci"]},
        {"name": "ops", "users": [BOB], "service_accounts": []},
    ]
    assert "service account  ci" in await done(server, "groups", "show", "night")
    told = await refused(server, "groups", "remove", "ops", BOB, "ci", STDIN, typed=PASSWORD)
    assert "Not in group 'ops': ci" in told
    await done(server, "groups", "remove", "ops", BOB, STDIN, typed=PASSWORD)
    assert "Did you mean" in await refused(server, "groups", "show", "nigth")
    assert (await bob.get("/api/auth/me"))["groups"] == ["night"]


async def test_who_may_not_manage_accounts_is_refused(server: Any, bob: Person, file: Path) -> None:
    assert "user.manage" in await refused(server, "users", "list", token=bob.token)


async def test_the_key_of_a_request_is_told(server: Any, ada: Person, file: Path) -> None:
    wanted = {"name": "narrow", "expires_in_days": 7, "workspaces": ["default"], "verbs": ["*.read", "job.run"]}
    key = (await ada.post("/api/auth/api-keys", wanted))["key"]
    told = await done(server, "auth", "whoami", token=key)
    assert f"with the API key {key[:12]} (narrow)" in told
    assert [line.split() for line in told.splitlines()[3:]] == [
        ["workspaces", "default"],
        ["verbs", "*.read,", "job.run"],
    ]
    me = json.loads(await done(server, "auth", "whoami", "--json", token=key))
    assert (me["key"]["verbs"], me["key"]["tasks"]) == (["*.read", "job.run"], [])
    assert "key" not in await ada.get("/api/auth/me")


class TestOpen:
    @pytest.fixture
    def overrides(self) -> dict[str, str]:
        return {}

    async def test_nobody_is_managed_where_nobody_signs_in(self, server: Any, file: Path) -> None:
        told = await refused(server, "users", "list")
        assert "Nobody signs in at this server" in told
        assert "stroem login" not in told

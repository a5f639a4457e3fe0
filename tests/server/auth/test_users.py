"""People and groups, as administrators see to them."""

import uuid
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from stroem.registry.registry import Registry
from stroem.server.app import build_app
from stroem.server.keys import ACCOUNTS, SERVICES
from stroem.server.serving import make_runner
from tests.server.auth.conftest import EMAIL, PASSWORD, Person
from tests.server.conftest import settings_of
from tests.support.listening import listening
from tests.support.wait import eventually


async def id_of(person: Person) -> str:
    return str((await person.get("/api/auth/me"))["user_id"])


async def test_people_are_listed_by_address(ada: Person, bob: Person) -> None:
    page = await ada.get("/api/users")
    assert [(one["email"], one["groups"], one["is_admin"]) for one in page["items"]] == [
        (EMAIL, [], True),
        ("bob@example.com", ["ops"], False),
    ]
    assert page["total"] == 2
    assert [one["email"] for one in (await ada.get("/api/users?limit=1&offset=1"))["items"]] == ["bob@example.com"]
    assert await ada.get("/api/groups") == {"groups": ["ops"]}
    assert (await ada.get(f"/api/users/{await id_of(bob)}"))["auth_methods"] == ["password"]


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"email": "no address"}, 400),
        ({"email": "a@b", "groups": ["a b"]}, 400),
        ({"email": "a@b", "groups": ["x" * 65]}, 400),
        ({"email": EMAIL}, 409),
        ({"email": f" {EMAIL.upper()} "}, 409),
    ],
)
async def test_mistakes_in_new_people_are_told(ada: Person, body: Any, status: int) -> None:
    assert (await ada.call("POST", "/api/users", body))[0] == status


async def test_fields_that_are_not_offered_are_refused_by_name(ada: Person) -> None:
    """Mass assignment."""
    body = {"email": "eve@example.com", "password_hash": "x", "kind": "service"}
    status, found = await ada.call("POST", "/api/users", body)
    assert (status, [one["field"] for one in found["fields"]]) == (400, ["password_hash", "kind"])
    assert (await ada.get("/api/users"))["total"] == 1


async def test_only_administrators_manage_people(ada: Person, bob: Person) -> None:
    own = await id_of(bob)
    for method, path, body in (
        ("GET", "/api/users", None),
        ("POST", "/api/users", {"email": "eve@example.com", "is_admin": True}),
        ("PUT", f"/api/users/{own}/admin", {"is_admin": True}),
        ("PUT", f"/api/users/{own}/groups", {"groups": ["admins"]}),
        ("POST", f"/api/users/{await id_of(ada)}/reset-link", {}),
        ("DELETE", f"/api/users/{await id_of(ada)}", None),
        ("GET", "/api/groups", None),
        ("POST", "/api/service-accounts", {"name": "x"}),
    ):
        assert (await bob.call(method, path, body))[0] == 403, (method, path)


async def test_a_changed_flag_holds_at_the_next_request(ada: Person, bob: Person) -> None:
    path = f"/api/users/{await id_of(bob)}/admin"
    assert (await ada.call("PUT", path, {"is_admin": True}))[0] == 200
    assert (await bob.call("GET", "/api/users"))[0] == 200, "its access token says otherwise"
    assert (await ada.call("PUT", path, {"is_admin": False}))[0] == 200
    assert (await bob.call("GET", "/api/users"))[0] == 403


async def test_one_administrator_stays(ada: Person, bob: Person) -> None:
    own = await id_of(ada)
    assert (await ada.call("PUT", f"/api/users/{own}/admin", {"is_admin": False}))[0] == 400
    assert (await ada.call("PUT", f"/api/users/{own}/disabled", {"is_disabled": True}))[0] == 400
    assert (await ada.call("DELETE", f"/api/users/{own}"))[0] == 400
    other = await id_of(bob)
    assert (await ada.call("PUT", f"/api/users/{other}/admin", {"is_admin": True}))[0] == 200
    assert (await bob.call("PUT", f"/api/users/{own}/disabled", {"is_disabled": True}))[0] == 200
    assert (await bob.call("PUT", f"/api/users/{other}/admin", {"is_admin": False}))[0] == 400


async def test_a_deleted_person_is_gone_with_keys_and_sessions(ada: Person, bob: Person) -> None:
    key = Person(server=bob.server, token=(await bob.post("/api/auth/api-keys", {"name": "ci"}))["key"])
    path = f"/api/users/{await id_of(bob)}"
    assert (await ada.get(path + "/sessions"))["total"] == 1
    assert (await ada.call("DELETE", path))[0] == 200
    for client in (bob, key):
        assert (await client.call("GET", "/api/jobs"))[0] == 401
    assert (await ada.call("DELETE", path))[0] == 404
    assert (await ada.call("GET", path))[0] == 404


async def test_an_administrator_ends_the_sessions_of_a_person(ada: Person, bob: Person) -> None:
    assert await ada.post(f"/api/users/{await id_of(bob)}/end-sessions") == {"ended": 1}
    assert (await bob.call("GET", "/api/jobs"))[0] == 401


async def test_a_link_does_not_outlive_the_password_and_rights_that_it_was_made_for(
    server: Any, ada: Person, bob: Person
) -> None:
    path = f"/api/users/{await id_of(bob)}"
    new = "another-Lamp-9-orbits"

    async def change() -> None:
        await bob.post("/api/auth/password", {"current_password": PASSWORD, "new_password": new})

    async def promote() -> None:
        assert (await ada.call("PUT", path + "/admin", {"is_admin": True}))[0] == 200

    async def disable() -> None:
        for flag in (True, False):
            assert (await ada.call("PUT", path + "/disabled", {"is_disabled": flag}))[0] == 200

    for act in (change, promote, disable):
        link = await ada.post(path + "/reset-link")
        await act()
        body = {"token": link["url"].partition("#token=")[2], "new_password": "a-third-Lamp-8-orbits"}
        async with server.http.post("/api/auth/reset", json=body) as response:
            assert response.status == 400, act.__name__


async def test_the_author_is_who_has_signed_in(server: Any, ada: Person) -> None:
    body = {"by": "somebody-else", "reason": "a freeze"}
    await ada.post("/api/workspaces/main/suspend", body)
    drift = await ada.get("/api/workspaces/main/drift")
    assert [one["by"] for one in drift["overrides"]] == [EMAIL]


async def test_another_server_hears_of_changes(
    server: Any, ada: Person, bob: Person, database_url: str, tmp_path: Any, registry: Any, overrides: dict[str, str]
) -> None:
    """What it has found of a person holds only until another server changes it."""
    app = build_app(settings_of(server.folder, database_url, tmp_path, overrides), registry, ui=tmp_path / "ui")
    async with listening(make_runner(app)) as url, aiohttp.ClientSession(url) as http:
        elsewhere = Person(server=type("Server", (), {"http": http, "app": app})(), token=bob.token)
        await eventually(lambda: server.app[SERVICES].postgres_notifier._others > 0, "the servers know each other")
        assert (await elsewhere.call("GET", "/api/jobs"))[0] == 200
        assert app[ACCOUNTS].authenticator._found, "it is kept for a while"
        await server.app[ACCOUNTS].sessions.end_all(uuid.UUID(await id_of(bob)))

        async def is_out() -> bool:
            return (await elsewhere.call("GET", "/api/jobs"))[0] == 401

        await eventually(is_out, "the other server refuses the session")


async def test_a_start_without_sign_in_warns_while_people_have_accounts(
    server: Any, database_url: str, tmp_path: Path, registry: Registry, caplog: pytest.LogCaptureFixture
) -> None:
    async def is_warned() -> bool:
        caplog.clear()
        app = build_app(settings_of(server.folder, database_url, tmp_path), registry, ui=tmp_path / "ui")
        async with listening(make_runner(app)):
            return "people have accounts in the database, but nobody signs in" in caplog.text

    assert await is_warned()
    async with server.app[SERVICES].database.begin() as connection:
        await connection.execute("DELETE FROM accounts")
    assert not await is_warned()

"""API keys, their owners, and tickets for streams and downloads."""

from typing import Any

import pytest

from stroem.accounts import keys
from stroem.server.keys import ACCOUNTS
from stroem.store.statement import execute, fetch
from tests.server.auth.conftest import Person

KEYS = "/api/auth/api-keys"


async def by_key(person: Person, **wanted: Any) -> Person:
    """A client that bears a new key."""
    made = await person.post(KEYS, {"name": "ci", **wanted})
    return Person(server=person.server, token=made["key"])


async def test_a_key_is_shown_once_and_kept_as_its_hash(server: Any, ada: Person) -> None:
    made = await ada.post(KEYS, {"name": " ci ", "expires_in_days": 3})
    assert len(made["key"]) == 37
    assert made["key"].startswith("strm_")
    assert (made["prefix"], made["name"]) == (made["key"][:12], "ci")
    assert made["expires_at"] is not None
    (listed,) = await ada.get(KEYS)
    assert listed["prefix"] == made["prefix"]
    assert made["key"] not in str(listed)
    async with server.app[ACCOUNTS].database.read() as connection:
        rows = await fetch(connection, "SELECT to_jsonb(k)::text FROM api_keys k")
    assert made["key"] not in rows[0][0]


async def test_a_key_does_what_its_owner_may(ada: Person) -> None:
    client = await by_key(ada)
    assert (await client.get("/api/auth/me"))["email"] == ada.email
    job = (await client.post("/api/workspaces/main/tasks/hello/execute", {"input": {"name": "Ada"}}))["job_id"]
    found = await client.get(f"/api/jobs/{job}")
    assert (found["source_type"], found["source_id"]) == ("user", ada.email)
    (listed,) = await ada.get(KEYS)
    assert listed["last_used_at"] is not None


async def test_a_key_makes_no_keys_and_no_passwords(ada: Person) -> None:
    client = await by_key(ada)
    other = await ada.post(KEYS, {"name": "other"})
    for method, path, body in (
        ("GET", KEYS, None),
        ("POST", KEYS, {"name": "x"}),
        ("DELETE", f"{KEYS}/{other['prefix']}", None),
        ("POST", "/api/auth/password", {"current_password": "a", "new_password": "b"}),
        ("POST", "/api/auth/sessions/end-others", {}),
    ):
        assert (await client.call(method, path, body))[0] == 403, (method, path)
    assert (await client.call("DELETE", f"{KEYS}/{client.token[:12]}"))[0] == 200, "it may delete itself"
    assert (await client.call("GET", "/api/jobs"))[0] == 401


async def test_a_deleted_key_is_out_at_once(ada: Person, bob: Person) -> None:
    client = await by_key(ada)
    assert (await client.call("GET", "/api/jobs"))[0] == 200
    path = f"{KEYS}/{client.token[:12]}"
    assert (await bob.call("DELETE", path))[0] == 404, "it is nobody else's"
    assert (await ada.call("DELETE", path))[0] == 200
    assert await client.call("GET", "/api/jobs") == (401, {"error": "Invalid API key", "code": "unauthorized"})


async def test_a_key_expires(server: Any, ada: Person) -> None:
    client = await by_key(ada, expires_in_days=1)
    async with server.app[ACCOUNTS].database.begin() as connection:
        await execute(connection, "UPDATE api_keys SET expires_at = now() - interval '1 second'")
    assert await client.call("GET", "/api/jobs") == (401, {"error": "API key expired", "code": "unauthorized"})


async def test_a_key_may_be_bound_to_addresses(ada: Person) -> None:
    assert (await (await by_key(ada, addresses=["127.0.0.0/8"])).call("GET", "/api/jobs"))[0] == 200
    elsewhere = await by_key(ada, addresses=["192.0.2.7", "2001:db8::/32"])
    status, found = await elsewhere.call("GET", "/api/jobs")
    assert (status, found["error"]) == (401, "This API key may not be used from this address")


@pytest.mark.parametrize(
    ("wanted", "fields"),
    [
        ({"name": " "}, {"name"}),
        ({"name": "x" * 101, "expires_in_days": 0}, {"name", "expires_in_days"}),
        ({"name": "x", "expires_in_days": -1}, {"expires_in_days"}),
        ({"name": "x", "addresses": ["192.0.2.300", "10.0.0.0/8", "host"]}, {"addresses[0]", "addresses[2]"}),
    ],
)
async def test_all_mistakes_of_a_key_are_told(ada: Person, wanted: Any, fields: set[str]) -> None:
    status, found = await ada.call("POST", KEYS, wanted)
    assert status == 400
    assert {one["field"] for one in found["fields"]} == fields
    assert await ada.get(KEYS) == []


async def test_a_misspelled_limit_makes_no_key(ada: Person) -> None:
    status, found = await ada.call("POST", KEYS, {"name": "ci", "expires_in_day": 3})
    assert (status, [one["field"] for one in found["fields"]]) == (400, ["expires_in_day"])
    assert "did you mean 'expires_in_days'?" in found["error"]
    assert await ada.get(KEYS) == []


async def test_a_service_account_has_keys_and_no_password(server: Any, ada: Person) -> None:
    made = await ada.post("/api/service-accounts", {"name": "deployer", "groups": ["ci"]})
    assert (made["name"], made["groups"], made["keys"]) == ("deployer", ["ci"], [])
    key = await ada.post("/api/service-accounts/deployer/api-keys", {"name": "ci"})
    client = Person(server=server, token=key["key"])
    me = await client.get("/api/auth/me")
    assert (me["kind"], me["email"], me["groups"], me["is_admin"]) == ("service", "deployer", ["ci"], False)
    assert await Person(server=server, email="deployer").sign_in() == 401
    page = await ada.get("/api/service-accounts")
    assert [one["prefix"] for one in page["items"][0]["keys"]] == [key["prefix"]]
    assert (await ada.call("POST", "/api/service-accounts", {"name": "deployer"}))[0] == 409
    assert (await ada.call("POST", "/api/service-accounts", {"name": "a b"}))[0] == 400
    assert (await ada.call("PUT", "/api/service-accounts/deployer/groups", {"groups": ["ops"]}))[0] == 200
    assert (await client.get("/api/auth/me"))["groups"] == ["ops"]
    assert (await ada.call("DELETE", f"/api/service-accounts/deployer/api-keys/{key['prefix']}"))[0] == 200
    assert (await client.call("GET", "/api/jobs"))[0] == 401
    assert (await ada.call("DELETE", "/api/service-accounts/deployer"))[0] == 200
    assert (await ada.get("/api/service-accounts"))["total"] == 0


async def test_a_key_with_bounds_gives_nobody_more_than_it_has(server: Any, ada: Person, bob: Person) -> None:
    """Otherwise a key for one verb and one day would make itself one for everything and for ever."""
    user_id = (await bob.get("/api/auth/me"))["user_id"]
    await ada.post("/api/service-accounts", {"name": "deployer"})
    whole = await by_key(ada)
    bounds: tuple[dict[str, Any], ...] = (
        {"verbs": ["user.manage"]},
        {"expires_in_days": 1},
        {"addresses": ["127.0.0.1"]},
    )
    for bound in bounds:
        narrow = await by_key(ada, **bound)
        assert (await narrow.call("GET", "/api/users"))[0] == 200
        for method, path, body in (
            ("POST", "/api/users", {"email": "eve@example.com"}),
            ("PUT", f"/api/users/{user_id}/admin", {"is_admin": True}),
            ("PUT", f"/api/users/{user_id}/groups", {"groups": ["root"]}),
            ("PUT", f"/api/users/{user_id}/disabled", {"is_disabled": True}),
            ("DELETE", f"/api/users/{user_id}", None),
            ("POST", f"/api/users/{user_id}/reset-link", {}),
            ("POST", f"/api/users/{user_id}/end-sessions", {}),
            ("POST", "/api/service-accounts", {"name": "evil"}),
            ("PUT", "/api/service-accounts/deployer/groups", {"groups": ["root"]}),
            ("POST", "/api/service-accounts/deployer/api-keys", {"name": "evil"}),
            ("DELETE", "/api/service-accounts/deployer", None),
        ):
            assert (await narrow.call(method, path, body))[0] == 403, (bound, method, path)
    made = await whole.post("/api/users", {"email": "eve@example.com"})
    assert made["email"] == "eve@example.com", "a key without bounds is for automation"


async def test_a_key_makes_its_owner_no_new_password(ada: Person, bob: Person) -> None:
    key, own, other = await by_key(ada), await id_of(ada), await id_of(bob)
    status, refused = await key.call("POST", f"/api/users/{own}/reset-link", {})
    assert (status, refused["error"]) == (403, "An API key may not do this; sign in by password")
    assert (await key.call("POST", f"/api/users/{other}/reset-link", {}))[0] == 200
    assert (await ada.call("POST", f"/api/users/{own}/reset-link", {}))[0] == 200


async def id_of(person: Person) -> str:
    return str((await person.get("/api/auth/me"))["user_id"])


async def test_an_account_has_so_many_keys(ada: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keys, "_MOST_KEYS", 2)
    for _ in range(2):
        await ada.post(KEYS, {"name": "ci"})
    assert (await ada.call("POST", KEYS, {"name": "ci"}))[0] == 409
    assert (await ada.call("POST", KEYS, {"name": "ci", "verbs": ["job.run"] * 21}))[0] == 400


async def test_a_key_does_not_see_the_sessions_of_its_owner(ada: Person) -> None:
    assert (await (await by_key(ada)).call("GET", "/api/auth/sessions"))[0] == 403


class TestTickets:
    async def test_a_ticket_is_good_once(self, server: Any, ada: Person) -> None:
        ticket = (await ada.post("/api/auth/tickets"))["ticket"]
        found = []
        for _ in range(2):
            async with server.http.get("/api/auth/me", params={"ticket": ticket}) as response:
                found.append(response.status)
        assert found == [200, 401]

    async def test_a_ticket_changes_nothing(self, server: Any, ada: Person) -> None:
        ticket = (await ada.post("/api/auth/tickets"))["ticket"]
        async with server.http.post("/api/auth/api-keys", params={"ticket": ticket}, json={"name": "x"}) as response:
            assert response.status == 401

    async def test_a_ticket_expires(self, server: Any, ada: Person) -> None:
        ticket = (await ada.post("/api/auth/tickets"))["ticket"]
        async with server.app[ACCOUNTS].database.begin() as connection:
            await execute(connection, "UPDATE one_time_tokens SET expires_at = now() - interval '1 second'")
        async with server.http.get("/api/auth/me", params={"ticket": ticket}) as response:
            assert response.status == 401

    async def test_a_ticket_ends_with_its_session(self, server: Any, ada: Person) -> None:
        ticket = (await ada.post("/api/auth/tickets"))["ticket"]
        await server.app[ACCOUNTS].sessions.end_by_token(ada.refresh)
        async with server.http.get("/api/auth/me", params={"ticket": ticket}) as response:
            assert response.status == 401

    async def test_a_ticket_of_a_key_is_as_narrow(self, server: Any, ada: Person) -> None:
        client = await by_key(ada)
        ticket = (await client.post("/api/auth/tickets"))["ticket"]
        async with server.http.get(KEYS, params={"ticket": ticket}) as response:
            assert response.status == 403, "a key lists no keys, nor does its ticket"

    async def test_a_stream_of_logs_opens_with_a_ticket_or_a_token(self, server: Any, ada: Person) -> None:
        job = (await ada.post("/api/workspaces/main/tasks/hello/execute", {"input": {"name": "Ada"}}))["job_id"]
        path = f"/api/jobs/{job}/logs/stream"
        ticket = (await ada.post("/api/auth/tickets"))["ticket"]
        for query in ({"ticket": ticket}, {"token": ada.token}):
            async with server.http.ws_connect(path, params=query) as socket:
                assert not socket.closed
        for query in ({}, {"ticket": ticket}, {"token": "x"}):
            async with server.http.get(path, params=query, headers={"Upgrade": "websocket"}) as response:
                assert response.status == 401

    async def test_a_token_in_an_address_is_for_streams_alone(self, server: Any, ada: Person) -> None:
        for headers in ({}, {"Upgrade": "x"}):
            async with server.http.get("/api/auth/me", params={"token": ada.token}, headers=headers) as response:
                assert response.status == 401

"""Sessions: refresh tokens that are used once, and sessions that end."""

import asyncio
import uuid
from typing import Any

from stroem.accounts.refresh_tokens import RefreshToken, RefreshTokens
from stroem.server.keys import ACCOUNTS
from stroem.store.statement import execute
from tests.server.auth.conftest import PASSWORD, Person


async def grow_old(server: Any) -> None:
    """Lets the time pass in which tabs may refresh at once."""
    async with server.app[ACCOUNTS].database.begin() as connection:
        await execute(connection, "UPDATE sessions SET rotated_at = rotated_at - interval '1 minute'")


async def test_each_refresh_makes_the_next_token(ada: Person) -> None:
    seen = {ada.refresh}
    for _ in range(3):
        assert await ada.refresh_by(ada.refresh) == 200
        assert ada.refresh not in seen
        seen.add(ada.refresh)
        assert (await ada.call("GET", "/api/jobs"))[0] == 200


async def test_a_used_token_ends_the_session(server: Any, ada: Person) -> None:
    former, thief = ada.refresh, Person(server=server)
    assert await ada.refresh_by(former) == 200
    await grow_old(server)
    assert await thief.refresh_by(former) == 401
    assert (await ada.call("GET", "/api/jobs"))[0] == 401, "the access token is out too"
    assert await ada.refresh_by(ada.refresh) == 401


async def test_tabs_that_refresh_at_once_share_the_next_token(server: Any, ada: Person) -> None:
    tabs = [Person(server=server) for _ in range(5)]
    found = await asyncio.gather(*(tab.refresh_by(ada.refresh) for tab in tabs))
    assert found == [200] * 5
    assert len({tab.refresh for tab in tabs}) == 1
    assert await tabs[0].refresh_by(tabs[0].refresh) == 200


async def test_an_answer_that_was_lost_is_given_again(server: Any, ada: Person) -> None:
    former = ada.refresh
    assert await ada.refresh_by(former) == 200
    lost = ada.refresh
    assert await ada.refresh_by(former) == 200
    assert ada.refresh == lost


async def test_a_token_long_ago_ends_the_session_at_once(server: Any, ada: Person) -> None:
    first = ada.refresh
    assert await ada.refresh_by(first) == 200
    assert await ada.refresh_by(ada.refresh) == 200
    assert await Person(server=server).refresh_by(first) == 401
    assert await ada.refresh_by(ada.refresh) == 401


async def test_forged_tokens_end_nothing(server: Any, ada: Person) -> None:
    session = (await ada.get("/api/auth/sessions"))["items"][0]["session_id"]
    forged = RefreshTokens("another-secret-of-more-than-32-characters").make(RefreshToken(uuid.UUID(session), 1))
    for text in (forged, "x", "", "a" * 5000):
        assert await Person(server=server).refresh_by(text) == 401
    assert (await ada.call("GET", "/api/jobs"))[0] == 200


async def test_a_token_in_the_body_is_for_clients_without_cookies(server: Any, ada: Person) -> None:
    async with server.http.post("/api/auth/refresh", json={"refresh_token": ada.refresh}) as response:
        assert response.status == 200
    async with server.http.post("/api/auth/refresh", data="refresh_token=x") as response:
        assert response.status == 415


async def test_a_session_cannot_be_given_to_somebody(server: Any, ada: Person, bob: Person) -> None:
    """Fixation: who signs in gets a new session, whatever cookie the browser had."""
    headers = {"Cookie": f"stroem_refresh={bob.refresh}"}
    body = {"email": ada.email, "password": PASSWORD}
    async with server.http.post("/api/auth/login", json=body, headers=headers) as response:
        assert response.cookies["stroem_refresh"].value != bob.refresh
    assert (await bob.get("/api/auth/me"))["email"] == bob.email


async def test_sign_out_ends_the_session_at_once(server: Any, ada: Person) -> None:
    headers = {"Cookie": f"stroem_refresh={ada.refresh}"}
    async with server.http.post("/api/auth/logout", headers=headers) as response:
        assert (response.status, await response.json()) == (200, {"status": "ok"})
        assert response.cookies["stroem_refresh"]["max-age"] == "0"
    assert (await ada.call("GET", "/api/jobs"))[0] == 401
    assert await ada.refresh_by(ada.refresh) == 401
    async with server.http.post("/api/auth/logout") as response:
        assert response.status == 200


async def test_sessions_are_listed_and_ended(server: Any, ada: Person, bob: Person) -> None:
    other = Person(server=server)
    await other.sign_in()
    found = await ada.get("/api/auth/sessions")
    assert found["total"] == 2
    (current,) = [one for one in found["items"] if one["is_current"]]
    (second,) = [one for one in found["items"] if not one["is_current"]]
    assert current["address"] == "127.0.0.1"
    path = f"/api/auth/sessions/{second['session_id']}"
    assert (await bob.call("DELETE", path))[0] == 404, "it is nobody else's"
    assert (await other.call("GET", "/api/jobs"))[0] == 200
    assert (await ada.call("DELETE", path))[0] == 200
    assert (await other.call("GET", "/api/jobs"))[0] == 401
    await other.sign_in()
    assert await ada.post("/api/auth/sessions/end-others") == {"ended": 1}
    assert (await other.call("GET", "/api/jobs"))[0] == 401
    assert (await ada.call("GET", "/api/jobs"))[0] == 200


async def test_a_new_password_ends_the_other_sessions(server: Any, ada: Person) -> None:
    other = Person(server=server)
    await other.sign_in()
    body = {"current_password": "wrong", "new_password": "another-Lamp-9-orbits"}
    assert (await ada.call("POST", "/api/auth/password", body))[0] == 400
    weak = {"current_password": PASSWORD, "new_password": "password1234"}
    status, found = await ada.call("POST", "/api/auth/password", weak)
    assert (status, "leaks" in found["error"]) == (400, True)
    await ada.post("/api/auth/password", {**body, "current_password": PASSWORD})
    assert (await ada.call("GET", "/api/jobs"))[0] == 200
    assert (await other.call("GET", "/api/jobs"))[0] == 401


async def test_a_link_for_a_password_is_good_once(server: Any, ada: Person, bob: Person) -> None:
    user_id = (await bob.get("/api/auth/me"))["user_id"]
    first = await ada.post(f"/api/users/{user_id}/reset-link")
    second = await ada.post(f"/api/users/{user_id}/reset-link")
    tokens = [link["url"].partition("#token=")[2] for link in (first, second)]

    async def reset(token: str, password: str) -> int:
        body = {"token": token, "new_password": password}
        async with server.http.post("/api/auth/reset", json=body) as response:
            return int(response.status)

    assert await reset(tokens[0], PASSWORD) == 400, "the second one took its place"
    assert await reset(tokens[1], "too short") == 400
    assert await reset(tokens[1], "another-Lamp-9-orbits") == 200, "a weak password does not use it up"
    assert await reset(tokens[1], PASSWORD) == 400
    assert (await bob.call("GET", "/api/jobs"))[0] == 401
    assert await bob.sign_in("another-Lamp-9-orbits") == 200


async def test_expired_sessions_are_out(server: Any, ada: Person) -> None:
    accounts = server.app[ACCOUNTS]
    async with accounts.database.begin() as connection:
        await execute(connection, "UPDATE sessions SET expires_at = now() - interval '1 second'")
    assert await ada.refresh_by(ada.refresh) == 401
    await accounts.pruner.run_once()
    async with accounts.database.read() as connection:
        assert await execute(connection, "SELECT FROM sessions") == 0

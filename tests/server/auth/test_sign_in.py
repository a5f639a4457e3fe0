"""Sign-in by password, and what keeps others from guessing one."""

from typing import Any

import aiohttp
import pytest
from argon2 import PasswordHasher

from stroem.accounts import rates
from stroem.conversion.network import network_of
from stroem.definitions.limit import Rate
from stroem.server.keys import ACCOUNTS
from stroem.store.statement import execute, fetch
from tests.server.auth.conftest import EMAIL, PASSWORD, Person

LOGIN = "/api/auth/login"


async def test_whoever_has_signed_in_is_known(ada: Person) -> None:
    me = await ada.get("/api/auth/me")
    assert (me["email"], me["is_admin"], me["kind"], me["auth_methods"]) == (EMAIL, True, "user", ["password"])


async def test_the_password_of_the_settings_is_set_once(server: Any, ada: Person) -> None:
    new = "another-Lamp-9-orbits"
    await ada.post("/api/auth/password", {"current_password": PASSWORD, "new_password": new})
    await server.app[ACCOUNTS].people.add_initial_user(EMAIL, PASSWORD)
    assert await ada.sign_in(PASSWORD) == 401
    assert await ada.sign_in(new) == 200


async def test_a_weak_password_of_the_settings_is_told(server: Any, caplog: pytest.LogCaptureFixture) -> None:
    await server.app[ACCOUNTS].people.add_initial_user("eve@example.com", "password1234")
    assert "one of those that leaks have made known" in caplog.text
    assert "password1234" not in caplog.text
    assert await Person(server=server, email="eve@example.com").sign_in("password1234") == 200


async def test_an_answer_does_not_tell_whether_there_is_an_account(server: Any, ada: Person) -> None:
    user = await ada.post("/api/users", {"email": "no-password@example.com"})
    texts = set()
    for email in (EMAIL, "nobody@example.com", user["email"], "", "x" * 5000):
        async with server.http.post(LOGIN, json={"email": email, "password": "wrong"}) as response:
            assert response.status == 401
            texts.add(await response.text())
    assert len(texts) == 1


async def test_the_time_does_not_tell_whether_there_is_an_account(
    server: Any, ada: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    user = await ada.post("/api/users", {"email": "no-password@example.com"})
    await server.app[ACCOUNTS].sign_in._passwords.verify(None, "warm")
    hashed: list[int] = []
    verify = PasswordHasher.verify

    def counted(self: PasswordHasher, password_hash: str, password: str) -> bool:
        hashed[-1] += 1
        return verify(self, password_hash, password)

    monkeypatch.setattr(PasswordHasher, "verify", counted)
    for email in (EMAIL, "nobody@example.com", user["email"], ""):
        hashed.append(0)
        assert await Person(server=server, email=email).sign_in("wrong") == 401
    assert hashed == [1, 1, 1, 1]


async def test_the_cookie_is_for_this_server_alone(server: Any) -> None:
    async with server.http.post(LOGIN, json={"email": EMAIL.upper(), "password": PASSWORD}) as response:
        cookie = response.cookies["stroem_refresh"]
        assert response.headers["Cache-Control"] == "no-store"
        assert list(await response.json()) == ["access_token"]
    assert (cookie["httponly"], cookie["samesite"], cookie["path"]) == (True, "Strict", "/api/auth")
    assert cookie["max-age"] == str(30 * 24 * 3600)


class TestBehindTls:
    @pytest.fixture
    def overrides(self, overrides: dict[str, str]) -> dict[str, str]:
        return {**overrides, "STROEM__AUTH__BASE_URL": "https://stroem.example"}

    async def test_the_cookie_is_secure(self, server: Any) -> None:
        async with server.http.post(LOGIN, json={"email": EMAIL, "password": PASSWORD}) as response:
            assert response.cookies["stroem_refresh"]["secure"]

    async def test_links_name_the_address_of_browsers(self, ada: Person) -> None:
        me = await ada.get("/api/auth/me")
        link = await ada.post(f"/api/users/{me['user_id']}/reset-link")
        assert link["url"].startswith("https://stroem.example/reset#token=")


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Authorization": "Bearer"},
        {"Authorization": "Bearer "},
        {"Authorization": "Bearer nonsense"},
        {"Authorization": "Basic YWRhOng="},
        {"Authorization": "Bearer strm_" + "0" * 32},
        {"Authorization": "Bearer " + "x" * 7000},
    ],
)
async def test_without_a_token_nothing_is_answered(server: Any, ada: Person, headers: dict[str, str]) -> None:
    cookies = {"Cookie": f"stroem_refresh={ada.refresh}"}
    for path in ("/api/jobs", "/api/auth/me", "/api/users", "/api/workspaces/main", "/api/workspaces/none"):
        async with server.http.get(path, headers={**headers, **cookies}) as response:
            assert response.status == 401, path
            assert set(await response.json()) == {"error", "code"}


async def test_a_worker_needs_no_account(server: Any) -> None:
    body = {"name": "plain", "capabilities": ["script"], "tags": []}
    async with server.worker.post("/worker/register", json=body) as response:
        assert response.status == 200
    async with server.worker.get("/api/jobs") as response:
        assert response.status == 401, "its token is none of the API"


async def test_a_disabled_account_is_out_at_once(ada: Person, bob: Person) -> None:
    user_id = (await bob.get("/api/auth/me"))["user_id"]
    key = await bob.post("/api/auth/api-keys", {"name": "ci"})
    by_key = Person(server=bob.server, token=key["key"])
    assert (await by_key.call("GET", "/api/jobs"))[0] == 200
    assert (await ada.call("PUT", f"/api/users/{user_id}/disabled", {"is_disabled": True}))[0] == 200
    assert (await bob.call("GET", "/api/jobs"))[0] == 401
    assert (await by_key.call("GET", "/api/jobs"))[0] == 401
    assert await bob.sign_in() == 401
    assert await bob.refresh_by(bob.refresh) == 401
    assert (await ada.call("PUT", f"/api/users/{user_id}/disabled", {"is_disabled": False}))[0] == 200
    assert await bob.sign_in() == 200
    assert (await by_key.call("GET", "/api/jobs"))[0] == 200


class TestGuessing:
    async def test_an_address_has_so_many_tries(self, server: Any, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(rates, "OF_ADDRESS", Rate(starts=3, secs=3600))
        person = Person(server=server)
        assert [await person.sign_in("wrong") for _ in range(5)] == [401, 401, 401, 429, 429]
        async with server.http.post(LOGIN, json={"email": EMAIL, "password": PASSWORD}) as response:
            assert response.status == 429
            assert 0 < int(response.headers["Retry-After"]) <= 2 * 3600

    async def test_strangers_do_not_lock_the_owner_out(
        self, server: Any, ada: Person, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Tries from addresses that are not known have a share of their own; the first sign-in was one of them."""
        monkeypatch.setattr(rates, "OF_STRANGERS", Rate(starts=4, secs=3600))
        own = server.app[ACCOUNTS].database
        async with own.begin() as connection:
            await execute(connection, "UPDATE known_addresses SET address = '192.0.2.1'")
        assert [await ada.sign_in("wrong") for _ in range(4)] == [401, 401, 401, 429]
        assert await ada.sign_in() == 429, "it is a stranger's address"
        async with own.begin() as connection:
            await execute(connection, "UPDATE known_addresses SET address = '127.0.0.1'")
        assert await ada.sign_in() == 200

    async def test_unknown_accounts_are_limited_alike(self, server: Any, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(rates, "OF_STRANGERS", Rate(starts=2, secs=3600))
        person = Person(server=server, email="nobody@example.com")
        assert [await person.sign_in("wrong") for _ in range(3)] == [401, 401, 429]

    async def test_a_header_does_not_make_another_address(self, server: Any, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(rates, "OF_ADDRESS", Rate(starts=1, secs=3600))
        body = {"email": EMAIL, "password": "wrong"}
        found = []
        for number in range(3):
            headers = {"X-Forwarded-For": f"192.0.2.{number}", "X-Real-IP": f"192.0.2.{number}"}
            async with server.http.post(LOGIN, json=body, headers=headers) as response:
                found.append(response.status)
        assert found == [401, 429, 429]


@pytest.mark.parametrize("text", ["192.0.2.1", "::ffff:192.0.2.1"])
def test_an_address_has_one_form(text: str) -> None:
    assert network_of(text) == "192.0.2.1"


def test_a_customer_of_ipv6_is_one() -> None:
    assert network_of("2001:db8::1%eth0") == network_of("2001:db8::ffff:2") == "2001:db8::/64"


async def test_pages_of_others_cannot_sign_in(server: Any) -> None:
    body = {"email": EMAIL, "password": PASSWORD}
    async with server.http.post(LOGIN, json=body, headers={"Origin": "https://evil.example"}) as response:
        assert response.status == 403
    form = aiohttp.FormData(body)
    async with server.http.post(LOGIN, data=form) as response:
        assert response.status == 415


async def test_a_password_is_in_no_answer_and_in_no_row(server: Any, ada: Person) -> None:
    await ada.sign_in("a-wrong-password")
    for body in ({"email": EMAIL, "password": 7}, {"email": [PASSWORD]}):
        async with server.http.post(LOGIN, json=body) as response:
            assert response.status == 400
            assert PASSWORD not in await response.text()
    async with server.app[ACCOUNTS].database.read() as connection:
        for table in ("accounts", "sessions", "api_keys", "one_time_tokens", "rates"):
            rows = await fetch(connection, f"SELECT to_jsonb(t)::text FROM {table} t")
            shown = " ".join(text for (text,) in rows)
            assert PASSWORD not in shown
            assert ada.refresh not in shown
            assert ada.token not in shown

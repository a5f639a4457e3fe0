"""People who come by a provider: sessions, and their ends."""

import asyncio
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from tests.server.auth.conftest import EMAIL, Person
from tests.server.auth.providers.browser import (
    STATE_COOKIE,
    come_back,
    go_out,
    refused,
    sign_in,
    signed_in,
)
from tests.support.oidc.fake_provider import ADA, CLIENT_ID, FakeProvider


class TestAPersonOfTheProvider:
    async def test_gets_an_account_and_a_session(self, server: Any, provider: FakeProvider, ada: Person) -> None:
        values = await sign_in(server, provider, "/jobs?status=failed&q=a%2Fb#L10")
        assert values.pop("next") == "/jobs?status=failed&q=a%2Fb#L10"
        person = Person(server=server, token=values.pop("access_token"))
        assert values == {}
        me = await person.get("/api/auth/me")
        told = {name: me[name] for name in ("email", "name", "is_admin", "groups", "auth_methods")}
        assert told == {
            "email": ADA["email"],
            "name": "Ada Berg",
            "is_admin": False,
            "groups": [],
            "auth_methods": ["corp"],
        }
        (row,) = (await ada.get("/api/audit?verb=auth.login&limit=1"))["items"]
        assert (row["actor"], row["object"], row["outcome"]) == (ADA["email"], ADA["email"], "ok")
        assert row["after"] == {"provider": "corp", "created": True, "groups": []}
        listed = (await ada.get("/api/users"))["items"]
        assert {one["email"]: one["auth_methods"] for one in listed} == {EMAIL: ["password"], ADA["email"]: ["corp"]}

    async def test_is_led_out_with_pkce_and_a_cookie_of_ten_minutes(self, server: Any, provider: FakeProvider) -> None:
        browser, there = await go_out(server)
        assert there.startswith(f"{provider.issuer}/authorize?")
        asked = parse_qs(urlsplit(there).query)
        assert asked["redirect_uri"] == [f"{server.url}/api/auth/oidc/corp/callback"]
        assert len(asked["code_challenge"][0]) == 43
        assert len(asked["state"][0]) >= 43
        assert len(asked["nonce"][0]) >= 43
        cookie = browser.answer.cookies[STATE_COOKIE]
        kept = {name: cookie[name] for name in ("httponly", "samesite", "path", "max-age", "secure")}
        assert kept == {"httponly": True, "samesite": "Lax", "path": "/", "max-age": "600", "secure": ""}
        assert browser.answer.headers["Cache-Control"] == "no-store"

    async def test_keeps_the_account_when_the_address_changes(self, server: Any, provider: FakeProvider) -> None:
        first = await (await signed_in(server, provider)).get("/api/auth/me")
        provider.claims["email"] = "ada.berg@corp.example"
        second = await (await signed_in(server, provider)).get("/api/auth/me")
        assert second["user_id"] == first["user_id"]
        assert second["email"] == ADA["email"]

    async def test_has_an_account_that_an_administrator_has_made(
        self, server: Any, provider: FakeProvider, ada: Person
    ) -> None:
        user = await ada.post("/api/users", {"email": "Ada@Corp.example", "groups": ["ops"]})
        me = await (await signed_in(server, provider)).get("/api/auth/me")
        assert me["user_id"] == user["user_id"]
        assert me["groups"] == ["ops"]

    async def test_two_first_sign_ins_at_once_make_one_account(self, server: Any, provider: FakeProvider) -> None:
        people = await asyncio.gather(*(signed_in(server, provider) for _ in range(4)))
        assert len({(await person.get("/api/auth/me"))["user_id"] for person in people}) == 1

    async def test_ends_the_session_at_the_provider_too(self, server: Any, provider: FakeProvider) -> None:
        browser, there = await go_out(server)
        await come_back(browser, provider.authorize(there))
        headers = {"Cookie": f"stroem_refresh={browser.cookies['stroem_refresh']}"}
        async with server.http.post("/api/auth/logout", headers=headers) as response:
            answer = await response.json()
        url = urlsplit(answer["logout_url"])
        assert f"{url.scheme}://{url.netloc}{url.path}" == f"{provider.issuer}/logout"
        asked = parse_qs(url.query)
        assert asked["client_id"] == [CLIENT_ID]
        assert asked["post_logout_redirect_uri"] == [f"{server.url}/login"]
        assert asked["id_token_hint"][0].count(".") == 2
        async with server.http.post("/api/auth/refresh", headers=headers) as response:
            assert response.status == 401

    async def test_who_came_by_password_is_led_nowhere(self, server: Any, ada: Person) -> None:
        headers = {"Cookie": f"stroem_refresh={ada.refresh}"}
        async with server.http.post("/api/auth/logout", headers=headers) as response:
            assert await response.json() == {"status": "ok"}

    async def test_disabled_accounts_stay_out(self, server: Any, provider: FakeProvider, ada: Person) -> None:
        me = await (await signed_in(server, provider)).get("/api/auth/me")
        await ada.call("PUT", f"/api/users/{me['user_id']}/disabled", {"is_disabled": True})
        assert "is disabled" in await refused(server, provider, ada)

    async def test_claims_that_the_token_lacks_come_from_userinfo(self, server: Any, provider: FakeProvider) -> None:
        provider.userinfo = dict(provider.claims)
        provider.claims = {"sub": ADA["sub"], "email": ADA["email"]}
        provider.spoil = lambda claims: claims.pop("email")
        me = await (await signed_in(server, provider)).get("/api/auth/me")
        assert (me["email"], me["name"]) == (ADA["email"], "Ada Berg")

    async def test_userinfo_of_another_person_is_refused(
        self, server: Any, provider: FakeProvider, ada: Person
    ) -> None:
        provider.userinfo = dict(provider.claims) | {"sub": "eve"}
        provider.spoil = lambda claims: claims.pop("email")
        assert "another person" in await refused(server, provider, ada)


class TestTheWayOn:
    @pytest.mark.parametrize(
        "next",
        [
            "//evil.example",
            "https://evil.example",
            "/\\evil.example",
            "\\\\evil.example",
            "/\tevil",
            "/.//evil.example",
            "/a/..//evil.example",
            "/a//b",
            "javascript:alert(1)",
            " /jobs",
            "jobs",
            "",
            "/" + "x" * 2000,
            "/\r\nSet-Cookie: a=b",
        ],
    )
    async def test_it_leads_to_no_other_host(self, server: Any, provider: FakeProvider, next: str) -> None:
        assert "next" not in await sign_in(server, provider, next)

    async def test_an_error_keeps_it(self, server: Any, provider: FakeProvider) -> None:
        provider.spoil = lambda claims: claims.update(nonce="x")
        assert (await sign_in(server, provider, "/jobs"))["next"] == "/jobs"

"""Sign-in by the headers of an authenticating proxy, and by passwords that a plugin checks."""

import json
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from stroem.interfaces.authenticator import SignInUnavailable
from stroem.registry.registry import Registry, load_plugins
from tests.authenticators.test_conformance import Directory
from tests.server.auth.conftest import EMAIL, PASSWORD, SECRET, Person
from tests.server.auth.providers.browser import Browser, reason

HEADERS = {"X-Forwarded-User": "ada", "X-Forwarded-Email": "Ada@Corp.example", "X-Groups": "ops, dev"}
CLAIMED = {"X-Forwarded-For": "192.0.2.1", "Forwarded": "for=192.0.2.1", "X-Real-IP": "192.0.2.1"}


@pytest.fixture
def overrides() -> dict[str, str]:
    proxy = {"provider_type": "proxy", "groups_header": "X-Groups"}
    providers = {
        "company": {**proxy, "addresses": ["127.0.0.1"]},
        "elsewhere": {**proxy, "addresses": ["192.0.2.1"]},
        "directory": {"provider_type": "directory", "password": "the-password-of-ada"},
        "internal": {"provider_type": "internal"},
    }
    return {
        "STROEM__AUTH__JWT_SECRET": SECRET,
        "STROEM__AUTH__INITIAL_USER__EMAIL": EMAIL,
        "STROEM__AUTH__INITIAL_USER__PASSWORD": PASSWORD,
        "STROEM__AUTH__PROVIDERS": json.dumps(providers),
        "STROEM__TRUSTED_PROXIES": '["127.0.0.1"]',
    }


@pytest.fixture
def registry() -> Registry:
    found = load_plugins()
    found.authenticators["directory"] = Directory  # type: ignore[index]
    return found


async def enter(server: Any, provider: str = "company", **headers: str) -> dict[str, str]:
    """The values that the page of sign-in gets."""
    status, page = await Browser(server).open(f"/api/auth/oidc/{provider}?next=/jobs", **headers)
    assert status in (302, 303)
    return {name: found[0] for name, found in parse_qs(urlsplit(page).fragment).items()}


async def test_the_person_of_the_headers_has_a_session(server: Any, ada: Person) -> None:
    values = await enter(server, **HEADERS)
    assert values["next"] == "/jobs"
    me = await Person(server=server, token=values["access_token"]).get("/api/auth/me")
    assert (me["email"], me["groups"], me["auth_methods"]) == ("ada@corp.example", ["dev", "ops"], ["company"])
    again = await enter(server, **{**HEADERS, "X-Groups": ""})
    me = await Person(server=server, token=again["access_token"]).get("/api/auth/me")
    assert me["groups"] == []
    (row, *_) = (await ada.get("/api/audit?verb=auth.login&limit=1"))["items"]
    assert (row["actor"], row["route"]) == ("ada@corp.example", "GET /api/auth/oidc/{provider}")


async def test_headers_of_other_addresses_count_nothing_whatever_they_claim(server: Any, ada: Person) -> None:
    """Although the server trusts what 127.0.0.1 says of the addresses of its clients."""
    assert "access_token" not in await enter(server, "elsewhere", **HEADERS, **CLAIMED)
    assert "comes from 127.0.0.1, which is none of `addresses`" in await reason(server, ada)


@pytest.mark.parametrize("user", ["", "eve, ada", "x" * 300])
async def test_headers_that_name_nobody_are_refused(server: Any, user: str) -> None:
    assert "access_token" not in await enter(server, **{**HEADERS, "X-Forwarded-User": user})


async def test_headers_count_nowhere_else(server: Any) -> None:
    async with server.http.get("/api/auth/me", headers=HEADERS) as response:
        assert response.status == 401


async def test_there_is_no_way_back(server: Any) -> None:
    assert (await Browser(server).open("/api/auth/oidc/company/callback?code=1&state=1", **HEADERS))[0] == 404


class TestPasswordsOfAPlugin:
    async def test_they_are_asked_after_those_of_the_server(self, server: Any) -> None:
        config = await server.get("/api/config")
        assert [one["id"] for one in config["oidc_providers"]] == ["company", "elsewhere"]
        person = Person(server=server, email="ada")
        assert await person.sign_in("the-password-of-ada") == 200
        me = await person.get("/api/auth/me")
        assert (me["email"], me["auth_methods"]) == ("ada@example.org", ["directory"])

    async def test_wrong_ones_are_answered_as_all_are(self, server: Any, ada: Person) -> None:
        body = {"email": "ada", "password": "wrong"}
        async with server.http.post("/api/auth/login", json=body) as response:
            assert response.status == 401
            assert (await response.json())["error"] == "Invalid email or password"
        assert await reason(server, ada) == "Invalid email or password"

    async def test_a_disabled_person_is_told_no_more_and_administrators_the_reason(
        self, server: Any, ada: Person
    ) -> None:
        person = Person(server=server, email="ada")
        await person.sign_in("the-password-of-ada")
        me = await person.get("/api/auth/me")
        await ada.call("PUT", f"/api/users/{me['user_id']}/disabled", {"is_disabled": True})
        assert await person.sign_in("the-password-of-ada") == 401
        assert "is disabled" in await reason(server, ada)

    async def test_a_directory_that_is_away_is_told(self, server: Any, monkeypatch: pytest.MonkeyPatch) -> None:
        async def away(*_: object) -> None:
            raise SignInUnavailable("it does not answer")

        monkeypatch.setattr(Directory, "check", away)
        assert await Person(server=server, email="ada").sign_in("the-password-of-ada") == 503

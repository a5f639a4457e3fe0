"""Providers that are away, and mistakes in their settings."""

from typing import Any

import pytest

from stroem.errors import SettingsError
from stroem.registry.registry import load_plugins
from stroem.server.keys import ACCOUNTS
from stroem.server.settings_check import check_available
from stroem.settings.loader import server_settings
from tests.server.api.test_public import SETTINGS_DATA
from tests.server.auth.conftest import EMAIL, Person
from tests.server.auth.providers.browser import Browser, come_back, go_out, reason, signed_in
from tests.support.oidc.fake_provider import FakeProvider, Key

OIDC = {"provider_type": "oidc", "client_id": "x"}


class TestTheProvider:
    async def test_unknown_ones_are_not_found(self, server: Any) -> None:
        for path in ("/api/auth/oidc/nobody", "/api/auth/oidc/nobody/callback?code=1", "/api/auth/oidc/internal"):
            assert (await Browser(server).open(path))[0] == 404

    async def test_the_configuration_names_it(self, server: Any, provider: FakeProvider) -> None:
        await go_out(server)
        config = await server.get("/api/config")
        assert config["oidc_providers"] == [{"id": "corp", "display_name": "Corp", "is_available": True}]
        assert config["has_internal_auth"] is True

    async def test_only_pages_begin_a_sign_in(self, server: Any, provider: FakeProvider) -> None:
        headers = {"Sec-Fetch-Mode": "no-cors", "Sec-Fetch-Site": "cross-site"}
        assert (await Browser(server).open("/api/auth/oidc/corp", **headers))[0] == 403

    async def test_requests_are_limited(self, server: Any, provider: FakeProvider) -> None:
        await go_out(server)
        answers: list[tuple[int, str]] = []
        while len(answers) < 300 and (not answers or answers[-1][0] == 302):
            answers.append(await Browser(server).open("/api/auth/oidc/corp"))
        assert len(answers) > 50
        status, page = answers[-1]
        assert status == 303
        assert "Too%20many%20tries" in page

    async def test_keys_that_change_are_fetched(self, server: Any, provider: FakeProvider) -> None:
        await signed_in(server, provider)
        keys = server.app[ACCOUNTS].providers.get("corp").authenticator._keys
        keys._asked_at -= 11  # as if ten seconds had passed
        provider.key = Key.of_another("second")
        await signed_in(server, provider)
        assert provider.requests.count("/keys") == 2

    async def test_one_that_breaks_off_is_told_as_away(self, server: Any, provider: FakeProvider, ada: Person) -> None:
        browser, there = await go_out(server)
        back = provider.authorize(there)
        provider.is_down = True
        values = await come_back(browser, back)
        assert values["error"] == "Corp cannot be reached now. Try it again later."
        assert "no JSON object" in await reason(server, ada)


class TestAProviderThatIsDownAtTheStart:
    @pytest.fixture
    def overrides(self, overrides: dict[str, str], provider: FakeProvider) -> dict[str, str]:
        provider.is_down = True
        return overrides

    async def test_the_server_runs_and_people_sign_in_once_it_is_there(
        self, server: Any, provider: FakeProvider, ada: Person
    ) -> None:
        assert (await ada.get("/api/auth/me"))["email"] == EMAIL
        config = await server.get("/api/config")
        assert config["oidc_providers"] == [{"id": "corp", "display_name": "Corp", "is_available": False}]
        status, page = await Browser(server).open("/api/auth/oidc/corp")
        assert status == 303
        assert "Corp%20cannot%20be%20reached%20now" in page
        provider.is_down = False
        await signed_in(server, provider)


class TestSettings:
    @pytest.mark.parametrize(
        ("settings", "place"),
        [
            ({"provider_type": "oidc"}, "auth.providers.corp.issuer_url"),
            (
                OIDC | {"issuer_url": "http://idp.example"},
                "auth.providers.corp.issuer_url",
            ),
            (
                OIDC | {"issuer_url": "file:///etc/passwd"},
                "auth.providers.corp.issuer_url",
            ),
            ({"provider_type": "oidc", "client_secrt": "x"}, "auth.providers.corp.client_secrt"),
            ({"provider_type": "saml"}, "auth.providers.corp.provider_type"),
            ({"provider_type": "internal", "client_id": "x"}, "auth.providers.corp.client_id"),
            ({"provider_type": "proxy", "addresses": ["nowhere"]}, "auth.providers.corp.addresses"),
        ],
    )
    def test_mistakes_are_told_with_their_places(self, settings: Any, place: str) -> None:
        data = {**SETTINGS_DATA, "auth": {"providers": {"corp": settings}}}
        with pytest.raises(SettingsError) as caught:
            check_available(server_settings(data, {}), load_plugins())
        assert place in [field.field for field in caught.value.fields]

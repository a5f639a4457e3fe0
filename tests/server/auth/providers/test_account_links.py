"""Which accounts, groups and rights people of a provider get."""

from typing import Any

import pytest

from tests.server.auth.conftest import EMAIL, Person
from tests.server.auth.providers.browser import refused, signed_in
from tests.support.oidc.fake_provider import ADA, FakeProvider


class TestAddresses:
    @pytest.mark.parametrize("verified", [False, None, "false", 1, "yes"])
    async def test_one_that_is_not_verified_makes_no_account(
        self, server: Any, provider: FakeProvider, ada: Person, verified: Any
    ) -> None:
        provider.claims["email_verified"] = verified
        assert "not say that it has verified" in await refused(server, provider, ada)

    async def test_one_that_is_not_verified_gets_no_account_of_others(
        self, server: Any, provider: FakeProvider, ada: Person
    ) -> None:
        await ada.post("/api/users", {"email": ADA["email"], "is_admin": True})
        provider.claims["email_verified"] = False
        assert "not say that it has verified" in await refused(server, provider, ada)

    async def test_an_account_with_a_password_is_not_taken_over(
        self, server: Any, provider: FakeProvider, ada: Person
    ) -> None:
        provider.claims["email"] = EMAIL
        assert "has another way to sign in; set `link_accounts`" in await refused(server, provider, ada)

    async def test_another_person_with_the_address_gets_no_account(
        self, server: Any, provider: FakeProvider, ada: Person
    ) -> None:
        """Addresses are given to new people."""
        await signed_in(server, provider)
        provider.claims["sub"] = "ada-2"
        assert "that of another person" in await refused(server, provider, ada)

    @pytest.mark.parametrize("email", [None, "", "ada", 7, "a b@c", "\u202e@x\u202e", "ada@" + "x" * 400])
    async def test_what_is_none_is_refused(self, server: Any, provider: FakeProvider, ada: Person, email: Any) -> None:
        provider.claims["email"] = email
        assert "tells no e-mail address" in await refused(server, provider, ada)

    @pytest.mark.parametrize("options", [{"link_accounts": True, "trust_emails": True}])
    async def test_one_of_a_trusted_provider_gets_its_account(self, server: Any, provider: FakeProvider) -> None:
        provider.claims = {"sub": "1", "email": EMAIL}
        me = await (await signed_in(server, provider)).get("/api/auth/me")
        assert me["is_admin"] is True
        assert me["auth_methods"] == ["password", "corp"]

    @pytest.mark.parametrize("options", [{"trust_emails": True}])
    async def test_a_trusted_provider_is_believed_that_one_is_not_verified(
        self, server: Any, provider: FakeProvider, ada: Person
    ) -> None:
        provider.claims["email_verified"] = False
        assert "not say that it has verified" in await refused(server, provider, ada)

    @pytest.mark.parametrize("options", [{"create_users": False}])
    async def test_without_new_accounts_strangers_stay_out(
        self, server: Any, provider: FakeProvider, ada: Person
    ) -> None:
        assert "`create_users` is false" in await refused(server, provider, ada)
        await ada.post("/api/users", {"email": ADA["email"]})
        await signed_in(server, provider)


class TestGroups:
    @pytest.mark.parametrize("options", [{"default_groups": ["all"]}])
    async def test_those_of_the_settings_are_given_once(self, server: Any, provider: FakeProvider, ada: Person) -> None:
        me = await (await signed_in(server, provider)).get("/api/auth/me")
        assert me["groups"] == ["all"]
        await ada.call("PUT", f"/api/users/{me['user_id']}/groups", {"groups": ["ops"]})
        assert (await (await signed_in(server, provider)).get("/api/auth/me"))["groups"] == ["ops"]

    @pytest.mark.parametrize("options", [{"groups_claim": "groups", "default_groups": ["all"]}])
    async def test_those_of_the_claim_follow_it_at_each_sign_in(self, server: Any, provider: FakeProvider) -> None:
        provider.claims["groups"] = ["ops", "not a name", 7, "dev"]
        person = await signed_in(server, provider)
        assert (await person.get("/api/auth/me"))["groups"] == ["all", "dev", "ops"]
        provider.claims["groups"] = "dev"
        await signed_in(server, provider)
        assert (await person.get("/api/auth/me"))["groups"] == ["all", "dev"]  # of the older session too
        del provider.claims["groups"]
        await signed_in(server, provider)
        assert (await person.get("/api/auth/me"))["groups"] == ["all"]

    @pytest.mark.parametrize(
        "options", [{"groups_claim": "realm_access.roles", "group_map": {"CN=Ops,DC=corp": "ops", "x": "y"}}]
    )
    async def test_a_map_gives_them_names_and_leaves_out_the_others(self, server: Any, provider: FakeProvider) -> None:
        provider.claims["realm_access"] = {"roles": ["CN=Ops,DC=corp", "dev"]}
        assert (await (await signed_in(server, provider)).get("/api/auth/me"))["groups"] == ["ops"]

    @pytest.mark.parametrize("options", [{"groups_claim": "groups", "admin_groups": ["Strøm admins"]}])
    async def test_those_of_administrators_give_and_take_their_rights(
        self, server: Any, provider: FakeProvider
    ) -> None:
        provider.claims["groups"] = ["Strøm admins"]
        person = await signed_in(server, provider)
        await person.get("/api/users")
        provider.claims["groups"] = []
        await signed_in(server, provider)
        assert (await person.call("GET", "/api/users"))[0] == 403

    @pytest.mark.parametrize("options", [{"groups_claim": "groups", "admin_groups": ["admins"], "link_accounts": True}])
    async def test_the_last_administrator_stays_one(self, server: Any, provider: FakeProvider) -> None:
        provider.claims["email"] = EMAIL
        assert (await (await signed_in(server, provider)).get("/api/auth/me"))["is_admin"] is True


class TestTheFirstPerson:
    @pytest.fixture
    def overrides(self, overrides: dict[str, str]) -> dict[str, str]:
        return {name: value for name, value in overrides.items() if "INITIAL_USER" not in name}

    async def test_is_no_administrator(self, server: Any, provider: FakeProvider) -> None:
        assert (await (await signed_in(server, provider)).get("/api/auth/me"))["is_admin"] is False

    @pytest.mark.parametrize("options", [{"first_user_admin": True}])
    async def test_is_one_where_the_settings_say_so(self, server: Any, provider: FakeProvider) -> None:
        assert (await (await signed_in(server, provider)).get("/api/auth/me"))["is_admin"] is True
        provider.claims = {"sub": "2", "email": "bob@corp.example", "email_verified": True}
        assert (await (await signed_in(server, provider)).get("/api/auth/me"))["is_admin"] is False

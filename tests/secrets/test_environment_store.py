"""Secrets in environment variables of the server: those with a prefix, and no others."""

import pytest

from stroem.errors import SettingsError
from stroem.interfaces.secret_store import SecretStore, Unreadable
from stroem.registry.making import make_plugin
from stroem.secrets.environment_store import EnvironmentStore
from stroem.testing.secret_store_conformance import SecretStoreConformance


class TestEnvironmentStore(SecretStoreConformance):
    value = "a-value-of-a-variable"

    @pytest.fixture(autouse=True)
    def _variables(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("SHOP_PASSWORD", self.value)
        monkeypatch.setenv("SHOP_EMPTY", "")
        monkeypatch.setenv("OTHER_PASSWORD", "not-for-the-shop")

    def make_store(self) -> SecretStore:
        return EnvironmentStore(prefix="SHOP_")

    def stored(self) -> str:
        return "SHOP_PASSWORD"

    def missing(self) -> str:
        return "SHOP_NOTHING"

    @pytest.mark.parametrize("place", ["OTHER_PASSWORD", "PATH", "SHOP", "shop_password", "SHOP_EMPTY", "SHOP_A/B"])
    async def test_it_reads_no_other_variables(self, place: str) -> None:
        wanted = self.reference(place)
        assert isinstance((await self.make_store().read("shop", [wanted]))[wanted], Unreadable)

    async def test_a_variable_has_no_keys(self) -> None:
        wanted = self.reference("SHOP_PASSWORD#/key")
        found = await self.make_store().read("shop", [wanted])
        assert found[wanted] == Unreadable("has no keys: a variable is one value")


@pytest.mark.parametrize(
    ("prefix", "message"),
    [
        ("", "must have at least 3 characters"),
        ("S", "must have at least 3 characters"),
        ("STROEM__DB", "must not begin with STROEM_"),
        ("stroem_", "must not begin with STROEM_"),
    ],
)
def test_a_prefix_that_would_give_too_much_is_a_mistake(prefix: str, message: str) -> None:
    with pytest.raises(SettingsError, match=message):
        make_plugin(EnvironmentStore, {"prefix": prefix})


def test_the_prefix_is_required() -> None:
    with pytest.raises(SettingsError, match="prefix"):
        make_plugin(EnvironmentStore, {})

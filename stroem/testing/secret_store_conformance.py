"""Tests that every secret store passes.

from stroem.testing.secret_store_conformance import SecretStoreConformance

class TestSafe(SecretStoreConformance):
    value = "a-value-to-find"
    def make_store(self): return Safe(token=TOKEN)
    def stored(self): return "drawers/top#/password"
    def missing(self): return "drawers/none"
"""

import abc

from stroem.definitions.secret_reference import SecretReference, reference_of
from stroem.interfaces.secret_store import SecretStore, Unreadable


class SecretStoreConformance(abc.ABC):
    """Tests of a store that can be read. `value` is that of the secret that `stored` names."""

    value: str

    @abc.abstractmethod
    def make_store(self) -> SecretStore:
        """The store under test."""

    @abc.abstractmethod
    def stored(self) -> str:
        """The place of a secret, `PATH` or `PATH#/KEY`, with the value `value`."""

    @abc.abstractmethod
    def missing(self) -> str:
        """A place without a secret."""

    def reference(self, place: str) -> SecretReference:
        """The reference to a place."""
        found = reference_of(f"ref+store://{place}")
        assert found is not None
        return found

    async def test_it_reads_a_secret(self) -> None:
        store, wanted = self.make_store(), self.reference(self.stored())
        try:
            assert await store.read("shop", [wanted]) == {wanted: self.value}
        finally:
            await store.close()

    async def test_it_reads_nothing_when_nothing_is_wanted(self) -> None:
        store = self.make_store()
        try:
            assert dict(await store.read("shop", [])) == {}
        finally:
            await store.close()

    async def test_one_that_is_not_there_keeps_no_other_from_being_read(self) -> None:
        store = self.make_store()
        wanted, missing = self.reference(self.stored()), self.reference(self.missing())
        try:
            found = await store.read("shop", [missing, wanted])
        finally:
            await store.close()
        assert found[wanted] == self.value
        refused = found[missing]
        assert isinstance(refused, Unreadable)
        assert refused.reason
        assert self.value not in refused.reason

    async def test_its_text_has_no_secret(self) -> None:
        store = self.make_store()
        assert self.value not in repr(store)
        await store.close()

    async def test_it_may_be_closed_unused_and_twice(self) -> None:
        store = self.make_store()
        await store.close()
        await store.close()

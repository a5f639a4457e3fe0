"""Secrets that the server keeps: encrypted in the database, each for one workspace, under keys that change."""

import uuid

import pytest

from stroem.definitions.secret_reference import reference_of
from stroem.errors import BadRequest, InvalidInput, NotFound
from stroem.interfaces.secret_store import StoreFailed, Unreadable
from stroem.orchestrator.secrets.job_inputs import JobInputs
from stroem.orchestrator.secrets.sealed_secrets import Rewrapped, SealedSecrets
from stroem.orchestrator.secrets.sealed_values import SealedValues
from stroem.orchestrator.secrets.stores import SecretStores
from stroem.orchestrator.secrets.values import SecretValues
from stroem.secrets.envelope import KeyRing
from stroem.secrets.sealed_store import SealedStore
from stroem.settings.secret_stores import SecretStoreSettings
from stroem.store.database import Database
from stroem.store.statement import execute, fetch

FIRST, SECOND = KeyRing([b"1" * 64]), KeyRing([b"2" * 64])
BOTH = KeyRing([b"2" * 64, b"1" * 64])
VALUE = "the-value \u2013 of the shop"


@pytest.fixture
def kept(database: Database) -> SealedSecrets:
    return sealed_secrets(database, FIRST)


def sealed_secrets(database: Database, keys: KeyRing | None) -> SealedSecrets:
    return SealedSecrets(database, keys, JobInputs(keys, encrypts=True), SealedValues(keys, encrypts=True))


async def rows(database: Database) -> str:
    async with database.read() as connection:
        return str(await fetch(connection, "SELECT t::text, encode(value, 'escape') FROM secrets t"))


async def test_a_secret_is_kept_encrypted(kept: SealedSecrets, database: Database) -> None:
    assert await kept.set("shop", "DB_PASSWORD", VALUE, "ann") == 1
    assert await kept.read("shop", ["DB_PASSWORD", "OTHER"]) == {"DB_PASSWORD": VALUE}
    assert "the-value" not in await rows(database)
    items, total = await kept.list("shop", 10, 0)
    assert total == 1
    assert [(one.name, one.version, one.changed_by, one.key_id) for one in items] == [
        ("DB_PASSWORD", 1, "ann", FIRST.current)
    ]
    assert await kept.set("shop", "DB_PASSWORD", "another", "bob") == 2
    assert await kept.read("shop", ["DB_PASSWORD"]) == {"DB_PASSWORD": "another"}


async def test_a_workspace_reads_its_own(kept: SealedSecrets) -> None:
    await kept.set("shop", "A", VALUE, "ann")
    assert await kept.read("bank", ["A"]) == {}
    assert await kept.list("bank", 10, 0) == ((), 0)
    with pytest.raises(NotFound):
        await kept.remove("bank", "A")
    await kept.remove("shop", "A")
    assert await kept.read("shop", ["A"]) == {}


@pytest.mark.parametrize(
    ("name", "value"),
    [("", "x"), ("a/b", "x"), ("..", "x"), ("-a", "x"), ("a b", "x"), ("a" * 129, "x"), ("A", ""), ("A", "a\0b")],
)
async def test_what_cannot_be_kept_is_refused(kept: SealedSecrets, name: str, value: str) -> None:
    with pytest.raises(InvalidInput):
        await kept.set("shop", name, value, "ann")


async def test_a_value_that_is_too_long_is_not_shown(kept: SealedSecrets) -> None:
    with pytest.raises(InvalidInput) as refused:
        await kept.set("shop", "A", "s3cret" * 20_000, "ann")
    assert "s3cret" not in str(refused.value)


async def test_a_row_that_was_moved_or_changed_is_told(kept: SealedSecrets, database: Database) -> None:
    await kept.set("shop", "A", VALUE, "ann")
    await kept.set("shop", "B", VALUE, "ann")
    async with database.begin() as connection:
        await execute(connection, "UPDATE secrets SET workspace = 'bank' WHERE name = 'A'")
        await execute(connection, "UPDATE secrets SET seal = %s WHERE name = 'B'", (uuid.uuid4(),))
    told = Unreadable("cannot decrypt it: it was changed, or moved from elsewhere")
    assert await kept.read("bank", ["A"]) == {"A": told}
    assert await kept.read("shop", ["B"]) == {"B": told}


async def test_keys_are_changed_in_batches_without_values(kept: SealedSecrets, database: Database) -> None:
    for number in range(150):
        await kept.set(f"w{number % 3}", f"S{number}", f"value-{number}", "ann")
    await kept.set("w0", "MOVED", VALUE, "ann")
    async with database.begin() as connection:
        await execute(connection, "UPDATE secrets SET name = 'AWAY' WHERE name = 'MOVED'")
    both = sealed_secrets(database, BOTH)
    assert await both.read("w0", ["S0"]) == {"S0": "value-0"}
    assert await both.rewrap() == Rewrapped(changed=150, failed=1, inputs=0, failed_inputs=0, key_id=SECOND.current)
    assert await both.rewrap() == Rewrapped(changed=0, failed=1, inputs=0, failed_inputs=0, key_id=SECOND.current)
    after = sealed_secrets(database, SECOND)
    for number in (0, 1, 149):
        name = f"S{number}"
        assert await after.read(f"w{number % 3}", [name]) == {name: f"value-{number}"}
    items, _ = await after.list("w1", 1, 0)
    assert (items[0].version, items[0].changed_by) == (1, "ann")
    missing = f"cannot decrypt it: its key {SECOND.current} is not among those of this server"
    assert await kept.read("w0", ["S0"]) == {"S0": Unreadable(missing)}


async def test_a_server_without_keys_says_so(database: Database) -> None:
    with pytest.raises(BadRequest, match="This server has no key for secrets"):
        await sealed_secrets(database, None).set("shop", "A", VALUE, "ann")


async def test_references_read_it_as_far_as_the_settings_allow(kept: SealedSecrets) -> None:
    stores = SecretStores({"stroem": SealedStore})
    stores.read_sealed = kept.read
    await stores.replace({"stroem": SecretStoreSettings(type="stroem", allow={"*": ("DB_*",)})})
    await kept.set("shop", "DB_PASSWORD", VALUE, "ann")
    await kept.set("shop", "OTHER", VALUE, "ann")
    values = SecretValues(stores)
    found: dict[tuple[str, str], tuple[str | None, str]] = {}
    for workspace in ("shop", "bank"):
        for place in ("DB_PASSWORD", "OTHER", "DB_NONE", "DB_PASSWORD#/key"):
            wanted = reference_of(f"ref+stroem://{place}")
            assert wanted is not None
            await values.read(workspace, [wanted])
            value = values.get(workspace, wanted, fresh=True)
            assert value is not None
            found[workspace, place] = (value.value, value.reason[:20])
    missing = (None, "has no such secret o")
    assert found["shop", "DB_PASSWORD"] == (VALUE, "")
    assert found["shop", "OTHER"] == found["bank", "OTHER"] == (None, "does not allow it: s")
    assert found["shop", "DB_NONE"] == found["bank", "DB_PASSWORD"] == missing
    assert found["shop", "DB_PASSWORD#/key"] == (None, "has no keys: a secre")


async def test_a_store_without_a_server_says_so() -> None:
    with pytest.raises(StoreFailed):
        await SealedStore().read("shop", [])

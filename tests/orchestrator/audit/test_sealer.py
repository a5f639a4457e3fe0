"""Sealing and verification of the audit log on PostgreSQL."""

import asyncio
import contextlib
import math
from typing import Any

import psycopg
import pytest

from stroem.audit.marks import MarkSigner
from stroem.store import statement
from stroem.store.audit import seals
from stroem.store.audit.rows import add_rows
from stroem.store.database import Database
from tests.orchestrator.audit.log_site import LogSite, row


@pytest.fixture
async def log(database: Database) -> LogSite:
    site = LogSite(database=database)
    await site.sealer.begin()
    return site


async def test_rows_are_sealed_in_the_order_of_their_ids(log: LogSite) -> None:
    await log.add(3, before={"state": "active"}, after={"state": "cordoned"})
    assert (await log.verify()).unsealed == 3
    await log.seal()
    found = await log.verify()
    assert (found.fault, found.rows, found.unsealed) == (None, 3, 0)
    assert found.head is not None
    assert (found.head.id, found.head.count) == (3, 3)
    await log.seal()
    assert await log.verify() == found


async def test_batches_make_one_chain(database: Database) -> None:
    log = LogSite(database=database, batch=7)
    await log.add(40)
    await log.seal()
    found = await log.verify()
    assert (found.fault, found.rows) == (None, 40)
    assert await LogSite(database=database).verify() == found


async def test_an_empty_log_is_right(log: LogSite) -> None:
    await log.seal()
    found = await log.verify()
    assert (found.fault, found.rows, found.head, found.anchor) == (None, 0, None, None)


async def test_a_row_is_sealed_once_no_lower_id_can_appear(log: LogSite) -> None:
    async with log.database.begin() as slow:
        await add_rows(slow, [row(1)])
        await log.add(2)
        await log.seal()
        assert (await log.fetch("SELECT count(*) FROM audit_seals"))[0][0] == 0
    await log.seal()
    found = await log.verify()
    assert (found.fault, found.rows) == (None, 3)


async def test_a_transaction_that_rolls_back_leaves_a_gap(log: LogSite) -> None:
    await log.add()
    with contextlib.suppress(RuntimeError):
        async with log.database.begin() as connection:
            await add_rows(connection, [row()])
            raise RuntimeError
    await log.add()
    await log.seal()
    assert (await log.verify()).fault is None
    assert [one[0] for one in await log.fetch("SELECT id FROM audit ORDER BY id")] == [1, 3]


async def test_servers_that_seal_at_once_make_one_chain(database: Database, database_url: str) -> None:
    other = await Database.open(database_url)
    sites = [LogSite(database=database, batch=5), LogSite(database=other, batch=5)]
    done = asyncio.Event()

    async def seal(site: LogSite) -> None:
        sealer = site.sealer
        while not done.is_set():
            await sealer.run_once()

    async def add(site: LogSite) -> None:
        for _ in range(40):
            await site.add(2)

    sealing = [asyncio.create_task(seal(site)) for site in sites]
    await asyncio.gather(*map(add, sites))
    done.set()
    await asyncio.gather(*sealing)
    await sites[0].seal()
    found = await sites[1].verify()
    assert (found.fault, found.rows, found.unsealed) == (None, 160, 0)
    await other.close()


@pytest.mark.parametrize(
    ("sql", "first"),
    [
        ("UPDATE audit SET actor = 'eve' WHERE id = 4", 4),
        ("UPDATE audit SET after = NULL WHERE id = 4", 4),
        ("UPDATE audit SET at = at + interval '1 microsecond' WHERE id = 4", 4),
        ("UPDATE audit SET at = 'infinity' WHERE id = 4", 4),
        ("DELETE FROM audit WHERE id = 4", 4),
        ("DELETE FROM audit_seals WHERE id = 4", 4),
        ("WITH gone AS (DELETE FROM audit WHERE id = 4) DELETE FROM audit_seals WHERE id = 4", 5),
        ("WITH gone AS (DELETE FROM audit WHERE id = 1) DELETE FROM audit_seals WHERE id = 1", 2),
        ("WITH gone AS (DELETE FROM audit WHERE id = 10) DELETE FROM audit_seals WHERE id = 10", 9),
        ("WITH gone AS (DELETE FROM audit) DELETE FROM audit_seals", 0),
        ("INSERT INTO audit (id, actor_kind, actor, verb, outcome) VALUES (0, 'user', 'eve', 'x', 'ok')", 0),
        ("INSERT INTO audit (id, actor_kind, actor, verb, outcome) VALUES (-7, 'user', 'eve', 'x', 'ok')", -7),
        ("DELETE FROM audit_marks", 10),
        ("UPDATE audit_marks SET id = 9, hash = (SELECT hash FROM audit_seals WHERE id = 9)", 9),
        ("UPDATE audit_marks SET count = 11", 10),
        ("UPDATE audit_seals SET hash = sha256('x') WHERE id = 10", 10),
    ],
)
async def test_what_an_owner_of_the_database_changes_is_found(log: LogSite, sql: str, first: int) -> None:
    await log.add(10, after={"state": "cordoned"})
    await log.seal()
    await log.tamper(sql)
    found = await log.fault()
    assert found is not None
    assert found[0] == first
    await log.add(3)
    await log.seal()
    after = await log.fault()
    assert after is not None


async def test_rows_that_change_places_are_found(log: LogSite) -> None:
    await log.add(5)
    await log.seal()
    await log.tamper(
        "UPDATE audit SET id = 100 WHERE id = 2",
        "UPDATE audit SET id = 2 WHERE id = 3",
        "UPDATE audit SET id = 3 WHERE id = 100",
    )
    found = await log.fault()
    assert found is not None
    assert found[0] == 2


async def test_a_removed_tail_stays_known_after_new_rows(log: LogSite) -> None:
    await log.add(5)
    await log.seal()
    await log.tamper(
        "DELETE FROM audit WHERE id > 3",
        "DELETE FROM audit_seals WHERE id > 3",
        "UPDATE audit_marks SET id = 3, count = 3, hash = (SELECT hash FROM audit_seals WHERE id = 3)",
    )
    assert await log.fault() == (3, "the head of the log was not signed with the key of this server")
    await log.add(2)
    await log.seal()
    assert await log.fault() == (3, "the head of the log was not signed with the key of this server")


async def test_another_key_is_told(log: LogSite) -> None:
    await log.add(2)
    await log.seal()
    other = LogSite(database=log.database, signer=MarkSigner(b"o" * 32))
    assert await other.fault() == (2, "the head of the log was not signed with the key of this server")


@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE audit SET actor = 'eve'",
        "DELETE FROM audit",
        "TRUNCATE audit",
        "UPDATE audit_seals SET hash = ''",
        "DELETE FROM audit_seals",
        "TRUNCATE audit_seals",
    ],
)
async def test_the_database_refuses_changes(log: LogSite, sql: str) -> None:
    await log.add(2)
    await log.seal()
    with pytest.raises(psycopg.Error, match="append-only"):
        await log.execute(sql)
    assert (await log.verify()).fault is None


class Hostile:
    def __str__(self) -> str:
        raise ValueError


NESTED: list[Any] = []
NESTED.append(NESTED)


@pytest.mark.parametrize(
    "value",
    [
        "\0nul",
        "\ud800 surrogate",
        Hostile(),
        object(),
        math.nan,
        1 << 80,
        NESTED,
        {1: {2: {3}}},
        b"bytes",
        "x" * 1_000_000,
        ["y" * 400] * 10_000,
        {f"k{number}": "v" * 300 for number in range(1000)},
    ],
)
async def test_a_row_that_cannot_be_stored_as_it_is_stops_nobody(log: LogSite, value: Any) -> None:
    await log.add()
    await log.add(before={"value": value}, after={"ok": 1, str(id(value)): value}, reason="\0" * 9000)
    await log.add()
    await log.seal()
    found = await log.verify()
    assert (found.fault, found.rows) == (None, 3)
    assert (await log.fetch("SELECT max(octet_length(after)) FROM audit"))[0][0] < 10_000


async def test_verification_sees_one_state(log: LogSite) -> None:
    """Rows that are added and sealed meanwhile are no fault."""
    await log.add(5)
    await log.seal()
    async with log.database.begin() as connection:
        await seals.freeze(connection)
        await seals.read_marks(connection)
        await log.add(5)
        await log.seal()
        assert len(await seals.rows_behind(connection, 0, 100, 100)) == 5
        assert await statement.fetch(connection, "SELECT count(*) FROM audit_seals") == [(5,)]

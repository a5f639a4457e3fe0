"""Retention of the audit log, and the anchor that it leaves."""

from stroem.store.database import Database
from tests.orchestrator.audit.log_site import LogSite

_AGE = "UPDATE audit SET at = at - interval '10 days' WHERE id <= {}"


async def aged(database: Database, count: int, old: int) -> LogSite:
    """A sealed log whose first `old` rows are ten days old."""
    log = LogSite(database=database)
    await log.add(count)
    await log.tamper(_AGE.format(old))
    await log.seal()
    return log


async def test_old_rows_go_and_verification_goes_on_from_the_anchor(database: Database) -> None:
    log = await aged(database, 10, 4)
    await log.prune(days=9)
    found = await log.verify()
    assert (found.fault, found.rows) == (None, 6)
    assert found.anchor is not None
    assert found.head is not None
    assert (found.anchor.id, found.anchor.count, found.head.count) == (4, 4, 10)
    await log.add(2)
    await log.seal()
    assert (await log.verify()).fault is None
    await log.prune(days=11)
    assert (await log.verify()).rows == 8


async def test_all_rows_may_go(database: Database) -> None:
    log = await aged(database, 2500, 2500)
    await log.prune(days=9)
    found = await log.verify()
    assert (found.fault, found.rows) == (None, 0)
    await log.add(1)
    await log.seal()
    found = await log.verify()
    assert (found.fault, found.rows, found.head and found.head.count) == (None, 1, 2501)


async def test_unsealed_rows_stay(database: Database) -> None:
    log = LogSite(database=database)
    await log.add(3)
    await log.tamper(_AGE.format(3))
    await log.prune(days=9)
    assert (await log.fetch("SELECT count(*) FROM audit"))[0][0] == 3


async def test_an_old_row_behind_a_new_one_stays(database: Database) -> None:
    log = LogSite(database=database)
    await log.add(5)
    await log.tamper("UPDATE audit SET at = at - interval '10 days' WHERE id IN (1, 2, 4)")
    await log.seal()
    await log.prune(days=9)
    assert [one[0] for one in await log.fetch("SELECT id FROM audit ORDER BY id")] == [3, 4, 5]


async def test_a_truncated_head_of_the_log_is_found(database: Database) -> None:
    log = await aged(database, 10, 4)
    await log.prune(days=9)
    await log.tamper("DELETE FROM audit WHERE id <= 6", "DELETE FROM audit_seals WHERE id <= 6")
    found = await log.fault()
    assert found is not None
    assert found[0] == 7


async def test_a_forged_anchor_is_found(database: Database) -> None:
    log = await aged(database, 10, 4)
    await log.prune(days=9)
    await log.tamper(
        "DELETE FROM audit WHERE id <= 6",
        "UPDATE audit_marks SET id = 6, count = 6, hash = (SELECT hash FROM audit_seals WHERE id = 6)"
        " WHERE name = 'anchor'",
        "DELETE FROM audit_seals WHERE id <= 6",
    )
    assert await log.fault() == (6, "the anchor of the log was not signed with the key of this server")


async def test_retention_does_not_hide_what_was_changed(database: Database) -> None:
    log = await aged(database, 10, 8)
    await log.tamper("UPDATE audit SET actor = 'eve' WHERE id = 3")
    before = await log.fault()
    await log.prune(days=9)
    assert await log.fault() == before
    assert before is not None
    assert before[0] == 3
    await log.tamper(_AGE.format(10))
    await log.prune(days=9)
    assert await log.fault() == before


async def test_a_row_that_was_inserted_before_the_anchor_is_told(database: Database) -> None:
    log = await aged(database, 10, 4)
    await log.prune(days=9)
    await log.tamper(
        "INSERT INTO audit (id, at, actor_kind, actor, verb, outcome)"
        " VALUES (2, now() - interval '20 days', 'user', 'eve', 'x', 'ok')"
    )
    found = await log.fault()
    await log.prune(days=9)
    assert found == await log.fault()
    assert found is not None
    assert found[0] == 2

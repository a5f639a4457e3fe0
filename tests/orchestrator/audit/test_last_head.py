"""What an owner of the database does to the whole log, against the head that a server has seen."""

import asyncio
import stat
from pathlib import Path

import attrs
import psycopg
import pytest

from stroem.audit.marks import MarkSigner
from stroem.orchestrator.audit.last_head import LastHead
from stroem.orchestrator.audit.sealer import AuditSealer
from stroem.orchestrator.audit.verifier import AuditVerifier
from stroem.store.audit import seals
from stroem.store.database import Database
from tests.orchestrator.audit.log_site import LogSite

FORGED = "UPDATE audit SET actor = 'eve' WHERE id = 2"
NO_SEALS = "DELETE FROM audit_seals"
NO_MARKS = "DELETE FROM audit_marks"
ANEW = ("DELETE FROM audit", NO_SEALS, NO_MARKS, "SELECT setval('audit_id_seq', 1, false)")


@pytest.fixture
async def log(database: Database, tmp_path: Path) -> LogSite:
    """A sealed log of five rows, and a server that has kept its head in a file."""
    site = LogSite(database=database, file=tmp_path / "audit.head")
    await site.add(5)
    await site.seal()
    return site


async def keeps_fault(log: LogSite) -> bool:
    """Whether verification tells a fault now, after new rows, and on a server that has seen nothing."""
    faults = [await log.fault()]
    await log.add(8)
    await log.seal()
    faults += [await log.fault(), await attrs.evolve(log, file=None).fault()]
    return None not in faults


async def test_rows_that_are_forged_and_never_sealed_are_told(log: LogSite, caplog: pytest.LogCaptureFixture) -> None:
    await log.tamper(FORGED, NO_SEALS, NO_MARKS)
    await log.seal()
    assert "the audit log is not as it was recorded" in caplog.text
    assert await keeps_fault(log)


async def test_a_server_that_has_seen_nothing_misses_the_head(log: LogSite) -> None:
    """A head is signed before there are rows."""
    stranger = attrs.evolve(log, file=None)
    await log.tamper(FORGED, NO_SEALS, NO_MARKS)
    assert await stranger.fault() is not None
    await stranger.seal()
    assert await keeps_fault(stranger)


async def test_a_log_that_begins_anew_is_told(log: LogSite) -> None:
    await log.tamper(*ANEW)
    await log.sealer.begin()
    assert await log.fault() == (5, "the head of the log was removed, after this server had seen row 5")
    assert await keeps_fault(log)


@pytest.mark.parametrize("new_rows", [0, 1, 2, 5])
async def test_a_head_that_is_put_back_is_told(log: LogSite, new_rows: int) -> None:
    """With the rows up to it as they were; whatever comes after them."""
    await log.tamper("CREATE TABLE kept AS SELECT * FROM audit_marks")
    await log.add(2)
    await log.seal()
    await log.tamper(
        "DELETE FROM audit WHERE id > 5",
        "DELETE FROM audit_seals WHERE id > 5",
        NO_MARKS,
        "INSERT INTO audit_marks SELECT * FROM kept",
        "SELECT setval('audit_id_seq', 5)",
    )
    assert await attrs.evolve(log, file=None).fault() is None, "this is what only the file tells"
    if new_rows:
        await log.add(new_rows)
    assert await log.fault() == (5, "the head of the log is at row 5, after this server had seen row 7")
    await log.seal()
    assert await keeps_fault(log)


async def test_another_history_behind_the_same_row_is_told(log: LogSite) -> None:
    """Rows that a stranger to the head has sealed, up to a row beyond it."""
    await log.tamper("DELETE FROM audit WHERE id > 3", "DELETE FROM audit_seals WHERE id > 3", NO_MARKS)
    await log.tamper("SELECT setval('audit_id_seq', 3)")
    forged = LogSite(database=log.database)
    await forged.add(6)
    await forged.seal()
    head = LastHead(log.signer, log.file)
    async with log.database.read() as connection:
        marks = await seals.read_marks(connection)
        fault = head.contradiction(await head.seen(connection), marks["head"], None)
    assert fault is not None
    assert (fault.id, fault.what[:29]) == (5, "the seal of this row is anoth")
    assert await log.fault() is not None
    assert log.last.mark is not None
    assert log.last.mark.fault == fault, "a verification does not make the server forget"
    await log.seal()
    assert await keeps_fault(log)


async def test_a_running_server_needs_no_file(database: Database) -> None:
    signer = MarkSigner(b"k" * 32)
    last = LastHead(signer)
    log = LogSite(database=database)
    await log.add(3)
    await log.seal()
    idle = AuditSealer(database, signer, last)
    await idle.run_once()
    assert last.mark is not None
    assert last.mark.id == 3, "a server that does not seal sees what others have sealed"
    await log.tamper(*ANEW)
    await idle.begin()
    assert (await AuditVerifier(database, signer, last).verify()).fault is not None


async def test_a_fault_that_was_seen_once_stays(log: LogSite) -> None:
    await log.tamper("CREATE TABLE kept AS SELECT * FROM audit_marks", FORGED, NO_MARKS)
    await log.add()
    await log.seal()
    assert await log.fault() is not None
    await log.tamper(
        "UPDATE audit SET actor = 'ada@example.org' WHERE id = 2",
        "DELETE FROM audit WHERE id > 5",
        "DELETE FROM audit_seals WHERE id > 5",
        NO_MARKS,
        "INSERT INTO audit_marks SELECT * FROM kept",
    )
    assert await log.fault() is not None


async def test_a_pruned_head_is_no_fault(database: Database, tmp_path: Path) -> None:
    log = LogSite(database=database, file=tmp_path / "audit.head")
    await log.add(5)
    await log.tamper("UPDATE audit SET at = at - interval '10 days'")
    await log.seal()
    other = LogSite(database=database)
    await other.add(3)
    await other.seal()
    await other.prune(days=9)
    assert log.last.mark is not None
    assert log.last.mark.id == 5
    found = await log.verify()
    assert (found.fault, found.rows, found.anchor and found.anchor.id) == (None, 3, 5)
    await log.tamper("DELETE FROM audit_marks WHERE name = 'anchor'")
    assert await log.fault() is not None


async def test_the_file_is_private_and_replaced(log: LogSite, tmp_path: Path) -> None:
    assert [one.name for one in tmp_path.iterdir()] == ["audit.head"]
    assert stat.S_IMODE((tmp_path / "audit.head").stat().st_mode) == 0o600
    before = (tmp_path / "audit.head").read_bytes()
    await log.add()
    await log.seal()
    assert (tmp_path / "audit.head").read_bytes() != before


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'{"id": 1}', b"other key"])
async def test_a_damaged_file_is_told(log: LogSite, tmp_path: Path, content: bytes) -> None:
    if content == b"other key":
        other = LastHead(MarkSigner(b"o" * 32), tmp_path / "audit.head")
        async with log.database.read() as connection:
            head = (await seals.read_marks(connection))["head"]
        await other.see(MarkSigner(b"o" * 32).sign("head", seals.unsigned(head)), None)
    else:
        (tmp_path / "audit.head").write_bytes(content)
    assert await log.fault() == (0, "audit.head is damaged, or was not signed with the key of this server")
    await log.add()
    await log.seal()
    assert await attrs.evolve(log, file=None).fault() is not None


async def test_a_file_that_cannot_be_written_stops_nothing(
    database: Database, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    log = LogSite(database=database, file=tmp_path / "nowhere" / "audit.head")
    for _ in range(2):
        await log.add()
        await log.seal()
    assert await log.fault() is None
    assert "cannot be kept" in caplog.text


async def test_servers_that_seal_and_verify_at_once_find_nothing(log: LogSite, tmp_path: Path) -> None:
    sites = [attrs.evolve(log, file=tmp_path / name) for name in ("a", "b")]
    lasts = [one.last for one in sites]
    done = asyncio.Event()

    async def seal(last: LastHead) -> None:
        sealer = AuditSealer(log.database, log.signer, last, batch=3)
        while not done.is_set():
            await sealer.run_once()

    sealing = [asyncio.create_task(seal(last)) for last in lasts]
    for number in range(20):
        await log.add(2)
        found = await AuditVerifier(log.database, log.signer, lasts[number % 2]).verify()
        assert found.fault is None
    done.set()
    await asyncio.gather(*sealing)
    assert [await one.fault() for one in sites] == [None, None]


@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE audit_marks SET id = 3, hash = (SELECT hash FROM audit_seals WHERE id = 3), count = 3",
        "DELETE FROM audit_marks",
        "TRUNCATE audit_marks",
        "UPDATE audit_marks SET name = 'anchor'",
        "DELETE FROM audit WHERE id > 3",
        "DELETE FROM audit_seals WHERE id > 3",
    ],
)
async def test_the_database_refuses_to_put_a_head_back(log: LogSite, sql: str) -> None:
    """Also to a session that says that it prunes."""
    with pytest.raises(psycopg.Error, match="append-only"):
        await log.execute_as_pruner(sql)
    assert await log.fault() is None

"""Rows of refused requests: recorded in batches, counted in floods, kept over outages."""

from typing import Any

import attrs
import pytest

from stroem.errors import Unavailable
from stroem.orchestrator.audit import refusals
from stroem.orchestrator.audit.recorder import AuditRecorder
from stroem.orchestrator.audit.refusals import RefusalCounts
from stroem.store import statement
from stroem.store.database import Database
from tests.orchestrator.audit.log_site import row


def test_the_first_of_a_minute_stand_alone_and_the_others_are_counted() -> None:
    counts = RefusalCounts()
    single = [counts.add(row(one, outcome="refused", status=401, address="a"), now=0) for one in range(25)]
    assert [one is not None for one in single] == [True] * 10 + [False] * 15
    assert list(counts.due(now=59)) == []
    (counted,) = counts.due(now=60)
    assert (counted.count, counted.object, counted.address) == (15, "several", "a")
    assert list(counts.due(now=1000)) == []
    assert counts.add(row(outcome="refused", status=401, address="a"), now=61) is not None


def test_statuses_and_addresses_are_counted_apart() -> None:
    counts = RefusalCounts()
    for address in ("a", "b"):
        for status in (401, 403):
            for _ in range(12):
                counts.add(row(outcome="refused", status=status, address=address), now=0)
    assert sorted((one.address, one.status, one.count) for one in counts.due(now=60)) == [
        ("a", 401, 2),
        ("a", 403, 2),
        ("b", 401, 2),
        ("b", 403, 2),
    ]


def test_many_addresses_share_one_count() -> None:
    counts = RefusalCounts()
    kept = 0
    for number in range(5000):
        one = row(outcome="refused", status=401, address=f"2001:db8:0:{number:x}::1")
        kept += counts.add(one, now=0) is not None
    assert kept == refusals.MOST_CLIENTS + refusals.SINGLE_ROWS
    (counted,) = counts.due(now=60)
    assert (counted.address, counted.actor, counted.count) == ("several", "ada@example.org", 5000 - kept)


def test_a_guessed_password_is_not_hidden_behind_other_requests() -> None:
    """Neither by many other requests with the same status, nor by sign-ins to other accounts."""
    counts = RefusalCounts()
    refused: dict[str, Any] = {"outcome": "refused", "status": 401, "address": "a"}
    for number in range(500):
        counts.add(attrs.evolve(row(number, **refused), verb="auth.refresh"), now=0)
        counts.add(attrs.evolve(row(**refused), verb="auth.login", object=f"{number}@example.org"), now=0)
    for number in range(30):
        guess = attrs.evolve(row(**refused), verb="auth.login", object="0@example.org")
        assert (counts.add(guess, now=1) is not None) == (number < 9)
    found = [(one.verb, one.object, one.count) for one in counts.due(now=60)]
    assert ("auth.login", "0@example.org", 21) in found
    assert ("auth.login", "several", 500 - refusals.MOST_ACCOUNTS - refusals.SINGLE_ROWS) in found
    assert ("auth.refresh", "several", 490) in found
    assert len(found) == 3


def test_addresses_of_one_ipv6_network_are_one_client() -> None:
    counts = RefusalCounts()
    refused: dict[str, Any] = {"outcome": "refused", "status": 401}
    kept = sum(counts.add(row(address=f"2001:db8::{n:x}", **refused), now=0) is not None for n in range(100))
    assert kept == refusals.SINGLE_ROWS
    (counted,) = counts.due(now=60)
    assert (counted.address, counted.count) == ("2001:db8::/64", 90)


def test_counts_take_bounded_memory() -> None:
    counts = RefusalCounts()
    for number in range(3000):
        login = attrs.evolve(
            row(outcome="refused", status=401, address=f"{number}"), verb="auth.login", object=f"{number}"
        )
        counts.add(login, now=0)
    assert len(counts._windows) <= refusals.MOST_CLIENTS + 1
    assert len(counts._accounts) <= refusals.MOST_CLIENTS
    list(counts.due(now=60))
    assert (len(counts._windows), len(counts._accounts)) == (0, 0)


async def stored(database: Database) -> list[tuple[str, int]]:
    async with database.read() as connection:
        return [tuple(one) for one in await statement.fetch(connection, "SELECT verb, count FROM audit ORDER BY id")]


async def test_what_is_counted_is_recorded_at_the_end(database: Database) -> None:
    recorder = AuditRecorder(database)
    for _ in range(30):
        recorder.refuse(row(outcome="refused", status=401, address="a"))
    await recorder.run_once()
    assert len(await stored(database)) == 10
    await recorder.flush(is_end=True)
    assert (await stored(database))[10:] == [("job.cancel", 20)]


async def test_rows_wait_for_the_end_of_an_outage(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    recorder = AuditRecorder(database)
    with monkeypatch.context() as away:

        async def insert(rows: object) -> None:
            raise Unavailable(message="away")

        away.setattr(recorder, "_insert", insert)
        recorder.add_later(row(1))
        recorder.add_later(row(2))
        for _ in range(2):
            with pytest.raises(Unavailable):
                await recorder.run_once()
        for _ in range(10_005):
            recorder.add_later(row())
    await recorder.run_once()
    found = await stored(database)
    assert len(found) == 10_001
    assert found[-1] == ("audit.lost", 7)


async def test_a_row_that_the_database_refuses_is_told_and_stops_no_other(database: Database) -> None:
    recorder = AuditRecorder(database)
    recorder.add_later(row())
    recorder.add_later(attrs.evolve(row(), outcome="odd"))  # type: ignore[arg-type]
    recorder.add_later(row())
    await recorder.run_once()
    assert await stored(database) == [("job.cancel", 1), ("job.cancel", 1), ("audit.lost", 1)]

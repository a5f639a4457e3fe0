"""The schedule of followed sources: claims, leases and requests, on SQL alone."""

import datetime
from typing import Any

import pytest

from stroem.store.database import Database
from stroem.store.statement import execute
from stroem.store.workspaces import followed, libraries, workspaces
from stroem.store.workspaces.followed import FollowedRow, Key
from stroem.store.workspaces.workspaces import WorkspaceReport

KEYS: list[Key] = [("workspace", "a"), ("library", "a"), ("set", "a")]


@pytest.fixture
async def entered(database: Database) -> Database:
    """One source of each kind, with one key and due now."""
    async with database.begin() as connection:
        await workspaces.add_workspaces(connection, {"a": 100.0})
        await libraries.add_library(connection, "a", "origin", None, interval=200)
        await followed.enter(connection, "set", {"a": 300.0})
        await execute(connection, "UPDATE followed SET cause = NULL")
    return database


async def claim(database: Database, keys: list[Key] = KEYS, most: int = 64) -> list[FollowedRow]:
    async with database.begin() as connection:
        return await followed.claim_due(connection, keys, most)


async def do(database: Database, call: Any, *given: Any, **named: Any) -> Any:
    async with database.begin() as connection:
        return await call(connection, *given, **named)


async def test_due_sources_of_all_kinds_are_claimed_once_and_move_on_by_their_interval(entered: Database) -> None:
    rows = await claim(entered)
    assert {(row.kind, row.key) for row in rows} == set(KEYS)
    for row in rows:
        interval = {"workspace": 100, "library": 200, "set": 300}[row.kind]
        assert 0.9 * interval <= row.due_in_secs <= 1.1 * interval
        assert (row.polls, row.checked_at) == (1, row.now)
    assert await claim(entered) == []


async def test_only_named_sources_are_claimed_and_no_more_than_asked_for(entered: Database) -> None:
    assert [row.kind for row in await claim(entered, [("library", "a"), ("workspace", "b")])] == ["library"]
    assert len(await claim(entered, most=1)) == 1
    assert len(await claim(entered)) == 1


async def test_a_claim_skips_rows_that_another_transaction_has_locked(entered: Database) -> None:
    async with entered.begin() as other:
        assert len(await followed.claim_due(other, KEYS, 2)) == 2
        assert len(await claim(entered)) == 1


async def test_a_requested_source_is_due_again_after_the_lease_unless_it_is_renewed(entered: Database) -> None:
    await claim(entered)
    await do(entered, followed.ask, [("workspace", "a")], "push", "ada")
    (row,) = await claim(entered)
    assert (row.cause, row.asked_by, row.asks) == ("push", "ada", row.asks)
    assert row.due_in_secs == followed.LEASE_SECS
    await do(entered, execute, "UPDATE followed SET due_at = now()")
    await do(entered, followed.renew_lease, row)
    assert ("workspace", "a") not in {(one.kind, one.key) for one in await claim(entered)}


async def test_a_request_during_a_poll_survives_its_report_and_its_lease(entered: Database) -> None:
    (row,) = [one for one in await claim(entered) if one.kind == "workspace"]
    await do(entered, followed.ask, [("workspace", "a")], "push")
    await do(entered, followed.renew_lease, row)
    report = WorkspaceReport(error="away")
    due_at, _ = await do(entered, workspaces.report_workspace, "a", report, asks=row.asks, next_secs=3600)
    assert due_at <= datetime.datetime.now(datetime.UTC)
    (again,) = await claim(entered)
    assert (again.key, again.cause) == ("a", "push")


async def test_a_report_sets_the_next_poll_and_ends_the_request(entered: Database) -> None:
    await do(entered, followed.ask, [("workspace", "a")], "push", "ada")
    row = await do(entered, followed.take, ("workspace", "a"))
    await do(entered, workspaces.report_workspace, "a", WorkspaceReport(), asks=row.asks, next_secs=500)
    (found,) = await do(entered, workspaces.list_workspaces, ["a"])
    assert (found.schedule.cause, found.schedule.asked_by) == (None, None)
    assert 490 < found.schedule.due_in_secs <= 500


async def test_a_library_report_is_guarded_by_requests_too(entered: Database) -> None:
    row = (await do(entered, libraries.list_libraries, ["a"]))["a"]
    await do(entered, followed.ask, [("library", "a")], "push")
    await do(entered, libraries.report_library, row, 500)
    found = (await do(entered, libraries.list_libraries, ["a"]))["a"]
    assert found.schedule.due_in_secs <= 0
    assert found.schedule.cause == "push"


async def test_a_source_is_taken_before_it_is_due(entered: Database) -> None:
    await claim(entered)
    row = await do(entered, followed.take, ("set", "a"))
    assert (row.polls, row.due_in_secs) == (2, 300)
    assert await do(entered, followed.take, ("set", "b")) is None


async def test_another_interval_counts_from_the_next_claim_on(entered: Database) -> None:
    await do(entered, followed.enter, "set", {"a": 1000.0, "b": 50.0})
    rows = {row.key: row for row in await claim(entered, [("set", "a"), ("set", "b")])}
    assert 900 <= rows["a"].due_in_secs <= 1100
    assert 45 <= rows["b"].due_in_secs <= 55


async def test_the_next_poll_is_that_of_the_first_source(entered: Database) -> None:
    await claim(entered)
    secs = await do(entered, followed.secs_until_due, KEYS)
    assert 80 < secs <= 110
    assert await do(entered, followed.secs_until_due, [("set", "b")]) is None


async def test_only_libraries_that_no_server_polls_are_forgotten(entered: Database) -> None:
    await do(entered, execute, "UPDATE followed SET due_at = now() - interval '31 days'")
    assert await do(entered, libraries.forget_libraries, 10) == 1
    assert {row.kind for row in await claim(entered)} == {"workspace", "set"}

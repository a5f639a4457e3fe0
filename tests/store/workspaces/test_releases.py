"""Guards of releases, approvals and overrides, on SQL alone."""

import datetime
from typing import Any

import pytest

from stroem.records.condition import Approval, Override, Waiting
from stroem.store.database import Database
from stroem.store.workspaces import overrides, releases, workspaces
from stroem.store.workspaces.releases import Draft
from stroem.store.workspaces.workspaces import WorkspaceReport

NOW = datetime.datetime(2026, 1, 1, tzinfo=datetime.UTC)


@pytest.fixture
async def added(database: Database) -> Database:
    """A database with the workspace `main`."""
    await do(database, workspaces.add_workspaces, {"main": 30.0})
    return database


async def do(database: Database, call: Any, *given: Any, **named: Any) -> Any:
    async with database.begin() as connection:
        return await call(connection, *given, **named)


def draft(revision: str) -> Draft:
    return Draft(
        workspace="main",
        revision=revision,
        manifest=f"files of {revision}",
        tasks_count=1,
        actions_count=0,
        triggers_count=0,
        connections_count=0,
        changes=(),
    )


def waiting(manifest: str) -> WorkspaceReport:
    found = Waiting(revision="r", manifest=manifest, reasons=("approval",), message="waits", since=NOW)
    return WorkspaceReport(waiting=found)


async def test_a_release_is_made_only_on_the_base_that_is_current(added: Database) -> None:
    first = await do(added, releases.make_current, draft("one"), None)
    assert await do(added, releases.make_current, draft("late"), None) is None
    second = await do(added, releases.make_current, draft("two"), first.id)
    assert (first.number, second.number) == (1, 2)
    (row,) = await do(added, workspaces.list_workspaces, ["main"])
    assert row.current_release == second.id


async def test_only_what_waits_is_approved_and_a_release_uses_the_approval_up(added: Database) -> None:
    await do(added, workspaces.report_workspace, "main", waiting("abc"), asks=0, next_secs=3600)
    assert not await do(added, workspaces.approve_waiting, "main", Approval(manifest="other", by="ada", at=NOW))
    assert await do(added, workspaces.approve_waiting, "main", Approval(manifest="abc", by="ada", at=NOW))
    (row,) = await do(added, workspaces.list_workspaces, ["main"])
    assert (row.approved.manifest, row.schedule.cause, row.schedule.asked_by) == ("abc", "approval", "ada")
    assert row.schedule.due_in_secs <= 0
    await do(added, releases.make_current, draft("one"), None)
    (row,) = await do(added, workspaces.list_workspaces, ["main"])
    assert row.approved is None


async def test_overrides_that_others_set_are_noticed(added: Database) -> None:
    suspended = Override(kind="suspended", by="ada", at=NOW)
    assert await do(added, overrides.is_followed_as, "main", [])
    await do(added, overrides.set_override, "main", suspended)
    assert not await do(added, overrides.is_followed_as, "main", [])
    assert await do(added, overrides.is_followed_as, "main", [suspended])
    assert await do(added, overrides.drop_overrides, "main", ["suspended"]) == [("suspended", "")]
    assert await do(added, overrides.is_followed_as, "main", [])

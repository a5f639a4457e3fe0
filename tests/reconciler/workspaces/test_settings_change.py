"""Settings that change while everything runs, also when the database goes away in the middle."""

import asyncio
from pathlib import Path
from typing import Any

import attrs
import pytest

from stroem.errors import Unavailable
from stroem.reconciler.sources.sources import Sources
from stroem.registry.registry import Registry
from stroem.settings.server import SourceLimitSettings, WorkspaceSettings
from stroem.store.database import Database
from stroem.store.events.events import EventFilter
from stroem.store.lists.event_list import list_events
from tests.reconciler.conftest import MakeReconciler, folder_settings, write_task


@pytest.fixture
def sources(registry: Registry, tmp_path: Path) -> Sources:
    return Sources(registry=registry, cache=tmp_path / "cache")


async def kinds_of_events(database: Database, workspace: str) -> list[str]:
    async with database.read() as connection:
        found = await list_events(connection, EventFilter(workspace=workspace), limit=50)
    return [event.kind for event in reversed(found)]


@pytest.mark.parametrize("broken", ["the rows", "the events"])
async def test_an_outage_in_the_middle_is_made_up_for(
    make_reconciler: MakeReconciler, folder: Path, database: Database, sources: Sources, monkeypatch: Any, broken: str
) -> None:
    write_task(folder, "build")
    reconciler = make_reconciler()
    await reconciler.replicas.restore()
    wanted = {"main": folder_settings(folder), "new": folder_settings(folder)}

    async def fail(*_: Any) -> None:
        raise Unavailable(message="away")

    with monkeypatch.context() as patch:
        if broken == "the rows":
            patch.setattr("stroem.store.workspaces.workspaces.add_workspaces", fail)
        else:
            patch.setattr(reconciler.changes, "_deps", attrs.evolve(reconciler.deps, record=fail))
        with pytest.raises(Unavailable):
            await reconciler.changes.apply(wanted, {}, sources)
    await reconciler.changes.apply(wanted, {}, sources)
    assert (await reconciler.pipeline.reconcile("new")).release is not None
    assert (await kinds_of_events(database, "new"))[:1] == ["workspace_added"]
    await reconciler.changes.apply(wanted, {}, sources)
    assert (await kinds_of_events(database, "new")).count("workspace_added") == 1


async def test_sources_that_are_set_as_before_stay(
    make_reconciler: MakeReconciler, database: Database, sources: Sources, tmp_path: Path
) -> None:
    git = WorkspaceSettings(type="git", options={"url": str(tmp_path / "repository")})
    reconciler = make_reconciler(one=git, two=git)
    await reconciler.replicas.restore()
    before = reconciler.workspaces.get("one").source
    await reconciler.changes.apply({"one": git, "two": attrs.evolve(git, poll_interval_secs=7)}, {}, sources)
    assert reconciler.workspaces.get("one").source is before
    assert await kinds_of_events(database, "one") == []
    assert await kinds_of_events(database, "two") == ["workspace_changed"]
    limited = attrs.evolve(git, limits=SourceLimitSettings(files=5))
    await reconciler.changes.apply({"one": limited, "two": git}, {}, sources)
    assert reconciler.workspaces.get("one").source is not before


async def test_a_round_during_the_restoring_of_a_workspace_is_not_undone(
    make_reconciler: MakeReconciler, folder: Path, sources: Sources, monkeypatch: Any
) -> None:
    """A workspace comes back, and while its last release is read a newer one is made."""
    write_task(folder, "build")
    elsewhere = make_reconciler()
    await elsewhere.replicas.restore()
    await elsewhere.pipeline.reconcile("main")
    write_task(folder, "test")
    reconciler = make_reconciler(other=folder_settings(folder))
    await reconciler.replicas.restore()
    read, may_go_on = asyncio.Event(), asyncio.Event()
    get = reconciler.deps.blobs.get

    async def wait(digest: str) -> bytes:
        found = await get(digest)
        if not read.is_set():
            read.set()
            await may_go_on.wait()
        return found

    monkeypatch.setattr(reconciler.deps.blobs, "get", wait)
    back = {"other": folder_settings(folder), "main": folder_settings(folder)}
    setting = asyncio.create_task(reconciler.changes.apply(back, {}, sources))
    await read.wait()
    round_ = asyncio.create_task(reconciler.pipeline.reconcile("main"))
    for _ in range(20):
        await asyncio.sleep(0.01)
    may_go_on.set()
    await asyncio.gather(setting, round_)
    live = reconciler.catalog.get("main")
    assert live.release.number == 2
    assert set(live.definitions.tasks) == {"build", "test"}


async def test_what_is_said_of_other_workspaces_follows_them(
    make_reconciler: MakeReconciler, folder: Path, tmp_path: Path, sources: Sources
) -> None:
    (folder / ".workflows" / "a.yaml").write_text("tasks:\n  a: {flow: {one: {action: other.build-action}}}\n")
    write_task(tmp_path / "other", "build")
    main = {"main": folder_settings(folder)}
    reconciler = make_reconciler(**main)
    await reconciler.replicas.restore()
    statuses = [await reconciler.pipeline.reconcile("main")]
    await reconciler.changes.apply({**main, "other": folder_settings(tmp_path / "other")}, {}, sources)
    statuses.append(await reconciler.pipeline.reconcile("main"))
    await reconciler.changes.apply(main, {}, sources)
    statuses.append(await reconciler.pipeline.reconcile("main"))
    said = [[(problem.code, problem.severity) for problem in status.problems] for status in statuses]
    assert said == [
        [("unknown-library", "warning")],
        [("outside-workspace", "warning")],
        [("unknown-library", "warning")],
    ]
    assert [(status.error, status.release and status.release.number) for status in statuses] == [(None, 1)] * 3


async def test_settings_that_cannot_be_used_are_not_said_to_heal_by_themselves(
    make_reconciler: MakeReconciler,
) -> None:
    reconciler = make_reconciler(main=WorkspaceSettings(type="floppy"))
    await reconciler.replicas.restore()
    status = await reconciler.pipeline.reconcile("main")
    assert {one.type: (one.status, one.reason) for one in status.conditions} == {
        "Ready": (False, "Failed"),
        "Reconciling": (False, "Idle"),
        "Stalled": (True, "Failed"),
    }

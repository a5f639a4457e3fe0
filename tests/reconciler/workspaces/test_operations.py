"""Workspace operations during rounds: no round in progress overrules them."""

import asyncio
import itertools
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import psycopg
import pytest

from stroem.errors import Unavailable
from stroem.reconciler.following import followed
from stroem.reconciler.services import Reconciler
from stroem.reconciler.workspaces import replica_sync, stages
from stroem.reconciler.workspaces.context import Context
from stroem.store.database import Database
from stroem.store.events.events import EventFilter
from stroem.store.lists.event_list import list_events
from stroem.store.statement import execute
from stroem.store.workspaces import workspaces
from tests.reconciler.conftest import MakeReconciler, write_task


async def started(reconciler: Reconciler) -> Reconciler:
    await reconciler.replicas.restore()
    return reconciler


async def kinds_of_events(database: Database) -> list[str]:
    async with database.read() as connection:
        found = await list_events(connection, EventFilter(workspace="main"), limit=50)
    return [event.kind for event in reversed(found)]


async def test_a_round_that_is_under_way_respects_that_the_workspace_is_suspended(
    make_reconciler: MakeReconciler, folder: Path
) -> None:
    about_to_apply, may_apply = asyncio.Event(), asyncio.Event()
    current = list(stages.STAGES)
    slow, other = await started(make_reconciler(stages=current)), await started(make_reconciler())
    write_task(folder, "build")
    await slow.pipeline.reconcile("main")
    write_task(folder, "test")

    async def wait(context: Context) -> bool:
        about_to_apply.set()
        await may_apply.wait()
        return True

    current.insert(-1, wait)
    slowly = asyncio.create_task(slow.pipeline.reconcile("main"))
    await about_to_apply.wait()
    suspended = await other.operations.suspend("main", "ada", None)
    may_apply.set()
    status = await slowly
    assert (suspended.release.number, status.release.number) == (1, 1)
    assert status.condition("Ready").reason == "Suspended"


async def test_who_suspends_a_failing_workspace_does_not_heal_it(
    make_reconciler: MakeReconciler, folder: Path, tmp_path: Path, database: Database
) -> None:
    write_task(folder, "build")
    reconciler = await started(make_reconciler())
    await reconciler.pipeline.reconcile("main")
    folder.rename(tmp_path / "away")
    assert (await reconciler.pipeline.reconcile("main")).failures == 1
    operations = reconciler.operations
    await operations.suspend("main", "ada", None)
    assert "recovered" not in await kinds_of_events(database)
    (tmp_path / "away").rename(folder)
    assert (await operations.resume("main", "ada")).failures == 0
    assert (await kinds_of_events(database))[-1] == "recovered"


async def test_a_release_that_could_not_be_read_is_read_later(
    make_reconciler: MakeReconciler, folder: Path, monkeypatch: Any
) -> None:
    """A suspended workspace has only its release to live on."""
    write_task(folder, "build")
    first = await started(make_reconciler())
    await first.pipeline.reconcile("main")
    await first.operations.suspend("main", "ada", None)
    reconciler = make_reconciler()

    async def fail(_: str) -> bytes:
        raise Unavailable(message="the blob store is away")

    with monkeypatch.context() as patch:
        patch.setattr(reconciler.deps.blobs, "get", fail)
        await reconciler.replicas.restore()
    assert reconciler.catalog.get("main").definitions is None
    await reconciler.replicas.show_changed()
    assert set(reconciler.catalog.get("main").definitions.tasks) == {"build"}


@pytest.mark.parametrize("error", [Unavailable(message="away"), psycopg.errors.QueryCanceled("too slow")])
async def test_changes_during_an_outage_are_seen_after_it(
    make_reconciler: MakeReconciler, folder: Path, database: Database, monkeypatch: Any, error: Exception
) -> None:
    monkeypatch.setattr(followed, "POLL_SECS", 0.01)
    clock = itertools.count(step=100)
    monkeypatch.setattr(replica_sync, "time", SimpleNamespace(monotonic=lambda: next(clock)))
    write_task(folder, "build")
    reconciler = await started(make_reconciler())
    look, tries = workspaces.changed_workspaces, 0

    async def fail_first(*given: Any) -> Any:
        nonlocal tries
        tries += 1
        if tries == 1:
            async with database.begin() as connection:
                await execute(connection, "UPDATE workspaces SET changed_at = clock_timestamp() - interval '1000 s'")
        if tries < 20:
            raise error
        return await look(*given)

    monkeypatch.setattr(workspaces, "changed_workspaces", fail_first)
    looking = asyncio.create_task(reconciler.replicas.poll_changes())
    try:
        async with asyncio.timeout(60):
            await reconciler.replicas.woken.wait()
    finally:
        looking.cancel()
        await asyncio.gather(looking, return_exceptions=True)


async def test_what_is_set_elsewhere_during_a_round_is_seen_after_it(
    make_reconciler: MakeReconciler, folder: Path
) -> None:
    (folder / ".workflows" / "cron.yaml").write_text(
        "triggers:\n  nightly: {type: scheduler, cron: '0 3 * * *', task: build}\n"
    )
    write_task(folder, "build")
    reconciler = await started(make_reconciler())
    other = await started(make_reconciler(tell_others=reconciler.replicas.hear))
    await other.pipeline.reconcile("main")
    source, has_begun, may_go_on = reconciler.workspaces.get("main").source, asyncio.Event(), asyncio.Event()
    whole = source.fetch

    async def fetch_slowly(previous: Any, ref: str | None = None) -> Any:
        has_begun.set()
        await may_go_on.wait()
        return await whole(previous, ref)

    object.__setattr__(source, "fetch", fetch_slowly)
    slowly = asyncio.create_task(reconciler.pipeline.reconcile("main", cause="push"))
    await has_begun.wait()
    await other.operations.pause_trigger("main", "nightly", "ada", None)
    await reconciler.replicas.show_changed()
    may_go_on.set()
    await slowly
    await reconciler.replicas.show_changed()
    assert "nightly" in reconciler.catalog.get("main").paused_triggers

"""What keeps going on: one that is slow, an outage, and whoever asks meanwhile."""

import asyncio
from pathlib import Path
from typing import Any

from stroem.errors import Unavailable
from stroem.reconciler.following import followed
from stroem.reconciler.services import Reconciler
from stroem.reconciler.workspaces import pipeline
from stroem.settings.server import LibrarySettings
from stroem.store.database import Database
from stroem.store.events.events import EventFilter, add_events
from stroem.store.lists.event_list import list_events
from stroem.store.statement import execute, fetch
from stroem.store.workspaces import followed as schedules
from stroem.store.workspaces import workspaces
from tests.reconciler.conftest import MakeReconciler, folder_settings, poll_library, running, write_task
from tests.support.wait import eventually


def is_at(reconciler: Reconciler, name: str, number: int) -> bool:
    live = reconciler.catalog.get(name)
    return live is not None and live.release is not None and live.release.number == number


async def test_asking_for_a_slow_workspace_hinders_no_other(
    make_reconciler: MakeReconciler, folder: Path, tmp_path: Path, monkeypatch: Any
) -> None:
    monkeypatch.setattr(pipeline, "_AT_ONCE", 2)
    write_task(folder, "build")
    write_task(tmp_path / "other", "build")
    reconciler = make_reconciler(main=folder_settings(folder), other=folder_settings(tmp_path / "other"))
    source = reconciler.workspaces.get("main").source
    entered, may_go_on = asyncio.Event(), asyncio.Event()
    whole, calls = source.fetch, 0

    async def wait(previous: Any, ref: str | None = None) -> Any:
        nonlocal calls
        calls += 1
        entered.set()
        await may_go_on.wait()
        return await whole(previous, ref)

    object.__setattr__(source, "fetch", wait)
    await reconciler.replicas.restore()
    async with running(reconciler):
        await eventually(lambda: is_at(reconciler, "other", 1))
        await entered.wait()
        for _ in range(20):
            reconciler.requests.add(("workspace", "main"), "push")
            await asyncio.sleep(0.01)
        write_task(tmp_path / "other", "test")
        reconciler.requests.add(("workspace", "other"), "push")
        await eventually(lambda: is_at(reconciler, "other", 2))
        may_go_on.set()
        await eventually(lambda: is_at(reconciler, "main", 1))
        await eventually(lambda: calls >= 2)
    assert calls < 5


async def test_what_an_outage_kept_from_being_stored_is_stored_soon(
    make_reconciler: MakeReconciler, folder: Path, database: Database, monkeypatch: Any
) -> None:
    monkeypatch.setattr(followed, "POLL_SECS", 0.05)
    write_task(folder, "build")
    reconciler = make_reconciler()
    monkeypatch.setattr(reconciler.loop._watchers, "update", lambda _: None)
    report, failed = workspaces.report_workspace, asyncio.Event()

    async def fail_once(*given: Any, **named: Any) -> Any:
        if not failed.is_set():
            failed.set()
            raise Unavailable(message="away")
        return await report(*given, **named)

    monkeypatch.setattr(workspaces, "report_workspace", fail_once)
    await reconciler.replicas.restore()

    async def stored() -> bool:
        async with database.read() as connection:
            ((observed,),) = await fetch(connection, "SELECT observed FROM workspaces")
        return observed is not None

    async with running(reconciler):
        await eventually(stored, "the report is stored")
    assert failed.is_set()


async def test_a_release_that_was_not_made_is_not_told(
    make_reconciler: MakeReconciler, folder: Path, database: Database
) -> None:
    write_task(folder, "build")
    failed = False

    async def fail_once(connection: Any, events: Any) -> object:
        nonlocal failed
        if not failed and any(event.kind == "released" for event in events):
            failed = True
            raise Unavailable(message="away")
        return await add_events(connection, events)

    reconciler = make_reconciler(record=fail_once)
    await reconciler.replicas.restore()
    assert (await reconciler.pipeline.reconcile("main")).release is None
    assert (await reconciler.pipeline.reconcile("main")).release is not None
    async with database.read() as connection:
        found = await list_events(connection, EventFilter(workspace="main"), limit=50)
    assert [event.kind for event in found].count("released") == 1


async def test_a_library_that_is_asked_for_during_a_look_is_looked_at_again(
    make_reconciler: MakeReconciler, folder: Path, database: Database, tmp_path: Path
) -> None:
    (tmp_path / "library" / ".workflows").mkdir(parents=True)
    write_task(folder, "build")
    settings = LibrarySettings(type="folder", options={"path": str(tmp_path / "library")}, poll_interval_secs=3600)
    reconciler = make_reconciler(libraries={"notify": settings})
    await reconciler.replicas.restore()
    await reconciler.pipeline.reconcile("main")
    (library,) = [reconciler.libraries.get_followed(key) for key in reconciler.libraries.keys]
    assert library is not None
    whole = library.source.fetch

    async def fetch_while_somebody_asks(previous: Any, ref: str | None = None) -> Any:
        async with database.begin() as connection:
            await schedules.ask(connection, [("library", library.key)], "push")
        return await whole(previous, ref)

    object.__setattr__(library.source, "fetch", fetch_while_somebody_asks)
    await poll_library(reconciler, library.key)
    assert [row.key for _, row in await reconciler.loop.claim_due()] == [library.key]


async def test_workspaces_that_are_gone_do_not_slow_down_the_claim(database: Database) -> None:
    """They stay due for ever, and each is told from those that are there at one stroke."""
    for statement in (schedules._CLAIM, schedules._NEXT):
        names = ["workspace", "library", "set", "lease", "most"]
        given = [name for name in names if f"%({name})s" in statement]
        types = {"workspace": "text[]", "library": "text[]", "set": "text[]", "lease": "float", "most": "int"}
        values = {"workspace": "'{a,b}'", "library": "'{}'", "set": "'{}'", "lease": "1", "most": "1"}
        for number, name in enumerate(given, 1):
            statement = statement.replace(f"%({name})s", f"${number}")
        async with database.read() as connection:
            await execute(connection, f"PREPARE asked ({', '.join(types[name] for name in given)}) AS {statement}")
            arguments = ", ".join(values[name] for name in given)
            lines = [row[0] for row in await fetch(connection, f"EXPLAIN EXECUTE asked ({arguments})")]
            await execute(connection, "DEALLOCATE asked")
        assert any("hashed" in line for line in lines)
        assert any("Index Scan using followed_due" in line for line in lines)

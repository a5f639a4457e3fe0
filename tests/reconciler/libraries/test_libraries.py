"""Libraries are fetched once, and move the workspaces that use them."""

import asyncio
import socket
from pathlib import Path
from typing import Any

import pytest

from stroem.orchestrator.retention.release_pruner import ReleasePruner
from stroem.reconciler.services import Reconciler
from stroem.reconciler.workspaces.conditions import library_conditions
from stroem.settings.server import LibrarySettings
from stroem.store.database import Database
from stroem.store.statement import execute, fetch
from stroem.store.workspaces import libraries
from tests.reconciler.conftest import MakeReconciler, folder_settings, poll_library, write_task

USES = """\
tasks:
  tell:
    flow:
      one: {action: notify/send, input: {text: hello}}
"""


def write_library(folder: Path, text: str = "echo sending") -> None:
    (folder / ".workflows").mkdir(parents=True, exist_ok=True)
    (folder / "send.sh").write_text(text)
    (folder / ".workflows" / "notify.yaml").write_text(
        "actions:\n  send:\n    type: script\n    source: send.sh\n    input: {text: {type: string}}\n"
        "triggers:\n  ignored: {type: scheduler, cron: '* * * * *', task: nothing}\n"
    )


def common(folder: Path) -> dict[str, LibrarySettings]:
    return {"notify": LibrarySettings(type="folder", options={"path": str(folder)}, poll_interval_secs=3600)}


async def make(make_reconciler: MakeReconciler, folder: Path, library: Path) -> Reconciler:
    reconciler = make_reconciler(libraries=common(library))
    (folder / ".workflows" / "tell.yaml").write_text(USES)
    await reconciler.replicas.restore()
    return reconciler


async def look_at_libraries(reconciler: Reconciler) -> None:
    for key in reconciler.libraries.keys:
        await poll_library(reconciler, key)


async def test_a_workspace_uses_a_library_of_the_settings(
    make_reconciler: MakeReconciler, folder: Path, tmp_path: Path
) -> None:
    write_library(tmp_path / "library")
    reconciler = await make(make_reconciler, folder, tmp_path / "library")
    status = await reconciler.pipeline.reconcile("main")
    assert status.error is None
    assert status.release is not None
    (library,) = status.release.libraries
    assert (library.name, library.origin) == ("notify", str(tmp_path / "library"))
    live = reconciler.catalog.get("main")
    assert live is not None
    assert live.definitions is not None
    assert set(live.definitions.actions) == {"notify.send"}
    assert live.definitions.triggers == {}
    assert live.definitions.tasks["tell"].flow["one"].action == "notify.send"


async def test_a_library_that_moves_makes_a_release_of_each_user(
    make_reconciler: MakeReconciler, folder: Path, tmp_path: Path, database: Database
) -> None:
    write_library(tmp_path / "library")
    reconciler = await make(make_reconciler, folder, tmp_path / "library")
    first = (await reconciler.pipeline.reconcile("main")).release
    write_library(tmp_path / "library", "echo sending better")
    await look_at_libraries(reconciler)
    assert [request.key for request in reconciler.requests.take(())] == [("workspace", "main")]
    second = (await reconciler.pipeline.reconcile("main", cause="library")).release
    assert first is not None
    assert second is not None
    assert (second.number, second.revision, second.cause) == (2, first.revision, "library")
    assert second.manifest != first.manifest
    assert second.libraries[0].revision != first.libraries[0].revision
    other = make_reconciler(libraries=common(tmp_path / "library"))
    await other.replicas.restore()
    assert other.catalog.get("main").release == second
    assert other.catalog.get("main").definitions == reconciler.catalog.get("main").definitions
    async with database.read() as connection:
        assert await fetch(connection, "SELECT count(*) FROM libraries") == [(1,)]


async def test_a_broken_library_names_itself_and_holds_its_users(
    make_reconciler: MakeReconciler, folder: Path, tmp_path: Path
) -> None:
    write_library(tmp_path / "library")
    reconciler = await make(make_reconciler, folder, tmp_path / "library")
    good = await reconciler.pipeline.reconcile("main")
    (tmp_path / "library" / ".workflows" / "bad.yaml").write_text("actions: {x: {type: nonsense}}\n")
    await look_at_libraries(reconciler)
    write_task(folder, "new")
    held = await reconciler.pipeline.reconcile("main")
    assert held.release == good.release
    assert held.error is not None
    assert "Library 'notify'" in held.error
    assert "bad.yaml:1" in held.error
    (library,) = [reconciler.libraries.get_followed(key) for key in reconciler.libraries.keys]
    shown = {one.type: (one.status, one.reason) for one in library_conditions(library.row)}
    assert shown == {"Ready": (False, "Invalid"), "Reconciling": (False, "Idle"), "Stalled": (True, "Invalid")}
    (tmp_path / "library" / ".workflows" / "bad.yaml").unlink()
    await look_at_libraries(reconciler)
    healed = await reconciler.pipeline.reconcile("main")
    assert healed.error is None
    assert healed.release.number == 2


async def test_a_library_that_is_away_stays_as_it_last_was(
    make_reconciler: MakeReconciler, folder: Path, tmp_path: Path
) -> None:
    write_library(tmp_path / "library")
    reconciler = await make(make_reconciler, folder, tmp_path / "library")
    await reconciler.pipeline.reconcile("main")
    (tmp_path / "library").rename(tmp_path / "away")
    await look_at_libraries(reconciler)
    write_task(folder, "new")
    status = await reconciler.pipeline.reconcile("main")
    assert status.error is None
    assert status.release.number == 2
    assert any("does not exist" in warning for warning in status.warnings)


async def test_a_workspace_declares_a_library_inside_itself(make_reconciler: MakeReconciler, folder: Path) -> None:
    write_library(folder / "shared" / "notify")
    (folder / ".workflows" / "tell.yaml").write_text(USES)
    (folder / ".stroem.yaml").write_text("libraries:\n  notify: {type: folder, path: shared/notify}\n")
    reconciler = make_reconciler()
    await reconciler.replicas.restore()
    status = await reconciler.pipeline.reconcile("main")
    assert status.error is None, status.problems
    assert status.release.libraries[0].origin == "shared/notify/"
    write_library(folder / "shared" / "notify", "echo other")
    assert (await reconciler.pipeline.reconcile("main")).release.number == 2
    again = make_reconciler()
    await again.replicas.restore()
    assert again.catalog.get("main").definitions == reconciler.catalog.get("main").definitions


async def test_a_workspace_may_not_declare_whatever_it_likes(
    make_reconciler: MakeReconciler, folder: Path, tmp_path: Path
) -> None:
    write_task(folder, "build")
    reconciler = make_reconciler(main=folder_settings(folder), library_urls=("https://example.org/*",))
    await reconciler.replicas.restore()
    for declared, said in (
        ("{type: git, url: 'file:///etc'}", "allows https://example.org/*"),
        ("{type: git, url: 'https://example.org/x', auth: prod}", "git_auth.prod"),
    ):
        (folder / ".stroem.yaml").write_text(f"libraries:\n  x: {declared}\n")
        status = await reconciler.pipeline.reconcile("main")
        assert said in (status.error or ""), status.error
        assert status.release is None


async def test_a_workspace_does_not_learn_which_ports_are_open(make_reconciler: MakeReconciler, folder: Path) -> None:
    write_task(folder, "build")
    reconciler = make_reconciler(main=folder_settings(folder), library_urls=("https://*", "ssh://*", "git@*"))
    await reconciler.replicas.restore()
    with socket.create_server(("127.0.0.1", 0)) as listening, socket.create_server(("127.0.0.1", 0)) as closed:
        ports = [listening.getsockname()[1], closed.getsockname()[1]]
        closed.close()
        listening.setblocking(False)
        told = set()
        for url in (f"{kind}://127.0.0.1:{port}/x" for kind in ("https", "ssh") for port in ports):
            (folder / ".stroem.yaml").write_text(f"libraries:\n  x: {{type: git, url: '{url}'}}\n")
            told.add(((await reconciler.pipeline.reconcile("main")).error or "").replace(url, "URL"))
        with pytest.raises(BlockingIOError):
            listening.accept()
    assert len(told) == 1
    assert "127.0.0.1 is not a public address" in told.pop()


async def test_a_declaration_with_mistakes_is_the_only_problem(make_reconciler: MakeReconciler, folder: Path) -> None:
    (folder / ".workflows" / "tell.yaml").write_text(USES)
    (folder / ".stroem.yaml").write_text("libraries:\n  notify: {type: folder, pth: libs/notify}\n")
    reconciler = make_reconciler()
    await reconciler.replicas.restore()
    problems = (await reconciler.pipeline.reconcile("main")).problems
    assert {(problem.file, problem.code) for problem in problems} == {
        (".stroem.yaml", "unknown-key"),
        (".stroem.yaml", "missing-key"),
    }


async def test_whoever_sees_a_library_move_wakes_its_users(
    make_reconciler: MakeReconciler, folder: Path, tmp_path: Path
) -> None:
    """Another server had the rounds of the workspace so far."""
    write_library(tmp_path / "library")
    other = await make(make_reconciler, folder, tmp_path / "library")
    await other.pipeline.reconcile("main")
    reconciler = await make(make_reconciler, folder, tmp_path / "library")
    write_library(tmp_path / "library", "echo sending better")
    await look_at_libraries(reconciler)
    assert ("workspace", "main") in reconciler.requests


async def test_who_read_how_a_library_was_does_not_bring_it_back(
    make_reconciler: MakeReconciler, folder: Path, tmp_path: Path, monkeypatch: Any
) -> None:
    """A round has read the row of a library when a look makes a newer one."""
    write_library(tmp_path / "library")
    reconciler = await make(make_reconciler, folder, tmp_path / "library")
    await reconciler.pipeline.reconcile("main")
    (key,) = reconciler.libraries.keys
    library = reconciler.libraries.get_followed(key)
    read, has_read, may_go_on = libraries.list_libraries, asyncio.Event(), asyncio.Event()

    async def read_slowly(connection: Any, keys: Any) -> Any:
        found = await read(connection, keys)
        if not has_read.is_set():
            has_read.set()
            await may_go_on.wait()
        return found

    monkeypatch.setattr(libraries, "list_libraries", read_slowly)
    slow = asyncio.create_task(reconciler.libraries.ready([key]))
    await has_read.wait()
    write_library(tmp_path / "library", "echo sending better")
    await poll_library(reconciler, key)
    newest = library.state.revision
    may_go_on.set()
    await slow
    assert library.state.revision == newest


async def test_an_idle_look_reads_no_list_of_files(make_reconciler: MakeReconciler, folder: Path) -> None:
    write_library(folder / "shared" / "notify")
    (folder / ".workflows" / "tell.yaml").write_text(USES)
    (folder / ".stroem.yaml").write_text("libraries:\n  notify: {type: folder, path: shared/notify}\n")
    reconciler = make_reconciler()
    await reconciler.replicas.restore()
    await reconciler.pipeline.reconcile("main")
    workspace = reconciler.workspaces.get("main")

    class Unread(tuple):
        def __iter__(self) -> Any:
            raise AssertionError("the files were gone through")

    object.__setattr__(workspace.snapshot, "files", Unread(workspace.snapshot.files))

    async def same(previous: Any, ref: str | None = None) -> Any:
        return previous

    object.__setattr__(workspace.source, "fetch", same)
    assert (await reconciler.pipeline.reconcile("main")).error is None


async def test_a_library_that_nobody_uses_any_more_is_forgotten(
    make_reconciler: MakeReconciler, folder: Path, tmp_path: Path, database: Database
) -> None:
    write_library(tmp_path / "library")
    reconciler = await make(make_reconciler, folder, tmp_path / "library")
    await reconciler.pipeline.reconcile("main")
    sweeper = ReleasePruner(database, kept=20, interval_secs=1)
    async with database.begin() as connection:
        await libraries.add_library(connection, libraries.SET_OF_WORKSPACES, "the set", None, interval=30, kind="set")
        await execute(connection, "UPDATE followed SET due_at = now() - interval '29 days'")
    await sweeper.run_once()
    async with database.begin() as connection:
        ((manifest,),) = await fetch(connection, "SELECT manifest FROM libraries WHERE manifest IS NOT NULL")
        await execute(connection, "UPDATE followed SET due_at = now() - interval '31 days'")
    await sweeper.run_once()
    async with database.read() as connection:
        assert await fetch(connection, "SELECT key FROM libraries") == [(libraries.SET_OF_WORKSPACES,)]
        assert await fetch(connection, "SELECT manifest FROM dropped_manifests") == [(manifest,)]
    write_task(folder, "new")
    assert (await reconciler.pipeline.reconcile("main")).release.number == 2

"""Folders become releases; what is wrong with a revision is told and changes nothing that runs."""

import asyncio
import shutil
from pathlib import Path

import attrs
import pytest

from stroem.errors import NotFound
from stroem.reconciler.services import Reconciler
from stroem.reconciler.workspaces import stages
from stroem.reconciler.workspaces.context import Context
from stroem.settings.server import WorkspaceSettings
from stroem.store.database import Database
from stroem.store.statement import execute, fetch
from tests.reconciler.conftest import MakeReconciler, folder_settings, running, write_task
from tests.support.wait import eventually

BROKEN = "tasks:\n  broken:\n    flow:\n      one:\n        action: nothing-of-that-name\n"


async def release_numbers(database: Database) -> list[int]:
    async with database.read() as connection:
        return [row[0] for row in await fetch(connection, "SELECT number FROM releases ORDER BY id")]


async def started(reconciler: Reconciler) -> Reconciler:
    await reconciler.replicas.restore()
    return reconciler


def task_names(reconciler: Reconciler) -> set[str]:
    live = reconciler.catalog.get("main")
    assert live is not None
    assert live.definitions is not None
    return set(live.definitions.tasks)


async def test_a_folder_becomes_a_release(make_reconciler: MakeReconciler, folder: Path) -> None:
    write_task(folder, "build")
    reconciler = await started(make_reconciler())
    status = await reconciler.pipeline.reconcile("main")
    assert status.error is None
    assert status.problems == ()
    assert status.release is not None
    assert status.checked_at is not None
    assert (status.release.number, status.release.revision) == (1, status.revision)
    assert (status.release.tasks_count, status.release.actions_count) == (1, 1)
    assert {(change.kind, change.name, change.change) for change in status.release.changes} == {
        ("task", "build", "added"),
        ("action", "build-action", "added"),
    }
    assert task_names(reconciler) == {"build"}
    assert reconciler.catalog.workspaces() == [status]


async def test_each_error_of_a_workspace_is_logged_once(
    make_reconciler: MakeReconciler, folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (folder / ".workflows").mkdir(exist_ok=True)
    (folder / ".workflows" / "a.yaml").write_text(BROKEN)
    reconciler = await started(make_reconciler())
    caplog.clear()
    with caplog.at_level("INFO", "stroem.reconciler.workspaces.status_writer"):
        status = await reconciler.pipeline.reconcile("main")
        await reconciler.pipeline.reconcile("main")
        (folder / ".workflows" / "a.yaml").unlink()
        write_task(folder, "build")
        await reconciler.pipeline.reconcile("main")
    assert [(record.levelname, record.getMessage()) for record in caplog.records] == [
        ("WARNING", f"workspace main: {status.error}"),
        ("INFO", "workspace main has no error any more"),
    ]


async def test_the_same_files_make_no_second_release(
    make_reconciler: MakeReconciler, folder: Path, database: Database
) -> None:
    write_task(folder, "build")
    reconciler = await started(make_reconciler())
    first = await reconciler.pipeline.reconcile("main")
    write_task(folder, "build")
    second = await reconciler.pipeline.reconcile("main")
    assert second.release == first.release
    assert await release_numbers(database) == [1]


async def test_an_edit_makes_the_next_release_and_says_what_it_changes(
    make_reconciler: MakeReconciler, folder: Path
) -> None:
    write_task(folder, "build")
    write_task(folder, "test")
    write_task(folder, "old")
    reconciler = await started(make_reconciler())
    await reconciler.pipeline.reconcile("main")
    before = reconciler.catalog.get("main")
    write_task(folder, "build", script="echo changed")
    write_task(folder, "new")
    (folder / ".workflows" / "old.yaml").unlink()
    status = await reconciler.pipeline.reconcile("main")
    assert status.release is not None
    assert status.release.number == 2
    assert [(change.kind, change.name, change.change, change.fields) for change in status.release.changes] == [
        ("task", "new", "added", ()),
        ("task", "old", "removed", ()),
        ("action", "build-action", "changed", ("script",)),
        ("action", "new-action", "added", ()),
        ("action", "old-action", "removed", ()),
    ]
    after = reconciler.catalog.get("main")
    assert before is not None
    assert after is not None
    assert after.definitions.tasks["test"] is before.definitions.tasks["test"]


async def test_only_what_changed_is_parsed_again(make_reconciler: MakeReconciler, folder: Path, monkeypatch) -> None:
    for number in range(30):
        write_task(folder, f"task-{number}")
    reconciler = await started(make_reconciler())
    await reconciler.pipeline.reconcile("main")
    parsed: list[str] = []
    dialects = reconciler.deps.dialects
    parse = dialects.parse
    monkeypatch.setattr(dialects, "parse", lambda path, *given: parsed.append(path) or parse(path, *given))
    write_task(folder, "task-7", script="echo changed")
    await reconciler.pipeline.reconcile("main")
    assert parsed == [".workflows/task-7.yaml"]


async def test_a_script_alone_makes_a_release_too(make_reconciler: MakeReconciler, folder: Path) -> None:
    write_task(folder, "build")
    (folder / "run.sh").write_text("echo 1")
    reconciler = await started(make_reconciler())
    await reconciler.pipeline.reconcile("main")
    (folder / "run.sh").write_text("echo 2")
    status = await reconciler.pipeline.reconcile("main")
    assert status.release is not None
    assert (status.release.number, status.release.changes) == (2, ())


async def test_an_invalid_revision_changes_nothing_and_is_told_file_by_file(
    make_reconciler: MakeReconciler, folder: Path, database: Database
) -> None:
    write_task(folder, "build")
    reconciler = await started(make_reconciler())
    good = await reconciler.pipeline.reconcile("main")
    assert good.release is not None
    (folder / ".workflows" / "a.yaml").write_text(BROKEN)
    (folder / ".workflows" / "b.yaml").write_text("tasks: [")
    write_task(folder, "new")
    bad = await reconciler.pipeline.reconcile("main")
    assert bad.release == good.release
    assert bad.revision not in (None, good.revision)
    assert {problem.file for problem in bad.problems} == {".workflows/a.yaml", ".workflows/b.yaml"}
    action = next(problem for problem in bad.problems if problem.file.endswith("a.yaml"))
    assert (action.line, action.column) == (5, 17)
    assert bad.error is not None
    assert bad.error.startswith(f"Revision {bad.revision[:12]} is not valid: 2 mistakes, first .workflows/a.yaml:5:")
    assert bad.error.endswith("Release 1 stays current.")
    assert task_names(reconciler) == {"build"}
    (folder / ".workflows" / "a.yaml").unlink()
    (folder / ".workflows" / "b.yaml").unlink()
    healed = await reconciler.pipeline.reconcile("main")
    assert (healed.error, healed.problems) == (None, ())
    assert task_names(reconciler) == {"build", "new"}
    assert await release_numbers(database) == [1, 2]


async def test_an_edit_that_is_undone_heals_without_a_release(
    make_reconciler: MakeReconciler, folder: Path, database: Database
) -> None:
    write_task(folder, "build")
    reconciler = await started(make_reconciler())
    await reconciler.pipeline.reconcile("main")
    (folder / ".workflows" / "a.yaml").write_text(BROKEN)
    assert (await reconciler.pipeline.reconcile("main")).error
    (folder / ".workflows" / "a.yaml").unlink()
    assert (await reconciler.pipeline.reconcile("main")).error is None
    assert await release_numbers(database) == [1]


async def test_a_workspace_may_begin_invalid(make_reconciler: MakeReconciler, folder: Path, database: Database) -> None:
    (folder / ".workflows" / "a.yaml").write_text(BROKEN)
    reconciler = await started(make_reconciler())
    status = await reconciler.pipeline.reconcile("main")
    assert status.release is None
    assert status.error is not None
    assert status.error.endswith("There is no release before it.")
    assert await release_numbers(database) == []


async def test_links_are_followed_inside_the_workspace_only(
    make_reconciler: MakeReconciler, folder: Path, tmp_path: Path
) -> None:
    """As in a mounted ConfigMap, whose files are links to a hidden folder that is exchanged as a whole."""
    shutil.rmtree(folder / ".workflows")
    write_task(folder, "build", file="../..first/build")
    (folder / "..data").symlink_to("..first")
    (folder / "build.yaml").symlink_to("..data/build.yaml")
    write_task(tmp_path, "stranger")
    (folder / "stranger.yaml").symlink_to("../.workflows/stranger.yaml")
    (folder / "circle.yaml").symlink_to("circle.yaml")
    reconciler = await started(make_reconciler())
    status = await reconciler.pipeline.reconcile("main")
    assert status.error is None
    assert task_names(reconciler) == {"build"}
    assert status.warnings == (
        "circle.yaml:1:1: this link leads to no file of the workspace (circle.yaml) (put the file in its place)",
        "stranger.yaml:1:1: this link leads to no file of the workspace (../.workflows/stranger.yaml)"
        " (put the file in its place)",
    )
    write_task(folder, "build", file="../..second/build", script="echo changed")
    (folder / "..data").unlink()
    (folder / "..data").symlink_to("..second")
    await reconciler.pipeline.reconcile("main")
    live = reconciler.catalog.get("main")
    assert live.definitions.actions["build-action"].script == "echo changed"


async def test_a_missing_folder_keeps_the_last_release_and_heals(
    make_reconciler: MakeReconciler, folder: Path, tmp_path: Path
) -> None:
    write_task(folder, "build")
    reconciler = await started(make_reconciler())
    good = await reconciler.pipeline.reconcile("main")
    folder.rename(tmp_path / "away")
    broken = await reconciler.pipeline.reconcile("main")
    assert broken.release == good.release
    assert broken.revision == good.revision
    assert broken.error == (
        f"The source of workspace 'main' failed: folder {folder} does not exist. "
        "Create it, or correct `path` in the settings of this workspace."
    )
    assert task_names(reconciler) == {"build"}
    (tmp_path / "away").rename(folder)
    healed = await reconciler.pipeline.reconcile("main")
    assert (healed.release, healed.revision, healed.error, healed.problems) == (good.release, good.revision, None, ())
    assert [(one.type, one.status) for one in healed.conditions] == [(one.type, one.status) for one in good.conditions]


async def test_an_invalid_revision_is_told_again_after_the_source_was_away(
    make_reconciler: MakeReconciler, folder: Path, tmp_path: Path
) -> None:
    (folder / ".workflows" / "a.yaml").write_text(BROKEN)
    reconciler = await started(make_reconciler())
    invalid = await reconciler.pipeline.reconcile("main")
    folder.rename(tmp_path / "away")
    assert "does not exist" in ((await reconciler.pipeline.reconcile("main")).error or "")
    (tmp_path / "away").rename(folder)
    again = await reconciler.pipeline.reconcile("main")
    assert (again.error, again.problems) == (invalid.error, invalid.problems)


async def test_after_a_restart_the_last_release_is_there_although_the_folder_is_broken(
    make_reconciler: MakeReconciler, folder: Path
) -> None:
    write_task(folder, "build")
    before = await started(make_reconciler())
    await before.pipeline.reconcile("main")
    (folder / ".workflows" / "a.yaml").write_text(BROKEN)
    status = await before.pipeline.reconcile("main")
    shutil.rmtree(folder)
    after = await started(make_reconciler())
    assert [attrs.evolve(one, next_at=None) for one in after.catalog.workspaces()] == [
        attrs.evolve(status, next_at=None)
    ]
    assert after.catalog.get("main").definitions == before.catalog.get("main").definitions
    broken = await after.pipeline.reconcile("main")
    assert "does not exist" in (broken.error or "")
    assert broken.release == status.release
    assert broken.problems == status.problems
    assert task_names(after) == {"build"}


async def test_files_lost_from_the_blob_store_are_found_again_at_the_source(
    make_reconciler: MakeReconciler, folder: Path, tmp_path: Path, database: Database
) -> None:
    write_task(folder, "build")
    await (await started(make_reconciler())).pipeline.reconcile("main")
    shutil.rmtree(tmp_path / "blobs")
    reconciler = await started(make_reconciler())
    live = reconciler.catalog.get("main")
    assert live is not None
    assert live.definitions is None
    await reconciler.pipeline.reconcile("main")
    assert task_names(reconciler) == {"build"}
    assert await release_numbers(database) == [1]
    assert task_names(await started(make_reconciler())) == {"build"}


class Killed(Exception):
    """Stands for the end of the process."""


def killed_after(step: stages.Stage) -> stages.Stage:
    async def die(context: Context) -> bool:
        await step(context)
        raise Killed

    return die


@pytest.mark.parametrize("restarted", [False, True], ids=["same process", "new process"])
@pytest.mark.parametrize("position", range(len(stages.STAGES)), ids=[step.__name__ for step in stages.STAGES])
async def test_a_round_that_is_cut_off_is_finished_by_the_next(
    make_reconciler: MakeReconciler,
    folder: Path,
    database: Database,
    position: int,
    restarted: bool,
) -> None:
    write_task(folder, "build")
    dying = list(stages.STAGES)
    reconciler = await started(make_reconciler(stages=dying))
    await reconciler.pipeline.reconcile("main")
    write_task(folder, "test")
    dying[position] = killed_after(stages.STAGES[position])
    cut = await reconciler.pipeline.reconcile("main")
    assert "Killed" in (cut.error or "")
    dying[position] = stages.STAGES[position]
    if restarted:
        reconciler = await started(make_reconciler())
    status = await reconciler.pipeline.reconcile("main")
    assert status.error is None
    assert status.release is not None
    assert (status.release.number, status.release.revision) == (2, status.revision)
    assert task_names(reconciler) == {"build", "test"}
    assert await release_numbers(database) == [1, 2]


async def test_replicas_make_one_release_of_a_revision(
    make_reconciler: MakeReconciler, folder: Path, database: Database
) -> None:
    replicas = [await started(make_reconciler()) for _ in range(3)]
    for number in range(1, 6):
        write_task(folder, f"task-{number}")
        statuses = await asyncio.gather(*(replica.pipeline.reconcile("main") for replica in replicas))
        assert {status.release.number for status in statuses} == {number}
        assert {status.error for status in statuses} == {None}
    assert await release_numbers(database) == [1, 2, 3, 4, 5]
    for replica in replicas:
        assert task_names(replica) == {f"task-{number}" for number in range(1, 6)}


async def test_a_replica_that_cannot_see_the_source_takes_over_releases_of_others(
    make_reconciler: MakeReconciler, folder: Path, tmp_path: Path
) -> None:
    seeing = await started(make_reconciler())
    blind = await started(make_reconciler(main=folder_settings(tmp_path / "missing")))
    write_task(folder, "build")
    await seeing.pipeline.reconcile("main")
    status = await blind.pipeline.reconcile("main")
    assert "does not exist" in (status.error or "")
    assert status.release is not None
    assert status.release.number == 1
    assert task_names(blind) == {"build"}


async def test_a_slow_replica_does_not_bring_back_an_older_revision(
    make_reconciler: MakeReconciler, folder: Path, database: Database
) -> None:
    """One replica has read the folder and is about to apply it when the other applies a newer state."""
    write_task(folder, "build")
    about_to_apply, may_apply = asyncio.Event(), asyncio.Event()

    async def wait(context: Context) -> bool:
        if not about_to_apply.is_set():
            about_to_apply.set()
            await may_apply.wait()
        return True

    waiting = [*stages.STAGES[:-1], wait, stages.STAGES[-1]]
    slow, quick = await started(make_reconciler(stages=waiting)), await started(make_reconciler())
    slowly = asyncio.create_task(slow.pipeline.reconcile("main"))
    await about_to_apply.wait()
    write_task(folder, "test")
    newest = await quick.pipeline.reconcile("main")
    may_apply.set()
    status = await slowly
    assert status.release == newest.release
    assert status.error is None
    assert task_names(slow) == {"build", "test"}
    assert await release_numbers(database) == [1]


async def test_edits_while_the_folder_is_read(
    make_reconciler: MakeReconciler, folder: Path, database: Database
) -> None:
    """Whatever instant a round hits, its releases hold whole files, and the last one is the last state."""
    write_task(folder, "build", script="echo 0")
    reconciler = await started(make_reconciler())
    stop = False

    def edit() -> int:
        number = 0
        while not stop:
            number += 1
            path = write_task(folder, "next", script=f"echo {number}", file="../.next")
            path.replace(folder / ".workflows" / "next.yaml")
        return number

    editing = asyncio.create_task(asyncio.to_thread(edit))
    for _ in range(15):
        status = await reconciler.pipeline.reconcile("main")
        assert status.problems == ()
    stop = True
    last = await editing
    status = await reconciler.pipeline.reconcile("main")
    assert status.error is None
    assert reconciler.catalog.get("main").definitions.actions["next-action"].script == f"echo {last}"
    numbers = await release_numbers(database)
    assert numbers == list(range(1, len(numbers) + 1))


async def test_an_edit_takes_effect_by_itself(make_reconciler: MakeReconciler, folder: Path) -> None:
    write_task(folder, "build")
    reconciler = await started(make_reconciler())
    async with running(reconciler):
        await eventually(lambda: reconciler.catalog.workspaces()[0].release is not None)
        write_task(folder, "test")
        await eventually(lambda: task_names(reconciler) == {"build", "test"})


async def test_a_failing_source_is_tried_again_by_itself(
    make_reconciler: MakeReconciler, folder: Path, tmp_path: Path
) -> None:
    write_task(folder, "build")
    folder.rename(tmp_path / "away")
    reconciler = await started(make_reconciler())
    async with running(reconciler):
        await eventually(lambda: reconciler.catalog.workspaces()[0].error is not None)
        (tmp_path / "away").rename(folder)
        await eventually(lambda: reconciler.catalog.workspaces()[0].release is not None)


async def test_one_bad_workspace_keeps_no_other_from_its_release(
    make_reconciler: MakeReconciler, folder: Path, tmp_path: Path
) -> None:
    write_task(folder, "build")
    reconciler = await started(
        make_reconciler(
            main=folder_settings(folder),
            missing=folder_settings(tmp_path / "missing"),
            stranger=WorkspaceSettings(type="floppy"),
            misspelt=WorkspaceSettings(type="folder", options={"pth": "/srv"}),
        )
    )
    async with running(reconciler):
        await eventually(lambda: all(status.release or status.error for status in reconciler.catalog.workspaces()))
    found = {status.name: status for status in reconciler.catalog.workspaces()}
    assert list(found) == ["main", "missing", "misspelt", "stranger"]
    assert found["main"].release is not None
    assert "Source 'floppy' not found" in (found["stranger"].error or "")
    assert "did you mean 'path'?" in (found["misspelt"].error or "")
    assert "does not exist" in (found["missing"].error or "")


async def test_a_workspace_that_is_not_in_the_settings_is_not_listed(
    make_reconciler: MakeReconciler, folder: Path
) -> None:
    write_task(folder, "build")
    await (await started(make_reconciler())).pipeline.reconcile("main")
    reconciler = await started(make_reconciler(other=folder_settings(folder)))
    assert [status.name for status in reconciler.catalog.workspaces()] == ["other"]
    assert reconciler.catalog.get("main") is None
    with pytest.raises(NotFound, match="Workspace 'main' not found"):
        await reconciler.pipeline.reconcile("main", cause="person")


async def test_refresh_says_what_came_of_it(make_reconciler: MakeReconciler, folder: Path) -> None:
    write_task(folder, "build")
    reconciler = await started(make_reconciler())
    status = await reconciler.pipeline.reconcile("main", cause="person")
    assert status == reconciler.catalog.workspaces()[0]
    assert status.release is not None


async def test_a_status_that_could_not_be_stored_is_stored_later(
    make_reconciler: MakeReconciler, folder: Path, database: Database
) -> None:
    write_task(folder, "build")
    reconciler = await started(make_reconciler())
    async with database.begin() as connection:
        await execute(connection, "ALTER TABLE workspaces RENAME COLUMN problems TO hidden")
    away = await reconciler.pipeline.reconcile("main")
    assert "could not be reconciled" in (away.error or "")
    assert "UPDATE" not in (away.error or "")
    async with database.begin() as connection:
        await execute(connection, "ALTER TABLE workspaces RENAME COLUMN hidden TO problems")
    status = await reconciler.pipeline.reconcile("main")
    assert status.release is not None
    (again,) = (await started(make_reconciler())).catalog.workspaces()
    assert attrs.evolve(again, next_at=None) == attrs.evolve(status, next_at=None)

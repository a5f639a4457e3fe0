"""Partial releases: broken definitions and their dependents stay at their older release."""

from pathlib import Path
from typing import Any

import attrs

from stroem.reconciler.services import Reconciler
from stroem.settings.release_guards import GuardSettings
from stroem.settings.server import LibrarySettings
from tests.reconciler.conftest import MakeReconciler, folder_settings, poll_library, write_task

NIGHTLY = "triggers:\n  nightly: {{type: scheduler, cron: '{cron}', task: {task}}}\n"


async def make(make_reconciler: MakeReconciler, folder: Path, **more: Any) -> Reconciler:
    guards = GuardSettings(hold="affected", **more.pop("guards", {}))
    reconciler = make_reconciler(main=attrs.evolve(folder_settings(folder), guards=guards), **more)
    await reconciler.replicas.restore()
    return reconciler


def write_trigger(folder: Path, cron: str, task: str = "build") -> None:
    (folder / ".workflows" / "cron.yaml").write_text(NIGHTLY.format(cron=cron, task=task))


def definitions(reconciler: Reconciler) -> Any:
    live = reconciler.catalog.get("main")
    assert live is not None
    return live.definitions


async def test_a_held_trigger_is_still_there_some_releases_later(make_reconciler: MakeReconciler, folder: Path) -> None:
    write_task(folder, "build")
    write_trigger(folder, "0 3 * * *")
    reconciler = await make(make_reconciler, folder)
    await reconciler.pipeline.reconcile("main")
    write_trigger(folder, "nonsense")
    for number in (2, 3, 4):
        write_task(folder, "test", script=f"echo {number}")
        status = await reconciler.pipeline.reconcile("main")
        assert status.release.number == number
        assert {(one.name, one.number) for one in status.release.held} == {("nightly", 1)}
        assert definitions(reconciler).triggers["nightly"].options.cron == "0 3 * * *"
    assert definitions(await make(make_reconciler, folder)) == definitions(reconciler)


async def test_what_a_held_thing_needs_is_not_taken_away_from_it(make_reconciler: MakeReconciler, folder: Path) -> None:
    write_task(folder, "build")
    write_task(folder, "test")
    write_trigger(folder, "0 3 * * *")
    reconciler = await make(make_reconciler, folder)
    await reconciler.pipeline.reconcile("main")
    (folder / ".workflows" / "build.yaml").unlink()
    write_trigger(folder, "nonsense", task="test")
    status = await reconciler.pipeline.reconcile("main")
    assert ("trigger", "nightly", 1) in {(one.kind, one.name, one.number) for one in status.release.held}
    live = definitions(reconciler)
    assert live.triggers["nightly"].task in live.tasks
    assert definitions(await make(make_reconciler, folder)) == live


async def test_a_hook_of_the_workspace_that_would_find_no_action_holds_all(
    make_reconciler: MakeReconciler, folder: Path
) -> None:
    write_task(folder, "build")
    reconciler = await make(make_reconciler, folder)
    await reconciler.pipeline.reconcile("main")
    (folder / ".workflows" / "hooks.yaml").write_text(
        "actions:\n  tell: {type: script, script: echo, nonsense: true}\non_error:\n  - action: tell\n"
    )
    write_task(folder, "test")
    status = await reconciler.pipeline.reconcile("main")
    assert status.release.number == 1
    assert "is not valid" in status.error


async def test_what_waits_is_not_said_to_be_current(make_reconciler: MakeReconciler, folder: Path) -> None:
    write_task(folder, "build")
    write_trigger(folder, "0 3 * * *")
    reconciler = await make(make_reconciler, folder, guards={"approval": True})
    await reconciler.pipeline.reconcile("main")
    write_trigger(folder, "nonsense")
    write_task(folder, "test")
    status = await reconciler.pipeline.reconcile("main")
    assert status.waiting is not None
    assert "is current" not in (status.error or "")


async def test_a_library_that_does_not_fit_a_workspace_holds_what_uses_it(
    make_reconciler: MakeReconciler, folder: Path, tmp_path: Path
) -> None:
    good = "actions:\n  send: {type: script, script: echo}\n  ask: {type: script, script: echo}\n"
    libraries = {}
    for name in ("notify", "other"):
        (tmp_path / name / ".workflows").mkdir(parents=True)
        (tmp_path / name / ".workflows" / "actions.yaml").write_text(good)
        libraries[name] = LibrarySettings(type="folder", options={"path": str(tmp_path / name)})
    (folder / ".workflows" / "tell.yaml").write_text("tasks:\n  tell: {flow: {one: {action: notify/send}}}\n")
    write_task(folder, "build")
    reconciler = await make(make_reconciler, folder, libraries=libraries)
    assert (await reconciler.pipeline.reconcile("main")).error is None
    worse = good.replace("{type: script, script: echo}", "{type: task, task: other.none}", 1)
    (tmp_path / "notify" / ".workflows" / "actions.yaml").write_text(worse)
    for key in reconciler.libraries.keys:
        await poll_library(reconciler, key)
    status = await reconciler.pipeline.reconcile("main")
    assert status.release.number == 2
    assert {(one.kind, one.name, one.number) for one in status.release.held} == {
        ("action", "notify.send", 1),
        ("task", "tell", 1),
    }
    assert definitions(reconciler).actions["notify.send"].script == "echo"

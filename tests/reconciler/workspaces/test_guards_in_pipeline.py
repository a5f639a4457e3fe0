"""What of a revision waits, and for whom."""

import datetime
from pathlib import Path
from typing import Any

import attrs

from stroem.reconciler.following.polling import poll_claimed
from stroem.reconciler.services import Reconciler
from stroem.reconciler.workspaces.catalog import WorkspaceStatus
from stroem.records.condition import Waiting
from stroem.settings.release_guards import FreezeSettings, GuardSettings
from stroem.settings.server import WorkspaceSettings
from stroem.store.database import Database
from stroem.store.events.events import EventFilter
from stroem.store.lists.event_list import list_events
from stroem.store.statement import execute
from tests.reconciler.conftest import MakeReconciler, folder_settings, write_task
from tests.support.wait import eventually

BROKEN = """\
actions:
  {name}-action:
    type: script
    script: echo
    nonsense: true
tasks:
  {name}:
    flow:
      first:
        action: {name}-action
"""


def guarded(folder: Path, **guards: Any) -> WorkspaceSettings:
    return attrs.evolve(folder_settings(folder), guards=GuardSettings(**guards))


async def make(make_reconciler: MakeReconciler, settings: WorkspaceSettings) -> Reconciler:
    reconciler = make_reconciler(main=settings)
    await reconciler.replicas.restore()
    return reconciler


async def with_waiting_revision(make_reconciler: MakeReconciler, folder: Path) -> tuple[Reconciler, Waiting]:
    """A workspace at release 1 with a second revision that waits for an approval."""
    write_task(folder, "build")
    reconciler = await make(make_reconciler, guarded(folder, approval=True))
    await reconciler.pipeline.reconcile("main")
    write_task(folder, "test")
    waiting = (await reconciler.pipeline.reconcile("main")).waiting
    assert waiting is not None
    return reconciler, waiting


def reason(status: WorkspaceStatus, kind: str = "Ready") -> tuple[bool, str]:
    condition = status.condition(kind)
    assert condition is not None
    return condition.status, condition.reason


async def kinds_of_events(database: Database) -> list[str]:
    async with database.read() as connection:
        found = await list_events(connection, EventFilter(), limit=50)
    return [event.kind for event in reversed(found)]


def break_task(folder: Path, name: str) -> None:
    (folder / ".workflows" / f"{name}.yaml").write_text(BROKEN.format(name=name))


async def test_only_what_is_broken_stays_behind(make_reconciler: MakeReconciler, folder: Path) -> None:
    for name in ("build", "test", "ship"):
        write_task(folder, name)
    reconciler = await make(make_reconciler, guarded(folder, hold="affected"))
    first = (await reconciler.pipeline.reconcile("main")).release
    assert first is not None
    break_task(folder, "build")
    write_task(folder, "test", script="echo better")
    status = await reconciler.pipeline.reconcile("main")
    assert status.release is not None
    assert status.release.number == 2
    assert {(one.kind, one.name, one.number) for one in status.release.held} == {
        ("task", "build", 1),
        ("action", "build-action", 1),
    }
    assert "task build" in (status.error or "")
    assert reason(status) == (True, "PartlyHeld")
    assert reason(status, "Stalled") == (True, "Held")
    live = reconciler.catalog.get("main")
    assert live is not None
    assert live.of_task("build")[0] == first
    assert live.of_task("build")[1].actions["build-action"].script == "echo hello"
    assert live.of_task("test")[0] == status.release
    assert live.definitions.actions["test-action"].script == "echo better"
    # Another server, and this one after a restart, see the same.
    other = await make(make_reconciler, guarded(folder, hold="affected"))
    again = other.catalog.get("main")
    assert again.definitions == live.definitions
    assert again.of_task("build")[0] == first
    # A third revision leaves the task where it last was good.
    write_task(folder, "test", script="echo best")
    third = await reconciler.pipeline.reconcile("main")
    assert third.release.number == 3
    assert {one.number for one in third.release.held} == {1}
    write_task(folder, "build", script="echo mended")
    healed = await reconciler.pipeline.reconcile("main")
    assert (healed.error, healed.release.held) == (None, ())
    assert reconciler.catalog.get("main").of_task("build")[0] == healed.release


async def test_a_file_that_cannot_be_read_holds_what_it_defined(make_reconciler: MakeReconciler, folder: Path) -> None:
    write_task(folder, "build")
    write_task(folder, "test")
    (folder / ".workflows" / "cron.yaml").write_text(
        "triggers:\n  nightly: {type: scheduler, cron: '0 3 * * *', task: build}\n"
    )
    reconciler = await make(make_reconciler, guarded(folder, hold="affected"))
    await reconciler.pipeline.reconcile("main")
    (folder / ".workflows" / "build.yaml").write_bytes(b"\xff\xfe: [")
    status = await reconciler.pipeline.reconcile("main")
    assert status.release.number == 2
    assert {(one.kind, one.name) for one in status.release.held} == {
        ("task", "build"),
        ("action", "build-action"),
        ("trigger", "nightly"),
    }
    assert reconciler.catalog.get("main").definitions.triggers["nightly"].task == "build"
    # A restart forgets nothing of it, and a further revision neither.
    other = await make(make_reconciler, guarded(folder, hold="affected"))
    again = await other.pipeline.reconcile("main")
    assert again.release == status.release
    assert again.error == status.error
    write_task(folder, "test", script="echo better")
    third = await other.pipeline.reconcile("main")
    assert third.release.number == 3
    assert {(one.kind, one.name, one.number) for one in third.release.held} == {
        ("task", "build", 1),
        ("action", "build-action", 1),
        ("trigger", "nightly", 1),
    }


async def test_what_never_was_good_is_left_out(make_reconciler: MakeReconciler, folder: Path) -> None:
    write_task(folder, "build")
    reconciler = await make(make_reconciler, guarded(folder, hold="affected"))
    await reconciler.pipeline.reconcile("main")
    break_task(folder, "new")
    status = await reconciler.pipeline.reconcile("main")
    assert {(one.name, one.number) for one in status.release.held} == {("new", None), ("new-action", None)}
    assert set(reconciler.catalog.get("main").definitions.tasks) == {"build"}


async def test_each_release_waits_for_somebody_who_approves(
    make_reconciler: MakeReconciler, folder: Path, database: Database
) -> None:
    write_task(folder, "build")
    reconciler = await make(make_reconciler, guarded(folder, approval=True))
    assert (await reconciler.pipeline.reconcile("main")).release.number == 1
    write_task(folder, "test")
    waiting = await reconciler.pipeline.reconcile("main")
    assert waiting.release.number == 1
    assert waiting.waiting.reasons == ("approval",)
    assert reason(waiting) == (False, "Waiting")
    again = await reconciler.pipeline.reconcile("main")
    assert again.waiting == waiting.waiting
    write_task(folder, "ship")
    newer = await reconciler.pipeline.reconcile("main")
    assert newer.waiting.manifest != waiting.waiting.manifest
    approved = await reconciler.operations.approve("main", newer.waiting.manifest, "ada")
    assert (approved.release.number, approved.waiting) == (2, None)
    assert approved.release.made_by == "ada"
    kinds = await kinds_of_events(database)
    assert kinds == ["fetched", "released", "fetched", "waiting", "fetched", "waiting", "approved", "released"]


async def test_a_freeze_holds_releases_until_it_is_over(
    make_reconciler: MakeReconciler, folder: Path, database: Database
) -> None:
    write_task(folder, "build")
    now = datetime.datetime.now(datetime.UTC)
    always = FreezeSettings(cron="* * * * *", duration=7200, reason="the holidays")
    reconciler = await make(make_reconciler, guarded(folder, freeze=(always,)))
    status = await reconciler.pipeline.reconcile("main")
    assert status.release is None
    assert status.waiting.reasons == ("freeze",)
    assert "the holidays" in status.waiting.message
    assert status.waiting.until > now
    assert reason(status, "Reconciling") == (True, "Frozen")
    reconciler.workspaces.get("main").settings = guarded(folder)
    assert (await reconciler.pipeline.reconcile("main")).release.number == 1


async def test_an_approval_from_before_a_freeze_does_not_break_it(
    make_reconciler: MakeReconciler, folder: Path, tmp_path: Path
) -> None:
    reconciler, waiting = await with_waiting_revision(make_reconciler, folder)
    operations = reconciler.operations
    folder.rename(tmp_path / "away")
    await operations.approve("main", waiting.manifest, "ada")
    (tmp_path / "away").rename(folder)
    now = datetime.datetime.now(datetime.UTC)
    begun = now + datetime.timedelta(seconds=1)
    cron = f"{begun.second} {begun.minute} {begun.hour} {begun.day} {begun.month} *"
    frozen = guarded(folder, approval=True, freeze=(FreezeSettings(cron=cron, duration=3600),))
    reconciler.workspaces.get("main").settings = frozen
    await eventually(lambda: datetime.datetime.now(datetime.UTC) >= begun.replace(microsecond=0))
    status = await reconciler.pipeline.reconcile("main")
    assert (status.release.number, status.waiting.reasons) == (1, ("freeze",))
    await operations.approve("main", waiting.manifest, "ada")
    assert reconciler.catalog.get("main").release.number == 2


async def test_an_approval_is_for_one_release(make_reconciler: MakeReconciler, folder: Path) -> None:
    reconciler, waiting = await with_waiting_revision(make_reconciler, folder)
    operations = reconciler.operations
    await operations.approve("main", waiting.manifest, "ada")
    await operations.roll_back("main", 1, "ada", None)
    status = await operations.resume("main", "ada")
    assert (status.release.number, status.waiting.reasons) == (3, ("approval",))


async def test_what_waits_outlasts_a_restart_while_the_source_is_away(
    make_reconciler: MakeReconciler, folder: Path, tmp_path: Path
) -> None:
    _, waiting = await with_waiting_revision(make_reconciler, folder)
    folder.rename(tmp_path / "away")
    other = await make(make_reconciler, guarded(folder, approval=True))
    assert (await other.pipeline.reconcile("main")).waiting == waiting


async def test_the_end_of_a_freeze_is_not_slept_over(
    make_reconciler: MakeReconciler, folder: Path, database: Database
) -> None:
    write_task(folder, "build")
    always = FreezeSettings(cron="* * * * *", duration=600)
    settings = attrs.evolve(guarded(folder, freeze=(always,)), poll_interval_secs=86400)
    reconciler = await make(make_reconciler, settings)
    waiting = (await reconciler.pipeline.reconcile("main")).waiting
    again = await reconciler.pipeline.reconcile("main")
    async with database.begin() as connection:
        await execute(connection, "UPDATE followed SET due_at = now()")
    ((kind, row),) = await reconciler.loop.claim_due()
    assert row.schedule.cause is None
    await poll_claimed(database, kind, reconciler.workspaces.get("main"), row)
    status = reconciler.catalog.get("main").status
    assert again.next_at <= waiting.until + datetime.timedelta(seconds=2)
    assert status.next_at <= status.waiting.until + datetime.timedelta(seconds=2)


async def test_losing_many_tasks_waits(make_reconciler: MakeReconciler, folder: Path) -> None:
    files = [write_task(folder, f"task-{number}") for number in range(12)]
    reconciler = await make(make_reconciler, guarded(folder, max_removed_share=0.5))
    await reconciler.pipeline.reconcile("main")
    for file in files[:7]:
        file.unlink()
    waiting = await reconciler.pipeline.reconcile("main")
    assert waiting.waiting.reasons == ("prune",)
    write_task(folder, "task-0")
    assert (await reconciler.pipeline.reconcile("main")).release.number == 2


async def test_what_waits_is_known_after_a_restart(make_reconciler: MakeReconciler, folder: Path) -> None:
    _, waiting = await with_waiting_revision(make_reconciler, folder)
    other = await make(make_reconciler, guarded(folder, approval=True))
    assert other.catalog.get("main").status.waiting == waiting
    await other.operations.approve("main", waiting.manifest, "ada")
    assert other.catalog.get("main").release.number == 2


async def test_a_look_that_is_asked_for_during_another_is_not_lost(
    make_reconciler: MakeReconciler, folder: Path, database: Database
) -> None:
    write_task(folder, "build")
    reconciler = await make(make_reconciler, folder_settings(folder))
    workspace = reconciler.workspaces.get("main")
    fetch = workspace.source.fetch

    async def fetch_while_somebody_asks(previous: Any, ref: str | None = None) -> Any:
        async with database.begin() as connection:
            await execute(connection, "UPDATE followed SET due_at = now(), asks = asks + 1, cause = 'push'")
        return await fetch(previous, ref)

    object.__setattr__(workspace.source, "fetch", fetch_while_somebody_asks)
    status = await reconciler.pipeline.reconcile("main")
    assert status.next_at <= datetime.datetime.now(datetime.UTC)

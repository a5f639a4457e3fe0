"""One workspace or library whose row the database refuses, and its neighbours."""

import uuid
from collections.abc import Sequence
from pathlib import Path

import pytest

from stroem.conversion.mistake import Mistake
from stroem.reconciler.configured.set_files import read_workspace_set
from stroem.reconciler.services import Reconciler
from stroem.reconciler.sources.sources import Sources
from stroem.registry.registry import Registry
from stroem.settings.server import LibrarySettings, WorkspaceSettings
from stroem.store.database import Database
from stroem.store.statement import execute
from tests.reconciler.conftest import MakeReconciler, folder_settings, running, write_task
from tests.support.wait import eventually

_POISON = """
    CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN RAISE EXCEPTION 'this row is cursed'; END $$;
    CREATE TRIGGER {name} BEFORE {when} ON {table} FOR EACH ROW WHEN ({condition}) EXECUTE FUNCTION {name}();
    """


async def poison(database: Database, table: str, condition: str, when: str = "INSERT OR UPDATE") -> None:
    name = f"curse_{uuid.uuid4().hex[:8]}"
    async with database.read() as connection:
        await execute(connection, _POISON.format(name=name, table=table, when=when, condition=condition))


def is_released(reconciler: Reconciler, name: str) -> bool:
    live = reconciler.catalog.get(name)
    return live is not None and live.release is not None


def error_of(reconciler: Reconciler, name: str) -> str:
    live = reconciler.catalog.get(name)
    return (live.status.error or "") if live else ""


@pytest.fixture
def three(tmp_path: Path) -> dict[str, WorkspaceSettings]:
    """The settings of the workspaces `a`, `bad` and `c`."""
    for name in ("a", "bad", "c"):
        write_task(tmp_path / name, "build")
    return {name: folder_settings(tmp_path / name, 1) for name in ("a", "bad", "c")}


@pytest.mark.parametrize("when", ["INSERT OR UPDATE", "UPDATE"])
async def test_a_workspace_whose_row_is_refused_says_so_and_the_others_are_reconciled(
    make_reconciler: MakeReconciler, database: Database, three: dict[str, WorkspaceSettings], when: str
) -> None:
    await poison(database, "workspaces", "NEW.name = 'bad'", when)
    reconciler = make_reconciler(**three)
    await reconciler.replicas.restore()
    async with running(reconciler):
        await eventually(lambda: is_released(reconciler, "a") and is_released(reconciler, "c"))
        await eventually(lambda: "this row is cursed" in error_of(reconciler, "bad"))
        assert (error_of(reconciler, "a"), error_of(reconciler, "c")) == ("", "")


async def test_a_workspace_whose_change_elsewhere_cannot_be_shown_hides_no_other(
    make_reconciler: MakeReconciler, database: Database, three: dict[str, WorkspaceSettings]
) -> None:
    reconciler, other = make_reconciler(**three), make_reconciler(**three)
    await reconciler.replicas.restore()
    for name in three:
        await other.pipeline.reconcile(name)
    async with database.begin() as connection:
        await execute(connection, "UPDATE workspaces SET conditions = '[1]' WHERE name = 'bad'")
    reconciler.replicas.hear(list(three))
    await reconciler.replicas.show_changed()
    assert is_released(reconciler, "a")
    assert is_released(reconciler, "c")
    assert "cannot be read" in error_of(reconciler, "bad")


async def test_a_library_whose_row_is_refused_keeps_no_other_library_waiting(
    make_reconciler: MakeReconciler, database: Database, tmp_path: Path, three: dict[str, WorkspaceSettings]
) -> None:
    for name in ("good-library", "bad-library"):
        write_task(tmp_path / name, "build")
    shared = {
        name: LibrarySettings(type="folder", options={"path": str(tmp_path / f"{name}-library")})
        for name in ("good", "bad")
    }
    reconciler = make_reconciler(libraries=shared, **three)
    common = reconciler.libraries.common
    await reconciler.libraries.ready([common["good"], common["bad"]])
    async with database.begin() as connection:
        await execute(connection, "UPDATE followed SET due_at = now() WHERE kind = 'library'")
        await execute(connection, "UPDATE followed SET due_at = now() + interval '1 hour' WHERE kind = 'workspace'")
    await poison(database, "followed", f"NEW.key = '{common['bad']}'", "UPDATE")
    assert [row.key for _, row in await reconciler.loop.claim_due()] == [common["good"]]
    assert (await reconciler.loop.secs_until_due()) != 0


async def test_an_event_that_cannot_be_recorded_keeps_no_workspace_from_being_added(
    make_reconciler: MakeReconciler,
    database: Database,
    registry: Registry,
    tmp_path: Path,
    three: dict[str, WorkspaceSettings],
) -> None:
    reconciler = make_reconciler(a=three["a"])
    await reconciler.replicas.restore()
    await poison(database, "events", "NEW.workspace = 'bad'")
    await reconciler.changes.apply(three, {}, Sources(registry=registry, cache=tmp_path / "cache"))
    assert sorted(reconciler.workspaces.names) == ["a", "bad", "c"]


async def test_a_check_that_breaks_off_concerns_its_own_workspace() -> None:
    def check(settings: WorkspaceSettings) -> Sequence[Mistake]:
        if settings.options["path"] == "/bad":
            raise ZeroDivisionError
        return ()

    files = {f"{name}.yaml": f"type: folder\npath: /{name}\n".encode() for name in ("a", "bad", "c")}
    found = read_workspace_set(files, check=check)
    assert sorted(found.workspaces) == ["a", "c"]
    assert [problem.file for problem in found.problems] == ["bad.yaml"]

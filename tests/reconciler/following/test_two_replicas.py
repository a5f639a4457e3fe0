"""Two servers, one database, a hundred workspaces."""

import asyncio
import functools
from pathlib import Path

import pytest

from stroem.reconciler.services import Reconciler, run_reconciler
from stroem.settings.server import WorkspaceSettings
from stroem.store.database import Database
from stroem.store.statement import fetch
from tests.reconciler.conftest import MakeReconciler, folder_settings, write_task
from tests.support.wait import eventually

pytestmark = pytest.mark.slow("large data or many rounds")

COUNT = 100


def make_folders(root: Path) -> dict[str, Path]:
    folders = {f"w{number:03}": root / f"w{number:03}" for number in range(COUNT)}
    for name, folder in folders.items():
        write_task(folder, name)
    return folders


def numbers(reconciler: Reconciler) -> set[int]:
    return {status.release.number if status.release else 0 for status in reconciler.catalog.workspaces()}


def all_are_at(replicas: list[Reconciler], number: int) -> bool:
    return all(numbers(replica) == {number} for replica in replicas)


def at(folder: Path) -> WorkspaceSettings:
    return folder_settings(folder, poll_interval_secs=1)


async def test_each_revision_is_applied_once_and_both_show_it(
    make_reconciler: MakeReconciler, tmp_path: Path, database: Database
) -> None:
    folders = make_folders(tmp_path / "fleet")
    settings = {name: at(folder) for name, folder in folders.items()}
    one = make_reconciler(**settings, tell_others=lambda names: replicas[1].replicas.hear(names))
    replicas = [one, make_reconciler(**settings, tell_others=one.replicas.hear)]
    for replica in replicas:
        await replica.replicas.restore()
    running = [asyncio.create_task(run_reconciler(replica)) for replica in replicas]
    try:
        for number in (1, 2, 3):
            await eventually(functools.partial(all_are_at, replicas, number))
            for name, folder in folders.items():
                write_task(folder, name, script=f"echo {number}")
    finally:
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)
    async with database.read() as connection:
        rows = await fetch(
            connection, "SELECT workspace, count(*), count(DISTINCT revision) FROM releases GROUP BY workspace"
        )
        repeated = await fetch(connection, "SELECT count(*) FROM events WHERE kind = 'failed'")
    assert len(rows) == COUNT
    assert all(count == revisions for _, count, revisions in rows)
    assert repeated == [(0,)]
    shown = [{status.name: status.release.revision for status in one.catalog.workspaces()} for one in replicas]
    assert set(shown[0]) == set(shown[1]) == set(folders)

"""Releases are kept as long as somebody needs them, the newest for as long as they are."""

import asyncio

import pytest

from stroem.errors import Conflict
from stroem.orchestrator.plans.start_request import StartRequest
from stroem.orchestrator.retention.release_pruner import ReleasePruner
from stroem.orchestrator.services import Services
from stroem.records.release import Release
from stroem.store.database import Database
from stroem.store.workspaces import release_retention, releases
from tests.orchestrator.conftest import chain, job_of, workspace
from tests.orchestrator.retention.release_rows import do, kept, release, rows, until_somebody_waits


def pruner(database: Database, kept: int = 2) -> ReleasePruner:
    return ReleasePruner(database, kept=kept, interval_secs=60)


async def test_the_newest_of_each_workspace_are_kept(database: Database) -> None:
    made = {
        name: [await release(database, name) for _ in range(count)] for name, count in (("a", 5), ("b", 2), ("c", 1))
    }
    assert not await pruner(database).run_once()
    assert {name: await kept(database, name) for name in made} == {name: ids[-2:] for name, ids in made.items()}


async def test_the_way_back_is_always_there(database: Database) -> None:
    made = [await release(database) for _ in range(4)]
    await pruner(database, kept=1).run_once()
    assert await kept(database) == made[-2:]


async def test_the_current_one_and_the_one_before_it_are_kept_however_old(database: Database) -> None:
    made = [await release(database) for _ in range(7)]
    await do(database, "UPDATE workspaces SET current_release = %s", made[2])
    await pruner(database).run_once()
    assert await kept(database) == [*made[1:3], *made[-2:]]


async def test_what_a_person_has_pinned_is_kept(database: Database) -> None:
    made = [await release(database) for _ in range(5)]
    await do(
        database,
        "INSERT INTO overrides (workspace, kind, release, set_by) VALUES ('w', 'pinned', 2, 'ada'),"
        " ('w', 'suspended', NULL, 'ada'), ('other', 'pinned', 1, 'ada')",
    )
    await pruner(database).run_once()
    assert await kept(database) == [made[1], *made[-2:]]


async def test_those_from_which_definitions_are_held_are_kept(database: Database) -> None:
    """Also those behind a release that is kept for this reason alone."""
    made = [await release(database), await release(database), await release(database)]
    made.append(await release(database, held=[made[0]]))
    made += [await release(database), await release(database)]
    made.append(await release(database, held=[made[3]]))
    await do(database, "UPDATE workspaces SET waiting = jsonb_build_object('held', jsonb_build_array("
             "jsonb_build_object('release_id', %s::bigint)))", made[1])  # fmt: skip
    await pruner(database).run_once()
    assert await kept(database) == [made[0], made[1], made[3], made[5], made[6]]


async def start_on(services: Services, row: Release) -> StartRequest:
    return StartRequest(task="t", definitions=workspace(chain("a")), release=row, raw_input={})


async def test_those_that_a_live_job_runs_are_kept_until_it_ends(services: Services) -> None:
    database = services.database
    made = [await release(database) for _ in range(5)]
    async with database.read() as connection:
        rows_of = [await releases.get_release(connection, release_id) for release_id in made]
    started = [await services.starter.start(await start_on(services, rows_of[at])) for at in (0, 1)]
    assert (await job_of(services, started[0].job_id)).files == rows_of[0].manifest
    await do(database, "UPDATE jobs SET status = 'completed' WHERE id = %s", started[1].job_id)
    await pruner(database).run_once()
    assert await kept(database) == [made[0], *made[-2:]]
    await do(database, "UPDATE jobs SET status = 'failed' WHERE id = %s", started[0].job_id)
    await pruner(database).run_once()
    assert await kept(database) == made[-2:]


async def test_no_job_starts_on_a_release_that_is_gone(services: Services) -> None:
    """As with a server that was away for so long that what it remembers is not kept any more."""
    made = [await release(services.database) for _ in range(4)]
    async with services.database.read() as connection:
        remembered = await releases.get_release(connection, made[0])
    await pruner(services.database).run_once()
    with pytest.raises(Conflict, match="Release 1 of w is gone; try again"):
        await services.starter.start(await start_on(services, remembered))
    assert await rows(services.database, "SELECT count(*) FROM jobs") == [(0,)]


async def test_who_refers_to_a_release_keeps_it(database: Database) -> None:
    """A rollback that is under way when the pruner comes, and one that comes when the pruner is under way."""
    made = [await release(database) for _ in range(4)]
    async with database.begin() as rollback:
        assert await release_retention.keep_release(rollback, made[0])
        await pruner(database).run_once()
        assert await kept(database) == [made[0], *made[-2:]]
    async with database.begin() as sweeping:
        assert await release_retention.drop_releases(sweeping, 2, 10) == 1
        late = asyncio.create_task(_keep(database, made[0]))
        await until_somebody_waits(database)
    assert not await late


async def _keep(database: Database, release_id: int) -> bool:
    async with database.begin() as connection:
        return await release_retention.keep_release(connection, release_id)


async def test_two_servers_sweep_at_once(database: Database) -> None:
    made = [await release(database) for _ in range(30)]
    await asyncio.gather(*(pruner(database).run_once() for _ in range(4)))
    assert await kept(database) == made[-2:]


async def test_what_was_dropped_is_noted_with_its_tarball(database: Database) -> None:
    for number in range(4):
        await release(database, manifest=f"m{number}", tarball=f"t{number}")
    await pruner(database).run_once()
    assert await rows(database, "SELECT manifest, neighbour FROM dropped_manifests ORDER BY 1") == [
        ("m0", "m2"),
        ("m1", "m2"),
    ]
    assert await rows(database, "SELECT digest FROM blob_candidates ORDER BY 1") == [("t0",), ("t1",)]

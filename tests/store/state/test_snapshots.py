"""Snapshots of state: staged by the worker that has the step, published in the order of their scope, pruned."""

import uuid
from typing import Any

import attrs
import pytest

from stroem.orchestrator.retention.state_pruner import StatePruner
from stroem.store import blob_garbage
from stroem.store.database import Database
from stroem.store.jobs import claims
from stroem.store.state import publishing, scopes, snapshots, staging
from stroem.store.state.publishing import Kept, Published
from stroem.store.state.scopes import StateHead, StateScope
from stroem.store.state.staging import StagedContent, StepOfWorker
from stroem.store.statement import execute, fetch
from tests.store.jobs.rows import SCRIPT, add_job, need_ids, ready

TASK = StateScope(workspace="default", task="t")
GLOBAL = StateScope(workspace="default")
KEPT = Kept(task=2, workspace=1)


def content(text: str) -> StagedContent:
    return StagedContent(blob=text * 64, size_bytes=1, document=f'{{"at": "{text}"}}')


async def running(database: Database) -> StepOfWorker:
    """A step that a worker runs."""
    job_id, worker_id = await add_job(database, ready(1)), uuid.uuid4()
    async with database.begin() as connection:
        (need,) = await need_ids(connection, SCRIPT)
        (step,) = (await claims.claim_steps(connection, worker_id, [need], limit=1, grace_secs=1)).steps
    assert step.job_id == job_id
    return StepOfWorker(job_id=job_id, step=1, attempt=1, worker_id=worker_id, step_name="s")


async def stage(
    database: Database, writer: StepOfWorker, text: str, scope: StateScope = TASK, base: uuid.UUID | None = None
) -> uuid.UUID | None:
    async with database.begin() as connection:
        staged = await staging.stage(connection, scope, content(text), writer, base)
        return None if staged is None else staged.id


async def publish(database: Database, snapshot: uuid.UUID | None, writer: StepOfWorker) -> Published | None:
    assert snapshot is not None
    async with database.begin() as connection:
        return await publishing.publish_staged(connection, snapshot, writer.job_id, KEPT)


async def test_a_staged_snapshot_is_seen_by_claims_once_it_is_published(database: Database) -> None:
    writer = await running(database)
    snapshot = await stage(database, writer, "a")
    async with database.read() as connection:
        assert await snapshots.find_snapshot(connection, TASK) is None
        assert await scopes.heads_of_job(connection, writer.job_id) == scopes.NO_HEADS
    published = await publish(database, snapshot, writer)
    assert published is not None
    assert (published.number, published.conflict, published.scope) == (1, False, TASK)
    async with database.begin() as connection:
        heads = await scopes.heads_of_job(connection, writer.job_id)
        assert heads.task == StateHead(snapshot=published.id, has_json=True)
        assert await snapshots.document_of(connection, published.id) == '{"at": "a"}'
    await add_job(database, ready(1))
    async with database.begin() as connection:
        (need,) = await need_ids(connection, SCRIPT)
        (step,) = (await claims.claim_steps(connection, uuid.uuid4(), [need], limit=1, grace_secs=1)).steps
    assert step.state == heads


async def test_a_snapshot_is_published_once(database: Database) -> None:
    writer = await running(database)
    snapshot = await stage(database, writer, "a")
    assert await publish(database, snapshot, writer) is not None
    assert await publish(database, snapshot, writer) is None
    assert await stage(database, writer, "b") is None  # nor is it replaced then


async def test_a_repeated_upload_replaces_the_first(database: Database) -> None:
    writer = await running(database)
    first, second = await stage(database, writer, "a"), await stage(database, writer, "b")
    assert first == second
    await publish(database, first, writer)
    async with database.read() as connection:
        found = await snapshots.find_snapshot(connection, TASK)
    assert found is not None
    assert found.blob == "b" * 64


@pytest.mark.parametrize("wrong", [{"attempt": 2}, {"step": 2}, {"worker_id": uuid.uuid4()}])
async def test_only_the_worker_that_has_the_attempt_stages(database: Database, wrong: dict[str, Any]) -> None:
    writer = await running(database)
    assert await stage(database, attrs.evolve(writer, **wrong), "a") is None


@pytest.mark.parametrize("change", ["cancel_requested = true", "status = 'cancelled'", "attempt = 2"])
async def test_an_attempt_that_is_cancelled_or_over_publishes_nothing(database: Database, change: str) -> None:
    writer = await running(database)
    snapshot = await stage(database, writer, "a")
    async with database.read() as connection:
        await execute(connection, f"UPDATE steps SET {change}")
    assert await publish(database, snapshot, writer) is None
    assert await stage(database, writer, "a") is None


async def test_a_snapshot_from_an_older_base_is_a_conflict(database: Database) -> None:
    first, second, third = [await running(database) for _ in range(3)]
    base = await stage(database, first, "a")
    await publish(database, base, first)
    other = await publish(database, await stage(database, second, "b"), second)
    assert other is not None
    assert other.conflict
    good = await publish(database, await stage(database, third, "c", base=other.id), third)
    assert good is not None
    assert not good.conflict


async def test_task_and_workspace_have_snapshots_of_their_own(database: Database) -> None:
    writer = await running(database)
    of_task, of_workspace = await stage(database, writer, "a"), await stage(database, writer, "b", GLOBAL)
    assert of_task != of_workspace
    for snapshot in (of_task, of_workspace):
        published = await publish(database, snapshot, writer)
        assert published is not None
        assert published.number == 1


async def test_old_snapshots_are_pruned_and_their_blobs_collected(database: Database) -> None:
    for text in "abc":
        writer = await running(database)
        await publish(database, await stage(database, writer, text), writer)
    async with database.read() as connection:
        assert [row.number for row in await snapshots.list_snapshots(connection, TASK)] == [3, 2]
        assert await fetch(connection, "SELECT digest FROM blob_candidates") == [("a" * 64,)]
        digests = [text * 64 for text in "abc"]
        assert await blob_garbage.needed_by_rows(connection, digests) == {*digests[1:]}


async def test_a_staged_snapshot_without_an_outcome_is_dropped_after_a_day(database: Database) -> None:
    old, new = await running(database), await running(database)
    await stage(database, old, "a")
    async with database.read() as connection:
        await execute(connection, "UPDATE state_snapshots SET created_at = now() - interval '25 hours'")
    await stage(database, new, "b")
    await StatePruner(database, interval_secs=1).run_once()
    async with database.read() as connection:
        assert await fetch(connection, "SELECT blob FROM state_snapshots") == [("b" * 64,)]
        assert await fetch(connection, "SELECT digest FROM blob_candidates") == [("a" * 64,)]

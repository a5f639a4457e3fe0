"""Artifacts go when their time is over, or when they never counted; one that cannot be removed stops no other."""

import uuid

import pytest

from stroem.orchestrator.retention.artifact_pruner import ArtifactPruner
from stroem.store import blob_garbage, statement
from stroem.store.database import Database

JOB = uuid.UUID(int=1)


async def execute(database: Database, sql: str, *values: object) -> None:
    async with database.begin() as connection:
        await statement.execute(connection, sql, values)


async def add_step(database: Database, step: int, status: str, attempt: int = 1) -> None:
    sql = "INSERT INTO steps (job_id, id, node, status, attempt) VALUES (%s, %s, %s, %s, %s)"
    await execute(database, sql, JOB, step, step, status, attempt)


async def add_artifact(
    database: Database, name: str, step: int, *, attempt: int = 1, days: int, expires: str = "NULL"
) -> None:
    sql = f"""
        INSERT INTO artifacts (id, job_id, step, attempt, workspace, task, step_name, name, content_type, size_bytes,
                               blob, created_at, check_at, expires_at)
        VALUES (gen_random_uuid(), %s, %s, %s, 'w', 't', 's', %s, 'text/plain', 1, %s,
                now() - make_interval(days => %s), now() - make_interval(days => %s - 1), {expires})
        """
    await execute(database, sql, JOB, step, attempt, name, name, days, days)


async def names(database: Database) -> set[str]:
    async with database.read() as connection:
        return {row[0] for row in await statement.fetch(connection, "SELECT name FROM artifacts")}


async def candidates(database: Database) -> set[str]:
    async with database.read() as connection:
        return {row[0] for row in await statement.fetch(connection, "SELECT digest FROM blob_candidates")}


@pytest.fixture
async def steps(database: Database) -> Database:
    """A job with a completed step 1 (attempt 2), a running step 2, a failed step 3."""
    await add_step(database, 1, "completed", 2)
    await add_step(database, 2, "running")
    await add_step(database, 3, "failed")
    return database


async def test_only_what_never_counted_is_removed_without_a_time(steps: Database) -> None:
    await add_artifact(steps, "counts", 1, attempt=2, days=3)
    await add_artifact(steps, "former attempt", 1, attempt=1, days=3)
    await add_artifact(steps, "running", 2, days=3)
    await add_artifact(steps, "failed", 3, days=3)
    await add_artifact(steps, "of no step", 9, days=3)
    await add_artifact(steps, "failed, but new", 3, days=0)
    await ArtifactPruner(steps, days=None, interval_secs=60).run_once()
    assert await names(steps) == {"counts", "running", "failed, but new"}
    assert await candidates(steps) == {"former attempt", "failed", "of no step"}
    async with steps.read() as connection:
        assert await blob_garbage.needed_by_rows(connection, ["counts", "failed"]) == {"counts"}


async def test_times_of_steps_go_before_the_setting(steps: Database) -> None:
    await add_artifact(steps, "old", 1, attempt=2, days=31)
    await add_artifact(steps, "new", 1, attempt=2, days=29)
    await add_artifact(steps, "kept longer", 1, attempt=2, days=31, expires="now() + interval '1 day'")
    await add_artifact(steps, "kept shorter", 1, attempt=2, days=2, expires="now() - interval '1 second'")
    await ArtifactPruner(steps, days=30, interval_secs=60).run_once()
    assert await names(steps) == {"new", "kept longer"}


async def test_an_artifact_that_cannot_be_removed_stops_no_other(steps: Database) -> None:
    await execute(
        steps,
        "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'cursed'; END $$",
    )
    await execute(
        steps,
        "CREATE TRIGGER cursed BEFORE DELETE OR UPDATE ON artifacts FOR EACH ROW WHEN (old.name LIKE 'cursed%%') "
        "EXECUTE FUNCTION refuse()",
    )
    for number in range(5):
        await add_artifact(steps, f"expired {number}", 1, attempt=2, days=9, expires="now()")
        await add_artifact(steps, f"failed {number}", 3, days=9)
    await add_artifact(steps, "cursed and expired", 1, attempt=2, days=10, expires="now() - interval '1 hour'")
    await add_artifact(steps, "cursed and failed", 3, days=10)
    await ArtifactPruner(steps, days=None, interval_secs=60).run_once()
    assert await names(steps) == {"cursed and expired", "cursed and failed"}

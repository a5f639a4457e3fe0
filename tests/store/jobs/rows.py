"""Rows of jobs, steps and workers, written by the store's own statements."""

import itertools
import uuid

from stroem.conversion import canonical
from stroem.engine.plan import PlannedStep, TaskPlan
from stroem.store.database import Database
from stroem.store.jobs import claims, jobs, plans, steps, workers
from stroem.store.jobs.jobs import NewJob
from stroem.store.jobs.steps import ClaimedStep
from stroem.store.statement import Connection, execute

_releases = itertools.count(1)


def step(name: str, *depends_on: int, ability: str = "script", tags: tuple[str, ...] = ()) -> PlannedStep:
    """A step of a plan, with a timeout of 60 seconds."""
    return PlannedStep(name=name, action="a", depends_on=depends_on, ability=ability, tags=tags, timeout=60)


async def add_job(database: Database, *planned: PlannedStep, timeout_secs: int | None = None) -> uuid.UUID:
    """A job with these steps, on a release of its own."""
    plan = TaskPlan(task="t", steps=planned, actions={})
    body = canonical.to_bytes(plan)
    release_id = next(_releases)
    job = NewJob(
        id=uuid.uuid4(), workspace="default", task="t", mode="distributed", source_type="api", source_id=None,
        source_job_id=None, release_id=release_id, revision="r", files="m", plan=canonical.digest_of(body),
        raw_input={}, input={}, steps=len(planned), timeout_secs=timeout_secs,
    )  # fmt: skip
    async with database.begin() as connection:
        await execute(connection, "INSERT INTO workspaces (name) VALUES ('default') ON CONFLICT DO NOTHING")
        await execute(
            connection,
            """
            INSERT INTO releases (id, workspace, number, revision, manifest, changes,
                                  tasks_count, actions_count, triggers_count, connections_count)
            OVERRIDING SYSTEM VALUE VALUES (%s, 'default', %s, 'r', 'm', '[]', 1, 1, 0, 0)
            """,
            (release_id, release_id),
        )
        await plans.put_plan(connection, job.plan, body)
        assert await jobs.create_job(connection, job)
        await steps.create_steps(connection, job.id, plan, None)
    return job.id


async def add_worker(database: Database, lease_secs: int = 60) -> uuid.UUID:
    """A registered worker for scripts."""
    worker_id = uuid.uuid4()
    async with database.begin() as connection:
        await workers.register_worker(
            connection, worker_id, name="w", capabilities=["script"], tags=[], exclusive=False, version=None,
            lease_secs=lease_secs,
        )  # fmt: skip
    return worker_id


async def claim(
    connection: Connection,
    worker_id: uuid.UUID,
    *,
    limit: int = 10,
    capabilities: tuple[str, ...] = ("script",),
    tags: tuple[str, ...] = (),
    exclusive: bool = False,
) -> list[ClaimedStep]:
    """Claims steps for a worker."""
    return await claims.claim_steps(
        connection, worker_id, capabilities=capabilities, tags=tags, exclusive=exclusive, limit=limit, grace_secs=25
    )


async def claim_alone(database: Database, worker_id: uuid.UUID) -> list[ClaimedStep]:
    """Claims steps in a transaction of its own."""
    async with database.begin() as connection:
        return await claim(connection, worker_id)

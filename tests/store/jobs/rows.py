"""Rows of jobs, steps and workers, written by the store's own statements."""

import itertools
import uuid
from collections.abc import Sequence
from typing import Any

import attrs

from stroem.engine.changes import Changes
from stroem.engine.values.state import DEPENDENCIES, Step
from stroem.store.database import Database
from stroem.store.jobs import claims, jobs, needs, plans, workers
from stroem.store.jobs.apply import Applied, apply
from stroem.store.jobs.claims import Claimed
from stroem.store.jobs.job_changes import JobChanges
from stroem.store.jobs.locked_jobs import LockedJob, lock_jobs
from stroem.store.jobs.needs import need_of
from stroem.store.jobs.new_job import NewJob
from stroem.store.jobs.steps import ClaimedStep
from stroem.store.statement import Connection, execute, fetch

SCRIPT = need_of("script", ())
_releases = itertools.count(1)


def ready(step: int, **more: Any) -> Step:
    """A step in the queue, with a timeout of 60 seconds."""
    return Step(id=step, node=step - 1, status="ready", timeout=60, **more)


def waiting(step: int, *, unmet: int = 1) -> Step:
    """A step that waits for others."""
    return Step(id=step, node=step - 1, waits_for=DEPENDENCIES, unmet=unmet, timeout=60)


async def add_job(database: Database, *steps: Step, need: needs.Need = SCRIPT, **more: Any) -> uuid.UUID:
    """A job with these steps, on a release of its own. Ready ones have the need."""
    new = new_job(**more)
    async with database.read() as connection:
        need_id = await need_ids(connection, need)
    async with database.begin() as connection:
        await add_release(connection, new.release_id)
        await plans.put_plan(connection, new.plan, b"{}")
        locked = await jobs.create_job(connection, new)
        assert locked is not None
        changes = Changes(job=attrs.evolve(locked.state, open=len(steps), next_step=len(steps) + 1))
        changes.made = {step.id: step for step in steps}
        changes.ready = [step.id for step in steps if step.status == "ready"]
        await apply(
            connection, [JobChanges(locked=locked, changes=changes, needs=dict.fromkeys(changes.ready, need_id[0]))]
        )
    return new.id


def new_job(**more: Any) -> NewJob:
    """A job to create."""
    values = {
        "id": uuid.uuid4(), "workspace": "default", "task": "t", "mode": "distributed", "source_type": "api",
        "source_id": None, "source_job_id": None, "release_id": next(_releases), "revision": "r", "files": "m",
        "plan": "digest", "raw_input": {}, "input": {}, "timeout_secs": None, **more,
    }  # fmt: skip
    return NewJob(**values)


async def add_release(connection: Connection, release_id: int) -> None:
    """A release of the workspace of `new_job`."""
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


async def need_ids(connection: Connection, *wanted: needs.Need) -> list[int]:
    """Ids of needs, which are inserted."""
    known = await needs.add_needs(connection, wanted)
    return [known[need] for need in wanted]


async def change(database: Database, job_id: uuid.UUID, *steps: tuple[str, Step], **more: Any) -> Applied:
    """Changes steps, each with its former status, or makes them (`made`). `more` are fields of `Changes`."""
    async with database.begin() as connection:
        return await change_in(connection, (await lock_jobs(connection, [job_id]))[job_id], *steps, **more)


async def change_in(connection: Connection, locked: LockedJob, *steps: tuple[str, Step], **more: Any) -> Applied:
    """`change`, in a transaction that has locked the job. `extra` are fields of `JobChanges`."""
    extra = more.pop("extra", {})
    changes = Changes(job=more.pop("job", locked.state), **more)
    changes.made = {step.id: step for was, step in steps if was == "made"}
    changes.changed = {step.id: (was, step) for was, step in steps if was != "made"}
    changes.ended = [step.id for _, step in steps if step.status in ("completed", "failed", "skipped", "cancelled")]
    changes.ready = [step.id for _, step in steps if step.status == "ready"]
    if changes.ready and "needs" not in extra:
        known = await needs.list_needs(connection)
        extra["needs"] = dict.fromkeys(changes.ready, known[SCRIPT])
    return await apply(connection, [JobChanges(locked=locked, changes=changes, **extra)])


async def add_worker(database: Database, lease_secs: int = 60) -> uuid.UUID:
    """A registered worker for scripts."""
    worker_id = uuid.uuid4()
    async with database.begin() as connection:
        await workers.register_worker(
            connection, worker_id, workers.StartedWorker(name="w", capabilities=["script"]), lease_secs=lease_secs
        )
    return worker_id


async def claim(connection: Connection, worker_id: uuid.UUID, *wanted: needs.Need, limit: int = 10) -> Claimed:
    """Claims steps with these needs (scripts by default) for a worker."""
    known = await needs.list_needs(connection)
    ids = [known[need] for need in wanted or (SCRIPT,)]
    return await claims.claim_steps(connection, worker_id, ids, limit=limit, grace_secs=25)


async def claim_alone(database: Database, worker_id: uuid.UUID, *, limit: int = 10) -> tuple[ClaimedStep, ...]:
    """Claims steps in a transaction of its own."""
    async with database.begin() as connection:
        return (await claim(connection, worker_id, limit=limit)).steps


async def column(database: Database, sql: str, *parameters: Any) -> list[Any]:
    """The first column of the rows of a query."""
    async with database.read() as connection:
        return [row[0] for row in await fetch(connection, sql, parameters)]


async def statuses(database: Database, job_id: uuid.UUID) -> list[str]:
    """The status of each step of a job, in order."""
    return await column(database, "SELECT status FROM steps WHERE job_id = %s ORDER BY id", job_id)


def numbers(steps: Sequence[ClaimedStep]) -> list[int]:
    """The ids of steps in their job."""
    return [step.step for step in steps]

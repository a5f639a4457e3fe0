"""Places of local jobs: the workers on which they stay."""

import uuid
from collections.abc import Collection, Mapping

from stroem.engine.events import Placed
from stroem.orchestrator.jobs.job_driver import JobDriver, Recorded
from stroem.store.jobs import locked_jobs
from stroem.store.jobs.locked_jobs import LockedJob
from stroem.store.statement import Connection


async def lock_placed(
    connection: Connection, driver: JobDriver, worker_id: uuid.UUID, job_ids: Collection[uuid.UUID]
) -> tuple[Mapping[uuid.UUID, LockedJob], Recorded | None]:
    """Locks jobs. Local ones without a place whose first step the worker runs are placed on it before.

    The second value is to be published after the commit; None if no job was placed.
    """
    jobs = await locked_jobs.lock_jobs(connection, job_ids)
    waiting = [one for one in jobs.values() if one.state.is_local and one.state.worker_id is None]
    unplaced = [one for one in waiting if await locked_jobs.runs_on(connection, one.id, worker_id)]
    if not unplaced:
        return jobs, None
    placed = await driver.drive(connection, [(one, [Placed(worker_id=worker_id)]) for one in unplaced])
    return await locked_jobs.lock_jobs(connection, job_ids), placed

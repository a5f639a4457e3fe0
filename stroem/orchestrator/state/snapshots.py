"""Snapshots of running steps: stored before the outcome, published with it."""

import uuid
from collections.abc import Mapping, Sequence

from stroem.errors import BadRequest, Conflict, LeaseLost
from stroem.orchestrator.state.contents import StateBlobs
from stroem.store import blob_garbage
from stroem.store.database import Database
from stroem.store.state import publishing, staging
from stroem.store.state.publishing import Kept, Published
from stroem.store.state.scopes import StateScope
from stroem.store.state.staging import StepOfWorker
from stroem.store.statement import Connection


class Snapshots:
    """Stores the state that steps write."""

    def __init__(self, database: Database, contents: StateBlobs, kept: Kept) -> None:
        self._database = database
        self.contents = contents
        self.kept = kept

    async def stage(self, scope: StateScope, archive: bytes, writer: StepOfWorker, base: uuid.UUID | None) -> uuid.UUID:
        """Stores the state of a running step; it is the latest once the outcome is recorded.

        Raises BadRequest for an archive that is not allowed, LeaseLost when the step is no longer the worker's.
        """
        content = await self.contents.put(archive)
        async with self._database.begin() as connection:
            await self._check_job(connection, scope, writer.job_id)
            staged = await staging.stage(connection, scope, content, writer, base)
            unused = content.blob if staged is None else staged.replaced
            if unused is not None:
                await blob_garbage.add(connection, [unused])
        if staged is None:
            raise LeaseLost(step=writer.step_name)
        return staged.id

    async def publish_at_once(self, scope: StateScope, archive: bytes, job_id: uuid.UUID) -> uuid.UUID:
        """Stores the state of a step of an older worker, which does not say which step it is.

        Raises BadRequest, and Conflict when no older worker runs a step of the job.
        """
        content = await self.contents.put(archive)
        async with self._database.begin() as connection:
            await self._check_job(connection, scope, job_id)
            steps = await staging.lock_steps_of_older_workers(connection, job_id)
            if not steps:
                raise Conflict(message=f"No worker of this kind runs a step of job {job_id}, or it is being cancelled")
            published = await publishing.publish(connection, scope, content, self.kept, job_id=job_id)
        return published.id

    async def publish_staged(self, connection: Connection, written: Mapping[uuid.UUID, uuid.UUID]) -> list[Published]:
        """Publishes staged snapshots, by id with their jobs, which are locked; those of cancelled attempts are not."""
        ordered: Sequence[uuid.UUID] = await staging.in_order_of_scopes(connection, written)
        found = [await publishing.publish_staged(connection, one, written[one], self.kept) for one in ordered]
        return [one for one in found if one is not None]

    @staticmethod
    async def _check_job(connection: Connection, scope: StateScope, job_id: uuid.UUID) -> None:
        if not await staging.is_job_of(connection, scope, job_id):
            where = f"workspace {scope.workspace!r}" if scope.is_global else f"task {scope.task!r} of it"
            raise BadRequest(message=f"Job {job_id} is not a job of {where}")

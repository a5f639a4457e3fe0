"""Comparison of a worker's inventory with its running steps in the database."""

import uuid
from collections.abc import Collection, Sequence

from stroem.orchestrator.jobs.step_failer import StepFailer
from stroem.orchestrator.plans.step_names import StepNames
from stroem.protocol.attempt_set import AttemptSet
from stroem.protocol.steps import StepAttempt
from stroem.store.batch_isolation import is_outage
from stroem.store.database import Database
from stroem.store.jobs import steps
from stroem.store.jobs.steps import ClaimedStep, StepId
from stroem.store.jobs.volumes import ended_volumes
from stroem.store.jobs.worker_steps import running_attempts
from stroem.store.statement import Connection


class StepInventory:
    """The running steps of workers, under the names that workers know."""

    def __init__(self, database: Database, names: StepNames, failer: StepFailer) -> None:
        self._database = database
        self._names = names
        self._failer = failer

    async def cancellations(self, worker_id: uuid.UUID) -> tuple[StepAttempt, ...]:
        """The steps of a worker that are to be cancelled."""
        async with self._database.read() as connection:
            found = await steps.steps_to_cancel(connection, worker_id)
            return tuple([one for one in await self._named(connection, found) if one is not None])

    async def ended_volumes(self, volumes: Collection[uuid.UUID]) -> tuple[uuid.UUID, ...]:
        """Those of a worker's folders of jobs that no job needs any more."""
        async with self._database.read() as connection:
            return await ended_volumes(connection, volumes)

    async def undelivered(
        self, connection: Connection, worker_id: uuid.UUID, holding: Sequence[StepAttempt]
    ) -> list[ClaimedStep]:
        """The steps of a worker that are missing in its inventory: the answer that had them was lost."""
        known = AttemptSet(holding)
        return [step for step, named in await self._running(connection, worker_id) if named not in known]

    async def given_up(self, worker_id: uuid.UUID, holding: Sequence[StepAttempt]) -> tuple[StepAttempt, ...]:
        """The steps in a worker's inventory that are no longer its own: its lease or their deadline has expired."""
        async with self._database.read() as connection:
            own = AttemptSet([named for _, named in await self._running(connection, worker_id)])
        return tuple([one for one in holding if one not in own])

    async def find(self, worker_id: uuid.UUID, attempt: StepAttempt) -> ClaimedStep | None:
        """The running step of a worker by its name."""
        async with self._database.read() as connection:
            running = await self._running(connection, worker_id)
        return next((step for step, named in running if named == attempt), None)

    async def running_among(self, attempts: Collection[tuple[StepId, int]]) -> set[tuple[StepId, int]]:
        """Those of the attempts that are running, whichever worker has them."""
        async with self._database.read() as connection:
            return await running_attempts(connection, attempts)

    async def _running(self, connection: Connection, worker_id: uuid.UUID) -> list[tuple[ClaimedStep, StepAttempt]]:
        running = await steps.steps_held(connection, worker_id)
        for one in running:
            self._names.put(one.step_id, one.address)
        names = await self._named(connection, [(one.step_id, one.attempt) for one in running])
        return [(step, named) for step, named in zip(running, names, strict=True) if named is not None]

    async def _named(self, connection: Connection, found: Sequence[tuple[StepId, int]]) -> list[StepAttempt | None]:
        """The attempts with the names of their steps; None where the plan cannot be read, which fails the job."""
        named: list[StepAttempt | None] = []
        for step_id, attempt in found:
            try:
                name = (await self._names.names_of(connection, [step_id]))[step_id]
            except Exception as error:
                if is_outage(error):
                    raise
                await self._failer.fail_job(step_id[0], "The plan cannot be read", error)
                named.append(None)
            else:
                known = StepAttempt(job_id=step_id[0], step_name=name, step_id=step_id[1], attempt=attempt)
                named.append(known)
        return named

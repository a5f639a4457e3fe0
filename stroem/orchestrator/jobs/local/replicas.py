"""Replicas of local jobs for the workers on which they stay."""

import asyncio
import uuid
from collections.abc import Sequence

import attrs

from stroem.conversion.unstructure import encode
from stroem.engine.plan import TaskPlan
from stroem.engine.requests import EndedStep, Load
from stroem.engine.values.state import ENDED, JOB, Step
from stroem.errors import Conflict, NotFound
from stroem.orchestrator.jobs.job_driver import JobDriver, Recorded
from stroem.orchestrator.jobs.local.placing import lock_placed
from stroem.orchestrator.outputs.reader import OutputReader
from stroem.orchestrator.plans.claim_facts import facts_of, keys_of
from stroem.orchestrator.plans.job_plan import JobPlan
from stroem.orchestrator.plans.job_plans import JobPlans
from stroem.orchestrator.state.values import StateValues
from stroem.protocol.replica import JobReplica, StepOutputValue
from stroem.records.large_output import references_in
from stroem.store.database import Database
from stroem.store.jobs import load
from stroem.store.jobs.jobs import JobFacts
from stroem.store.jobs.locked_jobs import LockedJob
from stroem.store.state.scopes import heads_of_job
from stroem.store.statement import Connection

MOST_STEPS = 2000
"""Most steps of a job with a replica."""
MOST_BYTES = 8 * 1024 * 1024
"""The largest replica, as JSON text."""


class Replicas:
    """Makes replicas, each of one moment."""

    def __init__(
        self, database: Database, plans: JobPlans, driver: JobDriver, states: StateValues, outputs: OutputReader
    ) -> None:
        self._database = database
        self._plans = plans
        self._driver = driver
        self._states = states
        self._outputs = outputs

    async def get(self, job_id: uuid.UUID, worker_id: uuid.UUID) -> bytes:
        """The replica of a job that stays on a worker, as JSON.

        Raises NotFound for another job, and Conflict for one that cannot go on without the server.
        """

        async def work() -> tuple[JobReplica, Recorded | None]:
            async with self._database.begin() as connection:
                locked, placed = await self._locked(connection, job_id, worker_id)
                return await self._replica(connection, locked), placed

        replica, placed = await self._plans.run(work)
        if placed is not None:
            self._driver.publish(placed)
        data = await asyncio.to_thread(encode, replica, JobReplica)
        if len(data) > MOST_BYTES:
            raise _too_large(len(data))
        return data

    async def _locked(
        self, connection: Connection, job_id: uuid.UUID, worker_id: uuid.UUID
    ) -> tuple[LockedJob, Recorded | None]:
        """The locked job. If its first step was claimed just now, it gets its worker here."""
        jobs, placed = await lock_placed(connection, self._driver, worker_id, [job_id])
        locked = jobs.get(job_id)
        if locked is None or not locked.state.is_local:
            raise NotFound(kind="Local job", name=job_id)
        if locked.status in ENDED:
            raise Conflict(message="The job has ended")
        if locked.state.worker_id != worker_id:
            raise NotFound(kind="Local job", name=job_id, hint="It does not stay on this worker.")
        return locked, placed

    async def _replica(self, connection: Connection, locked: LockedJob) -> JobReplica:
        job = (await self._plans.of(connection, [locked.id]))[locked.id]
        facts = (await self._plans.cached_jobs.get(connection, [locked.id]))[locked.id]
        if (reason := _reason_against(locked, job, facts)) is not None:
            raise Conflict(message=f"The job cannot go on without the server: {reason}")
        count, size = await load.size_of(connection, locked.id)
        if count > MOST_STEPS:
            raise Conflict(message=f"The job cannot go on without the server: it has more than {MOST_STEPS:,} steps")
        if size > MOST_BYTES:
            raise _too_large(size)
        steps = await load.load_all(connection, locked.id)
        heads = await heads_of_job(connection, locked.id)
        reads_state = any(node.reads_state for node in job.plan.nodes)
        return JobReplica(
            **attrs.asdict(facts_of(locked.id, job.plan, facts), recurse=False),
            plan=job.plan,
            input=dict(job.input),
            state=locked.state,
            steps=tuple(steps),
            outputs=await self._outputs_of(connection, locked.id, job.plan, steps),
            state_keys=keys_of(heads),
            state_values=dict(await self._states.of(connection, heads)) if reads_state else {},
        )

    async def _outputs_of(
        self, connection: Connection, job_id: uuid.UUID, plan: TaskPlan, steps: Sequence[Step]
    ) -> tuple[StepOutputValue, ...]:
        """The outputs of ended steps, large ones too."""
        wanted = Load(collected=frozenset({JOB, *(step.parent for step in steps)}))
        inside = (await load.load(connection, {job_id: wanted}))[job_id].collected
        ended: list[EndedStep] = [one for own in inside.values() for one in own if one.output is not None]
        large = sum(reference.size for one in ended for reference in references_in(one.output))
        if large > MOST_BYTES:
            raise _too_large(large)
        return tuple(
            [
                StepOutputValue(
                    step=one.id, output=await self._outputs.filled(connection, job_id, plan.task, one.output)
                )
                for one in sorted(ended, key=lambda one: one.id)
            ]
        )


def _reason_against(locked: LockedJob, job: JobPlan, facts: JobFacts) -> str | None:
    """The reason why a job cannot go on without the server; None if it can."""
    if job.error is not None:
        return job.error
    if job.unread is not None:
        return job.unread
    if job.plan.grows:
        return "its plan opens plans that arrive at run time"
    if locked.state.is_partial:
        return "it runs another job again in part"
    if facts.consumer is not None:
        return "its steps take the events of a trigger"
    return None


def _too_large(size: int) -> Conflict:
    return Conflict(
        message=f"The job cannot go on without the server: its steps and values have {size:,} bytes; "
        f"at most {MOST_BYTES:,} can be sent"
    )

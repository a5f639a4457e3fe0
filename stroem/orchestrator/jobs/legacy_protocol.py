"""The older contract of workers: one request for each change of a step, without the worker's id."""

import uuid

from stroem.errors import Conflict, NotFound
from stroem.orchestrator.jobs.split_recorder import SplitRecorder
from stroem.orchestrator.plans.step_names import StepNames
from stroem.protocol.steps import LogLines, Outcome
from stroem.store.database import Database
from stroem.store.jobs import jobs, steps
from stroem.store.jobs.jobs import TERMINAL


class LegacyProtocol:
    """Records reports of workers of the older contract, for the worker that has the attempt."""

    def __init__(self, database: Database, names: StepNames, recorder: SplitRecorder) -> None:
        self._database = database
        self._names = names
        self._recorder = recorder

    async def begin_step(self, job_id: uuid.UUID, step: str, attempt: int) -> None:
        """Notes the start of a claimed attempt; from now on its worker asks about the job."""
        async with self._database.read() as connection:
            for step_id in (await self._names.find(connection, [(job_id, step)])).values():
                await steps.restamp_start(connection, step_id, attempt)

    async def finish(self, outcome: Outcome) -> None:
        """Records an outcome. Raises NotFound for an unknown job or step."""
        async with self._database.read() as connection:
            if not await self._names.find(connection, [(outcome.job_id, outcome.step_name)]):
                raise await self._names.missing(connection, outcome.job_id, outcome.step_name)
        await self._recorder.record_each([outcome], [], None)

    async def append(self, lines: LogLines) -> None:
        """Records log lines; those of a step that has ended are dropped."""
        await self._recorder.record_each([], [lines], None)

    async def check_ended(self, job_id: uuid.UUID) -> None:
        """Raises NotFound for an unknown job, and Conflict for one that has not ended: its steps end it."""
        async with self._database.read() as connection:
            job = await jobs.get_job(connection, job_id)
        if job is None:
            raise NotFound(kind="Job", name=job_id)
        if job.status not in TERMINAL:
            raise Conflict(message=f"The job is {job.status}: it ends with its last step, so report the steps first")

    async def is_cancelled(self, job_id: uuid.UUID) -> bool:
        """Whether a job is to end or has ended. The question is a sign of life of the worker that has its steps."""
        async with self._database.read() as connection:
            await steps.note_question(connection, job_id)
            return await steps.is_cancelled(connection, job_id)

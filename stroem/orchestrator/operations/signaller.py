"""Signals to jobs."""

import uuid

from stroem.definitions.values import Json
from stroem.engine.events import Signal
from stroem.engine.values.state import SIGNAL
from stroem.errors import Conflict
from stroem.orchestrator.jobs.job_driver import JobDriver, Recorded
from stroem.orchestrator.operations.live_jobs import LiveJobs
from stroem.store.jobs import messages
from stroem.store.jobs.locked_jobs import LockedJob
from stroem.store.jobs.messages import Message
from stroem.store.statement import Connection

MOST_KEPT = 1000
"""Most signals of a job that are kept for later steps."""


class Signaller:
    """Sends signals to live jobs."""

    def __init__(self, live_jobs: LiveJobs, driver: JobDriver) -> None:
        self._live_jobs = live_jobs
        self._driver = driver

    async def send(self, job_id: uuid.UUID, name: str, payload: Json, actor: str | None = None) -> bool:
        """Ends the steps that wait for a signal; True if there are any. Else it is kept for the next such step.

        Raises NotFound, or Conflict when the job has ended or too many signals are kept.
        """

        async def send(connection: Connection, job: LockedJob) -> tuple[Recorded, bool]:
            number, kept = await messages.next_signal(connection, job_id)
            if kept >= MOST_KEPT:
                raise Conflict(message=f"Job keeps {kept} signals that no step has waited for; no more are taken")
            message = Message(id=number, job_id=job_id, kind=f"{SIGNAL}{name}", payload=payload, actor=actor)
            event = Signal(name=name, message=number, payload=payload, actor=actor)
            recorded = await self._driver.drive(connection, [(job, [event])], taken={job_id: [message]})
            return recorded, not await messages.is_held(connection, number)

        return await self._live_jobs.change(job_id, send)

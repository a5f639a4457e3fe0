"""Steps that cannot go on, ended as failed whatever stands in the way."""

import logging
import uuid
from collections.abc import Sequence

from stroem.orchestrator.recorder import Recorder
from stroem.orchestrator.resting import Resting
from stroem.orchestrator.signals import News, Signals
from stroem.store import progress
from stroem.store.database import Database
from stroem.store.isolation import is_outage, isolate, reason_of
from stroem.store.steps import StepEnd

_log = logging.getLogger(__name__)


class StepFailer:
    """Ends steps in one transaction; those that spoil it alone, then with their whole job.

    A job that cannot even be ended rests for a while: it is in `resting`, which claims and sweeps leave out.
    """

    def __init__(self, database: Database, recorder: Recorder, signals: Signals) -> None:
        self._database = database
        self._recorder = recorder
        self._signals = signals
        self.resting = Resting()

    async def end(self, ends: Sequence[StepEnd], *, was: str = "running") -> None:
        """Ends steps that are still `was`. Raises only when the database is away."""

        async def record(some: Sequence[StepEnd]) -> None:
            async with self._database.begin() as connection:
                recorded = await self._recorder.record(connection, some, was=was)
            self._signals.tell(recorded.news)

        async def fail_job(end: StepEnd, error: Exception) -> None:
            await self.fail_job(end.job_id, f"{end.error or 'A step ended'}, which cannot be recorded", error)

        await isolate(ends, record, fail_job)

    async def fail_job(self, job_id: uuid.UUID, what: str, error: Exception) -> None:
        """Fails a job with all its open steps, without its plan. Raises only when the database is away."""
        reason = f"{what}: {reason_of(error)}"
        _log.error("job %s is failed: %s", job_id, reason, exc_info=error)
        try:
            async with self._database.begin() as connection:
                holders = await progress.fail_job(connection, job_id, reason)
        except Exception as final:
            if is_outage(final):
                raise
            secs = self.resting.add(job_id)
            _log.error("job %s cannot be failed; it is left alone for %.0f s: %s", job_id, secs, reason_of(final))
            return
        self._signals.tell(News(jobs=frozenset({job_id}), cancelled_on=frozenset(holders)))

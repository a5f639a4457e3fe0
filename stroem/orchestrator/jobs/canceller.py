"""Cancellation of jobs."""

import asyncio
import uuid

from stroem.errors import Conflict, NotFound
from stroem.orchestrator.logs.appender import LogAppender
from stroem.orchestrator.logs.server_lines import server_line
from stroem.orchestrator.notifier import POLL_SECS, Notification, Notifier, wait_for
from stroem.store.database import Database
from stroem.store.jobs import jobs, logs, steps, transitions
from stroem.store.jobs.jobs import TERMINAL
from stroem.store.jobs.transitions import JobProgress


class Canceller:
    """Cancels jobs."""

    def __init__(self, database: Database, appender: LogAppender, notifier: Notifier) -> None:
        self._database = database
        self._appender = appender
        self._notifier = notifier

    async def cancel(self, job_id: uuid.UUID, reason: str = "Job cancelled by user") -> None:
        """Cancels waiting steps at once and running ones through their workers; the job ends with its last step.

        The rescuer ends steps that a worker does not end in time. Raises NotFound, or Conflict when the job has ended.
        """
        async with self._database.begin() as connection:
            job = (await jobs.lock_jobs(connection, [job_id])).get(job_id)
            if job is None:
                raise NotFound(kind="Job", name=job_id)
            if job.status in TERMINAL:
                raise Conflict(message="Job is already in a terminal state")
            log_lines = job.log_lines
            if job.cancel_reason is None:
                await jobs.request_cancel(connection, job_id, reason)
                lines, _ = await self._appender.append(connection, {job_id: job}, [server_line(job_id, reason)])
                log_lines = lines[job_id]
            still_open = job.steps_open - await steps.cancel_waiting(connection, job_id)
            holders = await steps.ask_to_cancel(connection, job_id)
            ended = JobProgress(
                id=job_id,
                steps_open=still_open,
                steps_failed=job.steps_failed,
                log_lines=log_lines,
                status=None if still_open else "cancelled",
                error=None if still_open else job.cancel_reason or reason,
            )
            await transitions.advance(connection, [ended])
        self._notifier.publish(
            Notification(jobs=frozenset({job_id}), cancelled_on=frozenset(holders), deadlines=bool(holders))
        )

    async def wait_for_end(self, job_id: uuid.UUID, seconds: float) -> str:
        """Waits for the end of the job, at most `seconds`; returns its status then. Raises NotFound."""
        clock = asyncio.get_running_loop().time
        until = clock() + seconds
        with self._notifier.watching(job_id) as changed:
            while True:
                async with self._database.read() as connection:
                    state = await logs.log_state(connection, job_id)
                if state is None:
                    raise NotFound(kind="Job", name=job_id)
                left = until - clock()
                if state.status in TERMINAL or left <= 0 or self._notifier.closed:
                    return state.status
                await wait_for(changed, min(left, POLL_SECS))

"""Uploads of logs that are too large for a batch."""

import asyncio
import logging
from urllib.parse import quote

from stroem.definitions.backoff import Backoff
from stroem.protocol.steps import LogLines
from stroem.worker.exchange.registration import WorkerRegistration
from stroem.worker.exchange.rejection import replace_lines
from stroem.worker.http.client import Refused, ServerAway, ServerClient
from stroem.worker.steps.in_flight_step import InFlightStep, Stop

logger = logging.getLogger(__name__)

LOST = frozenset({404, 409, 410})
TOKEN = frozenset({401, 403})
_BACKOFF = Backoff(first_secs=0.1, longest_secs=5)


class LogUploader:
    """Uploads the chunks of a step's log, one request each."""

    def __init__(self, client: ServerClient, registration: WorkerRegistration) -> None:
        self._client = client
        self._registration = registration

    async def upload(self, step: InFlightStep) -> None:
        """Uploads chunks until the log is small enough for a batch; tries again after failures."""
        failures = 0
        while step.log.is_large and (chunk := step.log.take()) is not None:
            try:
                await self._send(step, chunk)
                failures = 0
            except Exception as error:
                step.log.put_back()
                self._on_failure(step, chunk, error)
                failures += 1
                await asyncio.sleep(_BACKOFF.secs(failures))

    async def _send(self, step: InFlightStep, chunk: LogLines) -> None:
        path = f"/worker/jobs/{chunk.job_id}/steps/{quote(chunk.step_name, safe='')}/log"
        params = {
            "attempt": str(chunk.attempt),
            "chunk": str(chunk.chunk),
            "lines": str(chunk.lines),
            "worker_id": str(self._registration.worker_id),
        }
        for name in ("stdout_bytes", "stderr_bytes"):
            if value := getattr(chunk, name):
                params[name] = str(value)
        if chunk.step_id is not None:
            params["step_id"] = str(chunk.step_id)
        try:
            await self._client.post_lines(path, params, chunk.data)
        except Refused as error:
            self._on_refused(step, chunk, error)
        else:
            step.failures.clear()
            step.log.confirm()

    def _on_refused(self, step: InFlightStep, chunk: LogLines, error: Refused) -> None:
        if error.status in LOST:
            logger.warning("the lease of step %s is lost: %s", step.attempt, error)
            step.stop(Stop.LEASE_LOST)
        elif error.status in TOKEN:
            raise ServerAway(str(error)) from error
        else:
            replace_lines(step, chunk, error)

    def _on_failure(self, step: InFlightStep, chunk: LogLines, error: Exception) -> None:
        """Replaces a chunk that fails again and again while other requests succeed."""
        if isinstance(error, ServerAway):
            logger.debug("log of step %s: %s", step.attempt, error)
            may_be_content = error.may_concern_body
        else:
            logger.error("log of step %s", step.attempt, exc_info=error)
            may_be_content = True
        if may_be_content and step.failures.add(self._client.successes):
            replace_lines(step, chunk, error)

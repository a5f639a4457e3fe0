"""Sends the logs of steps that print more than the journey should carry."""

import asyncio
import logging
from collections.abc import Callable
from urllib.parse import quote

from stroem.definitions.backoff import Backoff
from stroem.worker.exchange.client import Refused, ServerAway, ServerClient
from stroem.worker.exchange.missing_lines import replace_chunk
from stroem.worker.exchange.suspicion import blames_news
from stroem.worker.steps.attempt import HeldStep, Stop
from stroem.worker.steps.log_buffer import Chunk

logger = logging.getLogger(__name__)

SMALL_BYTES = 64 * 1024
LOST = frozenset({404, 409, 410})
TOKEN = frozenset({401, 403})
_BACKOFF = Backoff(first_secs=0.1, longest_secs=5)


class LogSender:
    """One task for each step that is loud just now; chunks of one step go one after another."""

    def __init__(self, client: ServerClient, on_sent: Callable[[], None]) -> None:
        self._client = client
        self._on_sent = on_sent
        self._tasks: set[asyncio.Task[None]] = set()
        self.worker_id = ""

    def send_if_large(self, step: HeldStep) -> None:
        """Takes the log over when it has grown too large for the journey, and is not out with it."""
        if step.sending or step.log.out or step.log.waiting_bytes <= SMALL_BYTES:
            return
        step.sending = True
        task = asyncio.create_task(self._send(step))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def close(self) -> None:
        """Stops sending."""
        for task in tuple(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _send(self, step: HeldStep) -> None:
        try:
            await self._send_while_large(step)
        finally:
            step.sending = False
            self._on_sent()

    async def _send_while_large(self, step: HeldStep) -> None:
        failures = 0
        while step.log.waiting_bytes > SMALL_BYTES and (chunk := step.log.take()) is not None:
            try:
                await self._send_chunk(step, chunk)
                failures = 0
            except Exception as error:
                step.log.put_back()
                self._on_failure(step, chunk, error)
                failures += 1
                await asyncio.sleep(_BACKOFF.secs(failures))

    async def _send_chunk(self, step: HeldStep, chunk: Chunk) -> None:
        key = step.key
        path = f"/worker/jobs/{key.job_id}/steps/{quote(key.step, safe='')}/log"
        params = {
            "attempt": str(key.attempt),
            "chunk": str(chunk.number),
            "lines": str(chunk.lines),
            "worker_id": self.worker_id,
        }
        try:
            await self._client.post_lines(path, params, chunk.data)
        except Refused as error:
            self._on_refused(step, chunk, error)
        else:
            step.suspicion.clear()
            step.log.confirm()

    def _on_refused(self, step: HeldStep, chunk: Chunk, error: Refused) -> None:
        if error.status in LOST:
            logger.warning("step %s is no longer ours: %s", step.key, error)
            step.stop(Stop.LEASE_LOST)
        elif error.status in TOKEN:
            raise ServerAway(str(error)) from error
        else:
            replace_chunk(step, chunk, error)

    def _on_failure(self, step: HeldStep, chunk: Chunk, error: Exception) -> None:
        """Replaces a chunk that fails again and again while other requests succeed."""
        if isinstance(error, ServerAway):
            logger.debug("log of step %s: %s", step.key, error)
            is_suspect = blames_news(error.status)
        else:
            logger.error("log of step %s", step.key, exc_info=error)
            is_suspect = True
        if is_suspect and step.suspicion.confirmed(self._client.kept):
            replace_chunk(step, chunk, error)

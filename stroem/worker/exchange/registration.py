"""The worker's place among the workers that the server knows."""

import asyncio
import logging
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import stroem
from stroem.conversion.json_value import OUTPUT_BYTES
from stroem.definitions.backoff import Backoff
from stroem.settings.worker import WorkerSettings
from stroem.worker.exchange.client import HEARTBEAT, Refused, ServerAway, ServerClient

logger = logging.getLogger(__name__)

BACKOFF = Backoff(first_secs=1, longest_secs=60)
BEAT_SECS = 30
"""How often the server hears from us when it names no lease."""


class Membership:
    """Registers the worker and keeps it registered. The id of the last run is kept in a file."""

    def __init__(self, client: ServerClient, settings: WorkerSettings, abilities: Sequence[str], file: Path) -> None:
        self._client = client
        self._file = file
        self._beat_secs = float(BEAT_SECS)
        self.worker_id = ""
        self.output_bytes = OUTPUT_BYTES
        """How large the output of a step may be."""
        self.offer: dict[str, object] = {"capabilities": list(abilities), "tags": list(settings.tags)}
        if settings.exclusive:
            self.offer["exclusive"] = True
        self._name = settings.worker_name

    async def register(self, *, as_before: bool) -> None:
        """Registers, however long it takes. With `as_before` the server learns which worker this was in its
        last run, and hands that run's steps to others at once. Raises `Refused`.
        """
        body = {"name": self._name, **self.offer, "version": stroem.__version__}
        if as_before and (last := self._last_id()) is not None:
            body["worker_id"] = last
        failures = 0
        while True:
            try:
                answer = await self._client.post("/worker/register", body)
                break
            except ServerAway as error:
                failures += 1
                pause = BACKOFF.secs(failures)
                logger.debug("%s; trying again in %.0f s", error, pause)
                await asyncio.sleep(pause)
        if "worker_id" not in answer:
            raise Refused(200, "the answer names no worker; is server_url the address of a Strøm server?")
        self.worker_id = str(answer["worker_id"])
        self.output_bytes = int(answer.get("output_bytes") or OUTPUT_BYTES)
        self.learn_lease(answer)
        self._file.write_text(self.worker_id)
        logger.info("registered as worker %s", self.worker_id)

    def learn_lease(self, answer: Mapping[str, Any]) -> None:
        """Takes the length of a lease from an answer."""
        if lease := answer.get("lease_secs"):
            self._beat_secs = float(lease) / 3

    async def keep(self, on_answer: Callable[[Mapping[str, Any], bool], object]) -> None:
        """Sends heartbeats for ever and hands over the answers, each with whether it came so late that the lease may
        have been over before.
        """
        clock = asyncio.get_running_loop().time
        heard = clock()
        while True:
            await asyncio.sleep(self._beat_secs)
            try:
                answer = await self._client.post(HEARTBEAT, {"worker_id": self.worker_id, "lease": True})
            except ServerAway as error:
                logger.debug("heartbeat: %s", error)
                continue
            except Refused as error:
                logger.warning("heartbeat: %s", error)
                continue
            late = clock() - heard > 2 * self._beat_secs
            heard = clock()
            on_answer(answer, late)

    def _last_id(self) -> str | None:
        try:
            return self._file.read_text().strip() or None
        except OSError:
            return None

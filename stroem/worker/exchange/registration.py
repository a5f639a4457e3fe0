"""The worker's registration with the server, and the heartbeats that keep it."""

import asyncio
import contextlib
import logging
import uuid
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import attrs

import stroem
from stroem.conversion.json_value import OUTPUT_BYTES
from stroem.definitions.backoff import Backoff
from stroem.protocol.reading import MessageUnreadable, read
from stroem.protocol.registration import Heartbeat, RegisteredWorker, Registration
from stroem.settings.worker import WorkerSettings
from stroem.worker.http.client import HEARTBEAT, Refused, ServerAway, ServerClient

logger = logging.getLogger(__name__)

BACKOFF = Backoff(first_secs=1, longest_secs=60)
LEASE_SECS = 90
"""The lease that is assumed where the server names none."""


class UnknownWorker(Exception):
    """The server does not know this worker any more."""


class WorkerRegistration:
    """Registers the worker and keeps it registered. `file` has the id of the last run."""

    def __init__(self, client: ServerClient, settings: WorkerSettings, file: Path) -> None:
        self._client = client
        self._file = file
        self._heartbeat_secs = LEASE_SECS / 3
        self.worker_id = uuid.UUID(int=0)
        self.output_bytes = OUTPUT_BYTES
        """The most bytes that the output of a step may have."""
        self.local_lease_secs: float | None = None
        """How long local jobs go on after the server was heard last; None if they do not."""
        self.offer = Registration(
            name=settings.worker_name,
            tags=tuple(settings.tags),
            exclusive=settings.exclusive,
            version=stroem.__version__,
            group=settings.worker_group,
            slots=settings.max_concurrent,
            resources={name: str(amount) for name, amount in settings.resources.items()},
        )

        self._told = self.offer
        self._changed = asyncio.Event()

    def change(self, abilities: Sequence[str], languages: Sequence[str], missing: Mapping[str, str]) -> None:
        """Offers other abilities from now on; the next heartbeat, which is sent at once, tells the server."""
        self.offer = attrs.evolve(
            self.offer, capabilities=tuple(abilities), languages=tuple(languages), missing=dict(missing)
        )
        self._changed.set()

    async def register(self, *, as_before: bool, resumes: bool = False) -> bool:
        """Registers, trying again until the server answers; True if it keeps the id of the last run. Raises `Refused`.

        With `as_before` the request has the id of the last run; the server ends the steps of that run at once, unless
        this one `resumes` them.
        """
        failures = 0
        while True:
            offer = self.offer
            former = self._last_id() if as_before else None
            message = attrs.evolve(offer, worker_id=former, resumes=resumes and former is not None)
            try:
                answer = await self._client.post("/worker/register", message)
                break
            except ServerAway as error:
                failures += 1
                pause = BACKOFF.secs(failures)
                logger.debug("%s; trying again in %.0f s", error, pause)
                await asyncio.sleep(pause)
        self._told = offer
        self._take(answer)
        logger.info("registered as worker %s", self.worker_id)
        return self.worker_id == former

    def learn_lease(self, answer: Mapping[str, Any]) -> None:
        """Adapts the interval of heartbeats to the lease that an answer names."""
        if lease := answer.get("lease_secs"):
            self._heartbeat_secs = float(lease) / 3

    async def keep(self, on_answer: Callable[[Mapping[str, Any], bool], object]) -> None:
        """Sends heartbeats until it is cancelled.

        `on_answer` gets each answer, and whether it is so late that the lease may have expired in between.
        """
        clock = asyncio.get_running_loop().time
        answered_at = clock()
        while True:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(self._heartbeat_secs):
                    await self._changed.wait()
            self._changed.clear()
            offer = self.offer
            try:
                answer = await self._client.post(HEARTBEAT, self._heartbeat(offer))
            except ServerAway as error:
                logger.debug("heartbeat: %s", error)
                continue
            except Refused as error:
                logger.warning("heartbeat: %s", error)
                continue
            self._told = offer
            late = clock() - answered_at > 2 * self._heartbeat_secs
            answered_at = clock()
            on_answer(answer, late)

    def _heartbeat(self, offer: Registration) -> Heartbeat:
        """The sign of life, with the offer if the server does not know it."""
        if offer is self._told:
            return Heartbeat(worker_id=self.worker_id, lease=True)
        return Heartbeat(
            worker_id=self.worker_id,
            lease=True,
            capabilities=offer.capabilities,
            languages=offer.languages,
            missing=offer.missing,
        )

    def _take(self, answer: Mapping[str, Any]) -> None:
        defaults = {"lease_secs": LEASE_SECS, "output_bytes": OUTPUT_BYTES}
        try:
            registered = read({**defaults, **answer}, RegisteredWorker)
        except MessageUnreadable as error:
            problem = "the answer names no worker; is server_url the address of a Strøm server?"
            raise Refused(200, problem) from error
        self.worker_id = registered.worker_id
        self.output_bytes = registered.output_bytes
        self.local_lease_secs = registered.local_lease_secs
        self._heartbeat_secs = registered.lease_secs / 3
        self._file.write_text(str(self.worker_id))

    def _last_id(self) -> uuid.UUID | None:
        try:
            return uuid.UUID(self._file.read_text().strip())
        except (OSError, ValueError):
            return None

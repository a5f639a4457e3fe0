"""The local jobs of this worker: kept up to date while the server is there, and carried on while it is away."""

import asyncio
import datetime
import logging
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import attrs
import orjson
from cachetools import LRUCache

from stroem.conversion.unstructure import encode
from stroem.definitions.languages import with_languages
from stroem.interfaces.nodes import Node
from stroem.interfaces.step_kind import StepKind
from stroem.protocol.begun_steps import BegunAnswer, BegunStep
from stroem.protocol.claim import Claim
from stroem.protocol.reading import MessageUnreadable, read
from stroem.protocol.replica import JobReplica
from stroem.protocol.steps import StepAttempt
from stroem.worker.exchange.registration import WorkerRegistration
from stroem.worker.http.client import Refused, ServerAway, ServerClient
from stroem.worker.local.local_job import KnownAttempt, LocalJob, NeedsServer
from stroem.worker.steps.in_flight_step import InFlightStep, Stop
from stroem.worker.steps.in_flight_steps import InFlightSteps

logger = logging.getLogger(__name__)

PATIENCE_SECS = 2.0
"""The time without the server after which jobs go on without it."""
REFRESH_SECS = 1.0
"""The shortest time between two readings of a job."""
_SHARE = 0.05
"""The most of the time that is spent on reading a job: a large one is read less often."""
RETRY_SECS = 5.0
_MOST_JOBS = 256
_MOST_ENDED = 4000
"""The most ended steps that are remembered of a job until it is read again."""


@attrs.define(kw_only=True)
class _Kept:
    """A local job: the copy that is here, and what has happened on this worker since it was read.

    `ended` are steps that have ended. `read_after` is the time of the next reading, None if nothing has changed;
    `pause` is the least time until it. `is_refused`: the job cannot go on without the server. `is_stuck`: it cannot
    until it is read again.
    """

    job: LocalJob | None = None
    ended: list[InFlightStep] = attrs.Factory(list)
    read_after: float | None = 0.0
    pause: float = attrs.Factory(lambda: REFRESH_SECS)
    is_refused: bool = False
    is_stuck: bool = False


class LocalJobs:
    """Carries local jobs on while the server is away, for as long as the server has allowed.

    `can_run` tells if a step can run without the server.
    """

    def __init__(
        self,
        client: ServerClient,
        registration: WorkerRegistration,
        steps: InFlightSteps,
        kinds: Mapping[str, StepKind],
        can_run: Callable[[Claim], bool],
    ) -> None:
        self._client = client
        self._registration = registration
        self._steps = steps
        self._kinds = kinds
        self._can_run = can_run
        self._jobs: LRUCache[uuid.UUID, _Kept] = LRUCache(_MOST_JOBS)
        self._woken = asyncio.Event()
        self._clock = asyncio.get_running_loop().time
        steps.on_local = self._on_step
        client.on_change(self._woken.set)

    def forget_all(self) -> None:
        """Forgets all jobs: they are no longer this worker's."""
        self._jobs.clear()

    async def run(self) -> None:
        """Keeps up with the jobs, or carries them on, until it is cancelled."""
        while True:
            self._woken.clear()
            try:
                pause = await (self._go_on() if self._client.away else self._read_all())
            except Exception:
                logger.exception("local jobs cannot be looked after; it is tried again")
                pause = RETRY_SECS
            try:
                async with asyncio.timeout(pause):
                    await self._woken.wait()
            except TimeoutError:
                continue

    def settle(self, documents: Sequence[Mapping[str, Any]]) -> None:
        """Applies the verdicts of the server on steps that began here."""
        for document in documents:
            try:
                verdict = read(document, BegunAnswer)
            except MessageUnreadable as error:
                logger.error("a verdict of the server is ignored: %s", error)
                continue
            step = self._steps.begun_step(verdict)
            if step is None or verdict.verdict == "waiting":
                continue
            if verdict.verdict == "taken" and verdict.step_id is not None:
                self._steps.take(step, verdict.step_id)
            else:
                logger.warning("step %s began here, and does not count: %s", step.attempt, verdict.reason)
                self._steps.drop(step)
                self._jobs.pop(verdict.job_id, None)  # the server has decided otherwise
            self._woken.set()

    def _on_step(self, step: InFlightStep) -> None:
        """Notes that a step was claimed or has ended."""
        kept = self._jobs.setdefault(step.attempt.job_id, _Kept())
        if kept.is_refused:
            return
        if step.outcome is not None:
            kept.ended.append(step)
        if len(kept.ended) > _MOST_ENDED:
            kept.is_stuck = True
            del kept.ended[:-1]
        if kept.read_after is None:
            kept.read_after = self._clock() + kept.pause
        self._woken.set()

    async def _read_all(self) -> float | None:
        """Reads the jobs that have changed; the seconds until the next one is due."""
        for job_id, kept in list(self._jobs.items()):
            if kept.read_after is not None and kept.read_after <= self._clock() and not self._has_begun(job_id):
                try:
                    await self._read(job_id, kept)
                except ServerAway:
                    break
                except Exception:  # one job that cannot be read must not stop the others
                    logger.exception("job %s cannot go on while the server is away", job_id)
                    kept.is_refused, kept.read_after = True, None
        due = [kept.read_after for kept in self._jobs.values() if kept.read_after is not None]
        return max(min(due) - self._clock(), REFRESH_SECS / 4) if due else None

    async def _read(self, job_id: uuid.UUID, kept: _Kept) -> None:
        delivered, began = set(kept.ended).difference(self._steps), self._clock()
        kept.read_after = None
        try:
            document = await self._client.get(
                f"/worker/jobs/{job_id}/replica", {"worker_id": str(self._registration.worker_id)}
            )
        except ServerAway:
            kept.read_after = self._clock() + RETRY_SECS
            raise
        except Refused as error:
            if kept.job is None:
                logger.info("job %s waits while the server is away: %s", job_id, error)
            kept.job, kept.is_refused = None, True
            kept.ended.clear()
            return
        job = await asyncio.to_thread(self._loaded, document)
        if job.has_ended:
            self._jobs.pop(job_id, None)
            return
        if kept.job is None:
            logger.info("job %s can go on here while the server is away", job_id)
        kept.job, kept.is_stuck = job, False
        kept.pause = max(REFRESH_SECS, (self._clock() - began) / _SHARE)
        # One that was delivered before the reading is in the copy. Another may have been delivered after it.
        kept.ended = [step for step in kept.ended if step not in delivered]

    def _loaded(self, document: Mapping[str, Any]) -> LocalJob:
        replica = read(document, JobReplica)
        return LocalJob(replica, self._kinds, output_bytes=self._registration.output_bytes)

    async def _go_on(self) -> float | None:
        """Starts what may start without the server; the seconds until there may be more."""
        silent, lease = self._client.silent_secs, self._registration.local_lease_secs
        if lease is None or not self._jobs:
            return None
        if silent >= lease:
            self._give_up()
            return None
        if silent < PATIENCE_SECS:
            return PATIENCE_SECS - silent
        pauses = [lease - silent]
        for job_id, kept in list(self._jobs.items()):
            if kept.job is None or kept.is_stuck:
                continue
            try:
                pauses.append(await self._carry_on(job_id, kept, kept.job))
            except NeedsServer as error:
                kept.is_stuck = True
                logger.warning("job %s waits for the server: %s", job_id, error)
            except Exception:  # one job that cannot go on must not stop the others
                kept.is_stuck = True
                logger.exception("job %s cannot go on without the server", job_id)
        return max(min(pauses), 0.05)

    async def _carry_on(self, job_id: uuid.UUID, kept: _Kept, job: LocalJob) -> float:
        """Applies what has happened, and starts what is ready; the seconds until something is due."""
        ended, kept.ended = kept.ended, []
        kept.read_after = self._clock()
        running = [step for step in self._steps if step.attempt.job_id == job_id and step.outcome is None]
        if any(step.stopped is Stop.CANCELLED for step in (*ended, *running)):
            raise NeedsServer("it is being cancelled")
        await asyncio.to_thread(job.catch_up, [_known(step) for step in (*ended, *running)], _now())
        for row in job.ready():
            if self._steps.free_slots <= 0 or not self._client.away:
                break
            if self._suits(job.node_of(row)):
                await self._begin(job, row)
        due = job.next_due
        return RETRY_SECS if due is None else min(max((due - _now()).total_seconds(), 0.0), RETRY_SECS)

    async def _begin(self, job: LocalJob, row: int) -> None:
        claim = await asyncio.to_thread(job.begin, row, _now())
        if claim is None:
            self._woken.set()  # it has failed, and something may follow from that
            return
        if not self._can_run(claim):
            raise NeedsServer(f"step {claim.step_name!r} cannot run without it")
        attempt = StepAttempt(job_id=claim.job_id, step_name=claim.step_name, attempt=claim.attempt)
        begun = BegunStep(
            job_id=claim.job_id,
            step_name=claim.step_name,
            step_id=row,
            attempt=claim.attempt,
            begun_at=_now(),
        )
        logger.info("step %s begins while the server is away", attempt)
        document: dict[str, Any] = orjson.loads(encode(claim, Claim))
        self._steps.begin_here(attempt, {**document, "claimed_at": None}, begun)

    def _suits(self, node: Node) -> bool:
        offer = self._registration.offer
        return node.ability in with_languages(offer.capabilities, offer.languages) and set(node.tags) <= set(offer.tags)

    def _give_up(self) -> None:
        """Ends the running steps of local jobs: their time without the server is over."""
        for step in self._local_steps():
            if step.outcome is None and step.stopped is None:
                logger.warning("step %s is ended: the server is away for too long", step.attempt)
                self._steps.stop(step, Stop.AWAY_TOO_LONG)

    def _local_steps(self) -> Iterator[InFlightStep]:
        return (step for step in self._steps if step.document.get("local"))

    def _has_begun(self, job_id: uuid.UUID) -> bool:
        return any(one.job_id == job_id for one in self._steps.begun_here)


def _known(step: InFlightStep) -> KnownAttempt:
    return KnownAttempt(path=step.attempt.step_name, attempt=step.attempt.attempt, outcome=step.outcome)


def _now() -> datetime.datetime:
    return datetime.datetime.now(datetime.UTC)

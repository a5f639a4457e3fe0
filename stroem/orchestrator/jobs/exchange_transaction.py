"""The transaction of an exchange: a batch is recorded and steps are claimed together."""

import logging
import uuid
from collections.abc import Sequence

import attrs

from stroem.orchestrator.jobs.claimer import Claimed, Claimer
from stroem.orchestrator.jobs.local.begun_steps import BegunSteps, Taken
from stroem.orchestrator.jobs.split_recorder import SplitRecorder
from stroem.orchestrator.jobs.step_inventory import StepInventory
from stroem.orchestrator.jobs.step_scopes import Outputs
from stroem.orchestrator.notifier import LongPoll, Notifier
from stroem.orchestrator.plans.job_plans import JobPlans
from stroem.protocol.begun_steps import BegunAnswer
from stroem.protocol.claim import Claim
from stroem.protocol.exchange import ExchangeRequest
from stroem.protocol.steps import StepAttempt
from stroem.store.batch_isolation import is_outage
from stroem.store.database import Database
from stroem.store.jobs import locked_jobs
from stroem.store.jobs.steps import ClaimedStep
from stroem.store.statement import Connection

_log = logging.getLogger(__name__)


@attrs.frozen(kw_only=True)
class Served:
    """Steps for the worker, and the verdicts on those that it began by itself."""

    claims: tuple[Claim, ...] = ()
    begun: tuple[BegunAnswer, ...] = ()

    @property
    def is_news(self) -> bool:
        """True if there is a step, or a verdict that the worker need not wait for."""
        return bool(self.claims) or any(one.verdict != "waiting" for one in self.begun)


class ExchangeTransaction:
    """Records outcomes and lines, and claims steps: in one transaction, or item by item after a failure."""

    def __init__(
        self,
        database: Database,
        plans: JobPlans,
        recorder: SplitRecorder,
        claimer: Claimer,
        begun: BegunSteps,
        inventory: StepInventory,
        notifier: Notifier,
    ) -> None:
        self._database = database
        self._plans = plans
        self._recorder = recorder
        self._claimer = claimer
        self._begun = begun
        self._inventory = inventory
        self._notifier = notifier

    async def run(self, request: ExchangeRequest, poll: LongPoll, *, may_claim: bool) -> Served:
        """Records the batch and takes begun steps.

        Returns newly claimed steps, or claimed ones that are missing in the inventory.
        """
        limit = (request.max_steps or 0) if may_claim else 0
        try:
            if not self._claimer.has_deferred_jobs:
                return await self._plans.run(lambda: self._run_at_once(request, poll, limit))
        except Exception as error:
            if is_outage(error):
                raise
            _log.warning("a request of worker %s is served step by step", request.worker_id, exc_info=error)
        return await self._run_step_by_step(request, poll, limit)

    async def refuse(self, worker_id: uuid.UUID, step: ClaimedStep, error: Exception) -> None:
        """Fails a claimed step after an error in sending its claim."""
        await self._claimer.refuse(worker_id, step, error)

    async def _run_at_once(self, request: ExchangeRequest, poll: LongPoll, limit: int) -> Served:
        outputs: Outputs = {}
        recorded = None
        taken = Taken()
        async with self._database.begin() as connection:
            if request.begun:
                await locked_jobs.lock_jobs(connection, _jobs_of(request))
            if request.outcomes or request.logs:
                recorded, outputs = await self._recorder.batches.record(
                    connection, request.outcomes, request.logs, request.worker_id
                )
            if request.begun:
                taken = await self._begun.take(connection, request.worker_id, request.begun, outputs)
            claimed = await self._claim(connection, request, poll, limit, outputs)
        self._claimer.remember_outputs(outputs)
        if recorded is not None:
            self._notifier.publish(recorded.notification)
        begun = await self._taken([taken], poll)
        return _served(begun, await self._settled([claimed], poll))

    async def _run_step_by_step(self, request: ExchangeRequest, poll: LongPoll, limit: int) -> Served:
        worker_id = request.worker_id
        await self._recorder.record_each(request.outcomes, request.logs, worker_id)
        begun = await self._taken(await self._begun.take_each(worker_id, request.begun), poll)
        if request.holding is not None:
            async with self._database.read() as connection:
                lost = await self._inventory.undelivered(connection, worker_id, _held(request))
            if claims := await self._claimer.hand_out_each(lost, worker_id):
                return Served(claims=claims, begun=begun)
        claims = await self._settled(await self._claimer.claim_each(poll, limit), poll) if limit else ()
        return _served(begun, claims)

    async def _claim(
        self, connection: Connection, request: ExchangeRequest, poll: LongPoll, limit: int, outputs: Outputs
    ) -> Claimed:
        worker_id = request.worker_id
        if request.holding is not None:
            lost = await self._inventory.undelivered(connection, worker_id, _held(request))
            if lost:
                return await self._claimer.hand_out_again(connection, lost, worker_id)
        return await self._claimer.claim(connection, poll, limit, outputs) if limit else Claimed()

    async def _taken(self, found: Sequence[Taken], poll: LongPoll) -> tuple[BegunAnswer, ...]:
        """Publishes what was taken; returns the verdicts. The worker has no need of the claims."""
        for one in found:
            if one.placed is not None:
                self._notifier.publish(one.placed.notification)
        await self._settled([one.claimed for one in found], poll)
        return tuple([answer for one in found for answer in one.answers])

    async def _settled(self, found: Sequence[Claimed], poll: LongPoll) -> tuple[Claim, ...]:
        for one in found:
            claimed = frozenset([claim.job_id for claim in one.claims])
            self._notifier.publish(attrs.evolve(one.notification, claimed=claimed))
            if one.failed:
                poll.event.set()  # others may be ready in the place of those that could not be rendered
        return await self._claimer.settled(found)


def _jobs_of(request: ExchangeRequest) -> set[uuid.UUID]:
    """The jobs of a request that it changes."""
    return {one.job_id for part in (request.outcomes, request.logs, request.begun) for one in part}


def _held(request: ExchangeRequest) -> list[StepAttempt]:
    """The worker's steps: those of its inventory, and those that it began, by their paths."""
    begun = (StepAttempt(job_id=one.job_id, step_name=one.step_name, attempt=one.attempt) for one in request.begun)
    return [*(request.holding or ()), *begun]


def _served(begun: Sequence[BegunAnswer], claims: Sequence[Claim]) -> Served:
    """The answer. A step that has become ready meanwhile, and was claimed, is taken if the worker has begun it."""
    claimed = {claim.step.name_key: claim for claim in claims}
    answers = []
    for one in begun:
        claim = claimed.pop(one.name_key, None)
        answers.append(one if claim is None else attrs.evolve(one, verdict="taken", step_id=claim.step_id, reason=None))
    return Served(claims=tuple([one for one in claims if one.step.name_key in claimed]), begun=tuple(answers))

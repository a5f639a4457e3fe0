"""The transaction of an exchange: a batch is recorded and steps are claimed together."""

import logging
import uuid
from collections.abc import Sequence

import attrs

from stroem.orchestrator.jobs.claimer import Claimed, Claimer
from stroem.orchestrator.jobs.split_recorder import SplitRecorder
from stroem.orchestrator.jobs.step_inventory import StepInventory
from stroem.orchestrator.jobs.step_scopes import Outputs
from stroem.orchestrator.notifier import LongPoll, Notifier
from stroem.orchestrator.plans.job_plans import JobPlans
from stroem.protocol.claim import Claim
from stroem.protocol.exchange import ExchangeRequest
from stroem.store.batch_isolation import is_outage
from stroem.store.database import Database
from stroem.store.jobs.steps import ClaimedStep
from stroem.store.statement import Connection

_log = logging.getLogger(__name__)


class ExchangeTransaction:
    """Records outcomes and lines, and claims steps: in one transaction, or item by item after a failure."""

    def __init__(
        self,
        database: Database,
        plans: JobPlans,
        recorder: SplitRecorder,
        claimer: Claimer,
        inventory: StepInventory,
        notifier: Notifier,
    ) -> None:
        self._database = database
        self._plans = plans
        self._recorder = recorder
        self._claimer = claimer
        self._inventory = inventory
        self._notifier = notifier

    async def run(self, request: ExchangeRequest, poll: LongPoll, *, may_claim: bool) -> tuple[Claim, ...]:
        """Records the batch; returns newly claimed steps, or claimed ones that are missing in the inventory."""
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

    async def _run_at_once(self, request: ExchangeRequest, poll: LongPoll, limit: int) -> tuple[Claim, ...]:
        outputs: Outputs = {}
        recorded = None
        async with self._database.begin() as connection:
            if request.outcomes or request.logs:
                recorded, outputs = await self._recorder.batches.record(
                    connection, request.outcomes, request.logs, request.worker_id
                )
            claimed = await self._claim(connection, request, poll, limit, outputs)
        self._claimer.remember_outputs(outputs)
        if recorded is not None:
            self._notifier.publish(recorded.notification)
        return await self._settled([claimed], poll)

    async def _run_step_by_step(self, request: ExchangeRequest, poll: LongPoll, limit: int) -> tuple[Claim, ...]:
        worker_id = request.worker_id
        await self._recorder.record_each(request.outcomes, request.logs, worker_id)
        if request.holding is not None:
            async with self._database.read() as connection:
                lost = await self._inventory.undelivered(connection, worker_id, request.holding)
            if claims := await self._claimer.hand_out_each(lost, worker_id):
                return claims
        return await self._settled(await self._claimer.claim_each(poll, limit), poll) if limit else ()

    async def _claim(
        self, connection: Connection, request: ExchangeRequest, poll: LongPoll, limit: int, outputs: Outputs
    ) -> Claimed:
        worker_id, holding = request.worker_id, request.holding
        if holding is not None and (lost := await self._inventory.undelivered(connection, worker_id, holding)):
            return await self._claimer.hand_out_again(connection, lost, worker_id)
        return await self._claimer.claim(connection, poll, limit, outputs) if limit else Claimed()

    async def _settled(self, found: Sequence[Claimed], poll: LongPoll) -> tuple[Claim, ...]:
        for one in found:
            claimed = frozenset([claim.job_id for claim in one.claims])
            self._notifier.publish(attrs.evolve(one.notification, claimed=claimed))
            if one.failed:
                poll.event.set()  # others may be ready in the place of those that could not be rendered
        return await self._claimer.settled(found)

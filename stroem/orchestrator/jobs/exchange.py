"""The exchange: a worker's outcomes and log lines are recorded, and steps are handed to it."""

import asyncio
import uuid
from collections.abc import Collection

from stroem.definitions.amounts import offered
from stroem.orchestrator.jobs.exchange_transaction import ExchangeTransaction, Served
from stroem.orchestrator.jobs.step_inventory import StepInventory
from stroem.orchestrator.jobs.step_returns import StepReturns
from stroem.orchestrator.jobs.worker_leases import WorkerLeases
from stroem.orchestrator.notifier import POLL_SECS, LongPoll, Notifier, wait_for
from stroem.protocol.claim import Claim
from stroem.protocol.exchange import ExchangeAnswer, ExchangeRequest
from stroem.protocol.steps import StepAttempt


class Exchange:
    """Answers the requests of workers: at once, or after a long poll when there is nothing to record or hand out."""

    def __init__(
        self,
        leases: WorkerLeases,
        transaction: ExchangeTransaction,
        returns: StepReturns,
        inventory: StepInventory,
        notifier: Notifier,
    ) -> None:
        self._leases = leases
        self._transaction = transaction
        self._returns = returns
        self._inventory = inventory
        self._notifier = notifier

    async def run(self, request: ExchangeRequest, workspaces: Collection[str] = ()) -> ExchangeAnswer:
        """Records the batch and hands out steps, or waits for steps up to `wait_secs`.

        The steps are those of `workspaces`, if there are some.

        Raises NotFound for a worker that is not registered.
        """
        worker_id = request.worker_id
        await self._leases.extend(worker_id)
        poll = LongPoll(
            worker_id=worker_id,
            capabilities=frozenset(request.capabilities),
            tags=frozenset(request.tags),
            exclusive=request.exclusive,
            resources=offered(request.resources),
            wants_steps=bool(request.max_steps) and self._leases.may_claim(worker_id),
            workspaces=frozenset(workspaces),
        )
        if request.returned:
            await self._returns.take_back(worker_id, request.returned)
        with self._notifier.polling(poll):
            served = await self._serve(request, poll)
            has_inventory = request.holding is not None
            cancel = await self._cancellations(poll, always=has_inventory)
            if request.holding is not None:
                cancel += await self._inventory.given_up(worker_id, request.holding)
            if served.is_news or cancel or request.outcomes or request.logs or request.returned:
                return self._answer(request, served, cancel)
            return await self._wait(request, poll, served)

    async def refuse(self, worker_id: uuid.UUID, claim: Claim, error: Exception) -> None:
        """Fails a claimed step after an error in sending its claim."""
        step = await self._inventory.find(worker_id, claim.step)
        if step is not None:
            await self._transaction.refuse(worker_id, step, error)

    async def _wait(self, request: ExchangeRequest, poll: LongPoll, served: Served) -> ExchangeAnswer:
        clock = asyncio.get_running_loop().time
        until = clock() + request.wait_secs
        while (left := until - clock()) > 0 and not poll.released:
            poll.woken = woken = await wait_for(poll.event, min(left, POLL_SECS))
            if poll.released:
                break
            served = await self._serve(request, poll)
            cancel = await self._cancellations(poll, always=not woken)
            if served.is_news or cancel:
                return self._answer(request, served, cancel)
        return self._answer(request, served)

    async def _cancellations(self, poll: LongPoll, *, always: bool) -> tuple[StepAttempt, ...]:
        """Steps to cancel, if there may be some. Read last: what comes during an answer is told in the next one."""
        if not (poll.cancelled or always):
            return ()
        poll.cancelled = False
        return await self._inventory.cancellations(poll.worker_id)

    async def _serve(self, request: ExchangeRequest, poll: LongPoll) -> Served:
        may_claim = bool(request.max_steps) and self._leases.may_claim(request.worker_id)
        return await self._transaction.run(request, poll, may_claim=may_claim)

    def _answer(self, request: ExchangeRequest, served: Served, cancel: tuple[StepAttempt, ...] = ()) -> ExchangeAnswer:
        return ExchangeAnswer(
            steps=served.claims,
            cancel=cancel,
            lease_secs=self._leases.lease_secs,
            begun=served.begun if request.begun else None,
        )

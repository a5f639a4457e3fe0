"""What workers and the server say to each other."""

import asyncio
import logging
import uuid
from collections.abc import Mapping, Sequence
from typing import Any

from cachetools import LRUCache

from stroem.errors import LeaseLost, NotFound
from stroem.orchestrator.exchange import Exchange, ExchangeAnswer, HeldStep, Lines, Outcome, Registration
from stroem.orchestrator.jobs.batch_recorder import NewsRecorder
from stroem.orchestrator.jobs.claimer import Claimer, Offer, Taken
from stroem.orchestrator.jobs.step_failer import StepFailer
from stroem.orchestrator.notifier import POLL_SECS, LongPoll, Notifier, wait_for
from stroem.orchestrator.plans.job_plans import JobPlans
from stroem.orchestrator.plans.step_names import Places
from stroem.store.database import Database
from stroem.store.isolation import is_outage
from stroem.store.jobs import steps, workers
from stroem.store.jobs.steps import ClaimedStep, StepId
from stroem.store.statement import Connection

_WORKERS = 4096
_log = logging.getLogger(__name__)


class Dispatcher:
    """Records what workers tell and hands them steps."""

    def __init__(
        self,
        database: Database,
        places: Places,
        plans: JobPlans,
        news: NewsRecorder,
        claimer: Claimer,
        failer: StepFailer,
        notifier: Notifier,
        rescue: asyncio.Event,
        *,
        lease_secs: int,
        output_bytes: int,
    ) -> None:
        self._database = database
        self._places = places
        self._plans = plans
        self._news = news
        self._claimer = claimer
        self._failer = failer
        self._notifier = notifier
        self._rescue = rescue
        self.lease_secs = lease_secs
        self.output_bytes = output_bytes
        self._extended: LRUCache[uuid.UUID, float] = LRUCache(_WORKERS)
        self._replaced: LRUCache[uuid.UUID, bool] = LRUCache(_WORKERS)

    async def register(self, registration: Registration) -> uuid.UUID:
        """Enters a worker. What the same worker held before it came up again is lost; requests from then that are
        still under way, or come late, neither bring it back nor get steps."""
        worker_id = uuid.uuid4()
        async with self._database.begin() as connection:
            if registration.previous is not None:
                await workers.expire_worker(connection, registration.previous)
            await workers.register_worker(
                connection,
                worker_id,
                name=registration.name,
                capabilities=registration.capabilities,
                tags=registration.tags,
                exclusive=registration.exclusive,
                version=registration.version,
                lease_secs=self.lease_secs,
            )
        if registration.previous is not None:
            self._replaced[registration.previous] = True
            self._notifier.release_worker(registration.previous)
        self._rescue.set()
        return worker_id

    async def heartbeat(self, worker_id: uuid.UUID) -> bool:
        """Extends the lease of a worker; False when it is not known, or has come up again under another id."""
        if self._replaced.get(worker_id):
            return False
        async with self._database.read() as connection:
            known = await workers.extend_lease(connection, worker_id, self.lease_secs)
        self._extended[worker_id] = asyncio.get_running_loop().time()
        return known

    async def cancellations(self, worker_id: uuid.UUID) -> tuple[HeldStep, ...]:
        """The steps of a worker that are to end."""
        async with self._database.read() as connection:
            found = await steps.steps_to_cancel(connection, worker_id)
            return tuple(held for held in await self._names(connection, found) if held is not None)

    async def exchange(self, exchange: Exchange) -> ExchangeAnswer:
        """Records outcomes and lines, then hands out steps. Waits only when there was nothing to record and there
        is nothing to hand out. Raises NotFound for a worker that is not registered."""
        asker = exchange.asker
        await self._extend(asker.worker_id)
        hold = LongPoll(
            worker_id=asker.worker_id,
            capabilities=frozenset(asker.capabilities),
            tags=frozenset(asker.tags),
            exclusive=asker.exclusive,
            wants_steps=exchange.max_steps > 0,
        )
        with self._notifier.polling(hold):
            offers = await self._serve(exchange)
            asks = hold.cancelled or exchange.holding is not None
            cancel = await self.cancellations(asker.worker_id) if asks else ()
            if exchange.holding is not None:
                cancel += await self._given_up(exchange.holding, hold)
            if offers or cancel or exchange.outcomes or exchange.lines:
                return ExchangeAnswer(offers=offers, cancel=cancel)
            return await self._wait(exchange, hold)

    async def refuse(self, worker_id: uuid.UUID, offer: Offer, error: Exception) -> None:
        """Fails a step that cannot be sent to the worker that has it."""
        one = ClaimedStep(
            job_id=offer.job_id, position=offer.position, attempt=offer.attempt, timeout_secs=offer.timeout_secs
        )
        await self._claimer.refuse(worker_id, one, error)

    async def finish(self, outcome: Outcome) -> None:
        """Records the outcome of a step whose worker says neither who it is nor which attempt it was."""
        async with self._database.read() as connection:
            if not await self._places.find(connection, [(outcome.job_id, outcome.step)]):
                raise await self._places.missing(connection, outcome.job_id, outcome.step)
        await self._news.record_each([outcome], [], None)

    async def append(self, lines: Sequence[Lines], worker_id: uuid.UUID | None = None) -> None:
        """Records log lines. Raises LeaseLost when the worker says which it is and no longer holds the step."""
        if await self._news.record_each([], lines, worker_id) and worker_id is not None:
            raise LeaseLost(step=lines[0].step)

    async def begin_step(self, job_id: uuid.UUID, step: str) -> None:
        """A worker of the older contract begins with a step that it took before."""
        async with self._database.read() as connection:
            for place in (await self._places.find(connection, [(job_id, step)])).values():
                await steps.restamp_start(connection, place)

    async def is_cancelled(self, job_id: uuid.UUID) -> bool:
        """Whether a job is to end or has ended. By asking, a worker of the older contract says that it has steps of
        it."""
        async with self._database.read() as connection:
            await steps.note_question(connection, job_id)
            return await steps.is_cancelled(connection, job_id)

    async def _wait(self, exchange: Exchange, hold: LongPoll) -> ExchangeAnswer:
        clock = asyncio.get_running_loop().time
        until = clock() + exchange.wait_secs
        while (left := until - clock()) > 0 and not hold.released:
            woken = await wait_for(hold.event, min(left, POLL_SECS))
            if hold.released:
                break
            cancel = await self.cancellations(hold.worker_id) if hold.cancelled or not woken else ()
            offers = await self._serve(exchange)
            if offers or cancel:
                return ExchangeAnswer(offers=offers, cancel=cancel)
        return ExchangeAnswer()

    async def _serve(self, exchange: Exchange) -> tuple[Offer, ...]:
        """Records a worker's news and claims steps for it: in one batch, or item by item after a failure."""
        deferred = self._failer.deferred.current()
        try:
            if not deferred:
                return await self._plans.run(lambda: self._serve_at_once(exchange))
        except Exception as error:
            if is_outage(error):
                raise
            _log.warning("a request of worker %s is served step by step", exchange.asker.worker_id, exc_info=error)
        worker_id = exchange.asker.worker_id
        await self._news.record_each(exchange.outcomes, exchange.lines, worker_id)
        if exchange.holding is not None:
            async with self._database.read() as connection:
                lost = await self._unheld(connection, worker_id, exchange.holding)
            if offers := await self._claimer.offer_each(lost, worker_id):
                return offers
        if not self._may_claim(exchange):
            return ()
        return await self._claimer.claim_each(exchange.asker, exchange.max_steps)

    async def _serve_at_once(self, exchange: Exchange) -> tuple[Offer, ...]:
        """One transaction: what the worker tells, and what it gets."""
        outputs: dict[StepId, Any] = {}
        recorded = None
        async with self._database.begin() as connection:
            if exchange.outcomes or exchange.lines:
                recorded, outputs = await self._news.record(
                    connection, exchange.outcomes, exchange.lines, exchange.asker.worker_id
                )
            taken = await self._take(connection, exchange, outputs)
        self._claimer.remember_outputs(outputs)
        if recorded is not None:
            self._notifier.publish(recorded.notification)
        if taken.broken:
            await self._failer.end(taken.broken)
        return taken.offers

    async def _take(self, connection: Connection, exchange: Exchange, outputs: Mapping[StepId, Any]) -> Taken:
        worker_id = exchange.asker.worker_id
        if exchange.holding is not None and (lost := await self._unheld(connection, worker_id, exchange.holding)):
            return await self._claimer.offer(connection, lost, worker_id)
        if not self._may_claim(exchange):
            return Taken()
        return await self._claimer.claim(connection, exchange.asker, exchange.max_steps, outputs)

    def _may_claim(self, exchange: Exchange) -> bool:
        return exchange.max_steps > 0 and not self._replaced.get(exchange.asker.worker_id)

    async def _unheld(
        self, connection: Connection, worker_id: uuid.UUID, holding: Sequence[HeldStep]
    ) -> list[ClaimedStep]:
        """Steps that were handed to the worker in an answer it did not get, to be handed out again."""
        known = frozenset(holding)
        theirs = await steps.steps_held(connection, worker_id)
        names = await self._names(connection, [((one.job_id, one.position), one.attempt) for one in theirs])
        return [one for one, held in zip(theirs, names, strict=True) if held is not None and held not in known]

    async def _given_up(self, holding: Sequence[HeldStep], hold: LongPoll) -> tuple[HeldStep, ...]:
        """Steps that the worker still has, but is not to have any more: its lease was over, or their deadline."""
        async with self._database.read() as connection:
            found = [
                ((one.job_id, one.position), one.attempt) for one in await steps.steps_held(connection, hold.worker_id)
            ]
            theirs = frozenset(await self._names(connection, found))
        return tuple(held for held in holding if held not in theirs)

    async def _names(self, connection: Connection, found: Sequence[tuple[StepId, int]]) -> list[HeldStep | None]:
        """Attempts of steps as workers name them; None for a step whose plan cannot be read, whose job is failed."""
        names: list[HeldStep | None] = []
        for place, attempt in found:
            try:
                name = await self._places.name(connection, place)
            except Exception as error:
                if is_outage(error):
                    raise
                await self._failer.fail_job(place[0], "The plan cannot be read", error)
                names.append(None)
            else:
                names.append(HeldStep(job_id=place[0], step=name, attempt=attempt))
        return names

    async def _extend(self, worker_id: uuid.UUID) -> None:
        if self._replaced.get(worker_id):
            return  # its last news count as long as its steps are not given up
        last = self._extended.get(worker_id)
        fresh = last is not None and asyncio.get_running_loop().time() - last < self.lease_secs / 6
        if not fresh and not await self.heartbeat(worker_id):
            raise NotFound(kind="Worker", name=worker_id, hint="Register again.")

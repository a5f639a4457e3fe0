"""What workers and the server say to each other."""

import asyncio
import uuid
from collections.abc import Mapping, Sequence
from typing import Any

import orjson

from stroem.errors import LeaseLost, NotFound
from stroem.orchestrator.claimer import Claimer, Offer, Taken
from stroem.orchestrator.exchange import Exchange, ExchangeAnswer, HeldStep, Lines, Outcome, Registration
from stroem.orchestrator.log_intake import LogChunk
from stroem.orchestrator.places import Places
from stroem.orchestrator.recent import Recent
from stroem.orchestrator.recorder import Recorder
from stroem.orchestrator.signals import LOOK_SECS, Hold, Signals, wait_for
from stroem.store import steps, workers
from stroem.store.database import Database
from stroem.store.statement import Connection
from stroem.store.steps import Place, StepEnd

OUTPUT_BYTES = 1024 * 1024
"""The largest output of a step."""
_WORKERS = 4096


class Dispatcher:
    """Records what workers tell and hands them steps."""

    def __init__(
        self,
        database: Database,
        places: Places,
        recorder: Recorder,
        claimer: Claimer,
        signals: Signals,
        rescue: asyncio.Event,
        *,
        lease_secs: int,
    ) -> None:
        self._database = database
        self._places = places
        self._recorder = recorder
        self._claimer = claimer
        self._signals = signals
        self._rescue = rescue
        self.lease_secs = lease_secs
        self._extended: Recent[uuid.UUID, float] = Recent(_WORKERS)
        self._replaced: Recent[uuid.UUID, bool] = Recent(_WORKERS)

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
            self._replaced.put(registration.previous, True)
            self._signals.release_worker(registration.previous)
        self._rescue.set()
        return worker_id

    async def heartbeat(self, worker_id: uuid.UUID) -> bool:
        """Extends the lease of a worker; False when it is not known, or has come up again under another id."""
        if self._replaced.get(worker_id):
            return False
        async with self._database.read() as connection:
            known = await workers.extend_lease(connection, worker_id, self.lease_secs)
        self._extended.put(worker_id, asyncio.get_running_loop().time())
        return known

    async def cancellations(self, worker_id: uuid.UUID) -> tuple[HeldStep, ...]:
        """The steps of a worker that are to end."""
        async with self._database.read() as connection:
            found = await steps.steps_to_cancel(connection, worker_id)
            return tuple([await self._held(connection, place, attempt) for place, attempt in found])

    async def exchange(self, exchange: Exchange) -> ExchangeAnswer:
        """Records outcomes and lines, then hands out steps. Waits only when there was nothing to record and there
        is nothing to hand out. Raises NotFound for a worker that is not registered."""
        asker = exchange.asker
        await self._extend(asker.worker_id)
        hold = Hold(
            worker_id=asker.worker_id,
            capabilities=frozenset(asker.capabilities),
            tags=frozenset(asker.tags),
            exclusive=asker.exclusive,
            wants_steps=exchange.max_steps > 0,
        )
        with self._signals.holding(hold):
            offers = await self._serve(exchange)
            asks = hold.cancelled or exchange.holding is not None
            cancel = await self.cancellations(asker.worker_id) if asks else ()
            if exchange.holding is not None:
                cancel += await self._given_up(exchange.holding, hold)
            if offers or cancel or exchange.outcomes or exchange.lines:
                return ExchangeAnswer(offers=offers, cancel=cancel)
            return await self._wait(exchange, hold)

    async def finish(self, outcome: Outcome) -> None:
        """Records the outcome of a step whose worker says neither who it is nor which attempt it was."""
        async with self._database.begin() as connection:
            named = await self._places.find(connection, [(outcome.job_id, outcome.step)])
            if not named:
                raise NotFound(kind="Step", name=outcome.step)
            recorded = await self._recorder.record(connection, [_end(outcome, next(iter(named.values())), None)])
        self._signals.tell(recorded.news)

    async def append(self, lines: Sequence[Lines], worker_id: uuid.UUID | None = None) -> None:
        """Records log lines. Raises LeaseLost when the worker says which it is and no longer holds the step."""
        async with self._database.begin() as connection:
            chunks = await self._chunks(connection, lines, worker_id)
            recorded = await self._recorder.record(connection, [], chunks)
        self._signals.tell(recorded.news)
        if worker_id is not None and recorded.refused:
            raise LeaseLost(step=lines[0].step)

    async def begin_step(self, job_id: uuid.UUID, step: str) -> None:
        """A worker of the older contract begins with a step that it took before."""
        async with self._database.read() as connection:
            for place in (await self._places.find(connection, [(job_id, step)])).values():
                await steps.restamp_start(connection, place)

    async def is_cancelled(self, job_id: uuid.UUID) -> bool:
        """Whether a job is to end."""
        async with self._database.read() as connection:
            return await steps.is_cancelled(connection, job_id)

    async def _wait(self, exchange: Exchange, hold: Hold) -> ExchangeAnswer:
        clock = asyncio.get_running_loop().time
        until = clock() + exchange.wait_secs
        while (left := until - clock()) > 0 and not hold.released:
            woken = await wait_for(hold.event, min(left, LOOK_SECS))
            if hold.released:
                break
            cancel = await self.cancellations(hold.worker_id) if hold.cancelled or not woken else ()
            offers = await self._serve(exchange)
            if offers or cancel:
                return ExchangeAnswer(offers=offers, cancel=cancel)
        return ExchangeAnswer()

    async def _serve(self, exchange: Exchange) -> tuple[Offer, ...]:
        """One transaction: what the worker tells, and what it gets."""
        worker_id = exchange.asker.worker_id
        outputs: dict[Place, Any] = {}
        recorded = None
        async with self._database.begin() as connection:
            if exchange.outcomes or exchange.lines:
                ends = await self._ends(connection, exchange.outcomes, worker_id)
                chunks = await self._chunks(connection, exchange.lines, worker_id)
                recorded = await self._recorder.record(connection, [end for end, _ in ends], chunks)
                outputs = _outputs(ends, recorded.ended)
            taken = await self._take(connection, exchange, outputs)
        self._claimer.remember_outputs(outputs)
        if recorded is not None:
            self._signals.tell(recorded.news)
        if taken.broken:
            async with self._database.begin() as connection:
                recorded = await self._recorder.record(connection, taken.broken)
            self._signals.tell(recorded.news)
        return taken.offers

    async def _take(self, connection: Connection, exchange: Exchange, outputs: Mapping[Place, Any]) -> Taken:
        worker_id = exchange.asker.worker_id
        if exchange.holding is not None:
            lost = await self._unheld(connection, worker_id, exchange.holding)
            if lost.offers or lost.broken:
                return lost
        if exchange.max_steps <= 0 or self._replaced.get(worker_id):
            return Taken()
        return await self._claimer.claim(connection, exchange.asker, exchange.max_steps, outputs)

    async def _unheld(self, connection: Connection, worker_id: uuid.UUID, holding: Sequence[HeldStep]) -> Taken:
        """Steps that were handed to the worker in an answer it did not get, handed out again."""
        known = frozenset(holding)
        lost = [
            one
            for one in await steps.steps_held(connection, worker_id)
            if await self._held(connection, (one.job_id, one.position), one.attempt) not in known
        ]
        return await self._claimer.offer(connection, lost, worker_id) if lost else Taken()

    async def _given_up(self, holding: Sequence[HeldStep], hold: Hold) -> tuple[HeldStep, ...]:
        """Steps that the worker still has, but is not to have any more: its lease was over, or their deadline."""
        async with self._database.read() as connection:
            theirs = {
                await self._held(connection, (one.job_id, one.position), one.attempt)
                for one in await steps.steps_held(connection, hold.worker_id)
            }
        return tuple(held for held in holding if held not in theirs)

    async def _held(self, connection: Connection, place: Place, attempt: int) -> HeldStep:
        return HeldStep(job_id=place[0], step=await self._places.name(connection, place), attempt=attempt)

    async def _extend(self, worker_id: uuid.UUID) -> None:
        if self._replaced.get(worker_id):
            return  # its last news count as long as its steps are not given up
        last = self._extended.get(worker_id)
        fresh = last is not None and asyncio.get_running_loop().time() - last < self.lease_secs / 6
        if not fresh and not await self.heartbeat(worker_id):
            raise NotFound(kind="Worker", name=worker_id, hint="Register again.")

    async def _ends(
        self, connection: Connection, outcomes: Sequence[Outcome], worker_id: uuid.UUID
    ) -> list[tuple[StepEnd, Outcome]]:
        places = await self._places.find(connection, [(outcome.job_id, outcome.step) for outcome in outcomes])
        return [
            (_end(outcome, place, worker_id), outcome)
            for outcome in outcomes
            if (place := places.get((outcome.job_id, outcome.step))) is not None
        ]

    async def _chunks(
        self, connection: Connection, lines: Sequence[Lines], worker_id: uuid.UUID | None
    ) -> list[LogChunk]:
        places = await self._places.find(connection, [(one.job_id, one.step) for one in lines])
        return [
            LogChunk(
                job_id=one.job_id,
                position=place[1],
                lines=one.lines,
                data=one.data,
                chunk=one.chunk,
                attempt=one.attempt,
                worker_id=worker_id,
            )
            for one in lines
            if (place := places.get((one.job_id, one.step))) is not None
        ]


def _end(outcome: Outcome, place: Place, worker_id: uuid.UUID | None) -> StepEnd:
    """The contract's rule: a step has failed when its exit code is not 0 or an error is told."""
    output = None if outcome.output is None else orjson.dumps(outcome.output).decode()
    error = outcome.error
    if error is None and outcome.exit_code not in (None, 0):
        error = f"Process exited with code {outcome.exit_code}"
    if error is None and output is not None and len(output) > OUTPUT_BYTES:
        error = f"The output has {len(output)} bytes; {OUTPUT_BYTES} are the most"
    status = "cancelled" if outcome.cancelled else "failed" if error is not None else "completed"
    return StepEnd(
        job_id=place[0],
        position=place[1],
        status=status,
        attempt=outcome.attempt,
        worker_id=worker_id,
        output=output if output is not None and len(output) <= OUTPUT_BYTES else None,
        error=error,
    )


def _outputs(ends: Sequence[tuple[StepEnd, Outcome]], ended: frozenset[Place]) -> dict[Place, Any]:
    return {
        (end.job_id, end.position): outcome.output
        for end, outcome in ends
        if end.status == "completed" and end.output is not None and (end.job_id, end.position) in ended
    }

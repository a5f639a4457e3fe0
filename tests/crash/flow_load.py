"""Clients that ask for jobs, send signals and cancel, while servers come and go."""

import asyncio
import random
import uuid

import aiohttp
import attrs
import psycopg

from tests.crash.cluster import Cluster
from tests.crash.flow_workload import SIGNAL, TASKS, FlowOrder

NO_ANSWER = (aiohttp.ClientError, TimeoutError)
CANCELLED, FAILS, EARLY_SIGNAL = 0.3, 0.35, 0.3
_WAITING = f"""
    SELECT j.id, (j.input ->> 'number')::int FROM steps s JOIN jobs j ON j.id = s.job_id
    WHERE s.status = 'suspended' AND s.waits_for = 'signal:{SIGNAL}'
"""


@attrs.define
class FlowLoad:
    """One client of each kind. A request without an answer is not repeated: nobody knows what became of it."""

    cluster: Cluster
    chance: random.Random
    asked: dict[int, FlowOrder] = attrs.Factory(dict)
    accepted: dict[str, FlowOrder] = attrs.Factory(dict)
    cancelled: set[uuid.UUID] = attrs.Factory(set)

    async def run(self, rate: float) -> None:
        """Asks for about `rate` jobs a second until it is cancelled."""
        async with asyncio.TaskGroup() as cancels:
            while True:
                order = self._order()
                if job_id := await self.ask(order):
                    if order.task == "parent" and self.chance.random() < EARLY_SIGNAL:
                        await self._signal(uuid.UUID(job_id), order.number)
                    if self.chance.random() < CANCELLED:
                        cancels.create_task(self._cancel(uuid.UUID(job_id), self.chance.uniform(0, 3)))
                await asyncio.sleep(self.chance.uniform(0, 2 / rate))

    async def ask(self, order: FlowOrder) -> str | None:
        """Asks for one job; its id, if there was an answer."""
        self.asked[order.number] = order
        try:
            job_id = await self.cluster.run(order)
        except NO_ANSWER:
            return None
        self.accepted[job_id] = order
        return job_id

    async def signal(self) -> None:
        """Sends a signal to each step that waits for one, until it is cancelled."""
        while True:
            async with await psycopg.AsyncConnection.connect(self.cluster.database_url) as connection:
                waiting = await (await connection.execute(_WAITING)).fetchall()
            for job_id, number in waiting:
                await self._signal(job_id, number)
            await asyncio.sleep(0.3)

    async def _signal(self, job_id: uuid.UUID, number: int) -> None:
        try:
            await self.cluster.post(f"/api/jobs/{job_id}/signals/{SIGNAL}", {"payload": {"for": number}})
        except NO_ANSWER:
            pass  # `signal` sends it to a step that still waits

    async def _cancel(self, job_id: uuid.UUID, after: float) -> None:
        """Cancels a job once: a second time would end its cleanup."""
        await asyncio.sleep(after)
        self.cancelled.add(job_id)
        try:
            await self.cluster.post(f"/api/jobs/{job_id}/cancel")
        except NO_ANSWER:
            pass  # the audit allows both

    def _order(self) -> FlowOrder:
        draw = self.chance
        return FlowOrder(
            number=1000 * (len(self.asked) + 1),
            task=draw.choice(TASKS),
            pause=draw.choice((0, 0.05, 0.3)),
            fails=draw.choice((1, 2, 3)) if draw.random() < FAILS else 0,
        )

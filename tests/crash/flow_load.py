"""Clients that ask for jobs, run them again and cancel them, while servers come and go."""

import asyncio
import random
import uuid
from typing import Any

import attrs

from tests.crash.cluster import NO_ANSWER, Cluster
from tests.crash.flow_workload import ATTEMPTS, TASKS, FlowOrder
from tests.crash.people import People
from tests.crash.shared_tasks import SHARED_TASKS

CANCELLED, FAILS, EARLY_SIGNAL, BREAKPOINT, PRIORITY = 0.3, 0.35, 0.3, 0.2, 0.3
RERUN_SECS = 0.7
REPLACED = ("preview",)
"""Tasks whose jobs cancel one another: a cancellation by a client may be the second, which ends their cleanup."""


@attrs.define
class FlowLoad:
    """One client of each kind. A request without an answer is not repeated: nobody knows what became of it.

    `reruns` are the jobs that run others again, each with the former one.
    """

    cluster: Cluster
    chance: random.Random
    people: People
    asked: dict[int, FlowOrder] = attrs.Factory(dict)
    accepted: dict[str, FlowOrder] = attrs.Factory(dict)
    reruns: dict[str, str] = attrs.Factory(dict)
    cancelled: set[uuid.UUID] = attrs.Factory(set)

    async def run(self, rate: float) -> None:
        """Asks for about `rate` jobs a second until it is cancelled."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._rerun_at_random())
            while True:
                order = self._order()
                if job_id := await self.ask(order):
                    if order.task in ("parent", "gate") and self.chance.random() < EARLY_SIGNAL:
                        await self.people.signal(uuid.UUID(job_id), order.number)
                    if order.task not in REPLACED and self.chance.random() < CANCELLED:
                        group.create_task(self._cancel(uuid.UUID(job_id), self.chance.uniform(0, 3)))
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

    async def _rerun_at_random(self) -> None:
        """Runs jobs again: those of some tasks as a whole or in part, if they have ended."""
        while True:
            await asyncio.sleep(self.chance.uniform(0, 2 * RERUN_SECS))
            former = [*self.accepted, *self.reruns]
            if former:
                await self.rerun(self.chance.choice(former))

    async def rerun(self, job_id: str) -> None:
        """Runs a job again in a random way, if it has ended and can be."""
        task = self._order_of(job_id).task
        bodies: list[dict[str, Any]] = [{}]
        if task in SHARED_TASKS:
            bodies += [{"failed": True}, *({"steps": [step]} for step in SHARED_TASKS[task])]
        try:
            started = await self.cluster.post(f"/api/jobs/{job_id}/rerun", self.chance.choice(bodies))
        except NO_ANSWER:
            return
        if started is not None:
            self.reruns[started["job_id"]] = job_id

    def _order_of(self, job_id: str) -> FlowOrder:
        while job_id in self.reruns:
            job_id = self.reruns[job_id]
        return self.accepted[job_id]

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
        task = draw.choice(TASKS)
        return FlowOrder(
            number=1000 * (len(self.asked) + 1),
            task=task,
            pause=draw.choice((0, 0.05, 0.3)),
            fails=draw.choice((1, 2, 3)) if draw.random() < FAILS else 0,
            priority=draw.choice((-5, 5)) if draw.random() < PRIORITY else None,
            pause_before=("last",) if task not in ATTEMPTS and draw.random() < BREAKPOINT else (),
        )

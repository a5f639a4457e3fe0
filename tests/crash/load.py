"""Clients that ask for jobs, whatever state the server is in."""

import asyncio
import random
from itertools import count

import aiohttp

from tests.crash.site import Site
from tests.crash.workload import Order
from tests.support.wait import eventually

LOUD_LINES = 2500
SILENT_SECS = 2.5


class Load:
    """Several clients at once. A request without an answer is not repeated: nobody knows what became of it."""

    def __init__(self, site: Site, seed: int) -> None:
        self._site = site
        self._random = random.Random(seed)
        self._numbers = count(1000, 1000)
        self.asked: dict[int, Order] = {}
        self.accepted: dict[str, Order] = {}

    async def run(self, clients: int, rate: float) -> None:
        """Asks for about `rate` jobs a second until it is cancelled."""
        async with asyncio.TaskGroup() as group:
            for _ in range(clients):
                group.create_task(self._client(clients / rate))

    async def _client(self, pace: float) -> None:
        while True:
            order = self._order()
            self.asked[order.number] = order
            try:
                self.accepted[await self._site.run(order)] = order
            except (aiohttp.ClientError, TimeoutError):
                await eventually(self._is_there, "the server answers", within=60)
            await asyncio.sleep(self._random.uniform(0, 2 * pace))

    async def _is_there(self) -> bool:
        try:
            return await self._site.has_tasks()
        except (aiohttp.ClientError, TimeoutError):
            return False

    def _order(self) -> Order:
        """Most steps print a few lines, at once or one by one; some are loud, and some are silent for a while."""
        draw = self._random
        lines, pause = draw.choices(
            ((LOUD_LINES, 0), (1, SILENT_SECS), (draw.randint(0, 12), 0.04), (draw.randint(0, 12), 0)), (3, 6, 45, 46)
        )[0]
        return Order(
            number=next(self._numbers), task=draw.choice(("single", "chain", "fork")), lines=lines, pause=pause
        )

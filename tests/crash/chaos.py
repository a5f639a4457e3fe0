"""Kills at random instants."""

import asyncio
import datetime
import random
import time
import uuid
from itertools import chain, repeat

from tests.crash.postgres import Postgres
from tests.crash.processes import started_at, step_processes
from tests.crash.program import Program
from tests.crash.site import Site

VICTIMS = (
    ("worker",),
    ("server",),
    ("postgres",),
    ("worker", "server"),
    ("server", "postgres"),
    ("worker", "postgres"),
    ("worker", "server", "postgres"),
)
LATEST_SECS = 1.2
AGAIN = 0.25
"""How likely it is that what has just been started is killed while it starts."""


class Chaos:
    """Kills parts of a site, one round after another, and brings them back. `kills` says when which worker died."""

    def __init__(self, site: Site, postgres: Postgres, seed: int) -> None:
        self._site = site
        self._postgres = postgres
        self._random = random.Random(seed)
        self.kills: dict[uuid.UUID, datetime.datetime] = {}
        self.log: list[str] = []

    async def run(self, rounds: int) -> None:
        """So many rounds; every kind of round comes before one comes again."""
        order = chain.from_iterable(self._random.sample(VICTIMS, len(VICTIMS)) for _ in repeat(None))
        for _, victims in zip(range(rounds), order, strict=False):
            await asyncio.sleep(self._random.uniform(0, LATEST_SECS))
            await self._round(victims)

    async def _round(self, victims: tuple[str, ...]) -> None:
        """Kills, perhaps a moment apart, and brings back in any order."""
        self.log.append("+".join(victims))
        begun = time.monotonic()
        for victim in self._random.sample(victims, len(victims)):
            await self._kill(victim)
            await asyncio.sleep(self._random.choice((0, 0, 0.02, 0.2)))
        async with asyncio.TaskGroup() as group:
            for victim in victims:
                group.create_task(self._bring_back(victim))
        self.log[-1] += f" {time.monotonic() - begun:.1f}s"
        if "worker" in victims:
            assert self.leftovers() == [], "processes of a killed worker run on"

    async def _kill(self, victim: str) -> None:
        if victim == "postgres":
            await self._postgres.kill()
        elif victim == "server":
            await self._site.server.kill()
        else:
            await self._kill_worker()

    async def _kill_worker(self) -> None:
        await self._site.worker.kill()
        if worker_id := self.worker_id():
            # The same id is killed twice when the second process did not come as far as to a new one.
            self.kills.setdefault(worker_id, datetime.datetime.now(datetime.UTC))

    async def _bring_back(self, victim: str) -> None:
        await asyncio.sleep(self._random.choice((0, 0, 0.5)))
        if victim == "postgres":
            await self._postgres.up()
            return
        program: Program = getattr(self._site, victim)
        if self._random.random() < AGAIN:
            self.log[-1] += f" ({victim} again)"
            await program.start()
            await asyncio.sleep(self._random.uniform(0, LATEST_SECS))
            await self._kill(victim)
        await program.up()

    def worker_id(self) -> uuid.UUID | None:
        """Under which id the worker was registered last."""
        file = self._site.worker_data / "worker-id"
        return uuid.UUID(text) if file.exists() and (text := file.read_text()) else None

    def leftovers(self) -> list[int]:
        """Processes of steps that are older than the worker."""
        born = started_at(self._site.worker.pid)
        return [pid for pid in step_processes(self._site.worker_data) if 0 < started_at(pid) < born]

"""Two servers that contend for slots: starts, ends, cancellations, pauses and faults in random order."""

import asyncio
import random
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest

from stroem.blobs.blob_store import BlobStore
from stroem.definitions.limit import Concurrency, Limit, Rate
from stroem.definitions.retry import Retry
from stroem.definitions.task import Step, Task
from stroem.definitions.workspace import Definitions
from stroem.errors import Conflict
from stroem.orchestrator.plans.start_request import StartRequest
from stroem.orchestrator.service_options import ServiceOptions
from stroem.orchestrator.services import Services, build_services
from stroem.protocol.claim import Claim
from stroem.protocol.registration import Registration
from stroem.records.release import Release
from stroem.store.database import Database
from stroem.store.statement import fetch
from tests.orchestrator.conftest import HandWorker, done, execute, new_release
from tests.orchestrator.flows import TRUE

DB = ("db",)
DEFINITIONS = Definitions(
    tasks={
        "queue": Task(flow={"a": Step(action="true"), "b": Step(action="true", limits=DB)}, concurrency=Concurrency()),
        "two": Task(flow={"a": Step(action="true")}, concurrency=Concurrency(limit=2, max_queue=2), limits=("db",)),
        "skip": Task(flow={"a": Step(action="true")}, concurrency=Concurrency(policy="skip")),
        "latest": Task(
            flow={"a": Step(action="true")},
            finally_={"z": Step(action="true")},
            concurrency=Concurrency(policy="cancel_previous"),
            retry=Retry(max_attempts=1, delay=1),
        ),
        "loop": Task(flow={"a": Step(action="true", for_each=[1, 2, 3], limits=("api", "db"))}),
    },
    actions={"true": TRUE},
    limits={"db": Limit(max=2), "api": Limit(max=3, rate=Rate(starts=50, secs=1))},
)
BROKEN = {
    "more slots are held than a key has": """
        SELECT k.key FROM slot_keys k WHERE (SELECT count(*) FROM slots s WHERE s.key = k.key) > k.size
        """,
    "an ended job holds a slot or is in line": """
        SELECT o.key FROM (SELECT key, job_id FROM slots UNION ALL SELECT key, job_id FROM slot_line) o
        JOIN jobs j ON j.id = o.job_id WHERE j.status NOT IN ('pending', 'running')
        """,
    "an ended step holds a slot or is in line": """
        SELECT o.key FROM (SELECT * FROM (SELECT key, job_id, step FROM slots) s
                           UNION ALL SELECT key, job_id, step FROM slot_line) o
        JOIN steps s ON s.job_id = o.job_id AND s.id = o.step WHERE s.status NOT IN ('pending', 'ready', 'running')
        """,
    "a job or step waits for a slot without being in line": """
        SELECT j.waits_for FROM (
            SELECT id AS job_id, 0 AS step, waits_for FROM jobs WHERE status = 'pending'
            UNION ALL SELECT job_id, id, waits_for FROM steps WHERE status = 'pending') j
        WHERE j.waits_for LIKE 'slot:%'
          AND NOT EXISTS (SELECT FROM slot_line l WHERE l.job_id = j.job_id AND l.step = j.step)
          AND NOT EXISTS (SELECT FROM slots s WHERE s.job_id = j.job_id AND s.step = j.step)
        """,
    "a slot is free while an owner is in line": """
        SELECT k.key FROM slot_keys k WHERE k.rate IS NULL
          AND (SELECT count(*) FROM slots s WHERE s.key = k.key) < k.size
          AND EXISTS (SELECT FROM slot_line l WHERE l.key = k.key)
        """,
}


class Contention:
    """Two servers on one database, with a worker each. Moves may be cut short at any await, as by a kill."""

    def __init__(self, servers: list[Services], workers: list[HandWorker], release: Release, seed: int) -> None:
        self.servers = servers
        self.workers = workers
        self.release = release
        self.random = random.Random(seed)
        self.claims: dict[tuple[uuid.UUID, int], Claim] = {}

    async def move(self) -> None:
        """A random move of each server, at the same time."""
        moves = [self.start, self.start, self.take, self.take, self.finish, self.finish, self.cancel, self.pause]
        moves += [self.drive, self.drive]
        await asyncio.gather(*[self.cut_short(self.random.choice(moves), server) for server in range(2)])

    async def cut_short(self, move: Callable[[int], Awaitable[None]], server: int) -> None:
        task = asyncio.ensure_future(move(server))
        if self.random.random() < 0.15:
            for _ in range(self.random.randrange(1, 60)):
                await asyncio.sleep(0)
            task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        if not task.cancelled() and (error := task.exception()) is not None:
            raise error

    async def start(self, server: int) -> None:
        request = StartRequest(
            task=self.random.choice(list(DEFINITIONS.tasks)),
            definitions=DEFINITIONS,
            release=self.release,
            raw_input={},
            priority=self.random.choice([None, 5]),
        )
        await self.servers[server].starter.start(request)

    async def take(self, server: int) -> None:
        for claim in (await self.workers[server].exchange(take=3)).steps or ():
            self.claims[claim.job_id, claim.step_id or 0] = claim

    async def finish(self, server: int) -> None:
        own = [claim for claim in self.claims.values() if self.random.random() < 0.5]
        await self.workers[server].exchange(
            *[done(one, exit_code=self.random.choice([0, 0, 1])) for one in own], take=0
        )

    async def drive(self, server: int) -> None:
        await self.servers[server].job_loop.run_once()

    async def live(self) -> list[uuid.UUID]:
        async with self.servers[0].database.read() as connection:
            rows = await fetch(connection, "SELECT id FROM jobs WHERE status IN ('pending', 'running')")
        return [row[0] for row in rows]

    async def cancel(self, server: int) -> None:
        await self.change(self.servers[server].canceller.cancel)

    async def pause(self, server: int) -> None:
        pauser = self.servers[server].pauser
        await self.change(self.random.choice([pauser.pause, pauser.resume]))

    async def change(self, change: Callable[[uuid.UUID], Awaitable[object]]) -> None:
        if live := await self.live():
            try:
                await change(self.random.choice(live))
            except Conflict:
                pass

    async def broken(self) -> list[str]:
        async with self.servers[0].database.read() as connection:
            return [name for name, sql in BROKEN.items() if await fetch(connection, sql)]

    async def end(self) -> None:
        """Ends all jobs, without faults."""
        for _ in range(150):
            for job_id in await self.live():
                await self.servers[0].pauser.resume(job_id)
            await execute(self.servers[0], "UPDATE jobs SET starts_at = now() WHERE starts_at > now()")
            await execute(self.servers[0], "UPDATE slot_keys SET opens_at = now() WHERE opens_at IS NOT NULL")
            await self.drive(0)
            for server in range(2):
                taken = (await self.workers[server].exchange(take=16, holding=())).steps or ()
                await self.workers[server].exchange(*map(done, taken), take=0)
            if not await self.live():
                return
        raise AssertionError("jobs do not end")


@pytest.fixture
async def servers(database: Database, database_url: str, tmp_path: Path) -> AsyncIterator[list[Services]]:
    other = await Database.open(database_url)
    blobs = BlobStore((tmp_path / "blobs").as_uri())
    yield [build_services(one, blobs, ServiceOptions(lease_secs=300)) for one in (database, other)]
    await other.close()


@pytest.mark.parametrize("seed", range(2))
async def test_no_slot_is_held_twice_or_leaked(servers: list[Services], seed: int) -> None:
    await explore(servers, seed, moves=60)


@pytest.mark.slow("a property over many examples")
@pytest.mark.parametrize("seed", range(100, 110))
async def test_no_slot_is_held_twice_or_leaked_in_long_runs(servers: list[Services], seed: int) -> None:
    await explore(servers, seed, moves=300)


async def explore(servers: list[Services], seed: int, *, moves: int) -> None:
    workers = []
    for services in servers:
        registered = await services.leases.register(Registration(name="w", capabilities=("script",)))
        workers.append(HandWorker(services, registered.worker_id))
    contention = Contention(servers, workers, await new_release(servers[0]), seed)
    for number in range(moves):
        await contention.move()
        assert await contention.broken() == [], f"after move {number}"
    await contention.end()
    async with servers[0].database.read() as connection:
        left = "SELECT (SELECT count(*) FROM slots), (SELECT count(*) FROM slot_line)"
        assert await fetch(connection, left) == [(0, 0)]

"""Sealing loses no line, however much there is of them, and when servers get in each other's way."""

import asyncio

import orjson

from stroem.definitions.task import Step, Task
from stroem.orchestrator.logs.sealer import LogSealer
from stroem.orchestrator.services import Services
from stroem.store import statement
from tests.orchestrator.conftest import HandWorker, chain, done, printed, start, workspace


class SlowBlobs:
    """A blob store that waits before it has stored something."""

    def __init__(self, services: Services) -> None:
        self._blobs = services.blobs
        self.asked = asyncio.Event()
        self.free = asyncio.Event()

    async def put(self, data: bytes) -> str:
        self.asked.set()
        await self.free.wait()
        return await self._blobs.put(data)


async def execute(services: Services, sql: str) -> None:
    async with services.database.begin() as connection:
        await statement.execute(connection, sql)


async def count(services: Services, what: str) -> int:
    async with services.database.read() as connection:
        return int((await statement.fetch(connection, f"SELECT count(*) FROM {what}"))[0][0])


async def test_a_step_that_left_more_than_a_batch_is_sealed_to_the_end(services: Services, worker: HandWorker) -> None:
    job_id = await start(services, workspace(chain("a")))
    offer = (await worker.take())["a"]
    for chunk in range(4):
        await services.recorder.append(printed(offer, chunk, f"{chunk}" * 3_000_000), worker.id)
    await worker.exchange(done(offer))
    await execute(services, "UPDATE log_heads SET seal_due_at = now()")
    while await services.sealer.run_once():
        pass
    assert await count(services, "log_chunks") == 0
    assert await count(services, "log_heads WHERE hot_bytes <> 0 OR seal_due_at IS NOT NULL") == 0
    assert (await services.logs.read(job_id, tail=1)).data.count(b"3") >= 3_000_000


async def test_a_sealer_that_was_overtaken_with_a_part_of_its_work_loses_nothing(
    services: Services, worker: HandWorker
) -> None:
    job_id = await start(services, workspace(Task(flow={"a": Step(action="true"), "b": Step(action="true")})))
    offers = await worker.take()
    await worker.exchange(*map(done, offers.values()), lines=[printed(offer, 0, s) for s, offer in offers.items()])
    await execute(services, "UPDATE log_heads SET seal_due_at = now()")
    blobs = SlowBlobs(services)
    slow = asyncio.create_task(LogSealer(services.database, blobs).run_once())  # type: ignore[arg-type]
    await blobs.asked.wait()
    await execute(services, "UPDATE log_heads SET seal_due_at = now() WHERE step = 0")
    await services.sealer.run_once()
    blobs.free.set()
    await slow
    page = await services.logs.read(job_id)
    assert sorted(orjson.loads(line)["line"] for line in page.data.splitlines()) == ["a", "b"]
    assert await count(services, "log_chunks") == 0
    assert await count(services, "log_heads WHERE hot_bytes <> 0") == 0

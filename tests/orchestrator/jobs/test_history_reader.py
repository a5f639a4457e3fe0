"""Readers of the history beside claims, which write it without the lock of the job."""

import asyncio
import uuid

from stroem.interfaces.nodes import Node
from stroem.orchestrator.jobs.history_reader import HistoryEnd
from stroem.orchestrator.services import Services
from stroem.protocol.registration import Registration
from stroem.store.jobs import history
from tests.orchestrator.conftest import HandWorker, done, job_of, start_nodes
from tests.orchestrator.flows import Flows, action

ITEMS = 60


async def followed(services: Services, job_id: uuid.UUID) -> list[int]:
    """The ids of all changes, as a reader sees them while the job runs."""
    found: list[int] = []
    async for page in services.history.follow(job_id):
        if isinstance(page, HistoryEnd):
            assert page.next == found[-1]
            return found
        found += [entry.row.id for entry in page.entries]
        assert page.next == found[-1]
    raise AssertionError("the stream ended before the job")


async def works(services: Services, job_id: uuid.UUID, name: str) -> None:
    """A worker that takes single steps until the job has ended."""
    registered = await services.leases.register(Registration(name=name, capabilities=("script",)))
    worker = HandWorker(services, registered.worker_id)
    claims = await worker.take(1)
    while claims or (await job_of(services, job_id)).status == "running":
        claims = await worker.follow(*map(done, claims.values()), limit=1)


async def test_nothing_is_missed_or_repeated_beside_claims_and_outcomes(services: Services, flows: Flows) -> None:
    job_id = await start_nodes(
        services, flows, Node(name="all", kind="loop", entry=True, items=list(range(ITEMS))), action("one", parent=0)
    )
    readers = [asyncio.create_task(followed(services, job_id)) for _ in range(3)]
    await asyncio.gather(*(works(services, job_id, f"w{number}") for number in range(4)))
    async with services.database.read() as connection:
        rows = await history.list_history(connection, job_id, after=0, up_to=1 << 62, step=None, limit=10_000)
    assert len(rows) > 3 * ITEMS
    for found in await asyncio.gather(*readers):
        assert found == [row.id for row in rows]

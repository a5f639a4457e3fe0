"""Rows that an exchange reads and writes: few, and as many in a large job as in a small one."""

import statistics
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import attrs
import psycopg
import pytest

from stroem.blobs.blob_store import BlobStore
from stroem.definitions.action import Action
from stroem.definitions.task import Task
from stroem.definitions.workspace import Definitions
from stroem.interfaces.dialect import Flow
from stroem.interfaces.nodes import Node, RetryPolicy
from stroem.orchestrator.service_options import ServiceOptions
from stroem.orchestrator.services import build_services
from stroem.protocol.claim import Claim
from stroem.protocol.registration import Registration
from tests.orchestrator.conftest import HandWorker, done, start
from tests.orchestrator.model.cases import ACTION, node
from tests.orchestrator.model.points import database_of
from tests.store.counters import Touched, touched

SIZES = (20, 200)
WARM_UPS = 5


class MeasuredConnection(psycopg.AsyncConnection[Any]):
    """A connection that adds up the rows that its transactions touch."""

    noted: list[Touched]

    @asynccontextmanager
    async def transaction(self, *args: Any, **options: Any) -> AsyncIterator[psycopg.AsyncTransaction]:
        async with super().transaction(*args, **options) as transaction:
            before = await touched(self)
            yield transaction
            self.noted.append(await touched(self) - before)


@attrs.frozen
class Meter:
    """A worker that takes one step at a time, and the rows touched since the last reading."""

    worker: HandWorker
    noted: list[Touched]

    async def take(self) -> Claim | None:
        """The next step, if one is ready."""
        claims = (await self.worker.exchange(take=1)).steps
        return claims[0] if claims else None

    async def end(self, claim: Claim, exit_code: int) -> Claim | None:
        """Ends a step and takes the next; retries that are due start."""
        claims = (await self.worker.exchange(done(claim, exit_code=exit_code, step_id=claim.step_id), take=1)).steps
        if claims:
            return claims[0]
        await self.worker.services.job_loop.run_once()
        return await self.take()

    def read(self) -> tuple[int, int]:
        """Rows read and written since the last reading."""
        found = sum(one.read for one in self.noted), sum(one.written for one in self.noted)
        self.noted.clear()
        return found


@asynccontextmanager
async def meter(url: str, folder: Path, nodes: Sequence[Node]) -> AsyncIterator[Meter]:
    """A job of these nodes on a server that has just started."""
    noted: list[Touched] = []
    connections = type("Connection", (MeasuredConnection,), {"noted": noted})
    definitions = Definitions(tasks={"t": Task(flow={})}, actions={ACTION: Action(type="script", script="true")})
    async with database_of(url, connections) as database:
        options = ServiceOptions(flow_of=lambda name, task, definitions: Flow(nodes=tuple(nodes)))
        services = build_services(database, BlobStore(folder.as_uri()), options)
        registered = await services.leases.register(Registration(name="w", capabilities=("script",)))
        await start(services, definitions)
        yield Meter(HandWorker(services, registered.worker_id), noted)


def chain(size: int) -> list[Node]:
    return [node(f"s{at}", *([at + 1] if at + 1 < size else []), entry=not at) for at in range(size)]


def loop(size: int, **fields: Any) -> list[Node]:
    each = Node(name="each", kind="loop", entry=True, items=list(range(size)), limit=1, output="list")
    return [each, node("work", entry=True, parent=0, **fields)]


def retries(size: int) -> list[Node]:
    """A loop of steps that all fail once."""
    return loop(size, retry=RetryPolicy(attempts=2))


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize(
    ("nodes", "fails_first", "most_read", "most_written"),
    [(chain, False, 8, 7), (loop, False, 12, 8), (retries, True, 36, 17)],
)
async def test_rows_of_a_step(
    database_url: str,
    tmp_path: Path,
    size: int,
    nodes: Callable[[int], list[Node]],
    fails_first: bool,
    most_read: int,
    most_written: int,
) -> None:
    """From the end of the step before to the end of the step: the claim, all attempts, the outcome."""
    costs = []
    async with meter(database_url, tmp_path, nodes(size)) as metered:
        claim = await metered.take()
        while claim is not None:
            metered.read()
            while claim is not None:
                claim = await metered.end(claim, int(fails_first and claim.attempt == 1))
                if claim is not None and claim.attempt == 1:
                    break
            costs.append(metered.read())
    assert len(costs) == size
    reads, writes = zip(*costs[WARM_UPS:-1], strict=True)
    assert statistics.median(reads) <= most_read
    assert statistics.median(writes) <= most_written


async def test_rows_of_a_skipped_step(database_url: str, tmp_path: Path) -> None:
    """The first step fails, and all others are skipped: rows for each of those."""
    costs = []
    for size in SIZES:
        async with meter(database_url, tmp_path, chain(size)) as metered:
            claim = await metered.take()
            assert claim is not None
            metered.read()
            await metered.end(claim, 1)
            costs.append(metered.read())
    read, written = ((large - small) / (SIZES[1] - SIZES[0]) for small, large in zip(*costs, strict=True))
    assert read <= 2
    assert written <= 2

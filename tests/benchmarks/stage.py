"""The services of a server on a fresh database, in this process: the queue without the programs around it."""

import uuid
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any

import attrs
import psycopg

from stroem.blobs.blob_store import BlobStore
from stroem.definitions.action import Action, Resources
from stroem.definitions.task import Task
from stroem.definitions.workspace import Definitions
from stroem.interfaces.dialect import Flow
from stroem.interfaces.nodes import Node
from stroem.orchestrator.plans.start_request import StartRequest
from stroem.orchestrator.service_options import ServiceOptions
from stroem.orchestrator.services import Services, build_services
from stroem.protocol.claim import Claim
from stroem.protocol.exchange import ExchangeRequest
from stroem.protocol.registration import Registration
from stroem.protocol.steps import Outcome
from stroem.records.release import Release
from stroem.store.database import Database
from tests.benchmarks.bench import Bench

HERE, ELSEWHERE, SIZED = "here", "elsewhere", "sized"
"""Actions: one that the worker can run, one that needs a tag that no worker has, and one that takes `cpu: 1`."""
SLOTS = 16


@attrs.frozen(kw_only=True)
class Stage:
    """Services and one worker without processes. `release` has the tasks."""

    url: str
    services: Services
    definitions: Definitions
    release: Release
    worker_id: uuid.UUID

    async def start(self, task: str) -> uuid.UUID:
        """Starts a task."""
        request = StartRequest(task=task, definitions=self.definitions, release=self.release, raw_input={})
        return (await self.services.starter.start(request)).job_id

    async def exchange(
        self, done: Sequence[Claim] = (), *, take: int = SLOTS, resources: Mapping[str, str] | None = None
    ) -> Sequence[Claim]:
        """Delivers outcomes of claimed steps and claims others, for a worker with these resources."""
        outcomes = [
            Outcome(
                job_id=claim.job_id,
                step_name=claim.step_name,
                step_id=claim.step_id,
                attempt=claim.attempt,
                exit_code=0,
            )
            for claim in done
        ]
        request = ExchangeRequest(
            worker_id=self.worker_id,
            capabilities=("script",),
            resources=dict(resources or {}),
            max_steps=take,
            wait_secs=0,
            outcomes=tuple(outcomes),
        )
        return (await self.services.exchange.run(request)).steps or ()

    async def execute(self, sql: str, **values: Any) -> list[Any]:
        """Runs a statement on a connection of its own; returns its rows."""
        async with await psycopg.AsyncConnection.connect(self.url, autocommit=True) as connection:
            cursor = await connection.execute(sql.encode(), values)
            return await cursor.fetchall() if cursor.description else []


@asynccontextmanager
async def open_stage(bench: Bench, flows: Mapping[str, Sequence[Node]]) -> AsyncIterator[Stage]:
    """Services with a task for each flow, by name, and a worker for scripts."""

    def flow_of(name: str, task: Task, definitions: Definitions) -> Flow:
        return Flow(nodes=tuple(flows[name]))

    definitions = Definitions(
        tasks={name: Task(flow={}) for name in flows},
        actions={
            HERE: Action(type="script", script="true"),
            ELSEWHERE: Action(type="script", script="true", tags=("elsewhere",)),
            SIZED: Action(type="script", script="true", resources=Resources(cpu="1")),
        },
    )
    url = await bench.database()
    database = await Database.open(url)
    try:
        blobs = BlobStore((bench.folder("stage") / "blobs").as_uri())
        services = build_services(database, blobs, ServiceOptions(flow_of=flow_of))
        registered = await services.leases.register(Registration(name="bench", capabilities=("script",)))
        yield Stage(
            url=url,
            services=services,
            definitions=definitions,
            release=await _release(url),
            worker_id=registered.worker_id,
        )
    finally:
        await database.close()


async def _release(url: str) -> Release:
    """The row of a release, without files."""
    async with await psycopg.AsyncConnection.connect(url, autocommit=True) as connection:
        await connection.execute("INSERT INTO workspaces (name) VALUES ('default')")
        cursor = await connection.execute(
            """
            INSERT INTO releases (workspace, number, revision, manifest, changes,
                                  tasks_count, actions_count, triggers_count, connections_count)
            VALUES ('default', 1, 'r', 'm', '[]', 1, 2, 0, 0) RETURNING id, created_at
            """
        )
        row = await cursor.fetchone()
    assert row is not None
    return Release(
        id=row[0],
        workspace="default",
        number=1,
        revision="r",
        manifest="m",
        tasks_count=1,
        actions_count=2,
        triggers_count=0,
        connections_count=0,
        changes=(),
        created_at=row[1],
    )

"""Servers with several workspaces, whose triggers hear the ends of jobs or read streams."""

import uuid
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import attrs

from stroem.blobs.blob_store import BlobStore
from stroem.definitions.action import Action
from stroem.definitions.retry import Retry
from stroem.definitions.task import Hook, Step, Task
from stroem.definitions.trigger import Trigger
from stroem.definitions.workspace import Definitions
from stroem.errors import NotFound
from stroem.orchestrator.plans.start_request import StartRequest
from stroem.orchestrator.service_options import ServiceOptions
from stroem.orchestrator.services import Services, build_services
from stroem.orchestrator.triggers.live_triggers import WorkspaceTriggers
from stroem.orchestrator.triggers.options import TriggerOptions
from stroem.orchestrator.triggers.stream_loop import StreamPlace
from stroem.protocol.registration import Registration
from stroem.records.release import Release
from stroem.registry.registry import load_plugins
from stroem.store.database import Database
from stroem.store.statement import execute, fetch, fetch_named
from stroem.store.triggers import triggers
from stroem.store.triggers.triggers import TriggerRow
from tests.orchestrator.conftest import RELEASE, HandWorker, done

ACTIONS = {"true": Action(type="script", script="true"), "load": Action(type="task", task="load")}
ONE_STEP = Task(flow={"one": Step(action="true")})
TASKS = {
    "extract": ONE_STEP,
    "load": ONE_STEP,
    "page": ONE_STEP,
    "shared": attrs.evolve(ONE_STEP, callable_from=("default",)),
    "retried": attrs.evolve(ONE_STEP, retry=Retry(max_attempts=1, delay=1)),
    "hooked": attrs.evolve(ONE_STEP, on_success=(Hook(action="load"),)),
    "parent": Task(flow={"child": Step(action="load")}),
}


@attrs.define(kw_only=True)
class OutcomeSite:
    """One server, and what it knows of its workspaces. Further servers share its database.

    `place` is where triggers may read.
    """

    database: Database
    folder: Path
    place: StreamPlace = attrs.Factory(StreamPlace)
    current: dict[str, WorkspaceTriggers] = attrs.Factory(dict)
    releases: dict[int, Definitions] = attrs.Factory(dict)
    refreshed: list[str] = attrs.Factory(list)
    services: Services = attrs.field(init=False)

    def __attrs_post_init__(self) -> None:
        self.services = self.server()

    def server(self) -> Services:
        """The services of another server."""
        options = ServiceOptions(
            kinds=load_plugins().step_kinds,
            definitions_of=self._definitions_of,
            current_task=self._current_task,
            triggers=TriggerOptions(
                current_workspace=self.current.get,
                workspaces=lambda: list(self.current),
                place=self.place,
                refresh=self._refresh,
            ),
        )
        return build_services(self.database, BlobStore((self.folder / "blobs").as_uri()), options)

    async def release(
        self, workspace: str = "default", *, tasks: Mapping[str, Task] = TASKS, **found: Trigger
    ) -> Release:
        """Makes a release with these triggers current, and syncs their rows."""
        number = len(self.releases) + 1
        release = attrs.evolve(RELEASE, id=number, workspace=workspace, number=number)
        definitions = Definitions(tasks=dict(tasks), actions=ACTIONS, triggers=dict(found))
        self.releases[number] = definitions
        self.current[workspace] = WorkspaceTriggers(release=release, definitions=definitions)
        async with self.database.begin() as connection:
            await execute(connection, "INSERT INTO workspaces (name) VALUES (%s) ON CONFLICT DO NOTHING", (workspace,))
            await execute(
                connection,
                """
                INSERT INTO releases (id, workspace, number, revision, manifest, changes,
                                      tasks_count, actions_count, triggers_count, connections_count)
                OVERRIDING SYSTEM VALUE VALUES (%s, %s, %s, 'r1', 'm1', '[]', 1, 1, 0, 0)
                """,
                (number, workspace, number),
            )
            await execute(connection, "UPDATE workspaces SET current_release = %s WHERE name = %s", (number, workspace))
        await self.services.triggers.sync.run_once()
        return release

    async def start(self, task: str, workspace: str = "default", **more: Any) -> uuid.UUID:
        """Starts a job."""
        current = self.current[workspace]
        request = StartRequest(
            task=task, definitions=current.definitions, release=current.release, raw_input={}, **more
        )
        return (await self.services.starter.start(request)).job_id

    async def worker(self) -> HandWorker:
        """A worker."""
        registered = await self.services.leases.register(Registration(name="w", capabilities=("script",)))
        return HandWorker(self.services, registered.worker_id)

    async def run(self, task: str, *, fails: bool = False, workspace: str = "default", output: Any = None) -> uuid.UUID:
        """Starts a job of one step, which ends so."""
        job_id = await self.start(task, workspace)
        await self.end(fails=fails, output=output)
        return job_id

    async def end(self, *, fails: bool = False, output: Any = None) -> None:
        """Ends all ready steps."""
        worker = await self.worker()
        for claim in (await worker.take()).values():
            await worker.exchange(done(claim, output, exit_code=1 if fails else 0), take=0)

    async def hear(self, services: Services | None = None) -> None:
        """Lets triggers hear all that has ended."""
        while await (services or self.services).triggers.outcome_loop.run_once():
            pass

    async def pending(self) -> int:
        """The number of outcomes that are not heard yet."""
        async with self.database.read() as connection:
            return int((await fetch(connection, "SELECT count(*) FROM job_outcomes"))[0][0])

    async def jobs(self, task: str) -> list[dict[str, Any]]:
        """The jobs of a task, oldest first."""
        query = "SELECT id, workspace, status, source_id, context FROM jobs WHERE task = %s ORDER BY created_at, id"
        async with self.database.read() as connection:
            return await fetch_named(connection, query, (task,))

    async def row(self, name: str, workspace: str = "default") -> TriggerRow:
        """The row of a trigger."""
        async with self.database.read() as connection:
            found = await triggers.find(connection, workspace, name)
        assert found is not None
        return found

    async def fires(self, name: str) -> list[tuple[str, str | None]]:
        """The verdicts and reasons of a trigger's fires, in their order."""
        query = "SELECT verdict, reason FROM trigger_fires WHERE trigger = %s ORDER BY id"
        async with self.database.read() as connection:
            return [(row[0], row[1]) for row in await fetch(connection, query, (name,))]

    async def execute(self, sql: str) -> None:
        """Executes a statement in a transaction of its own."""
        async with self.database.begin() as connection:
            await execute(connection, sql)

    async def events(self, kind: str) -> list[str]:
        """The messages of events."""
        async with self.database.read() as connection:
            return [row[0] for row in await fetch(connection, "SELECT message FROM events WHERE kind = %s", (kind,))]

    async def _definitions_of(self, release_id: int) -> Definitions:
        return self.releases[release_id]

    def _current_task(self, workspace: str, task: str) -> tuple[Release, Definitions]:
        found = self.current.get(workspace)
        if found is None or task not in found.definitions.tasks:
            raise NotFound(kind="Task", name=task)
        return found.release, found.definitions

    async def _refresh(self, workspace: str) -> None:
        self.refreshed.append(workspace)
        raise ConnectionError("the source is away")

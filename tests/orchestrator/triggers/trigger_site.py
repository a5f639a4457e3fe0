"""Services of a server with workspaces whose triggers fire."""

import uuid
from pathlib import Path
from typing import Any

import attrs

from stroem.blobs.blob_store import BlobStore
from stroem.definitions.action import Action
from stroem.definitions.field import InputField
from stroem.definitions.task import Step, Task
from stroem.definitions.trigger import Trigger
from stroem.definitions.workspace import Definitions
from stroem.errors import NotFound
from stroem.interfaces.triggers.trigger_type import Fire
from stroem.orchestrator.service_options import ServiceOptions
from stroem.orchestrator.services import Services, build_services
from stroem.orchestrator.triggers.fire_request import Fired, FireRequest
from stroem.orchestrator.triggers.live_triggers import WorkspaceTriggers
from stroem.orchestrator.triggers.options import TriggerOptions
from stroem.records.release import Release
from stroem.registry.registry import load_plugins
from stroem.store.database import Database
from stroem.store.jobs.jobs import JobRow, get_job
from stroem.store.statement import execute, fetch, fetch_named
from stroem.store.triggers import triggers
from stroem.store.triggers.triggers import TriggerRow
from tests.orchestrator.conftest import new_release

TASK = Task(
    input={"name": InputField(type="string", default="x")},
    flow={"say": Step(action="true", input={"name": "{{ input.name }}"})},
)


@attrs.define(kw_only=True)
class TriggerSite:
    """One server, and what it knows of the workspace `default`. Further servers share its database."""

    database: Database
    folder: Path
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
                current_workspace=self.current.get, workspaces=lambda: list(self.current), refresh=self._refresh
            ),
        )
        return build_services(self.database, BlobStore((self.folder / "blobs").as_uri()), options)

    async def release(self, **found: Trigger) -> Release:
        """Makes a release with these triggers current, and syncs their rows."""
        release = await self.make_current(**found)
        await self.services.triggers.sync.run_once()
        return release

    async def make_current(self, **found: Trigger) -> Release:
        """Makes a release with these triggers current; their rows are those of the one before."""
        release = await new_release(self.services)
        definitions = Definitions(
            tasks={"t": TASK, "other": TASK},
            actions={"true": Action(type="script", script="true")},
            secrets={"k": "a-secret-value"},
            triggers=dict(found),
        )
        self.releases[release.id] = definitions
        self.current["default"] = WorkspaceTriggers(release=release, definitions=definitions)
        async with self.database.begin() as connection:
            await execute(
                connection, "UPDATE workspaces SET current_release = %s WHERE name = 'default'", (release.id,)
            )
        return release

    async def fire(self, name: str, key: str = "k", services: Services | None = None, **more: Any) -> Fired:
        """Fires a trigger. `more` are fields of the fire and of the request."""
        own = {field: more.pop(field) for field in ("actor", "given", "settled") if field in more}
        request = FireRequest(workspace="default", trigger=name, fire=Fire(key=key, **more), **own)
        (fired,) = await (services or self.services).triggers.firer.fire([request])
        return fired

    async def row(self, name: str) -> TriggerRow:
        """The row of a trigger."""
        async with self.database.read() as connection:
            found = await triggers.find(connection, "default", name)
        assert found is not None
        return found

    async def set_due(self, name: str, scheduled_at: str) -> None:
        """Makes an instant of a schedule due."""
        query = """
            UPDATE triggers SET due_at = %s::timestamptz, scheduled_at = %s::timestamptz
            WHERE workspace = 'default' AND name = %s
            """
        async with self.database.begin() as connection:
            await execute(connection, query, (scheduled_at, scheduled_at, name))

    async def fires(self, name: str) -> list[tuple[str, str]]:
        """The keys and verdicts of a trigger's fires, in their order."""
        query = "SELECT key, verdict FROM trigger_fires WHERE trigger = %s ORDER BY id"
        async with self.database.read() as connection:
            return [(row[0], row[1]) for row in await fetch(connection, query, (name,))]

    async def jobs(self) -> list[dict[str, Any]]:
        """All jobs, oldest first."""
        query = "SELECT id, task, status, input, source_type, source_id, error FROM jobs ORDER BY created_at, id"
        async with self.database.read() as connection:
            return await fetch_named(connection, query)

    async def job(self, job_id: uuid.UUID | None) -> JobRow:
        """A job."""
        assert job_id is not None
        async with self.database.read() as connection:
            found = await get_job(connection, job_id)
        assert found is not None
        return found

    async def _definitions_of(self, release_id: int) -> Definitions:
        return self.releases[release_id]

    def _current_task(self, workspace: str, task: str) -> tuple[Release, Definitions]:
        found = self.current[workspace]
        if task not in found.definitions.tasks:
            raise NotFound(kind="Task", name=task)
        return found.release, found.definitions

    async def _refresh(self, workspace: str) -> None:
        self.refreshed.append(workspace)

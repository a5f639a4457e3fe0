"""Services of a server with event sources, and workers that tests drive by hand."""

import uuid
from typing import Any

import attrs

from stroem.definitions.trigger import Trigger
from stroem.orchestrator.services import Services
from stroem.protocol.claim import Claim
from stroem.protocol.events import EventBatch, EventWriter, SettledEvents, SourceEvent
from stroem.protocol.exchange import ExchangeRequest
from stroem.protocol.registration import Registration
from stroem.protocol.steps import Outcome
from stroem.store.statement import execute, fetch, fetch_named
from stroem.store.triggers import consumers, triggers
from stroem.store.triggers.consumers import ConsumerRow
from tests.orchestrator.triggers.trigger_site import TriggerSite
from tests.support.triggers import trigger_of

WRITER = EventWriter(job_id=uuid.UUID(int=7), step_id=1, step_name="say", attempt=1)


def source(**keys: Any) -> Trigger:
    """An event source whose consumer is the task `t`, and whose events start the task `other`."""
    return trigger_of("event_source", **{"target_task": "other", **keys})


def event(number: int, key: str | None = None, **data: Any) -> SourceEvent:
    """An event."""
    return SourceEvent(number=number, id=key, data=data)


@attrs.define(kw_only=True)
class ConsumerSite(TriggerSite):
    """One server with event sources of the workspace `default`, and the worker that claimed last."""

    worker: uuid.UUID = attrs.field(init=False)

    async def supervise(self, services: Services | None = None) -> None:
        """Has a server look at the consumers until there is nothing to do."""
        supervisor = (services or self.services).triggers.consumers.supervisor
        while await supervisor.run_once():
            pass

    async def take(
        self, *events: SourceEvent, name: str = "s", hold: float = 0, services: Services | None = None, waiting: int = 0
    ) -> SettledEvents:
        """Sends events of the trigger."""
        batch = EventBatch(source_id=f"default/{name}", writer=WRITER, events=events, waiting=waiting)
        return await (services or self.services).triggers.consumers.taker.take(batch, hold)

    async def consumer(self, name: str = "s") -> ConsumerRow:
        """The consumer of a trigger."""
        async with self.database.read() as connection:
            found = await consumers.find(connection, "default", name)
        assert found is not None
        return found

    async def pause(self, name: str = "s", *, paused: bool = True) -> None:
        """Pauses or resumes a trigger."""
        async with self.database.begin() as connection:
            await triggers.set_paused(connection, "default", [name], paused=paused)

    async def due_now(self) -> None:
        """Lets the time of the next starts come."""
        async with self.database.begin() as connection:
            await execute(connection, "UPDATE consumers SET starts_at = clock_timestamp()")

    async def letters(self) -> list[dict[str, Any]]:
        """All dead letters, oldest first."""
        async with self.database.read() as connection:
            return await fetch_named(connection, "SELECT * FROM dead_letters ORDER BY id")

    async def events(self, kind: str) -> list[str]:
        """The messages of events of workspaces, oldest first; repeated ones several times."""
        query = "SELECT message FROM events, generate_series(1, count) WHERE kind = %s ORDER BY id"
        async with self.database.read() as connection:
            return [row[0] for row in await fetch(connection, query, (kind,))]

    async def live_jobs(self, task: str) -> list[uuid.UUID]:
        """The live jobs of a task."""
        return [
            job["id"] for job in await self.jobs() if job["task"] == task and job["status"] in ("pending", "running")
        ]

    async def claim(self) -> list[Claim]:
        """Hands all ready steps to a new worker."""
        registration = Registration(name="w", capabilities=("script",))
        worker = (await self.services.leases.register(registration)).worker_id
        self.worker = worker
        request = ExchangeRequest(worker_id=worker, capabilities=("script",), max_steps=16)
        return list((await self.services.exchange.run(request)).steps or ())

    async def end(self, claim: Claim, exit_code: int = 0, **more: Any) -> None:
        """Reports the end of a claimed step."""
        outcome = Outcome(
            job_id=claim.job_id, step_name=claim.step_name, attempt=claim.attempt, exit_code=exit_code, **more
        )
        request = ExchangeRequest(worker_id=self.worker, capabilities=("script",), max_steps=0, outcomes=(outcome,))
        await self.services.exchange.run(request)

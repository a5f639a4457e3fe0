"""A run of a case: a server, workers, a user, and faults."""

import asyncio
import uuid
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from typing import Any, TypeVar

import attrs
import psycopg

from stroem.blobs.blob_store import BlobStore
from stroem.errors import Conflict, Unavailable
from stroem.orchestrator.plans.start_request import StartRequest
from stroem.orchestrator.service_options import ServiceOptions
from stroem.orchestrator.services import Services, build_services
from stroem.protocol.registration import Registration
from stroem.records.release import Release
from stroem.store.database import Database
from stroem.store.statement import execute, fetch
from tests.orchestrator.model.cases import Case, definitions, flow_of
from tests.orchestrator.model.points import POINTS, Fault, Points
from tests.orchestrator.model.worker import ModelWorker, Run

T = TypeVar("T")
ROUNDS = 40
BLOCKED_POLL_SECS = 0.01


class Killed(BaseException):
    """The server's process ends here: no handler of its own may see this."""


@attrs.frozen(kw_only=True)
class Ground:
    """Things shared by all runs: the database, and a release with the tasks of all cases."""

    database: Database
    blobs: BlobStore
    release: Release
    monitor: psycopg.AsyncConnection[Any]

    def services(self) -> Services:
        """The services of a server that has just started."""
        return build_services(self.database, self.blobs, ServiceOptions(lease_secs=30, flow_of=flow_of))


class World:
    """A run of a case from its start to its end. `strikes` are the faults by the number of their point."""

    def __init__(self, ground: Ground, name: str, case: Case, strikes: Mapping[int, str]) -> None:
        self._ground = ground
        self._name = name
        self.case = case
        self.strikes = dict(strikes)
        self.points = Points({at: self._fault(kind) for at, kind in strikes.items()})
        self._services = ground.services()
        self.runs: list[Run] = []
        self._workers: list[ModelWorker] = []
        self._behind: list[asyncio.Future[None]] = []
        self._lost_answers = 0
        self.job_id: uuid.UUID | None = None
        self.cancelled = False

    async def run(self, after_round: Callable[[uuid.UUID], Awaitable[None]] | None = None) -> None:
        """Runs the case until its job has ended and every worker is idle. `after_round` gets the job's id."""
        await self._register()
        await self._prime()
        token = POINTS.set(self.points)
        try:
            await self._start()
            for number in range(ROUNDS):
                await self._round(number)
                if after_round is not None and self.job_id is not None:
                    await self._uncounted(after_round(self.job_id))
                if await self._is_over():
                    break
        finally:
            POINTS.reset(token)
        await asyncio.gather(*self._behind)
        for _ in range(ROUNDS):
            await self._settle()
            if await self._is_over():
                return
        raise AssertionError(f"the job does not end: {await self._describe()}")

    async def _round(self, number: int) -> None:
        for worker in [*self._workers]:
            await self._survive(lambda worker=worker: worker.exchange(self._services, self._passes))
        if self.case.cancel_in is not None and number >= self.case.cancel_in and not self.cancelled:
            await self._survive(self._cancel)
        await self._survive(self._drive_jobs)

    async def _settle(self) -> None:
        """A round without faults, with the rescuer."""
        for worker in [*self._workers]:
            await worker.exchange(self._services)
        await self._drive_jobs()
        await self._rescue()

    async def _start(self) -> None:
        request = StartRequest(task=self._name, definitions=definitions(), release=self._ground.release, raw_input={})
        while self.job_id is None:
            if await self._survive(lambda: self._services.starter.start(request)) is None:
                await asyncio.gather(*self._behind)
            self.job_id = await self._uncounted(self._find_job())

    async def _find_job(self) -> uuid.UUID | None:
        """The job, also if the answer to its start was lost."""
        async with self._ground.database.read() as connection:
            rows = await fetch(
                connection,
                "SELECT id FROM jobs WHERE release_id = %s AND task = %s AND retry_of IS NULL"
                " ORDER BY created_at DESC LIMIT 1",
                (self._ground.release.id, self._name),
            )
        return rows[0][0] if rows else None

    async def _survive(self, move: Callable[[], Awaitable[T]]) -> T | None:
        """Makes a move; the caller sees an error if the database is away or the server dies, which then starts anew."""
        try:
            return await move()
        except (Unavailable, psycopg.OperationalError):
            return None
        except Killed:
            self._services = self._ground.services()
            return None

    async def _uncounted(self, work: Awaitable[T]) -> T:
        token = POINTS.set(None)
        try:
            return await work
        finally:
            POINTS.reset(token)

    def _passes(self) -> bool:
        if self._lost_answers:
            self._lost_answers -= 1
            return False
        return True

    async def _register(self, former: uuid.UUID | None = None) -> None:
        registration = Registration(name="w", capabilities=("script",), worker_id=former)
        registered = await self._services.leases.register(registration)
        self._workers.append(ModelWorker(registered.worker_id, self.case.behaviour, self.runs))

    async def _prime(self) -> None:
        """The rescuer's first run after a start, which gives every worker another lease."""
        await self._services.rescuer.run_once()

    async def _drive_jobs(self) -> None:
        while await self._services.job_loop.run_once():
            pass

    async def _rescue(self) -> None:
        await self._services.rescuer.run_once()

    async def _cancel(self) -> None:
        job_id = self.job_id or await self._find_job()
        if job_id is not None:
            with suppress(Conflict):  # it has ended
                await self._services.canceller.cancel(job_id)
            self.cancelled = True

    async def _is_over(self) -> bool:
        """True once no job is live but those that begin later, every message was taken, and the workers are idle."""

        async def is_live() -> bool:
            async with self._ground.database.read() as connection:
                rows = await fetch(
                    connection,
                    """
                    SELECT EXISTS (SELECT FROM jobs WHERE status IN ('pending', 'running') AND starts_at IS NULL)
                        OR EXISTS (SELECT FROM messages WHERE NOT held)
                    """,
                )
            return bool(rows[0][0])

        return not await self._uncounted(is_live()) and all(worker.is_idle for worker in self._workers)

    async def _describe(self) -> list[Any]:
        async with self._ground.database.read() as connection:
            return await fetch(
                connection,
                """
                SELECT 0, status, error, open FROM jobs WHERE id = %(job)s
                UNION ALL
                SELECT id, status || ' ' || coalesce(waits_for, ''), error, attempt FROM steps WHERE job_id = %(job)s
                """,
                {"job": self.job_id},
            )

    # The faults.

    def _fault(self, kind: str) -> Fault:
        acts: dict[str, Callable[[], Awaitable[None]]] = {
            "jobs": self._drive_jobs,
            "cancel": self._cancel,
            "claim": self._another_worker,
            "lose": self._lose,
            "forget": self._forget,
        }

        async def strike(connection: psycopg.AsyncConnection[Any]) -> None:
            if kind == "cut":
                await connection.close()
                raise psycopg.OperationalError("the connection is cut")
            if kind == "crash":
                await connection.close()
                raise Killed
            if kind == "answer":
                self._lost_answers += 1
                return
            await self._beside(acts[kind])

        return strike

    async def _beside(self, act: Callable[[], Awaitable[None]]) -> None:
        """Runs another actor until it is done or waits for a lock of the interrupted transaction."""
        token = POINTS.set(None)
        try:
            task = asyncio.ensure_future(act())
        finally:
            POINTS.reset(token)
        while not task.done():
            await asyncio.wait({task}, timeout=BLOCKED_POLL_SECS)
            if not task.done() and await self._something_waits():
                break
        self._behind.append(task)

    async def _something_waits(self) -> bool:
        rows = await (
            await self._ground.monitor.execute(
                "SELECT EXISTS (SELECT FROM pg_stat_activity"
                " WHERE datname = current_database() AND wait_event_type = 'Lock')"
            )
        ).fetchone()
        return bool(rows and rows[0])

    async def _another_worker(self) -> None:
        """A second worker takes what is ready."""
        await self._register()
        await self._workers[-1].exchange(self._services)

    async def _lose(self) -> None:
        """The first worker seems lost while it goes on."""
        await self._services.rescuer.run_once()
        async with self._ground.database.read() as connection:
            await execute(
                connection,
                "UPDATE workers SET lease_until = now() - interval '1 s' WHERE id = %s",
                (self._workers[0].id,),
            )
        await self._services.rescuer.run_once()

    async def _forget(self) -> None:
        """The first worker dies and starts anew under another id; the rescuer ends what it ran."""
        dead = self._workers.pop(0)
        await self._register(dead.id)
        self._workers.insert(0, self._workers.pop())
        await self._services.rescuer.run_once()

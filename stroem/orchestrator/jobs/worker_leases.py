"""Leases of workers: registration, heartbeats, extension."""

import asyncio
import uuid
from collections.abc import Mapping, Sequence

import attrs
from cachetools import LRUCache

from stroem.definitions.amounts import offered
from stroem.errors import NotFound
from stroem.orchestrator.notifier import Notification, Notifier
from stroem.protocol.registration import RegisteredWorker, Registration
from stroem.store.database import Database
from stroem.store.jobs import worker_steps, workers
from stroem.store.jobs.workers import StartedWorker, WorkerState

_WORKERS = 4096


@attrs.frozen(kw_only=True)
class Owner:
    """The identity of a worker, and the workspaces whose steps it gets; without an identity, those of all."""

    identity_id: uuid.UUID | None = None
    workspaces: tuple[str, ...] = ()


@attrs.frozen(kw_only=True)
class LeaseTimes:
    """Times of leases, in seconds: of a worker, and of its local jobs after it was heard last."""

    lease_secs: int
    local_secs: int


class WorkerLeases:
    """Registers workers and extends their leases.

    `rescue` wakes the rescuer; `output_bytes` is the most bytes that the output of a step may have.
    """

    def __init__(
        self, database: Database, notifier: Notifier, rescue: asyncio.Event, times: LeaseTimes, *, output_bytes: int
    ) -> None:
        self._database = database
        self._notifier = notifier
        self._rescue = rescue
        self._times = times
        self.lease_secs = times.lease_secs
        self._output_bytes = output_bytes
        self._extended: LRUCache[uuid.UUID, float] = LRUCache(_WORKERS)
        self._held: LRUCache[uuid.UUID, bool] = LRUCache(_WORKERS)
        notifier.on_publish(self._on_notification)
        notifier.on_receive(self._on_notification)
        self._replaced: LRUCache[uuid.UUID, bool] = LRUCache(_WORKERS)

    async def register(self, registration: Registration, owner: Owner = Owner()) -> RegisteredWorker:
        """Registers a worker under a new id and expires the lease of its last run.

        Late requests of that run do not extend its lease again, and get no steps. A worker that resumes in time keeps
        its id, its lease and its steps.
        """
        if registration.resumes and registration.worker_id is not None and await self._resume(registration, owner):
            return self._registered(registration.worker_id)
        worker_id = uuid.uuid4()
        async with self._database.begin() as connection:
            if registration.worker_id is not None:
                await workers.expire_worker(connection, registration.worker_id)
            await workers.register_worker(
                connection,
                worker_id,
                _started(registration, owner),
                former=registration.worker_id,
                lease_secs=self.lease_secs,
            )
        if registration.worker_id is not None:
            self._replaced[registration.worker_id] = True
        self._rescue.set()
        known = {one for one in (worker_id, registration.worker_id) if one is not None}
        self._notifier.publish(Notification(workers=frozenset(known)))
        return self._registered(worker_id)

    async def _resume(self, registration: Registration, owner: Owner) -> bool:
        worker_id = registration.worker_id
        if worker_id is None or self.is_replaced(worker_id):
            return False
        async with self._database.begin() as connection:
            resumed = await worker_steps.resume_worker(
                connection,
                worker_id,
                _started(registration, owner),
                lease_secs=self.lease_secs,
                local_secs=self._times.local_secs,
            )
        self._notifier.publish(Notification(workers=frozenset({worker_id})))
        return resumed

    def _registered(self, worker_id: uuid.UUID) -> RegisteredWorker:
        return RegisteredWorker(
            worker_id=worker_id,
            lease_secs=self.lease_secs,
            output_bytes=self._output_bytes,
            local_lease_secs=self._times.local_secs,
        )

    async def heartbeat(self, worker_id: uuid.UUID) -> WorkerState | None:
        """Extends the lease of a worker and returns its state; None when it is not known, or has registered again under
        another id.
        """
        if self.is_replaced(worker_id):
            return None
        async with self._database.read() as connection:
            state = await workers.extend_lease(connection, worker_id, self.lease_secs)
        self._extended[worker_id] = asyncio.get_running_loop().time()
        self._held[worker_id] = state not in (None, "active")
        return state

    async def set_abilities(
        self, worker_id: uuid.UUID, capabilities: Sequence[str], missing: Mapping[str, str]
    ) -> None:
        """Notes what a worker can do now, and ends its long poll, so that its next one asks for that."""
        async with self._database.begin() as connection:
            await workers.set_abilities(connection, worker_id, capabilities, missing)
        self._notifier.publish(Notification(workers=frozenset({worker_id})))

    async def extend(self, worker_id: uuid.UUID) -> None:
        """Extends the lease unless that was done recently. Raises NotFound for an unknown worker.

        The lease of a worker that has registered again stays expired; its last outcomes count until the rescuer has
        ended its steps.
        """
        if self.is_replaced(worker_id):
            return
        last = self._extended.get(worker_id)
        fresh = last is not None and asyncio.get_running_loop().time() - last < self.lease_secs / 6
        if not fresh and await self.heartbeat(worker_id) is None:
            raise NotFound(kind="Worker", name=worker_id, hint="Register again.")

    def may_claim(self, worker_id: uuid.UUID) -> bool:
        """Whether the worker may get steps: not after it has registered again under another id, or was cordoned."""
        return not (self.is_replaced(worker_id) or self._held.get(worker_id, False))

    def _on_notification(self, notification: Notification) -> None:
        """Ends the long polls of workers, whose next request reads their states again."""
        for worker_id in notification.workers:
            self._extended.pop(worker_id, None)
            self._notifier.release_worker(worker_id)

    def is_replaced(self, worker_id: uuid.UUID) -> bool:
        """Whether the worker has registered again under another id."""
        return self._replaced.get(worker_id, False)


def _started(registration: Registration, owner: Owner) -> StartedWorker:
    return StartedWorker(
        name=registration.name,
        capabilities=registration.capabilities,
        tags=registration.tags,
        exclusive=registration.exclusive,
        version=registration.version,
        slots=registration.slots,
        missing=registration.missing,
        resources=dict(offered(registration.resources)),
        group=registration.group,
        identity_id=owner.identity_id,
        workspaces=owner.workspaces,
    )

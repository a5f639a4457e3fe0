"""Checks that a worker touches only what it has claimed."""

import uuid

from cachetools import LRUCache

from stroem.errors import Forbidden, NotFound
from stroem.machines.identities import WorkerIdentity
from stroem.store.database import Database
from stroem.store.machines import holdings

_WORKERS = 10_000


class Holdings:
    """What workers with an identity have claimed. Each check raises `Forbidden` or `NotFound`.

    Workers with the shared token have no identity: they are trusted, but for the ids of workers that have one.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._owners: LRUCache[uuid.UUID, tuple[uuid.UUID | None]] = LRUCache(_WORKERS)

    async def check_worker(self, identity: WorkerIdentity | None, worker_id: uuid.UUID) -> None:
        """Checks that an id of a worker is the client's own, or unknown."""
        owner = self._owners.get(worker_id)
        if owner is None:
            async with self._database.read() as connection:
                owner = await holdings.owner_of_worker(connection, worker_id)
            if owner is None:
                return
            self._owners[worker_id] = owner
        if owner[0] != (None if identity is None else identity.id):
            raise Forbidden(message=f"Worker {worker_id} is another worker's id")

    async def check_files(self, identity: WorkerIdentity, workspace: str, revision: str | None) -> None:
        """Checks that the worker runs a step with these files."""
        if revision is not None:
            async with self._database.read() as connection:
                if await holdings.holds_files(connection, identity.id, workspace, revision):
                    return
        raise NotFound(kind="Workspace", name=workspace, hint="This worker runs no step with these files.")

    async def check_state(self, identity: WorkerIdentity, workspace: str, task: str) -> None:
        """Checks that the worker runs a step of a task; '' stands for any task of the workspace."""
        async with self._database.read() as connection:
            if not await holdings.holds_state(connection, identity.id, workspace, task):
                what = f"{workspace}/{task}" if task else workspace
                raise NotFound(kind="State", name=what, hint="This worker runs no step of it.")

    async def check_consumer(self, identity: WorkerIdentity, job_id: uuid.UUID, source_id: str) -> None:
        """Checks that events come from the consumer of their trigger, of which the worker has run a step."""
        async with self._database.read() as connection:
            if not await holdings.had_consumer(connection, identity.id, job_id, source_id):
                raise Forbidden(message=f"This worker has run no step of job {job_id}, or it does not read {source_id}")

    async def check_step_files(self, identity: WorkerIdentity, sha256: str) -> None:
        """Checks that a step of the worker has sent a tar."""
        async with self._database.read() as connection:
            if not await holdings.holds_step_files(connection, identity.id, sha256):
                raise NotFound(kind="Tar", name=sha256)

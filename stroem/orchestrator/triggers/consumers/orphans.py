"""Consumers of workspaces that the settings no longer have."""

import asyncio
import uuid
from collections.abc import Sequence

from stroem.orchestrator.triggers.live_triggers import Names
from stroem.store.database import Database
from stroem.store.triggers import consumers

_PATIENCE_SECS = 60.0


class ConsumerOrphans:
    """Finds the jobs of consumers whose workspace has been missing from the settings for a minute.

    A server that starts, or reads its workspaces from a source, may not know them all at once. Workspaces that another
    server follows are not missing.
    """

    def __init__(self, database: Database, names: Names, patience_secs: float = _PATIENCE_SECS) -> None:
        self._database = database
        self._names = names
        self._patience_secs = patience_secs
        self._missing: dict[str, float] = {}

    async def find(self) -> Sequence[uuid.UUID]:
        """The live jobs to end."""
        async with self._database.read() as connection:
            found = await consumers.jobs_outside(connection, self._names())
        now = asyncio.get_running_loop().time()
        self._missing = {workspace: self._missing.get(workspace, now) for workspace, _ in found}
        return [job for workspace, job in found if now - self._missing[workspace] >= self._patience_secs]

"""Pruner of old releases, unused libraries and unused plans."""

from stroem.orchestrator.retention.removal import remove_rows
from stroem.store.database import Database
from stroem.store.jobs import plans
from stroem.store.workspaces import libraries, release_retention

_BATCH = 200


class ReleasePruner:
    """Keeps the newest and the referenced releases of each workspace, and libraries and plans in use."""

    def __init__(self, database: Database, *, kept: int, interval_secs: float) -> None:
        self._database = database
        self._kept = kept
        self._interval_secs = interval_secs

    async def run_once(self) -> bool:
        """Deletes all due releases, libraries and plans; rows that cannot be deleted stay."""
        await remove_rows(
            self._database,
            lambda connection, *which: release_retention.drop_releases(connection, self._kept, *which),
            _BATCH,
            "releases",
        )
        await remove_rows(self._database, libraries.forget_libraries, _BATCH, "libraries")
        await remove_rows(self._database, plans.drop_unused_plans, _BATCH, "plans")
        return False

    async def pause_secs(self) -> float:
        """The interval."""
        return self._interval_secs

"""Releases that newer ones have left behind, and libraries and plans that nobody uses any more, dropped."""

from stroem.store import libraries, plans, release_retention
from stroem.store.database import Database

_BATCH = 200


class ReleaseSweeper:
    """Keeps of each workspace the newest releases and what is needed of the others, and libraries and plans in use."""

    def __init__(self, database: Database, *, kept: int, interval_secs: float) -> None:
        self._database = database
        self._kept = kept
        self._interval_secs = interval_secs

    async def run_once(self) -> bool:
        """Drops some releases, libraries and plans; True when there may be more."""
        async with self._database.begin() as connection:
            dropped = await release_retention.drop_releases(connection, self._kept, _BATCH)
            forgotten = await libraries.forget_libraries(connection, _BATCH)
            unused = await plans.drop_unused_plans(connection, _BATCH)
            return _BATCH in (dropped, forgotten, unused)

    async def pause_secs(self) -> float:
        """Nobody waits for it."""
        return self._interval_secs

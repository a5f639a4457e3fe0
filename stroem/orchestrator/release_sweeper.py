"""Releases that newer ones have left behind, dropped."""

from stroem.store import release_retention
from stroem.store.database import Database

_BATCH = 200


class ReleaseSweeper:
    """Keeps of each workspace the newest releases and what is needed of the others."""

    def __init__(self, database: Database, *, kept: int, interval_secs: float) -> None:
        self._database = database
        self._kept = kept
        self._interval_secs = interval_secs

    async def run_once(self) -> bool:
        """Drops some releases; True when there may be more."""
        async with self._database.begin() as connection:
            return await release_retention.drop_releases(connection, self._kept, _BATCH) == _BATCH

    async def pause_secs(self) -> float:
        """Nobody waits for it."""
        return self._interval_secs

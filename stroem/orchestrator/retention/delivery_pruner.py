"""Pruner of the deliveries of webhooks."""

from stroem.orchestrator.retention.removal import remove_rows
from stroem.store.database import Database
from stroem.store.hooks import deliveries
from stroem.store.hooks.deliveries import Surplus

_BATCH = 500


class DeliveryPruner:
    """Deletes old deliveries, and of each webhook those behind the newest. Refused ones are counted by themselves."""

    def __init__(self, database: Database, *, days: int, keep: int, interval_secs: float) -> None:
        self._database = database
        self._days = days
        self._keep = keep
        self._interval_secs = interval_secs

    async def pause_secs(self) -> float:
        """The interval."""
        return self._interval_secs

    async def run_once(self) -> bool:
        """Deletes what is old or too much."""
        what = "deliveries of webhooks"
        await remove_rows(
            self._database, lambda *how: deliveries.forget_old(how[0], self._days, *how[1:]), _BATCH, what
        )
        trigger: tuple[str, str] | None = deliveries.FIRST_TRIGGER
        while trigger is not None:
            for refused in (False, True):
                surplus = Surplus(workspace=trigger[0], trigger=trigger[1], refused=refused, keep=self._keep)
                await self._forget_surplus(surplus, what)
            async with self._database.read() as connection:
                trigger = await deliveries.next_trigger(connection, trigger)
        return False

    async def _forget_surplus(self, surplus: Surplus, what: str) -> None:
        await remove_rows(
            self._database, lambda *how: deliveries.forget_surplus(how[0], surplus, *how[1:]), _BATCH, what
        )

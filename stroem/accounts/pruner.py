"""Pruner of what sign-in leaves: sessions and tokens that have expired, and counts of tries."""

from stroem.orchestrator.retention.removal import Drop, remove_rows
from stroem.store.accounts.accounts import forget_addresses
from stroem.store.accounts.device_codes import forget_ended_devices
from stroem.store.accounts.one_time_tokens import forget_ended_tokens
from stroem.store.accounts.sessions import forget_ended_sessions
from stroem.store.database import Database
from stroem.store.rates import forget_ended_rates
from stroem.store.statement import Connection

_BATCH = 500
_INTERVAL_SECS = 600.0
_ADDRESS_DAYS = 180


class SignInPruner:
    """Deletes rows that mean nothing any more, every ten minutes."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def pause_secs(self) -> float:
        """The interval."""
        return _INTERVAL_SECS

    async def run_once(self) -> bool:
        """Deletes them."""
        drops: dict[str, Drop] = {
            "sessions": forget_ended_sessions,
            "one-time tokens": forget_ended_tokens,
            "programs that wait": forget_ended_devices,
            "known addresses": _forget_addresses,
            "counts of tries": forget_ended_rates,
        }
        for what, drop in drops.items():
            await remove_rows(self._database, drop, _BATCH, what)
        return False


async def _forget_addresses(connection: Connection, limit: int, skip: int) -> int:
    return await forget_addresses(connection, _ADDRESS_DAYS, limit, skip)

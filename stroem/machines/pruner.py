"""Pruner of what workers leave: expired tokens, identities without one, notes of tars."""

from stroem.orchestrator.retention.removal import Drop, remove_rows
from stroem.store.database import Database
from stroem.store.machines.holdings import forget_step_files
from stroem.store.machines.identities import forget_identities, forget_tokens
from stroem.store.machines.join_tokens import forget_join_tokens
from stroem.store.statement import Connection

_BATCH = 500
_INTERVAL_SECS = 600.0
_SHOWN_DAYS = 30


class MachinePruner:
    """Deletes rows that mean nothing any more, every ten minutes."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def pause_secs(self) -> float:
        """The interval."""
        return _INTERVAL_SECS

    async def run_once(self) -> bool:
        """Deletes them."""
        drops: dict[str, Drop] = {
            "tokens of workers": _forget_tokens,
            "identities of workers": forget_identities,
            "join tokens": _forget_join_tokens,
            "notes of tars": forget_step_files,
        }
        for what, drop in drops.items():
            await remove_rows(self._database, drop, _BATCH, what)
        return False


async def _forget_tokens(connection: Connection, limit: int, skip: int) -> int:
    return await forget_tokens(connection, _SHOWN_DAYS, limit, skip)


async def _forget_join_tokens(connection: Connection, limit: int, skip: int) -> int:
    return await forget_join_tokens(connection, _SHOWN_DAYS, limit, skip)

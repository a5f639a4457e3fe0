"""Needs of ready steps, cached with the ids under which the queue has them."""

import asyncio
from collections.abc import Collection, Iterable

from cachetools import LRUCache

from stroem.interfaces.nodes import Node
from stroem.orchestrator.notifier import POLL_SECS, LongPoll, Notification
from stroem.store.database import Database
from stroem.store.jobs import needs
from stroem.store.jobs.needs import Need, need_of
from stroem.store.statement import Connection

_WORKERS = 1024
"""Kinds of workers whose needs are remembered."""


class QueueNeeds:
    """Cache of needs. Needs of other servers are read again at intervals."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._ids: dict[Need, int] = {}
        self._needs: dict[int, Need] = {}
        self._suiting: LRUCache[tuple[frozenset[str], frozenset[str], bool], tuple[int, ...]] = LRUCache(_WORKERS)
        self._stale_at = 0.0

    async def ensure(self, nodes: Iterable[Node]) -> None:
        """Stores the needs of a plan's actions, in a transaction of its own."""
        missing = {need_of(node.ability, node.tags) for node in nodes if node.kind == "action"} - self._ids.keys()
        if missing:
            async with self._database.read() as connection:
                self._remember(await needs.add_needs(connection, missing))

    async def ids_of(self, connection: Connection, wanted: Collection[Need]) -> dict[Need, int]:
        """Ids of stored needs. Raises KeyError for one that is not stored."""
        if not self._ids.keys() >= set(wanted):
            self._remember(await needs.list_needs(connection))
        return {need: self._ids[need] for need in wanted}

    async def suiting(self, connection: Connection, poll: LongPoll) -> tuple[int, ...]:
        """Ids of the needs that a worker meets."""
        now = asyncio.get_running_loop().time()
        if now >= self._stale_at:
            self._stale_at = now + POLL_SECS
            self._remember(await needs.list_needs(connection))
        key = (poll.capabilities, poll.tags, poll.exclusive)
        found = self._suiting.get(key)
        if found is None:
            found = self._suiting[key] = tuple(number for need, number in self._ids.items() if poll.suits(need))
        return found

    def need(self, number: int) -> Need:
        """The need with this id, which `suiting` returned."""
        return self._needs[number]

    def on_received(self, notification: Notification) -> None:
        """Reads the needs again on next use if another server has a new one in its queue."""
        if any(need not in self._ids for need in notification.ready):
            self._stale_at = 0.0

    def _remember(self, ids: dict[Need, int]) -> None:
        if ids.keys() != self._ids.keys():
            self._ids = ids
            self._needs = {number: need for need, number in ids.items()}
            self._suiting.clear()

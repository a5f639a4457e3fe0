"""Needs of ready steps, cached with the ids under which the queue has them."""

import asyncio
from collections.abc import Collection, Iterable, Mapping

import attrs
from cachetools import LRUCache

from stroem.definitions.amounts import Amounts
from stroem.interfaces.nodes import Node
from stroem.orchestrator.notifier import POLL_SECS, LongPoll, Notification
from stroem.store.database import Database
from stroem.store.jobs import needs
from stroem.store.jobs.needs import Need, need_of
from stroem.store.statement import Connection

_WORKERS = 1024
"""Kinds of workers whose needs are remembered."""
_Kind = tuple[frozenset[str], frozenset[str], bool, Amounts]


@attrs.frozen(kw_only=True)
class Suiting:
    """Ids of the needs that a worker meets, and what those take that take something of its resources."""

    ids: tuple[int, ...]
    taking: Mapping[int, Amounts]


class QueueNeeds:
    """Cache of needs. Needs of other servers are read again at intervals."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._ids: dict[Need, int] = {}
        self._needs: dict[int, Need] = {}
        self._suiting: LRUCache[_Kind, Suiting] = LRUCache(_WORKERS)
        self._stale_at = 0.0

    async def ensure(self, nodes: Iterable[Node]) -> None:
        """Stores the needs of a plan's actions, in a transaction of its own."""
        actions = [node for node in nodes if node.kind == "action"]
        missing = {need_of(node.ability, node.tags, node.resources) for node in actions} - self._ids.keys()
        if missing:
            async with self._database.read() as connection:
                self._remember(await needs.add_needs(connection, missing))

    async def ids_of(self, connection: Connection, wanted: Collection[Need]) -> dict[Need, int]:
        """Ids of stored needs. Raises KeyError for one that is not stored."""
        if not self._ids.keys() >= set(wanted):
            self._remember(await needs.list_needs(connection))
        return {need: self._ids[need] for need in wanted}

    async def suiting(self, connection: Connection, poll: LongPoll) -> Suiting:
        """The needs that a worker meets if it has nothing else to do."""
        now = asyncio.get_running_loop().time()
        if now >= self._stale_at:
            self._stale_at = now + POLL_SECS
            self._remember(await needs.list_needs(connection))
        key = (poll.capabilities, poll.tags, poll.exclusive, poll.resources)
        found = self._suiting.get(key)
        if found is None:
            found = self._suiting[key] = self._suiting_of(poll)
        return found

    def _suiting_of(self, poll: LongPoll) -> Suiting:
        suiting = {number: need for need, number in self._ids.items() if poll.suits(need)}
        declared = dict(poll.resources)
        taken = {
            number: tuple([one for one in need.resources if one[0] in declared]) for number, need in suiting.items()
        }
        return Suiting(ids=tuple(suiting), taking={number: amounts for number, amounts in taken.items() if amounts})

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

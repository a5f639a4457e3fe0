"""Log of requests that start no job."""

import asyncio

from cachetools import LRUCache

from stroem.interfaces.triggers.http_trigger import HookRequest, Verdict
from stroem.orchestrator.triggers.counters import TriggerCounters
from stroem.orchestrator.triggers.live_triggers import LiveTrigger
from stroem.store.database import Database
from stroem.store.hooks.deliveries import NewDelivery, add_deliveries

MOST_REFUSED = 30
"""Most refused requests of a hook that a server records in a minute; further ones are only counted."""
_HOOKS = 4096


class DeliveryLog:
    """Counts requests to hooks by verdict, and records those that start no job."""

    def __init__(self, database: Database, counters: TriggerCounters) -> None:
        self._database = database
        self._counters = counters
        self._refused: LRUCache[tuple[str, str], tuple[float, int]] = LRUCache(_HOOKS)

    def count(self, verdict: Verdict) -> None:
        """Counts a request."""
        self._counters.count_delivery(verdict)

    async def record(self, live: LiveTrigger, request: HookRequest, verdict: Verdict, reason: str | None) -> None:
        """Counts and records a request without a job. Of refused ones only some are recorded: anyone can send them."""
        self.count(verdict)
        if verdict == "refused" and not self._has_room(live):
            return
        async with self._database.begin() as connection:
            await add_deliveries(connection, [new_delivery(live, request, verdict, reason)])

    def _has_room(self, live: LiveTrigger) -> bool:
        now, key = asyncio.get_running_loop().time(), (live.workspace, live.name)
        since, count = self._refused.get(key, (now, 0))
        if now - since >= 60:
            since, count = now, 0
        self._refused[key] = (since, count + 1)
        return count < MOST_REFUSED


def new_delivery(live: LiveTrigger, request: HookRequest, verdict: Verdict, reason: str | None = None) -> NewDelivery:
    """The record of a request."""
    return NewDelivery(
        workspace=live.workspace,
        trigger=live.name,
        at=request.at,
        method=request.method,
        remote=request.remote,
        size_bytes=len(request.body),
        verdict=verdict,
        reason=reason,
    )

"""Polls of sources before triggers fire."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Hashable

from cachetools import TTLCache

from stroem.store.batch_isolation import reason_of

MOST_SECS = 20.0
"""Longest time for which a fire waits for a poll."""
_KEPT, _KEPT_SECS = 1024, 600.0
_log = logging.getLogger(__name__)

Poll = Callable[[str], Awaitable[object]]
"""Polls the source of a workspace now."""
Pair = tuple[str, str]


class Refresher:
    """Polls the sources of workspaces for triggers with `force_refresh`; `woken` is set after each poll.

    If a poll fails, the trigger fires with the release that is there.
    """

    def __init__(self, poll: Poll, woken: asyncio.Event) -> None:
        self._poll = poll
        self._woken = woken
        self._polling: dict[Pair, asyncio.Task[None]] = {}
        self._done: TTLCache[tuple[Pair, Hashable], bool] = TTLCache(_KEPT, _KEPT_SECS)

    @property
    def waiting(self) -> list[Pair]:
        """The triggers that wait for a poll."""
        return list(self._polling)

    def is_done(self, pair: Pair, event: Hashable) -> bool:
        """Whether the source was polled for an event at a trigger; else a poll begins."""
        if (pair, event) in self._done:
            return True
        if pair not in self._polling:
            self._polling[pair] = asyncio.create_task(self._poll_for(pair, event))
        return False

    async def poll(self, pair: Pair) -> None:
        """Polls the source of a trigger's workspace, as far as it can be done."""
        try:
            async with asyncio.timeout(MOST_SECS):
                await self._poll(pair[0])
        except Exception as error:
            _log.warning("workspace %s cannot be refreshed for its trigger %s: %s", *pair, reason_of(error))

    async def _poll_for(self, pair: Pair, event: Hashable) -> None:
        try:
            await self.poll(pair)
        finally:
            self._done[pair, event] = True
            del self._polling[pair]
            self._woken.set()

"""Keeps what is said of one commit in order."""

import asyncio
import contextlib
import weakref
from collections.abc import AsyncIterator, Hashable

from cachetools import LRUCache

_REMEMBERED = 1000


class CommitOrder:
    """Lets one at a time speak of a commit, and nobody after a newer event. Remembers the last 1,000 commits."""

    def __init__(self) -> None:
        self._locks: weakref.WeakValueDictionary[Hashable, asyncio.Lock] = weakref.WeakValueDictionary()
        self._last: LRUCache[Hashable, int] = LRUCache(_REMEMBERED)

    @contextlib.asynccontextmanager
    async def turn(self, commit: Hashable, event_id: int) -> AsyncIterator[bool]:
        """Waits for the turn; False when a newer event has been told. What fails inside was not told."""
        lock = self._locks.setdefault(commit, asyncio.Lock())
        async with lock:
            is_newest = event_id >= self._last.get(commit, event_id)
            yield is_newest
            if is_newest:
                self._last[commit] = event_id

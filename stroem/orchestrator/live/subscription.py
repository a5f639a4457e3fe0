"""Queue of notices for one watcher."""

import asyncio
from collections.abc import Hashable, Iterable, Sequence

from stroem.orchestrator.live.notice import Notice

_MOST = 1000
"""Notices that are kept for a watcher."""
_ALL = None
"""Key of the notice in the place of all others."""


class Subscription:
    """Keeps the last notice about each thing for a watcher, at most 1,000; one `resync` takes the place of more."""

    def __init__(self) -> None:
        self._pending: dict[Hashable, Notice] = {}
        self._ready = asyncio.Event()

    def add(self, notices: Iterable[Notice]) -> None:
        """Adds notices for the watcher."""
        for notice in notices:
            if notice.kind == "resync" or len(self._pending) >= _MOST:
                self._pending = {_ALL: Notice(kind="resync", at=notice.at)}
            if _ALL not in self._pending:
                self._pending[notice.key] = notice
        if self._pending:
            self._ready.set()

    async def take(self) -> Sequence[Notice]:
        """The notices since the last call; waits for the first one."""
        await self._ready.wait()
        self._ready.clear()
        taken, self._pending = tuple(self._pending.values()), {}
        return taken

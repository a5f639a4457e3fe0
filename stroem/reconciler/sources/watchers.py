"""Listens to the sources that tell of changes by themselves."""

import asyncio
import logging
from collections.abc import Callable

from stroem.interfaces.source import Source

log = logging.getLogger(__name__)


class Watchers:
    """One task for each source of such a kind; `wake` is called with the name of its workspace."""

    def __init__(self, wake: Callable[[str], None]) -> None:
        self._wake = wake
        self._tasks: dict[str, asyncio.Task[None]] = {}

    def start(self, name: str, source: Source) -> None:
        """Listens to the source of a workspace, if it is of a kind that tells."""
        if type(source).changes is not Source.changes and name not in self._tasks:
            self._tasks[name] = asyncio.create_task(self._listen(name, source))

    def stop(self, name: str) -> None:
        """No longer listens to the source of a workspace."""
        if task := self._tasks.pop(name, None):
            task.cancel()

    async def close(self) -> None:
        """No longer listens to any."""
        tasks = list(self._tasks.values())
        self._tasks.clear()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _listen(self, name: str, source: Source) -> None:
        try:
            async for _ in source.changes():
                self._wake(name)
        except Exception:  # looking at intervals goes on
            log.exception("the source of workspace %s no longer tells of changes", name)

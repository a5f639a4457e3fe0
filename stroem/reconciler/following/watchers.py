"""Listeners to the sources that report changes by themselves."""

import asyncio
import logging

from stroem.interfaces.source import Source
from stroem.reconciler.following.followed import Kinds
from stroem.reconciler.following.requests import PollRequests
from stroem.store.workspaces.followed import Key

log = logging.getLogger(__name__)


class Watchers:
    """Tasks, one for each source that reports changes; each change is a request for a poll."""

    def __init__(self, requests: PollRequests) -> None:
        self._requests = requests
        self._tasks: dict[Key, tuple[Source, asyncio.Task[None]]] = {}

    def update(self, kinds: Kinds) -> None:
        """Listens to the sources that are followed now, and to no others."""
        wanted = {
            (kind, one.key): one.source
            for kind, sources in kinds.items()
            for one in sources
            if type(one.source).changes is not Source.changes
        }
        for key, (source, task) in list(self._tasks.items()):
            if wanted.get(key) is not source:
                task.cancel()
                del self._tasks[key]
        for key, source in wanted.items():
            if key not in self._tasks:
                self._tasks[key] = source, asyncio.create_task(self._listen(key, source))

    async def close(self) -> None:
        """Ends all listeners."""
        tasks = [task for _, task in self._tasks.values()]
        self._tasks.clear()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _listen(self, key: Key, source: Source) -> None:
        try:
            async for _ in source.changes():
                self._requests.add(key)
        except Exception:  # polls at intervals go on
            log.exception("the source of %s %s no longer reports changes", *key)

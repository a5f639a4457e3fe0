"""Sizes of limits for which owners wait, renewed from current releases and from the settings of the server."""

import asyncio
import logging
from collections.abc import Mapping, Sequence

from stroem.definitions.limit import MOST_SLOTS, Limit
from stroem.definitions.workspace import Definitions
from stroem.engine.slots.limits import limit_of, place_of
from stroem.orchestrator.notifier import POLL_SECS, Notification, Notifier
from stroem.orchestrator.plans.job_plans import DefinitionsOf
from stroem.store.batch_isolation import isolate
from stroem.store.database import Database
from stroem.store.limits import keys, slots
from stroem.store.limits.keys import OutdatedKey
from stroem.store.limits.slots import KeySize

_BATCH = 200
_log = logging.getLogger(__name__)


class LimitSizes:
    """Applies changed limits to owners that wait already. New owners bring the sizes of their releases.

    A limit that was removed holds nobody back. A key whose release cannot be read is tried again.
    """

    def __init__(
        self, database: Database, definitions_of: DefinitionsOf, server: Mapping[str, Limit], notifier: Notifier
    ) -> None:
        self._database = database
        self._definitions_of = definitions_of
        self._server = server
        self._has_server_sizes = False
        self._notifier = notifier
        self.woken = asyncio.Event()
        notifier.on_publish(self._on_notification)
        notifier.on_receive(self._on_notification)

    def _on_notification(self, notification: Notification) -> None:
        if notification.workspaces:
            self.woken.set()

    async def run_once(self) -> bool:
        """Renews the sizes."""
        if not self._has_server_sizes:
            await self._renew_server()
            self._has_server_sizes = True
        async with self._database.read() as connection:
            outdated = await keys.outdated_keys(connection, _BATCH)
        await isolate(outdated, self._renew, self._note)
        return False

    async def pause_secs(self) -> float:
        """The interval of polls."""
        return POLL_SECS

    async def _renew_server(self) -> None:
        async with self._database.read() as connection:
            known = await keys.server_keys(connection)
        sizes = {f"server:{name}": _size(limit) for name, limit in self._server.items()}
        await self._apply({**{key: KeySize(size=MOST_SLOTS) for key in known}, **sizes})

    async def _renew(self, outdated: Sequence[OutdatedKey]) -> None:
        releases: dict[int, Definitions] = {}
        for release_id in {one.release_id for one in outdated}:
            releases[release_id] = await self._definitions_of(release_id)
        sizes: dict[str, KeySize] = {}
        for one in outdated:
            limit = limit_of(place_of(one.key, one.workspace), releases[one.release_id])
            size = _size(limit or Limit(max=MOST_SLOTS))
            sizes[one.key] = KeySize(size=size.size, rate=size.rate, workspace=one.workspace, release_id=one.release_id)
        await self._apply(sizes)

    async def _apply(self, sizes: Mapping[str, KeySize]) -> None:
        if not sizes:
            return
        async with self._database.begin() as connection:
            await slots.lock_keys(connection, sizes)
            addressed = await slots.grant(connection, sizes.keys())
        if addressed:
            self._notifier.publish(Notification(deadlines=True))

    async def _note(self, outdated: OutdatedKey, error: Exception) -> None:
        _log.error("the size of the limit %s cannot be renewed", outdated.key, exc_info=error)


def _size(limit: Limit) -> KeySize:
    return KeySize(size=limit.max or MOST_SLOTS, rate=limit.rate)

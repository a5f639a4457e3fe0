"""Rights of a running server, which change with its settings."""

import asyncio

from aiohttp import web
from cachetools import LRUCache

from stroem.reconciler.workspaces.catalog import Catalog
from stroem.records.principal import Principal
from stroem.rights.place import ANYTHING, Place
from stroem.rights.reach import Reach, reach_of
from stroem.rights.rights import Rights
from stroem.rights.verbs import Verb
from stroem.server.api.rights.task_paths import TaskPaths
from stroem.server.http.actor import principal_of
from stroem.server.keys import CATALOG
from stroem.settings.server import ServerSettings

_REACHES = 64
"""Number of reaches that are kept."""


class LiveRights:
    """The rights by the settings in effect, and the reaches of verbs that were asked for last."""

    def __init__(self, settings: ServerSettings) -> None:
        self.rights = Rights(settings)
        self.roles = settings.roles
        self.changed = asyncio.Event()
        self._paths = TaskPaths()
        self._version = 0
        self._reaches: LRUCache[tuple[Principal, Verb], Reach | None] = LRUCache(_REACHES)

    def replace(self, settings: ServerSettings) -> None:
        """Takes over the rights of changed settings; streams check theirs again."""
        self.rights, self.roles = Rights(settings), settings.roles
        self._reaches.clear()
        self.wake()

    def wake(self) -> None:
        """Makes streams check the rights of their clients."""
        self.changed.set()
        self.changed = asyncio.Event()

    def reach(self, principal: Principal, verb: Verb, catalog: Catalog) -> Reach | None:
        """What a principal reaches with a verb; None for everything."""
        judge = self.rights.judge(principal)
        if verb in judge.at(ANYTHING).verbs:
            return None
        paths = self._paths.read(catalog)
        if self._version != self._paths.version:
            self._version = self._paths.version
            self._reaches.clear()
        key = (principal, verb)
        if key not in self._reaches:
            self._reaches[key] = reach_of(judge, verb, paths)
        return self._reaches[key]


RIGHTS = web.AppKey("rights", LiveRights)


def may(request: web.Request, verb: Verb, place: Place) -> bool:
    """Whether the client of a request may do something at a place."""
    return verb in request.app[RIGHTS].rights.judge(principal_of(request)).at(place).verbs


def reach_for(request: web.Request, verb: Verb) -> Reach | None:
    """What the client of a request reaches with a verb; None for everything."""
    return request.app[RIGHTS].reach(principal_of(request), verb, request.app[CATALOG])

"""Rights of a running server, which change with its settings and with the workspace that gives rights."""

import asyncio
import logging

from aiohttp import web
from cachetools import LRUCache

from stroem.reconciler.workspaces.catalog import Catalog
from stroem.records.principal import Principal
from stroem.rights.place import ANYTHING, Place
from stroem.rights.reach import Reach, reach_of
from stroem.rights.rights import Rights
from stroem.rights.verbs import Verb
from stroem.rights.workspace_rules import WorkspaceRules
from stroem.server.api.rights.current_rules import rules_of
from stroem.server.api.rights.task_paths import TaskPaths
from stroem.server.http.actor import principal_of
from stroem.server.keys import CATALOG
from stroem.settings.server import ServerSettings

LOGGER = logging.getLogger(__name__)

_REACHES = 64
"""Number of reaches that are kept."""


class LiveRights:
    """The rights by the settings and the rules in effect, and the reaches of verbs that were asked for last.

    `of_workspace` are the rules of the workspace that the settings name in `rules_from`; None if they name none.
    """

    def __init__(self, settings: ServerSettings) -> None:
        self.settings = settings
        self.changed = asyncio.Event()
        self._catalog: Catalog | None = None
        self._paths = TaskPaths()
        self._version = 0
        self._reaches: LRUCache[tuple[Principal, Verb], Reach | None] = LRUCache(_REACHES)
        self.of_workspace = self._read()
        self.rights = Rights(settings, self.of_workspace)

    def follow(self, catalog: Catalog) -> None:
        """Takes the rules of the workspace that gives rights from a catalog, now and whenever its release changes."""
        self._catalog = catalog
        catalog.listen(self._hear)
        if self.settings.rules_from is not None:
            self._hear(self.settings.rules_from)

    def replace(self, settings: ServerSettings) -> None:
        """Takes over the rights of changed settings; streams check theirs again."""
        self.settings = settings
        self._put(self._read())

    def _hear(self, workspace: str) -> None:
        """Takes over the rules of a workspace's current release if that is another one."""
        if workspace == self.settings.rules_from and (found := self._read()) != self.of_workspace:
            self._put(found)

    def _put(self, of_workspace: WorkspaceRules | None) -> None:
        if of_workspace is not None and of_workspace != self.of_workspace:
            _log(of_workspace)
        self.of_workspace = of_workspace
        self.rights = Rights(self.settings, of_workspace)
        self._reaches.clear()
        self.wake()

    def _read(self) -> WorkspaceRules | None:
        name = self.settings.rules_from
        if name is None:
            return None
        live = None if self._catalog is None else self._catalog.get(name)
        return rules_of(name, live)

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


def _log(rules: WorkspaceRules) -> None:
    if rules.error is None:
        message = "rules of workspace %s are in effect: %d of release %s"
        LOGGER.info(message, rules.workspace, len(rules.content.rules), rules.release)
    else:
        message = "rules of workspace %s are not in effect, only those of the settings are: %s"
        LOGGER.error(message, rules.workspace, rules.error)


def may(request: web.Request, verb: Verb, place: Place) -> bool:
    """Whether the client of a request may do something at a place."""
    return verb in request.app[RIGHTS].rights.judge(principal_of(request)).at(place).verbs


def reach_for(request: web.Request, verb: Verb) -> Reach | None:
    """What the client of a request reaches with a verb; None for everything."""
    return request.app[RIGHTS].reach(principal_of(request), verb, request.app[CATALOG])

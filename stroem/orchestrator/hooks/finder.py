"""Finder of the triggers that requests to hooks are for."""

import asyncio
import logging
from collections.abc import Collection

from stroem.errors import NotFound, Unavailable
from stroem.interfaces.triggers.http_trigger import HttpTrigger
from stroem.orchestrator.triggers.live_triggers import LiveTrigger, LiveTriggers
from stroem.orchestrator.triggers.refresher import Poll
from stroem.store.batch_isolation import reason_of
from stroem.store.database import Database
from stroem.store.hooks import names
from stroem.store.hooks.names import SharedName
from stroem.store.triggers import triggers

REFRESH_SECS = 30
_log = logging.getLogger(__name__)


class HookFinder:
    """Finds hooks by the names in paths: of all workspaces, the one that has had a name longest."""

    def __init__(self, database: Database, live: LiveTriggers, refresh: Poll) -> None:
        self._database = database
        self._live = live
        self._refresh = refresh
        self._refreshing: dict[str, asyncio.Task[None]] = {}
        self._indexed: dict[str, int] = {}
        self._by_name: dict[str, list[tuple[str, str]]] = {}

    async def find(self, name: str, workspace: str | None = None) -> LiveTrigger:
        """The enabled hook of this name. Raises NotFound, and Unavailable while its release is being loaded."""
        known = [one for one in self._known(name) if workspace in (None, one[0])]
        if len(known) == 1:
            live = self._live.get(*known[0])
            if live is not None:
                return live
        workspaces = [one for one in self._live.workspaces() if workspace in (None, one)]
        async with self._database.read() as connection:
            rows = await triggers.by_hook(connection, name, workspaces)
        if not rows:
            raise NotFound(kind="Webhook", name=name)
        live = self._live.get(rows[0].workspace, rows[0].name)
        if live is None or not isinstance(live.options, HttpTrigger) or live.options.hook_name != name:
            raise Unavailable(message="The webhook is being changed; try again in a moment", retry_after=1)
        return live

    def _known(self, name: str) -> list[tuple[str, str]]:
        """Workspace and trigger of the enabled hooks of this name, as this server knows them."""
        releases = self._live.releases()
        if releases != self._indexed:
            self._by_name = {}
            for workspace in releases:
                for trigger, definition in self._live.of_workspace(workspace).items():
                    if isinstance(definition.options, HttpTrigger) and definition.enabled:
                        self._by_name.setdefault(definition.options.hook_name, []).append((workspace, trigger))
            self._indexed = releases
        return self._by_name.get(name, [])

    async def conflicts(self, workspaces: Collection[str]) -> dict[tuple[str, str], str]:
        """Webhooks of workspaces whose name other workspaces have too: what follows from that."""
        async with self._database.read() as connection:
            shared = await names.shared_names(connection, workspaces, self._live.workspaces())
        return {(one.workspace, one.trigger): _consequence(one) for one in shared}

    async def refreshed(self, live: LiveTrigger) -> LiveTrigger | None:
        """The trigger after a poll of the source of its workspace; None if it is gone.

        If that fails, or takes more than 30 seconds, it is the one of the current release.
        """
        task = self._refreshing.get(live.workspace)
        if task is None:
            task = asyncio.create_task(self._poll(live.workspace))
            self._refreshing[live.workspace] = task
            task.add_done_callback(lambda _: self._refreshing.pop(live.workspace, None))
        await asyncio.wait([task], timeout=REFRESH_SECS)
        return self._live.get(live.workspace, live.name)

    async def _poll(self, workspace: str) -> None:
        try:
            await self._refresh(workspace)
        except Exception as error:  # requests go on with the release that is there
            _log.warning("workspace %s cannot be refreshed for a webhook: %s", workspace, reason_of(error))


def _consequence(shared: SharedName) -> str:
    own = f"/hooks/{shared.workspace}/{shared.name}"
    if shared.owner == shared.workspace:
        return f"another workspace has a webhook {shared.name!r} too; /hooks/{shared.name} is the one here"
    return f"/hooks/{shared.name} is the webhook of workspace {shared.owner!r}, which had the name first; use {own}"

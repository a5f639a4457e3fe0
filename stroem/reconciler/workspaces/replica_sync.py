"""Shows workspaces as the database has them: after a start, and when another server had a round."""

import asyncio
import datetime
import logging
import time
from collections.abc import Callable, Collection, Sequence

from stroem.reconciler.workspaces import stages
from stroem.reconciler.workspaces.context import Context, Dependencies
from stroem.reconciler.workspaces.state import Workspace
from stroem.reconciler.workspaces.status_writer import Failure, StatusWriter
from stroem.reconciler.workspaces.workspaces import Workspaces
from stroem.store.isolation import is_outage, isolate, level_of, reason_of
from stroem.store.workspaces import workspaces
from stroem.store.workspaces.workspaces import WorkspaceRow

log = logging.getLogger(__name__)

_POLL_SECS = 5.0
_OVERLAP_SECS = 60.0


class ReplicaSync:
    """Other servers say which workspaces have changed; what they could not say is found by looking."""

    def __init__(self, deps: Dependencies, writer: StatusWriter, workspaces: Workspaces) -> None:
        self._deps = deps
        self._writer = writer
        self._workspaces = workspaces
        self._heard: set[str] = set()

    async def restore(self, names: Collection[str]) -> None:
        """Shows workspaces whatever state their sources are in; those that are new get their row, and all are due."""
        for rows in await isolate(sorted(names), self._enter, self.tell_unreadable):
            for row in rows:
                workspace = self._workspaces.get(row.name)
                async with workspace.lock:
                    await self._show(workspace, row)

    async def tell_unreadable(self, name: str, error: Exception) -> None:
        """Shows that the database refuses the row of a workspace, which concerns no other."""
        log.error("the row of workspace %s cannot be read or written", name, exc_info=error)
        message = f"The row of workspace {name!r} in the database cannot be read or written: {reason_of(error)}"
        context = Context(deps=self._deps, workspace=self._workspaces.get(name))
        await self._writer.report(context, Failure(message=message))

    async def _enter(self, names: Sequence[str]) -> list[WorkspaceRow]:
        async with self._deps.database.begin() as connection:
            await workspaces.add_workspaces(connection, names)
            return await workspaces.list_workspaces(connection, names)

    def hear(self, names: Collection[str]) -> None:
        """Another server says that these workspaces have changed."""
        self._heard.update(set(self._workspaces.names).intersection(names))

    async def show(self, name: str) -> None:
        """Shows a workspace as it is now. Raises `NotFound`."""
        workspace = self._workspaces.get(name)
        async with workspace.lock:
            async with self._deps.database.read() as connection:
                rows = await workspaces.list_workspaces(connection, [name])
            for row in rows:
                await self._show(workspace, row)

    async def show_heard(self) -> None:
        """Shows the workspaces that were heard of, later those whose round is under way: it may have begun before."""
        heard, self._heard = self._heard, set()
        for name in heard:
            if name not in self._workspaces:
                continue
            if self._workspaces.get(name).lock.locked():
                self._heard.add(name)
                continue
            try:
                await self.show(name)
            except Exception as error:
                if is_outage(error):
                    self._heard |= heard
                    raise
                await self.tell_unreadable(name, error)

    async def poll(self, woken: Callable[[], None]) -> None:
        """Looks for changes of other servers until cancelled, and calls `woken` when there are some."""
        last = time.monotonic()
        while True:
            await asyncio.sleep(_POLL_SECS)
            now = time.monotonic()
            try:
                async with self._deps.database.read() as connection:
                    found = await workspaces.changed_workspaces(
                        connection, self._workspaces.names, now - last + _OVERLAP_SECS
                    )
            except Exception as error:  # the next look sees it all
                log.log(level_of(error, logging.INFO), "changes of other servers are not seen now: %s", error)
                continue
            last = now
            if news := [name for name, changed_at in found if self._is_news(name, changed_at)]:
                self.hear(news)
                woken()

    def _is_news(self, name: str, changed_at: datetime.datetime) -> bool:
        row = self._workspaces.get(name).row if name in self._workspaces else None
        return row is None or row.changed_at != changed_at

    async def _show(self, workspace: Workspace, row: WorkspaceRow) -> None:
        try:
            await stages.adopt(Context(deps=self._deps, workspace=workspace, row=row))
        except Exception:
            log.exception("workspace %s could not be restored; it is tried again", row.name)
            self._heard.add(row.name)
        self._writer.show(workspace, row)

"""Shows workspaces as the database has them: after a start, and when another server ran their pipeline."""

import asyncio
import contextlib
import datetime
import logging
import time
from collections.abc import Collection, Sequence

from stroem.reconciler.following import followed
from stroem.reconciler.following.dependencies import Dependencies
from stroem.reconciler.libraries.libraries import Libraries
from stroem.reconciler.workspaces import stages
from stroem.reconciler.workspaces.context import Context
from stroem.reconciler.workspaces.state import Workspace
from stroem.reconciler.workspaces.status_writer import StatusWriter
from stroem.reconciler.workspaces.workspaces import Workspaces
from stroem.store.batch_isolation import is_outage, isolate, level_of
from stroem.store.workspaces import workspaces
from stroem.store.workspaces.workspaces import WorkspaceRow

log = logging.getLogger(__name__)

_RETRY_SECS = 1.0
_OVERLAP_SECS = 60.0


class ReplicaSync:
    """Takes over the changes of other servers: those notified, and those found by polling the database."""

    def __init__(self, deps: Dependencies, workspaces: Workspaces, libraries: Libraries, writer: StatusWriter) -> None:
        self._deps = deps
        self._workspaces = workspaces
        self._libraries = libraries
        self._writer = writer
        self._changed: set[str] = set()
        self.woken = asyncio.Event()

    async def run(self) -> None:
        """Takes over changes until cancelled."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self.poll_changes())
            while True:
                self.woken.clear()
                try:
                    await self.show_changed()
                    pause = _RETRY_SECS if self._changed else None
                except Exception as error:
                    log.log(level_of(error), "changes of other servers cannot be shown now: %s", error)
                    pause = _RETRY_SECS
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(pause):
                        await self.woken.wait()

    async def restore(self, names: Collection[str] | None = None) -> None:
        """Shows workspaces, by default all, without polling their sources.

        New ones get their row, and all are due.
        """
        wanted = sorted(self._workspaces.names if names is None else names)
        for rows in await isolate(wanted, self._enter, self._refuse):
            for row in rows:
                workspace = self._workspaces.get(row.name)
                workspace.entered = workspace.interval
                async with workspace.lock:
                    await self._show(workspace, row)

    async def show(self, name: str) -> None:
        """Shows a workspace as the database has it now. Raises `NotFound`."""
        workspace = self._workspaces.get(name)
        async with workspace.lock:
            async with self._deps.database.read() as connection:
                rows = await workspaces.list_workspaces(connection, [name])
            for row in rows:
                await self._show(workspace, row)

    async def drop(self, workspace: Workspace) -> None:
        """No longer shows a workspace that the settings do not have any more."""
        async with workspace.lock:
            self._writer.catalog.remove(workspace.name)

    def hear(self, names: Collection[str]) -> None:
        """Takes a notification of another server that these workspaces have changed."""
        self._changed.update(set(self._workspaces.names).intersection(names))
        self.woken.set()

    async def show_changed(self) -> None:
        """Publishes changed workspaces; those with a running pipeline later, since it may predate the change."""
        changed, self._changed = self._changed, set()
        for name in changed:
            if name not in self._workspaces:
                continue
            if self._workspaces.get(name).lock.locked():
                self._changed.add(name)
                continue
            try:
                await self.show(name)
            except Exception as error:
                if is_outage(error):
                    self._changed |= changed
                    raise
                await self._refuse(name, error)

    async def poll_changes(self) -> None:
        """Polls the database for changes of other servers until cancelled."""
        last = time.monotonic()
        while True:
            await asyncio.sleep(followed.POLL_SECS)
            now = time.monotonic()
            try:
                async with self._deps.database.read() as connection:
                    found = await workspaces.changed_workspaces(
                        connection, self._workspaces.names, now - last + _OVERLAP_SECS
                    )
            except Exception as error:  # the next poll finds all of them
                log.log(level_of(error, logging.INFO), "changes of other servers are not seen now: %s", error)
                continue
            last = now
            if news := [name for name, changed_at in found if self._is_news(name, changed_at)]:
                self.hear(news)

    def _is_news(self, name: str, changed_at: datetime.datetime) -> bool:
        row = self._workspaces.get(name).row if name in self._workspaces else None
        return row is None or row.changed_at != changed_at

    async def _enter(self, names: Sequence[str]) -> list[WorkspaceRow]:
        intervals = {name: self._workspaces.get(name).interval for name in names}
        async with self._deps.database.begin() as connection:
            await workspaces.add_workspaces(connection, intervals)
            return await workspaces.list_workspaces(connection, names)

    async def _refuse(self, name: str, error: Exception) -> None:
        self._writer.refuse(self._workspaces.get(name), error)

    async def _show(self, workspace: Workspace, row: WorkspaceRow) -> None:
        context = Context(deps=self._deps, libraries=self._libraries, workspace=workspace, row=row)
        try:
            await stages.adopt(context)
        except Exception:
            log.exception("workspace %s could not be restored; it is tried again", row.name)
            self._changed.add(row.name)
        self._writer.show(workspace, row)

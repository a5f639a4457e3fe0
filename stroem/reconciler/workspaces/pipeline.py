"""One round of a workspace at a time, whoever asks for it."""

import asyncio
import contextlib
import logging
from collections.abc import Callable, Collection

from stroem.errors import LibraryUnavailable, SourceFailed, StroemError
from stroem.interfaces.source import SourceRejected, SourceUnavailable
from stroem.reconciler.sources.sources import SourceUnusable
from stroem.reconciler.workspaces import stages
from stroem.reconciler.workspaces.context import Context, Dependencies
from stroem.reconciler.workspaces.state import Workspace
from stroem.reconciler.workspaces.status_writer import Failure, StatusWriter
from stroem.store.isolation import level_of
from stroem.store.workspaces import workspaces
from stroem.store.workspaces.workspaces import WorkspaceRow

log = logging.getLogger(__name__)

_AT_ONCE = 256
_KEEP_SECS = workspaces.LEASE_SECS / 3


class Pipeline:
    """Fetch, parse, validate, plan, apply. Whatever happens, the writer says it. `on_change` is called with the names
    of workspaces of which other servers should hear.
    """

    def __init__(self, deps: Dependencies, writer: StatusWriter) -> None:
        self._deps = deps
        self._writer = writer
        self._slots = asyncio.Semaphore(_AT_ONCE)
        self.on_change: Callable[[Collection[str]], None] = lambda _: None

    async def of(self, workspace: Workspace, cause: str | None, by: str | None) -> bool:
        """A round whether the workspace is due or not; whether what came of it is stored."""
        async with workspace.lock, self._slots:
            return workspace.removed or await self._round(workspace, await self._take(workspace, cause, by))

    async def of_due(self, workspace: Workspace, row: WorkspaceRow) -> bool:
        """A round of a workspace that was taken because it is due; whether what came of it is stored."""
        async with workspace.lock, self._slots:
            return workspace.removed or await self._round(workspace, row)

    async def _take(self, workspace: Workspace, cause: str | None, by: str | None) -> WorkspaceRow | None:
        """Takes a workspace for a round whether it is due or not; None while the database is away."""
        try:
            async with self._deps.database.begin() as connection:
                if cause is not None:
                    await workspaces.ask_for_poll(connection, [workspace.name], cause, by)
                return await workspaces.take_workspace(connection, workspace.name, workspace.poll_interval)
        except Exception as error:  # the round tries again, and says what is wrong
            log.log(level_of(error), "workspace %s could not be taken for a look", workspace.name, exc_info=error)
            return None

    async def _round(self, workspace: Workspace, row: WorkspaceRow | None) -> bool:
        context = Context(deps=self._deps, workspace=workspace, row=row)
        before = workspace.release
        keeping = asyncio.create_task(self._keep(workspace.name, row)) if row else None
        try:
            failure = await run_stages(context)
        finally:
            if keeping is not None:
                keeping.cancel()
        news = await self._writer.report(context, failure)
        if news or workspace.release is not before:
            self.on_change([workspace.name])
        return context.stored

    async def _keep(self, name: str, row: WorkspaceRow) -> None:
        """Keeps other servers from a workspace whose round takes long."""
        while True:
            await asyncio.sleep(_KEEP_SECS)
            with contextlib.suppress(StroemError):
                async with self._deps.database.begin() as connection:
                    await workspaces.keep_workspace(connection, name, row.asks)


async def run_stages(context: Context) -> Failure | None:
    """All steps, from the first again when another replica was quicker; why they broke off, if they did."""
    name = context.workspace.name
    try:
        context.overtaken = True
        while context.overtaken:
            context.overtaken = False
            for stage in stages.STAGES:
                if not await stage(context):
                    break
            if context.overtaken:
                context.row = None
        return None
    except SourceRejected as error:
        return Failure(
            message=str(SourceFailed(workspace=name, reason=str(error))), stalled=True, revision=error.revision
        )
    except SourceUnavailable as error:
        said = str(SourceFailed(workspace=name, reason=str(error).rstrip(".")))
        return Failure(message=said, stalled=isinstance(error, SourceUnusable))
    except LibraryUnavailable as error:
        return Failure(message=str(error))
    except Exception as error:  # a round never ends the loop; the next one starts from what is stored
        log.log(level_of(error, logging.ERROR), "workspace %s could not be reconciled", name, exc_info=error)
        said = str(error) if isinstance(error, StroemError) else f"{type(error).__name__} (see the server's log)"
        return Failure(message=f"Workspace {name!r} could not be reconciled: {said}")

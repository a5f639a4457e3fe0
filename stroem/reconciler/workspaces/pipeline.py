"""The pipeline from a source to the current release: one run at a time for each workspace."""

import asyncio
import logging
from collections.abc import Iterator, Sequence

from stroem.errors import LibraryUnavailable, SourceFailed, StroemError
from stroem.interfaces.source import SourceRejected, SourceUnavailable
from stroem.reconciler.following.dependencies import Dependencies
from stroem.reconciler.following.polling import poll_now
from stroem.reconciler.libraries.libraries import Libraries
from stroem.reconciler.sources.sources import SourceUnusable
from stroem.reconciler.workspaces.catalog import WorkspaceStatus
from stroem.reconciler.workspaces.context import Context
from stroem.reconciler.workspaces.stages import STAGES, Stage
from stroem.reconciler.workspaces.state import Workspace
from stroem.reconciler.workspaces.status_writer import Failure, StatusWriter
from stroem.reconciler.workspaces.workspaces import Workspaces
from stroem.store.batch_isolation import level_of
from stroem.store.statement import Connection
from stroem.store.workspaces import followed, workspaces
from stroem.store.workspaces.followed import FollowedRow, Kind
from stroem.store.workspaces.workspaces import WorkspaceRow

log = logging.getLogger(__name__)

_AT_ONCE = 256


class Pipeline:
    """Follows workspaces: runs the stages in order, then always writes the status."""

    kind: Kind = "workspace"

    def __init__(
        self,
        deps: Dependencies,
        workspaces: Workspaces,
        libraries: Libraries,
        writer: StatusWriter,
        stages: Sequence[Stage] = STAGES,
    ) -> None:
        self._deps = deps
        self._workspaces = workspaces
        self._libraries = libraries
        self._writer = writer
        self._stages = stages
        self._slots = asyncio.Semaphore(_AT_ONCE)

    async def reconcile(self, name: str, *, cause: str | None = None, by: str | None = None) -> WorkspaceStatus:
        """Runs the pipeline of a workspace now; its status after that. Raises `NotFound`."""
        await poll_now(self._deps.database, self, self._workspaces.get(name), cause, by)
        live = self._writer.catalog.get(name)
        assert live is not None
        return live.status

    def __iter__(self) -> Iterator[Workspace]:
        return iter(self._workspaces)

    def get_followed(self, key: str) -> Workspace | None:
        """A workspace by its name."""
        return self._workspaces.get(key) if key in self._workspaces else None

    def prune(self) -> None:
        """Workspaces come and go with the settings only."""

    async def enter(self, connection: Connection, some: Sequence[Workspace]) -> None:
        """Writes the poll intervals of workspaces."""
        await followed.enter(connection, self.kind, {one.key: one.interval for one in some})

    async def read(self, connection: Connection, rows: Sequence[FollowedRow]) -> Sequence[WorkspaceRow]:
        """The rows of claimed workspaces."""
        return await workspaces.list_workspaces(connection, [row.key for row in rows])

    async def poll(self, workspace: Workspace, row: WorkspaceRow | None) -> bool:
        """Runs the pipeline once; False when the result could not be stored."""
        async with self._slots:
            context = Context(deps=self._deps, libraries=self._libraries, workspace=workspace, row=row)
            before = workspace.release
            failure = await self._run_stages(context)
            has_news = await self._writer.report(context, failure)
            if has_news or workspace.release is not before:
                self._deps.tell_others([workspace.name])
            return context.stored

    async def refuse(self, key: str, error: Exception) -> None:
        """Shows that the database refuses the row of a workspace."""
        self._writer.refuse(self._workspaces.get(key), error)

    async def _run_stages(self, context: Context) -> Failure | None:
        """All stages, from the first again when another replica was quicker; the failure that ended them, if any."""
        name = context.workspace.name
        try:
            context.overtaken = True
            while context.overtaken:
                context.overtaken = False
                for stage in self._stages:
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
        except Exception as error:  # the next run starts from what is stored
            log.log(level_of(error, logging.ERROR), "workspace %s could not be reconciled", name, exc_info=error)
            said = str(error) if isinstance(error, StroemError) else f"{type(error).__name__} (see the server's log)"
            return Failure(message=f"Workspace {name!r} could not be reconciled: {said}")

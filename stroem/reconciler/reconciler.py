"""Keeps workspaces equal to their sources."""

import asyncio
import contextlib
import logging
import random
from collections.abc import Mapping

from stroem.blobs.blob_store import BlobStore
from stroem.errors import NotFound, SourceFailed, StroemError
from stroem.interfaces.source import SourceUnavailable
from stroem.reconciler import steps
from stroem.reconciler.attempt import Attempt, Tools
from stroem.reconciler.backoff import next_delay
from stroem.reconciler.catalog import Catalog, LiveWorkspace, WorkspaceStatus
from stroem.reconciler.sources import make_source
from stroem.reconciler.workspace import Workspace
from stroem.registry.registry import Registry
from stroem.settings.server import WorkspaceSettings
from stroem.store import releases
from stroem.store.database import Database

log = logging.getLogger(__name__)

_AT_ONCE = 8


class Reconciler:
    """Turns what sources hold into releases, and keeps `catalog` current.

    Several replicas may reconcile the same workspaces: a revision becomes a release once.
    """

    def __init__(
        self,
        database: Database,
        blobs: BlobStore,
        registry: Registry,
        workspaces: Mapping[str, WorkspaceSettings],
    ) -> None:
        runners = {name: runner.Options for name, runner in registry.runners.items()}
        self._tools = Tools(database=database, blobs=blobs, runners=runners)
        self._workspaces = {
            name: Workspace(
                name=name,
                source=make_source(registry, settings),
                poll_interval=settings.poll_interval_secs or 30,
            )
            for name, settings in workspaces.items()
        }
        self._slots = asyncio.Semaphore(_AT_ONCE)
        self.catalog = Catalog(self._workspaces)

    async def restore(self) -> None:
        """Fills the catalog from the database and the blob store, whatever state the sources are in."""
        async with self._tools.database.begin() as connection:
            await releases.add_workspaces(connection, self._workspaces.keys())
            rows = await releases.list_workspaces(connection, self._workspaces.keys())
        for row in rows:
            workspace = self._workspaces[row.name]
            try:
                await steps.adopt(Attempt(tools=self._tools, workspace=workspace))
            except Exception:  # the first round tries again and says what is wrong
                log.exception("workspace %s could not be restored", row.name)
            status = WorkspaceStatus(
                name=row.name,
                release=workspace.release,
                revision=row.observed_revision,
                error=row.error,
                problems=row.problems,
                checked_at=row.checked_at,
            )
            self.catalog.put(LiveWorkspace(status=status, definitions=workspace.definitions))

    async def run(self) -> None:
        """Reconciles all workspaces until cancelled; call `restore` before."""
        async with asyncio.TaskGroup() as group:
            for workspace in self._workspaces.values():
                group.create_task(self._follow(workspace))

    async def refresh(self, name: str) -> WorkspaceStatus:
        """Looks at the source of a workspace now. Raises `NotFound`."""
        if name not in self._workspaces:
            raise NotFound(kind="Workspace", name=name)
        return await self.reconcile(name)

    async def reconcile(self, name: str) -> WorkspaceStatus:
        """One round: fetch, parse, validate, plan, apply. Whatever happens, the status says it."""
        workspace = self._workspaces[name]
        async with workspace.turn, self._slots:
            attempt = Attempt(tools=self._tools, workspace=workspace)
            failure: str | None = None
            try:
                await _take_steps(attempt)
            except SourceUnavailable as error:
                failure = str(SourceFailed(workspace=name, reason=str(error)))
            except Exception as error:  # a round never ends the loop; the next one starts from what is stored
                log.exception("workspace %s could not be reconciled", name)
                said = (
                    str(error) if isinstance(error, StroemError) else f"{type(error).__name__} (see the server's log)"
                )
                failure = f"Workspace {name!r} could not be reconciled: {said}"
            workspace.failures = workspace.failures + 1 if failure else 0
            return await self._report(attempt, failure)

    async def _report(self, attempt: Attempt, failure: str | None) -> WorkspaceStatus:
        """The one place that says how a workspace stands: in memory, and for other replicas if it is news."""
        workspace, verdict = attempt.workspace, attempt.workspace.verdict
        before = _known(self.catalog, workspace.name)
        status = WorkspaceStatus(
            name=workspace.name,
            release=workspace.release,
            revision=verdict.revision if verdict else before.revision,
            error=failure or (verdict.error if verdict else None),
            problems=verdict.problems if verdict else before.problems,
            checked_at=attempt.looked_at or before.checked_at,
        )
        self.catalog.put(LiveWorkspace(status=status, definitions=workspace.definitions))
        await self._store(workspace, status)
        return status

    async def _store(self, workspace: Workspace, status: WorkspaceStatus) -> None:
        """Writes the status for other replicas and later starts, if it is another than the one stored."""
        row = releases.WorkspaceRow(
            name=status.name,
            observed_revision=status.revision,
            error=status.error,
            problems=status.problems,
        )
        if row == workspace.stored:
            return
        try:
            async with self._tools.database.begin() as connection:
                await releases.report_workspace(connection, row, status.checked_at)
            workspace.stored = row
        except Exception:  # the database is away: the status in memory is right, and is stored after the next round
            log.warning("the status of workspace %s could not be stored", workspace.name, exc_info=True)

    async def _follow(self, workspace: Workspace) -> None:
        watching = asyncio.create_task(self._watch(workspace))
        try:
            while True:
                workspace.wake.clear()
                await self.reconcile(workspace.name)
                wait = next_delay(workspace.failures, workspace.poll_interval, random.random)
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(wait):
                        await workspace.wake.wait()
        finally:
            watching.cancel()
            await asyncio.gather(watching, return_exceptions=True)

    async def _watch(self, workspace: Workspace) -> None:
        """Wakes the loop of a workspace when its source says that something may have changed."""
        try:
            async for _ in workspace.source.changes():
                workspace.wake.set()
        except Exception:  # looking at intervals goes on
            log.exception("the source of workspace %s no longer tells of changes", workspace.name)


def _known(catalog: Catalog, name: str) -> WorkspaceStatus:
    live = catalog.get(name)
    return live.status if live else WorkspaceStatus(name=name)


async def _take_steps(attempt: Attempt) -> None:
    """All steps, from the first again when another replica was quicker."""
    attempt.overtaken = True
    while attempt.overtaken:
        attempt.overtaken = False
        for step in steps.STEPS:
            if not await step(attempt):
                break

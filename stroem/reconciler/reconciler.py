"""Keeps workspaces equal to their sources."""

import asyncio
import contextlib
import logging
from collections.abc import Callable, Collection, Coroutine, Mapping, Sequence
from typing import Any

import attrs

from stroem.blobs.blob_store import BlobStore
from stroem.definitions.event import NewEvent
from stroem.definitions.push import Push
from stroem.errors import LibraryUnavailable, NotFound, SourceFailed, StroemError
from stroem.interfaces.source import Source, SourceRejected, SourceUnavailable
from stroem.reconciler import steps
from stroem.reconciler.attempt import Attempt, Record, Tools
from stroem.reconciler.catalog import Catalog, WorkspaceStatus
from stroem.reconciler.libraries import Libraries
from stroem.reconciler.library import Library
from stroem.reconciler.reporter import Failure, Reporter
from stroem.reconciler.sources import Sources
from stroem.reconciler.workspace import Workspace
from stroem.settings.server import LibrarySettings, WorkspaceSettings
from stroem.store import workspaces
from stroem.store.database import Database
from stroem.store.libraries import LibraryRow
from stroem.store.workspaces import WorkspaceRow

log = logging.getLogger(__name__)

_AT_ONCE = 256
_CLAIM_MOST = 64
_LOOK_SECS = 5.0
_OVERLAP_SECS = 60.0
_RETRY_SECS = 1.0
_SHORTEST_SECS = 0.05


@attrs.frozen(kw_only=True)
class Announced:
    """The workspaces and libraries that pushes concern, by name and by origin."""

    workspaces: tuple[str, ...]
    libraries: tuple[str, ...]


class Reconciler:
    """Turns what sources hold into releases, and keeps `catalog` current.

    Several replicas may reconcile the same workspaces: each look at a source is taken by one of them, and a revision
    becomes a release once. `on_change` is called with the names of workspaces of which other servers should hear.
    """

    def __init__(
        self,
        database: Database,
        blobs: BlobStore,
        sources: Sources,
        record: Record,
        workspaces: Mapping[str, WorkspaceSettings],
        libraries: Mapping[str, LibrarySettings] | None = None,
    ) -> None:
        runners = {name: runner.Options for name, runner in sources.registry.runners.items()}
        self.catalog = Catalog()
        self.libraries = Libraries(database, blobs, runners, sources)
        self.libraries.on_change = self._library_changed
        self.tools = Tools(
            database=database,
            blobs=blobs,
            runners=runners,
            libraries=self.libraries,
            names=lambda: frozenset(self._workspaces),
            record=record,
        )
        self.on_change: Callable[[Collection[str]], None] = lambda _: None
        self.reporter = Reporter(self.catalog, self.tools)
        self._sources = sources
        self._workspaces: dict[str, Workspace] = {}
        self._under_way: dict[str, asyncio.Task[object]] = {}
        self._asked: dict[str, tuple[str, str | None] | None] = {}
        self._heard: set[str] = set()
        self._watching: dict[str, asyncio.Task[None]] = {}
        self._woken = asyncio.Event()
        self._slots = asyncio.Semaphore(_AT_ONCE)
        self._running = False
        self.libraries.set_common(libraries or {})
        for name, settings in workspaces.items():
            self._workspaces[name] = self._make(name, settings)

    @property
    def names(self) -> list[str]:
        """The names of all workspaces."""
        return list(self._workspaces)

    def workspace(self, name: str) -> Workspace:
        """A workspace as it is held in memory. Raises `NotFound`."""
        if name not in self._workspaces:
            raise NotFound(kind="Workspace", name=name)
        return self._workspaces[name]

    async def restore(self, names: Collection[str] | None = None) -> None:
        """Fills the catalog from the database and the blob store, whatever state the sources are in."""
        wanted = self.names if names is None else list(names)
        async with self.tools.database.begin() as connection:
            await workspaces.add_workspaces(connection, wanted)
            rows = await workspaces.list_workspaces(connection, wanted)
        for row in rows:
            await self._show(self._workspaces[row.name], row)

    async def run(self) -> None:
        """Reconciles all workspaces until cancelled; call `restore` before."""
        self._running = True
        try:
            async with asyncio.TaskGroup() as group:
                for workspace in self._workspaces.values():
                    self._watch(workspace)
                group.create_task(self._catch_up_for_ever())
                while True:
                    self._woken.clear()
                    pause = await self._take_due(group)
                    with contextlib.suppress(TimeoutError):
                        async with asyncio.timeout(max(pause, _SHORTEST_SECS)):
                            await self._woken.wait()
        finally:
            self._running = False
            watching = list(self._watching.values())
            for task in watching:
                task.cancel()
            await asyncio.gather(*watching, return_exceptions=True)
            self._watching.clear()

    async def refresh(self, name: str, by: str | None = None) -> WorkspaceStatus:
        """Looks at the source of a workspace now. Raises `NotFound`."""
        self.workspace(name)
        return await self.reconcile(name, cause="person", by=by)

    async def reconcile(self, name: str, *, cause: str | None = None, by: str | None = None) -> WorkspaceStatus:
        """One round: fetch, parse, validate, plan, apply. Whatever happens, the status says it."""
        workspace = self.workspace(name)
        async with self._slots, workspace.turn:
            row = await self._take(workspace, cause, by)
            await self._round(workspace, row)
        live = self.catalog.get(name)
        assert live is not None
        return live.status

    async def announce(self, pushes: Sequence[Push], by: str | None = None, workspace: str | None = None) -> Announced:
        """Looks at once at what pushes concern, only at one workspace if that is said."""
        found = [
            one.name
            for one in self._workspaces.values()
            if workspace in (None, one.name) and any(one.source.concerns(push) for push in pushes)
        ]
        shared = await self.libraries.announce(pushes) if workspace is None else []
        pusher = next((push.by for push in pushes if push.by), None) or by
        for name in found:
            self.wake(name, "push", pusher)
        self._woken.set()
        return Announced(workspaces=tuple(found), libraries=tuple(library.source.origin for library in shared))

    def wake(self, name: str, cause: str | None = None, by: str | None = None) -> None:
        """Has a workspace looked at now, whether it is due or not."""
        if name in self._workspaces:
            self._asked[name] = (cause, by) if cause else self._asked.get(name)
            self._woken.set()

    async def show_stored(self, name: str) -> None:
        """Shows a workspace as the database has it now."""
        await self._catch_up({name})

    def hear(self, names: Collection[str]) -> None:
        """Another server says that these workspaces have changed."""
        self._heard |= self._workspaces.keys() & set(names)
        self._woken.set()

    async def set_workspaces(
        self, settings: Mapping[str, WorkspaceSettings], libraries: Mapping[str, LibrarySettings], sources: Sources
    ) -> None:
        """Takes over other settings: workspaces that are new, changed or gone. A change of credentials by name, or of
        the common libraries, is a change of all who use them.
        """
        self._sources = sources
        common = self.libraries.set_common(libraries, sources)
        added = [name for name in settings if name not in self._workspaces]
        removed = [name for name in self._workspaces if name not in settings]
        for name in removed:
            await self._remove(name)
        for name in added:
            self._workspaces[name] = self._make(name, settings[name])
        await self.restore(added)
        changed = []
        for name, one in settings.items():
            if name not in added and await self._change(name, one, common):
                changed.append(name)
        await self._tell_of_settings(added, changed, removed)
        for name in (*added, *changed):
            if self._running:
                self._watch(self._workspaces[name])
            self.wake(name, "settings")

    # What follows is how a round comes about.

    async def _take_due(self, group: asyncio.TaskGroup) -> float:
        """Starts rounds for what is asked for or due; gives the seconds until there may be more."""
        try:
            await self._catch_up(self._heard)
            asked, self._asked = self._asked, {}
            for name, why in asked.items():
                self._start(group, name, self._asked_round(name, *(why or (None, None))))
            idle = [name for name in self._workspaces if name not in self._under_way]
            rows: list[WorkspaceRow] = []
            if idle:
                async with self.tools.database.begin() as connection:
                    rows = await workspaces.claim_due(connection, idle, self._intervals(), 30.0, _CLAIM_MOST)
            for row in rows:
                self._start(group, row.name, self._due_round(row))
            for library in await self.libraries.look_at_due():
                self._start(group, library.key, self.libraries.look(library))
            return 0.0 if len(rows) == _CLAIM_MOST else await self._pause()
        except StroemError as error:
            log.warning("workspaces could not be looked at: %s; it is tried again", error)
            return _RETRY_SECS
        except Exception:
            log.exception("workspaces could not be looked at; it is tried again")
            return _RETRY_SECS

    async def _pause(self) -> float:
        idle = [name for name in self._workspaces if name not in self._under_way]
        async with self.tools.database.read() as connection:
            secs = await workspaces.secs_until_due(connection, idle) if idle else None
        rest = [one for one in (secs, await self.libraries.secs_until_due()) if one is not None]
        return min([_LOOK_SECS, *rest])

    def _intervals(self) -> dict[str, float]:
        return {name: one.poll_interval for name, one in self._workspaces.items() if one.poll_interval != 30.0}

    def _start(self, group: asyncio.TaskGroup, key: str, work: Coroutine[Any, Any, object]) -> None:
        task = group.create_task(_logged(key, work))
        self._under_way[key] = task

        def end(_: object) -> None:
            if self._under_way.get(key) is task:
                del self._under_way[key]
                self._woken.set() if key in self._asked else None

        task.add_done_callback(end)

    async def _asked_round(self, name: str, cause: str | None, by: str | None) -> None:
        if name in self._workspaces:
            await self.reconcile(name, cause=cause, by=by)

    async def _due_round(self, row: WorkspaceRow) -> None:
        workspace = self._workspaces.get(row.name)
        if workspace is None:
            return
        async with self._slots, workspace.turn:
            await self._round(workspace, row)

    async def _take(self, workspace: Workspace, cause: str | None, by: str | None) -> WorkspaceRow | None:
        """Takes a workspace for a round whether it is due or not; None while the database is away."""
        try:
            async with self.tools.database.begin() as connection:
                if cause is not None:
                    await workspaces.ask_for_look(connection, [workspace.name], cause, by)
                return await workspaces.take_workspace(connection, workspace.name, workspace.poll_interval)
        except Exception:  # the round tries again, and says what is wrong
            log.warning("workspace %s could not be taken for a look", workspace.name, exc_info=True)
            return None

    async def _round(self, workspace: Workspace, row: WorkspaceRow | None) -> None:
        attempt = Attempt(tools=self.tools, workspace=workspace, row=row)
        before = workspace.release
        keeping = asyncio.create_task(self._keep(workspace))
        try:
            failure = await _try_steps(attempt)
        finally:
            keeping.cancel()
        news = await self.reporter.report(attempt, failure)
        if news or workspace.release is not before:
            self.on_change([workspace.name])

    async def _keep(self, workspace: Workspace) -> None:
        """Keeps other servers from a workspace whose round takes long."""
        pause = max(workspace.poll_interval / 2, 10.0)
        while True:
            await asyncio.sleep(pause)
            with contextlib.suppress(StroemError):
                async with self.tools.database.begin() as connection:
                    await workspaces.keep_workspace(connection, workspace.name, pause * 2)

    # And this is how other servers' rounds, and other settings, are taken over.

    async def _catch_up_for_ever(self) -> None:
        while True:
            await asyncio.sleep(_LOOK_SECS)
            try:
                async with self.tools.database.read() as connection:
                    found = await workspaces.changed_workspaces(connection, self.names, _OVERLAP_SECS)
                self.hear([name for name, changed_at in found if self._is_news(name, changed_at)])
            except StroemError as error:
                log.info("changes of other servers are not seen now: %s", error)

    def _is_news(self, name: str, changed_at: object) -> bool:
        workspace = self._workspaces.get(name)
        return workspace is not None and (workspace.row is None or workspace.row.changed_at != changed_at)

    async def _catch_up(self, names: set[str]) -> None:
        wanted = [name for name in names if name in self._workspaces]
        if wanted:
            async with self.tools.database.read() as connection:
                rows = await workspaces.list_workspaces(connection, wanted)
            for row in rows:
                workspace = self._workspaces[row.name]
                if not workspace.turn.locked():
                    async with workspace.turn:
                        await self._show(workspace, row)
        names.difference_update(wanted)

    async def _show(self, workspace: Workspace, row: WorkspaceRow) -> None:
        attempt = Attempt(tools=self.tools, workspace=workspace, row=row)
        try:
            await steps.adopt(attempt)
        except Exception:  # the next round tries again and says what is wrong
            log.exception("workspace %s could not be restored", row.name)
        self.reporter.show(workspace, row)

    def _make(self, name: str, settings: WorkspaceSettings) -> Workspace:
        source = self._sources.of(settings)
        pace = settings.poll_interval_secs or source.poll_secs
        return Workspace(name=name, settings=settings, source=source, poll_interval=pace)

    async def _remove(self, name: str) -> None:
        workspace = self._workspaces.pop(name)
        if watching := self._watching.pop(name, None):
            watching.cancel()
        async with workspace.turn:
            self.catalog.remove(name)

    async def _change(self, name: str, settings: WorkspaceSettings, common: bool) -> bool:
        workspace = self._workspaces[name]
        made = self._make(name, settings)
        same_source = type(made.source) is type(workspace.source) and made.source == workspace.source
        if workspace.settings == settings and same_source and not common:
            return False
        async with workspace.turn:
            workspace.settings, workspace.poll_interval = settings, made.poll_interval
            workspace.verdict = None
            if not same_source:
                workspace.source, workspace.snapshot = made.source, None
                if watching := self._watching.pop(name, None):
                    watching.cancel()
        return True

    async def _tell_of_settings(self, added: list[str], changed: list[str], removed: list[str]) -> None:
        said = (("workspace_added", added), ("workspace_changed", changed), ("workspace_removed", removed))
        events = [
            NewEvent(kind=kind, workspace=name, message=f"The settings of workspace {name!r} were {word}")  # type: ignore[arg-type]
            for kind, names in said
            for name in names
            for word in [kind.removeprefix("workspace_")]
        ]
        if events:
            async with self.tools.database.begin() as connection:
                await self.tools.record(connection, events)

    def _watch(self, workspace: Workspace) -> None:
        """Has the source tell of changes, if it is of a kind that does."""
        if type(workspace.source).changes is not Source.changes and workspace.name not in self._watching:
            task = asyncio.create_task(self._listen(workspace, workspace.source))
            self._watching[workspace.name] = task

    async def _listen(self, workspace: Workspace, source: Source) -> None:
        try:
            async for _ in source.changes():
                self.wake(workspace.name)
        except Exception:  # looking at intervals goes on
            log.exception("the source of workspace %s no longer tells of changes", workspace.name)

    def _library_changed(self, library: Library, before: LibraryRow) -> None:
        for workspace in self._workspaces.values():
            if library.key in workspace.library_keys.values():
                self.wake(workspace.name, "library")


async def _try_steps(attempt: Attempt) -> Failure | None:
    """All steps, from the first again when another replica was quicker; why they broke off, if they did."""
    name = attempt.workspace.name
    try:
        attempt.overtaken = True
        while attempt.overtaken:
            attempt.overtaken = False
            for step in steps.STEPS:
                if not await step(attempt):
                    break
            if attempt.overtaken:
                attempt.row = None
        return None
    except SourceRejected as error:
        return Failure(
            message=str(SourceFailed(workspace=name, reason=str(error))), stalled=True, revision=error.revision
        )
    except SourceUnavailable as error:
        return Failure(message=str(SourceFailed(workspace=name, reason=str(error).rstrip("."))))
    except LibraryUnavailable as error:
        return Failure(message=str(error))
    except Exception as error:  # a round never ends the loop; the next one starts from what is stored
        log.exception("workspace %s could not be reconciled", name)
        said = str(error) if isinstance(error, StroemError) else f"{type(error).__name__} (see the server's log)"
        return Failure(message=f"Workspace {name!r} could not be reconciled: {said}")


async def _logged(key: str, work: Coroutine[Any, Any, object]) -> None:
    """A round whose failure ends nothing else."""
    try:
        await work
    except Exception:
        log.exception("the round of %s broke off", key)

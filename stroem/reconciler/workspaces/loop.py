"""Keeps workspaces equal to their sources."""

import asyncio
import contextlib
import logging
from collections.abc import Callable, Collection, Coroutine, Mapping, Sequence
from typing import Any

import attrs

from stroem.blobs.blob_store import BlobStore
from stroem.definitions.backoff import Backoff
from stroem.errors import StroemError
from stroem.reconciler.libraries.libraries import Libraries
from stroem.reconciler.libraries.library import Library
from stroem.reconciler.sources.sources import Sources
from stroem.reconciler.sources.watchers import Watchers
from stroem.reconciler.workspaces import status_writer
from stroem.reconciler.workspaces.catalog import Catalog, WorkspaceStatus
from stroem.reconciler.workspaces.context import Dependencies, Record
from stroem.reconciler.workspaces.pipeline import Pipeline
from stroem.reconciler.workspaces.replica_sync import ReplicaSync
from stroem.reconciler.workspaces.state import Workspace
from stroem.reconciler.workspaces.status_writer import StatusWriter
from stroem.reconciler.workspaces.workspaces import Workspaces, WorkspacesChange
from stroem.records.event import NewEvent
from stroem.records.push import Push
from stroem.settings.server import LibrarySettings, WorkspaceSettings
from stroem.store.database import Database
from stroem.store.deferred import Deferred
from stroem.store.isolation import isolate, level_of
from stroem.store.workspaces import workspaces
from stroem.store.workspaces.libraries import LibraryRow
from stroem.store.workspaces.workspaces import WorkspaceRow

log = logging.getLogger(__name__)

_CLAIM_MOST = 64
_POLL_SECS = 5.0
_RETRY_SECS = 1.0
_DEFERRAL = Backoff(first_secs=30, longest_secs=30, spread=(1, 1))
_SHORTEST_SECS = 0.25


@attrs.frozen(kw_only=True)
class Announced:
    """The workspaces and libraries that pushes concern, by name and by origin."""

    workspaces: tuple[str, ...]
    libraries: tuple[str, ...]


class Reconciler:
    """Turns what sources hold into releases, and keeps `catalog` current.

    Several replicas may reconcile the same workspaces: each look at a source is taken by one of them, and a revision
    becomes a release once.
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
        self._workspaces = Workspaces(sources, workspaces)
        self.libraries = Libraries(database, blobs, runners, sources)
        self.libraries.on_change = self._library_changed
        self.deps = Dependencies(
            database=database,
            blobs=blobs,
            runners=runners,
            libraries=self.libraries,
            names=lambda: frozenset(self._workspaces.names),
            record=record,
        )
        self.writer = StatusWriter(self.catalog, self.deps)
        self._pipeline = Pipeline(self.deps, self.writer)
        self._replicas = ReplicaSync(self.deps, self.writer, self._workspaces)
        self._under_way: dict[str, asyncio.Task[object]] = {}
        self._asked: dict[str, tuple[str, str | None] | None] = {}
        self._unfinished = WorkspacesChange()
        self._watchers = Watchers(self.wake)
        self._deferred: Deferred[str] = Deferred(_DEFERRAL)
        self._woken = asyncio.Event()
        self._running = False
        self.libraries.set_common(libraries or {})

    def on_change(self, call: Callable[[Collection[str]], None]) -> None:
        """Has `call` told the names of workspaces of which other servers should hear."""
        self._pipeline.on_change = call

    def tell_others(self, name: str) -> None:
        """Has other servers hear of a workspace."""
        self._pipeline.on_change([name])

    @property
    def names(self) -> list[str]:
        """The names of all workspaces."""
        return self._workspaces.names

    def workspace(self, name: str) -> Workspace:
        """A workspace as it is held in memory. Raises `NotFound`."""
        return self._workspaces.get(name)

    async def restore(self, names: Collection[str] | None = None) -> None:
        """Fills the catalog from the database and the blob store, whatever state the sources are in."""
        await self._replicas.restore(self.names if names is None else names)

    async def run(self) -> None:
        """Reconciles all workspaces until cancelled; call `restore` before."""
        self._running = True
        try:
            async with asyncio.TaskGroup() as group:
                for workspace in self._workspaces:
                    self._watchers.start(workspace.name, workspace.source)
                group.create_task(self._replicas.poll(self._woken.set))
                while True:
                    self._woken.clear()
                    pause = await self._take_due(group)
                    with contextlib.suppress(TimeoutError):
                        async with asyncio.timeout(max(pause, _SHORTEST_SECS)):
                            await self._woken.wait()
        finally:
            self._running = False
            await self._watchers.close()

    async def refresh(self, name: str, by: str | None = None) -> WorkspaceStatus:
        """Looks at the source of a workspace now. Raises `NotFound`."""
        return await self.reconcile(name, cause="person", by=by)

    async def reconcile(self, name: str, *, cause: str | None = None, by: str | None = None) -> WorkspaceStatus:
        """One round now; how the workspace stands then. Raises `NotFound`."""
        await self._pipeline.of(self.workspace(name), cause, by)
        live = self.catalog.get(name)
        assert live is not None
        return live.status

    async def announce(self, pushes: Sequence[Push], by: str | None = None, workspace: str | None = None) -> Announced:
        """Looks at once at what pushes concern, only at one workspace if that is said."""
        found = [
            one.name
            for one in self._workspaces
            if workspace in (None, one.name) and any(one.source.concerns(push) for push in pushes)
        ]
        shared = await self.libraries.announce(pushes) if workspace is None else []
        pusher = next((push.by for push in pushes if push.by), None) or by
        if found:  # stored first: another server goes on when this one dies
            async with self.deps.database.begin() as connection:
                await workspaces.ask_for_poll(connection, found, "push", pusher)
        self._woken.set()
        return Announced(workspaces=tuple(found), libraries=tuple(library.source.origin for library in shared))

    def wake(self, name: str, cause: str | None = None, by: str | None = None) -> None:
        """Has a workspace looked at now, whether it is due or not."""
        if name in self._workspaces:
            self._asked[name] = (cause, by) if cause else self._asked.get(name)
            self._woken.set()

    async def show_stored(self, name: str) -> None:
        """Shows a workspace as the database has it now. Raises `NotFound`."""
        await self._replicas.show(name)

    def hear(self, names: Collection[str]) -> None:
        """Another server says that these workspaces have changed."""
        self._replicas.hear(names)
        self._woken.set()

    async def set_workspaces(
        self,
        settings: Mapping[str, WorkspaceSettings],
        libraries: Mapping[str, LibrarySettings],
        sources: Sources,
        *,
        is_news: bool = True,
    ) -> None:
        """Takes over other settings: workspaces that are new, changed or gone. A change of credentials by name, or of
        the common libraries, is a change of all who use them. Unless it `is_news`, no events tell of it. When it
        raises, the next call finishes what this one has begun.
        """
        libraries_changed = self.libraries.set_common(libraries, sources)
        found = await self._workspaces.change(settings, sources, libraries_changed=libraries_changed)
        change = self._unfinished = self._unfinished.and_then(found)
        for workspace in change.removed:
            self._watchers.stop(workspace.name)
            async with workspace.lock:
                self.catalog.remove(workspace.name)
        await self.restore(change.added)
        if is_news:
            await isolate(change.events, self._record, _pass_over)
        self._unfinished = WorkspacesChange()
        for name in (*change.added, *change.changed):
            self._watchers.stop(name)
            if self._running:
                self._watchers.start(name, self._workspaces.get(name).source)
            self.wake(name, "settings")

    async def _record(self, events: Sequence[NewEvent]) -> None:
        async with self.deps.database.begin() as connection:
            await self.deps.record(connection, events)

    # What follows is how a round comes about.

    async def _take_due(self, group: asyncio.TaskGroup) -> float:
        """Starts rounds for what is asked for or due; gives the seconds until there may be more."""
        try:
            await self._replicas.show_heard()
            self.libraries.retain({key for one in self._workspaces for key in one.library_keys.values()})
            asked = {name: why for name, why in self._asked.items() if name not in self._under_way}
            for name, why in asked.items():
                del self._asked[name]
                self._start(group, name, self._asked_round(name, *(why or (None, None))))
            claimed = await isolate(self._idle(), self._claim_due, self._defer)
            rows = [row for some in claimed for row in some]
            for row in rows:
                self._start(group, row.name, self._due_round(row))
            for library in await self.libraries.claim_due(self._under_way):
                self._start(group, library.key, self.libraries.poll(library))
            return 0.0 if len(rows) >= _CLAIM_MOST else await self._pause()
        except StroemError as error:
            log.log(level_of(error), "workspaces could not be looked at: %s; it is tried again", error)
            return _RETRY_SECS
        except Exception:
            log.exception("workspaces could not be looked at; it is tried again")
            return _RETRY_SECS

    def _idle(self) -> list[str]:
        return self._deferred.without(name for name in self._workspaces.names if name not in self._under_way)

    async def _claim_due(self, names: Sequence[str]) -> list[WorkspaceRow]:
        async with self.deps.database.begin() as connection:
            return await workspaces.claim_due(
                connection, names, self._workspaces.paces, self._workspaces.pace, _CLAIM_MOST
            )

    async def _defer(self, name: str, error: Exception) -> None:
        self._deferred.add(name)
        await self._replicas.tell_unreadable(name, error)

    async def _pause(self) -> float:
        idle = self._idle()
        async with self.deps.database.read() as connection:
            secs = await workspaces.secs_until_due(connection, idle) if idle else None
        rest = [one for one in (secs, await self.libraries.secs_until_due(self._under_way)) if one is not None]
        return min([_POLL_SECS, *rest])

    def _start(self, group: asyncio.TaskGroup, key: str, work: Coroutine[Any, Any, object]) -> None:
        task = group.create_task(_logged(key, work))
        self._under_way[key] = task

        def end(_: object) -> None:
            if self._under_way.get(key) is task:
                del self._under_way[key]
                if key in self._asked or self._is_due_soon(key):
                    self._woken.set()

        task.add_done_callback(end)

    def _is_due_soon(self, key: str) -> bool:
        """Whether the next look may be due before the loop looks around by itself."""
        row = self._workspaces.get(key).row if key in self._workspaces else None
        return row is None or (row.due_at - row.now).total_seconds() < _POLL_SECS

    async def _asked_round(self, name: str, cause: str | None, by: str | None) -> None:
        if name in self._workspaces and not await self._pipeline.of(self._workspaces.get(name), cause, by):
            self._poll_again(name, cause, by)

    async def _due_round(self, row: WorkspaceRow) -> None:
        if row.name in self._workspaces and not await self._pipeline.of_due(self._workspaces.get(row.name), row):
            self._poll_again(row.name)

    def _poll_again(self, name: str, cause: str | None = None, by: str | None = None) -> None:
        """Has a workspace looked at soon, since the database was away and does not know that it must be."""
        asyncio.get_running_loop().call_later(_POLL_SECS, self.wake, name, cause, by)

    async def _library_changed(self, library: Library, before: LibraryRow) -> None:
        """Tells of a library that has another state, and has its users looked at."""
        users = [one.name for one in self._workspaces if library.key in one.library_keys.values()]
        row = library.row
        if row is None:
            return
        event = status_writer.library_event(row, users)
        try:
            await isolate([event], self._record, _pass_over)
        finally:
            for name in users:
                self.wake(name, "library")


async def _pass_over(event: NewEvent, error: Exception) -> None:
    log.error("the event %s of %s cannot be recorded", event.kind, event.workspace or event.library, exc_info=error)


async def _logged(key: str, work: Coroutine[Any, Any, object]) -> None:
    """A round whose failure ends nothing else."""
    try:
        await work
    except Exception as error:
        log.log(level_of(error, logging.ERROR), "the round of %s broke off", key, exc_info=error)

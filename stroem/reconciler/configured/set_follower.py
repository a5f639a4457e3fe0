"""Follows the source that lists the workspaces, one file for each."""

import asyncio
import datetime
import logging
from collections.abc import Awaitable, Callable, Collection, Iterator, Mapping, Sequence

import attrs

from stroem.blobs import manifest
from stroem.errors import BlobCorrupt, BlobMissing
from stroem.interfaces.source import Snapshot, SourceUnavailable
from stroem.reconciler.configured.set_files import Check, WorkspaceSet, is_set_file, read_workspace_set
from stroem.reconciler.following import followed
from stroem.reconciler.following.dependencies import Dependencies
from stroem.reconciler.following.followed import Followed
from stroem.reconciler.following.requests import PollRequests
from stroem.reconciler.libraries.source_state import failed, store_state
from stroem.reconciler.sources.contents import Texts, fetch_and_keep, texts_of
from stroem.records.event import NewEvent
from stroem.records.problem import Problem, describe_all
from stroem.records.release import FileEntry
from stroem.settings.server import SourceLimitSettings, WorkspaceSettings
from stroem.store.batch_isolation import level_of
from stroem.store.statement import Connection
from stroem.store.workspaces import followed as schedules
from stroem.store.workspaces import libraries
from stroem.store.workspaces.followed import FollowedRow, Kind
from stroem.store.workspaces.libraries import SET_OF_WORKSPACES, LibraryRow

log = logging.getLogger(__name__)

Apply = Callable[[Mapping[str, WorkspaceSettings]], Awaitable[None]]


@attrs.frozen(kw_only=True)
class SetStatus:
    """Status of the set.

    `revision` is the one in effect, `error` the reason why nothing newer could be fetched, `problems` are the mistakes
    in its files; a workspace with a wrong file is as it was before.
    """

    origin: str
    ref: str | None = None
    revision: str | None = None
    workspaces: int = 0
    error: str | None = None
    problems: tuple[Problem, ...] = ()
    checked_at: datetime.datetime | None = None


@attrs.define(kw_only=True, eq=False)
class SetSource(Followed):
    """The source of the set."""

    key: str = SET_OF_WORKSPACES
    limits: SourceLimitSettings
    row: LibraryRow | None = None


class SetFollower:
    """Follows the set and calls `apply` when its workspaces change.

    The last good set survives a restart while its source is away, and so does a workspace whose file is wrong. `check`
    finds mistakes in the settings of a workspace, `taken` gives the names that the server's own settings have.
    """

    kind: Kind = "set"

    def __init__(
        self,
        deps: Dependencies,
        requests: PollRequests,
        taken: Callable[[], Collection[str]],
        check: Check,
        apply: Apply,
    ) -> None:
        self._deps = deps
        self._requests = requests
        self._taken = taken
        self._check = check
        self._apply = apply
        self._source: SetSource | None = None
        self._set = WorkspaceSet()
        self._good: dict[str, FileEntry] = {}
        self._manifest: str | None = None

    @property
    def workspaces(self) -> Mapping[str, WorkspaceSettings]:
        """The workspaces of the set as they are in effect."""
        return self._set.workspaces

    @property
    def status(self) -> SetStatus | None:
        """The status of the set; None when there is none."""
        if self._source is None:
            return None
        source, row = self._source.source, self._source.row
        status = SetStatus(origin=source.origin, ref=source.ref, workspaces=len(self._set.workspaces))
        if row is None:
            return status
        return attrs.evolve(
            status,
            revision=row.revision,
            error=row.error,
            problems=row.problems,
            checked_at=row.schedule.checked_at,
        )

    async def follow(self, source: SetSource | None) -> None:
        """Follows another source, or none, from its last state on.

        Until another source is polled for the first time, the workspaces stay as they are.
        """
        if self._source is not None:
            self._source.removed = True
        self._source, self._good, self._manifest = None, {}, None
        if source is None:
            self._set = WorkspaceSet()
            return
        async with self._deps.database.begin() as connection:
            await self.enter(connection, [source])
            await schedules.ask(connection, [(self.kind, source.key)], "settings")
            row = (await libraries.list_libraries(connection, [source.key]))[source.key]
        self._source, source.entered = source, source.interval
        await self._take_over(source, row)
        self._requests.woken.set()

    def __iter__(self) -> Iterator[SetSource]:
        return iter([self._source] if self._source is not None else [])

    def get_followed(self, key: str) -> SetSource | None:
        """The source of the set."""
        return self._source

    def prune(self) -> None:
        """The set comes and goes with the settings only."""

    async def enter(self, connection: Connection, some: Sequence[SetSource]) -> None:
        """Writes the interval of the set; one without a row gets one and is due now."""
        for one in some:
            origin, ref = one.source.origin, one.source.ref
            await libraries.add_library(connection, one.key, origin, ref, interval=one.interval, kind=self.kind)

    async def read(self, connection: Connection, rows: Sequence[FollowedRow]) -> Sequence[LibraryRow]:
        """The row of the claimed set."""
        return list((await libraries.list_libraries(connection, [row.key for row in rows])).values())

    async def refuse(self, key: str, error: Exception) -> None:
        """Logs that the database refuses the row of the set."""
        log.error("the set of workspaces cannot be polled", exc_info=error)

    async def run(self) -> None:
        """Takes over the set as other servers have polled it, until cancelled."""
        while True:
            await asyncio.sleep(followed.POLL_SECS)
            source = self._source
            if source is None or source.lock.locked():
                continue
            try:
                async with source.lock:
                    async with self._deps.database.read() as connection:
                        rows = await libraries.list_libraries(connection, [source.key])
                    if source.key in rows and not source.removed:
                        await self._take_over(source, rows[source.key])
            except Exception as error:  # the next time finds it
                level = level_of(error, logging.ERROR)
                log.log(level, "the set of workspaces is not taken over now", exc_info=error)

    async def poll(self, source: SetSource, before: LibraryRow | None) -> bool:
        """Fetches and reads the set, and applies what changed."""
        if before is None:
            return False
        known = await self._take_over(source, before)
        try:
            row = await self._examine(source, known)
        except Exception as error:  # the set stays as it is, and the next poll tries again
            row = attrs.evolve(failed(known, error), problems=known.problems)
            if not isinstance(error, SourceUnavailable):
                source.snapshot = None  # some of its contents may be missing
        if source.removed:
            return True
        source.row = row
        source.row = await store_state(before, row, source.interval, self._deps)
        if row.error is not None and row.error != known.error:
            message = f"The set of workspaces stays as it is: {row.error}"
            await self._tell(source, NewEvent(kind="failed", severity="error", message=message))
        if known.failures and not row.failures:
            await self._tell(source, NewEvent(kind="recovered", message="The set of workspaces can be read again"))
        return True

    async def _take_over(self, source: SetSource, row: LibraryRow) -> LibraryRow:
        """Takes over the set as the database has it; the state of this source, without that of another one."""
        origin, ref = source.source.origin, source.source.ref
        if row.origin != origin:
            row = LibraryRow(key=row.key, origin=origin, ref=ref, schedule=row.schedule)
        source.row = row
        if row.manifest is not None and row.revision is not None and row.manifest != self._manifest:
            try:
                files = manifest.from_bytes(await self._deps.blobs.get(row.manifest))
                await self._use(await self._read(files, {}))
                self._manifest = row.manifest
            except (BlobMissing, BlobCorrupt) as error:
                log.warning("the set of workspaces is incomplete in the blob store: %s", error)
        return row

    async def _examine(self, source: SetSource, known: LibraryRow) -> LibraryRow:
        texts: Texts = {}
        previous, blobs = source.snapshot, self._deps.blobs
        snapshot = await fetch_and_keep(
            source.source, previous, None, blobs, texts, kept=previous, limits=source.limits
        )
        if source.removed or (
            snapshot is previous and not known.failures and known.observed_revision == snapshot.revision
        ):
            return known
        found = await self._read(snapshot.files, texts)
        if found.problems and found.problems != known.problems:
            await self._tell_of_problems(source, snapshot, found.problems)
        await self._use(found)
        self._manifest = await blobs.put(manifest.to_bytes(tuple(self._good.values())))
        source.snapshot = snapshot
        return attrs.evolve(
            known,
            ref=source.source.ref,
            revision=snapshot.revision,
            manifest=self._manifest,
            commit=snapshot.commit,
            observed_revision=snapshot.revision,
            error=None,
            problems=found.problems,
            failures=0,
        )

    async def _read(self, files: Sequence[FileEntry], texts: Texts) -> WorkspaceSet:
        entries = [file for file in files if is_set_file(file.path) and file.link is None]
        data = await texts_of([file.digest for file in entries], texts, self._deps.blobs)
        found = read_workspace_set(
            {file.path: text for file, text in zip(entries, data, strict=True)},
            previous=self._set.workspaces,
            taken=self._taken(),
            check=self._check,
        )
        wrong = {problem.file for problem in found.problems}
        good = {file.path: self._good.get(file.path) if file.path in wrong else file for file in entries}
        self._good = {path: file for path, file in good.items() if file is not None}
        return found

    async def _use(self, found: WorkspaceSet) -> None:
        self._set = found
        await self._apply(found.workspaces)

    async def _tell_of_problems(self, source: SetSource, snapshot: Snapshot, problems: Sequence[Problem]) -> None:
        message = f"The set of workspaces has {describe_all(problems)}"
        event = NewEvent(kind="rejected", severity="error", message=message, revision=snapshot.revision)
        await self._tell(source, event)

    async def _tell(self, source: SetSource, event: NewEvent) -> None:
        try:
            async with self._deps.database.begin() as connection:
                found = attrs.evolve(event, origin=source.source.origin, cause="settings")
                await self._deps.record(connection, [found])
        except Exception as error:
            log.log(level_of(error), "an event of the set of workspaces could not be recorded", exc_info=error)

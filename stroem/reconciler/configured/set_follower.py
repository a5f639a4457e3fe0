"""Follows the source that says which workspaces there are."""

import asyncio
import contextlib
import datetime
import logging
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence

import attrs

from stroem.blobs import manifest
from stroem.blobs.blob_store import BlobStore
from stroem.definitions.backoff import next_delay, random_share
from stroem.errors import BlobCorrupt, BlobMissing
from stroem.interfaces.source import Snapshot, Source, SourceUnavailable
from stroem.reconciler.configured.set_files import Check, WorkspaceSet, is_set_file, read_workspace_set
from stroem.reconciler.sources.contents import Texts, fetch_and_keep, texts_of
from stroem.reconciler.workspaces.context import Record
from stroem.records.event import NewEvent
from stroem.records.problem import Problem, describe_all
from stroem.records.push import Push
from stroem.records.release import FileEntry
from stroem.settings.server import SourceLimitSettings, WorkspaceSettings
from stroem.store import blob_garbage
from stroem.store.database import Database
from stroem.store.isolation import level_of
from stroem.store.workspaces import libraries
from stroem.store.workspaces.libraries import LibraryRow

log = logging.getLogger(__name__)

_KEY = libraries.SET_OF_WORKSPACES

Apply = Callable[[Mapping[str, WorkspaceSettings]], Awaitable[None]]


@attrs.frozen(kw_only=True)
class SetStatus:
    """How the set stands: `revision` is the one in effect, `error` says why nothing newer could be seen, `problems` are
    the mistakes in its files; a workspace whose file is wrong is as it was before.
    """

    origin: str
    ref: str | None = None
    revision: str | None = None
    workspaces: int = 0
    error: str | None = None
    problems: tuple[Problem, ...] = ()
    checked_at: datetime.datetime | None = None


class SetFollower:
    """Hands the workspaces of the set to `apply` when they change. The last good set survives a restart while its
    source is away, and a workspace whose file is wrong one too. `check` tells what else is wrong with the settings of
    a workspace; `before` are those of the set until it is seen.
    """

    def __init__(
        self,
        database: Database,
        blobs: BlobStore,
        source: Source,
        *,
        poll_secs: float,
        limits: SourceLimitSettings,
        taken: Callable[[], Collection[str]],
        check: Check,
        apply: Apply,
        record: Record,
        before: Mapping[str, WorkspaceSettings] | None = None,
    ) -> None:
        self._database = database
        self._blobs = blobs
        self._source = source
        self._poll_secs = poll_secs
        self._limits = limits
        self._taken = taken
        self._check = check
        self._apply = apply
        self._record = record
        self._snapshot: Snapshot | None = None
        self._set = WorkspaceSet(workspaces=before or {})
        self._good: dict[str, FileEntry] = {}
        self._failures = 0
        self._woken = asyncio.Event()
        self.status = SetStatus(origin=source.origin, ref=source.ref, workspaces=len(self._set.workspaces))

    @property
    def workspaces(self) -> Mapping[str, WorkspaceSettings]:
        """The workspaces of the set as they are in effect."""
        return self._set.workspaces

    async def restore(self) -> None:
        """Takes over the set as it last was, without looking at the source."""
        async with self._database.begin() as connection:
            await libraries.add_library(connection, _KEY, self._source.origin, self._source.ref)
            row = (await libraries.list_libraries(connection, [_KEY]))[_KEY]
        if row.manifest is None or row.revision is None or row.origin != self._source.origin:
            return
        try:
            files = manifest.from_bytes(await self._blobs.get(row.manifest))
            await self._take(Snapshot(revision=row.revision, files=files, commit=row.commit), {})
        except (BlobMissing, BlobCorrupt) as error:
            log.warning("the set of workspaces is incomplete in the blob store: %s", error)

    async def run(self) -> None:
        """Follows the source until cancelled."""
        while True:
            self._woken.clear()
            await self.poll()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(next_delay(self._failures, self._poll_secs, random_share)):
                    await self._woken.wait()

    async def watch(self) -> None:
        """Looks when the source says that something may have changed; a source that cannot say so never does."""
        async for _ in self._source.changes():
            self._woken.set()

    def announce(self, pushes: Sequence[Push]) -> bool:
        """Looks at once if one of the pushes concerns the set; whether it does."""
        concerned = any(self._source.concerns(push) for push in pushes)
        if concerned:
            self._woken.set()
        return concerned

    async def poll(self) -> None:
        """One look: fetch, read, hand over what changed."""
        texts: Texts = {}
        try:
            known = self._snapshot
            snapshot = await fetch_and_keep(
                self._source, known, None, self._blobs, texts, kept=known, limits=self._limits
            )
            if snapshot is not self._snapshot or self._failures:
                await self._take(snapshot, texts)
                await self._store(snapshot)
                self._snapshot = snapshot
        except Exception as error:  # the set stays as it is, and the next look tries again
            await self._fail(error)
            return
        recovered, self._failures = self._failures > 0, 0
        now = datetime.datetime.now(datetime.UTC)
        self.status = attrs.evolve(self.status, error=None, checked_at=now)
        if recovered:
            await self._tell(NewEvent(kind="recovered", message="The set of workspaces can be read again"))

    async def _take(self, snapshot: Snapshot, texts: Texts) -> None:
        entries = [file for file in snapshot.files if is_set_file(file.path) and file.link is None]
        data = await texts_of([file.digest for file in entries], texts, self._blobs)
        files = {file.path: text for file, text in zip(entries, data, strict=True)}
        found = read_workspace_set(files, previous=self._set.workspaces, taken=self._taken(), check=self._check)
        if found.problems != self._set.problems and found.problems:
            await self._tell_of_problems(snapshot, found.problems)
        wrong = {problem.file for problem in found.problems}
        good = {file.path: self._good.get(file.path) if file.path in wrong else file for file in entries}
        self._good = {path: file for path, file in good.items() if file is not None}
        self._set = found
        self.status = attrs.evolve(
            self.status, revision=snapshot.revision, workspaces=len(found.workspaces), problems=found.problems
        )
        await self._apply(found.workspaces)

    async def _store(self, snapshot: Snapshot) -> None:
        digest = await self._blobs.put(manifest.to_bytes(tuple(self._good.values())))
        row = LibraryRow(
            key=_KEY,
            origin=self._source.origin,
            ref=self._source.ref,
            revision=snapshot.revision,
            manifest=digest,
            commit=snapshot.commit,
            observed_revision=snapshot.revision,
            problems=self._set.problems,
        )
        async with self._database.begin() as connection:
            before = (await libraries.list_libraries(connection, [_KEY]))[_KEY]
            await libraries.report_library(connection, row, self._poll_secs)
            if before.manifest not in (None, digest):
                await blob_garbage.drop_manifests(connection, [(before.manifest, digest)])

    async def _fail(self, error: Exception) -> None:
        self._failures += 1
        if not isinstance(error, SourceUnavailable):
            log.log(level_of(error, logging.ERROR), "the set of workspaces could not be looked at", exc_info=error)
            self._snapshot = None  # some of its contents may be missing
        said = str(error) if isinstance(error, SourceUnavailable) else f"{type(error).__name__} (see the server's log)"
        if said != self.status.error:
            message = f"The set of workspaces stays as it is: {said}"
            await self._tell(NewEvent(kind="failed", severity="error", message=message))
        now = datetime.datetime.now(datetime.UTC)
        self.status = attrs.evolve(self.status, error=said, checked_at=now)

    async def _tell_of_problems(self, snapshot: Snapshot, problems: Sequence[Problem]) -> None:
        message = f"The set of workspaces has {describe_all(problems)}"
        await self._tell(NewEvent(kind="rejected", severity="error", message=message, revision=snapshot.revision))

    async def _tell(self, event: NewEvent) -> None:
        try:
            async with self._database.begin() as connection:
                await self._record(connection, [attrs.evolve(event, origin=self._source.origin, cause="settings")])
        except Exception as error:
            log.log(level_of(error), "an event of the set of workspaces could not be recorded", exc_info=error)

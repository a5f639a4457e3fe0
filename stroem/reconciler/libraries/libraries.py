"""Libraries that workspaces use: followed once for all of them."""

import asyncio
import hashlib
import logging
import time
from collections.abc import Awaitable, Callable, Collection, Iterator, Mapping, Sequence

import attrs
import orjson

from stroem.blobs import manifest
from stroem.dialects.environment import Environment
from stroem.dialects.workspace_file.file import LibraryRef
from stroem.errors import BlobCorrupt, BlobMissing
from stroem.interfaces.source import Snapshot, Source
from stroem.reconciler.following.dependencies import Dependencies
from stroem.reconciler.following.polling import poll_now
from stroem.reconciler.libraries.library import Library, LibraryState, library_workflow_files
from stroem.reconciler.libraries.source_state import failed, store_state
from stroem.reconciler.sources.contents import Texts, fetch_and_keep, parse_files, reader
from stroem.reconciler.sources.link_problems import link_problems
from stroem.reconciler.sources.public_host import check_public
from stroem.reconciler.sources.sources import Sources, is_same
from stroem.records.problem import Problem, describe_all
from stroem.settings.server import LibrarySettings, SourceLimitSettings
from stroem.store.statement import Connection
from stroem.store.workspaces import libraries
from stroem.store.workspaces.followed import FollowedRow, Kind
from stroem.store.workspaces.libraries import LibraryRow
from stroem.validation.checker import validate
from stroem.validation.library import concerns_users

log = logging.getLogger(__name__)


class Libraries:
    """The libraries that workspaces use, by key.

    `used` gives the keys that workspaces use now. `on_change` is called with a library that has another good state or
    another error: the workspaces that use it are to be polled.
    """

    kind: Kind = "library"

    def __init__(
        self,
        deps: Dependencies,
        sources: Sources,
        used: Callable[[], Collection[str]],
        on_change: Callable[[Library], Awaitable[None]],
    ) -> None:
        self._deps = deps
        self._sources = sources
        self._used = used
        self._on_change = on_change
        self.common: Mapping[str, str] = {}
        """The keys of those in the server's settings, by name."""
        self._known: dict[str, Library] = {}

    def set_common(self, settings: Mapping[str, LibrarySettings], sources: Sources | None = None) -> bool:
        """Takes over the libraries of the server's settings; whether they are others than before."""
        self._sources = sources or self._sources
        before = self.common
        self.common = {
            name: self._declare((one.type, one.options), one.poll_interval_secs, self._sources.of(one), one.limits)
            for name, one in settings.items()
        }
        return self.common != before

    def declare(self, ref: LibraryRef) -> str:
        """The key of a library that a workspace declares."""
        source = self._sources.of_declared_library(ref.type, ref.options)
        key = self._declare((ref.type, ref.options, "declared"), ref.poll_interval_secs, source, SourceLimitSettings())
        self._known[key].public_host = self._sources.host_to_check(ref.options)
        return key

    def _declare(
        self, what: tuple[object, ...], poll_secs: float | None, source: Source, limits: SourceLimitSettings
    ) -> str:
        key = hashlib.sha256(orjson.dumps(what, option=orjson.OPT_SORT_KEYS)).hexdigest()
        secs = poll_secs or source.poll_secs
        if key not in self._known:
            self._known[key] = Library(key=key, source=source, limits=limits, poll_secs=secs, interval=secs)
        known = self._known[key]
        known.poll_secs = secs
        known.set_interval()
        if known.limits != limits or not is_same(known.source, source):  # the credentials behind a name are others now
            known.source, known.limits = source, limits
        return key

    def __iter__(self) -> Iterator[Library]:
        return iter(list(self._known.values()))

    def get_followed(self, key: str) -> Library | None:
        """A library by its key."""
        return self._known.get(key)

    @property
    def keys(self) -> list[str]:
        """The keys of all libraries."""
        return list(self._known)

    def prune(self) -> None:
        """Forgets the libraries that no workspace uses any more, except those of the settings."""
        wanted = {*self._used(), *self.common.values()}
        self._known = {key: library for key, library in self._known.items() if key in wanted}

    async def enter(self, connection: Connection, some: Sequence[Library]) -> None:
        """Writes the intervals of libraries; those without a row get one and are due now."""
        for library in some:
            origin, ref = library.source.origin, library.source.ref
            await libraries.add_library(connection, library.key, origin, ref, interval=library.interval)

    async def ready(self, keys: Collection[str]) -> dict[str, Library]:
        """The libraries with their last good state in memory; one that was never polled is polled now.

        Those without a good state have no `state`; the error in their row says why.
        """
        found = {key: self._known[key] for key in keys}
        before = {key: library.row for key, library in found.items()}
        rows = await self._rows(keys)
        for key, library in found.items():
            row = rows.get(key)
            if _is_unknown(row) and library.lock.locked():  # a poll is under way
                async with library.lock:
                    row = library.row
            if row is None or _is_unknown(row):
                async with self._deps.database.begin() as connection:
                    await self.enter(connection, [library])
                await poll_now(self._deps.database, self, library)
            else:
                async with library.lock:
                    if library.row is not before[key]:  # polled meanwhile, perhaps later than the row was read
                        row = (await self._rows([key]))[key]
                    await self._take_over(library, row)
        return found

    async def reconcile(self, library: Library, by: str | None) -> None:
        """Polls a library now, for a person."""
        await poll_now(self._deps.database, self, library, "person", by)

    async def _rows(self, keys: Collection[str]) -> dict[str, LibraryRow]:
        async with self._deps.database.read() as connection:
            return await libraries.list_libraries(connection, keys)

    async def read(self, connection: Connection, rows: Sequence[FollowedRow]) -> Sequence[LibraryRow]:
        """The rows of claimed libraries."""
        return list((await libraries.list_libraries(connection, [row.key for row in rows])).values())

    async def poll(self, library: Library, before: LibraryRow | None) -> bool:
        """Fetches, parses and validates; a good revision replaces the last one."""
        if before is None:
            return False
        await self._take_over(library, before)
        try:
            row = await self._examine(library, before)
        except Exception as error:
            row = failed(before, error)
        library.row = row
        library.set_interval()
        row = await store_state(before, row, library.interval, self._deps)
        await self._take_over(library, row)
        if (row.manifest, row.error) != (before.manifest, before.error):
            await self._on_change(library)
        return True

    async def refuse(self, key: str, error: Exception) -> None:
        """Logs that the database refuses the row of a library."""
        log.error("library %s cannot be polled", self._known[key].source.origin, exc_info=error)

    async def _examine(self, library: Library, before: LibraryRow) -> LibraryRow:
        texts: Texts = {}
        known = library.snapshot
        if library.public_host is not None:
            await check_public(library.public_host)
        blobs, kept = self._deps.blobs, library.kept_snapshot
        snapshot = await fetch_and_keep(library.source, known, None, blobs, texts, kept=kept, limits=library.limits)
        library.kept_at = time.monotonic()
        if snapshot is known and not before.failures and before.observed_revision == snapshot.revision:
            return before
        library.snapshot = snapshot
        seen = attrs.evolve(
            before,
            observed_revision=snapshot.revision,
            floats=library.source.floats(snapshot),
            warnings=tuple(library.source.warnings),
            failures=0,
        )
        problems = await self._judge(library, snapshot, texts)
        mistakes = [problem for problem in problems if problem.severity == "error"]
        if mistakes:
            why = f"revision {snapshot.revision[:12]} is not valid: {describe_all(mistakes)}"
            return attrs.evolve(seen, error=why, problems=problems)
        digest = await self._deps.blobs.put(manifest.to_bytes(snapshot.files))
        return attrs.evolve(
            seen, revision=snapshot.revision, manifest=digest, commit=snapshot.commit, error=None, problems=problems
        )

    async def _judge(self, library: Library, snapshot: Snapshot, texts: Texts) -> tuple[Problem, ...]:
        wanted = library_workflow_files(snapshot.files, self._deps.dialects)
        library.files = await parse_files(wanted, library.files, texts, self._deps.blobs, self._deps.dialects)
        paths = frozenset(file.path for file in snapshot.files)
        known = Environment(runners=self._deps.runners, files=paths, is_library=True)
        read = reader({path: file.digest for path, file in wanted.items()}, texts, self._deps.blobs)
        found = await asyncio.to_thread(validate, library.files, read, known, library.validation)
        library.validation = found
        links = await asyncio.to_thread(link_problems, snapshot, self._deps.dialects)
        return (*filter(concerns_users, found.problems), *links)

    async def _take_over(self, library: Library, row: LibraryRow) -> None:
        """Loads the good state of a row into memory."""
        library.row = row
        if row.manifest is None or row.revision is None:
            library.state = None
            return
        if library.state is not None and library.state.manifest == row.manifest:
            if library.state.revision != row.revision:
                library.state = attrs.evolve(library.state, revision=row.revision)
            return
        try:
            files = manifest.from_bytes(await self._deps.blobs.get(row.manifest))
            dialects = self._deps.dialects
            wanted = library_workflow_files(files, dialects)
            parsed = await parse_files(wanted, library.files, {}, self._deps.blobs, dialects)
        except (BlobMissing, BlobCorrupt) as error:
            log.warning("library %s is incomplete in the blob store: %s", row.origin, error)
            library.state, library.snapshot = None, None
            return
        library.files = dict(parsed)
        library.state = LibraryState(revision=row.revision, manifest=row.manifest, files=files, parsed=parsed)
        if library.snapshot is None:
            library.snapshot = Snapshot(revision=row.revision, files=files, commit=row.commit)


def _is_unknown(row: LibraryRow | None) -> bool:
    """Whether no poll of the library has ended yet."""
    return row is None or (row.manifest is None and row.error is None)

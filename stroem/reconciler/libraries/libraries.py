"""Keeps libraries equal to their sources, once for all workspaces that use them."""

import asyncio
import hashlib
import logging
import time
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence

import attrs
import orjson

from stroem.blobs import manifest
from stroem.blobs.blob_store import BlobStore
from stroem.definitions.backoff import Backoff, next_delay, random_share
from stroem.dialects.environment import Environment
from stroem.dialects.workspace_file.file import LibraryRef
from stroem.errors import BlobCorrupt, BlobMissing
from stroem.interfaces.source import Snapshot, Source, SourceRejected, SourceUnavailable
from stroem.reconciler.libraries.library import Library, LibraryState, library_workflow_files
from stroem.reconciler.sources.contents import Texts, fetch_and_keep, parse_files, reader
from stroem.reconciler.sources.link_problems import link_problems
from stroem.reconciler.sources.public_host import check_public
from stroem.reconciler.sources.sources import Sources, is_same
from stroem.records.problem import Problem, describe_all
from stroem.records.push import Push
from stroem.settings.server import LibrarySettings, SourceLimitSettings
from stroem.store import blob_garbage
from stroem.store.database import Database
from stroem.store.deferred import Deferred
from stroem.store.isolation import isolate, level_of
from stroem.store.workspaces import libraries
from stroem.store.workspaces.libraries import LibraryRow
from stroem.validation.checker import validate
from stroem.validation.library import concerns_users

log = logging.getLogger(__name__)

_PINNED_SECS = 3600.0
_GUARD_SECS = 120.0
_DEFERRAL = Backoff(first_secs=30, longest_secs=30, spread=(1, 1))


class Libraries:
    """The libraries that workspaces use, by key. `on_change` is called with the key of one that has changed, or whose
    state has: its users are to be looked at.
    """

    def __init__(
        self, database: Database, blobs: BlobStore, runners: Mapping[str, type | None], sources: Sources
    ) -> None:
        self._database = database
        self._blobs = blobs
        self._runners = runners
        self._sources = sources
        self.common: Mapping[str, str] = {}
        """The keys of those in the server's settings, by name."""
        self._known: dict[str, Library] = {}
        self._deferred: Deferred[str] = Deferred(_DEFERRAL)
        self.on_change: Callable[[Library, LibraryRow], Awaitable[None]] = _nothing

    def set_common(self, settings: Mapping[str, LibrarySettings], sources: Sources | None = None) -> bool:
        """Takes over the libraries of the server's settings; whether they are others than before."""
        self._sources = sources or self._sources
        before = self.common
        self.common = {
            name: self._enter((one.type, one.options), one.poll_interval_secs, self._sources.of(one), one.limits)
            for name, one in settings.items()
        }
        return self.common != before

    def declare(self, ref: LibraryRef) -> str:
        """The key of a library that a workspace declares."""
        source = self._sources.of_declared_library(ref.type, ref.options)
        key = self._enter((ref.type, ref.options, "declared"), ref.poll_interval_secs, source, SourceLimitSettings())
        self._known[key].public_host = self._sources.host_to_check(ref.options)
        return key

    def _enter(
        self, what: tuple[object, ...], poll_secs: float | None, source: Source, limits: SourceLimitSettings
    ) -> str:
        key = hashlib.sha256(orjson.dumps(what, option=orjson.OPT_SORT_KEYS)).hexdigest()
        pace = poll_secs or source.poll_secs
        known = self._known.setdefault(key, Library(key=key, source=source, limits=limits, poll_secs=pace))
        known.poll_secs = pace
        if known.limits != limits or not is_same(known.source, source):  # the credentials behind a name are others now
            known.source, known.limits = source, limits
        return key

    def retain(self, keys: Collection[str]) -> None:
        """Forgets the libraries that nobody uses any more, those of the settings apart."""
        wanted = {*keys, *self.common.values()}
        self._known = {key: library for key, library in self._known.items() if key in wanted}

    @property
    def keys(self) -> list[str]:
        """The keys of all libraries."""
        return list(self._known)

    def get(self, key: str) -> Library | None:
        """A library by its key."""
        return self._known.get(key)

    async def ready(self, keys: Collection[str]) -> dict[str, Library]:
        """The libraries with their last good state at hand; one that never was looked at is looked at now. Those
        without a good state have no `state`; their row says why.
        """
        found = {key: self._known[key] for key in keys}
        before = {key: library.row for key, library in found.items()}
        rows = await self._rows(keys)
        for key, library in found.items():
            row = rows.get(key)
            if row is None or (row.manifest is None and row.checked_at is None):
                await self._enter_row(library)
                await self.poll(library)
            else:
                async with library.lock:
                    if library.row is not before[key]:  # somebody has looked meanwhile, perhaps later
                        row = (await self._rows([key]))[key]
                    await self._take_over(library, row)
        return found

    async def _rows(self, keys: Collection[str]) -> dict[str, LibraryRow]:
        async with self._database.read() as connection:
            return await libraries.list_libraries(connection, keys)

    async def claim_due(self, under_way: Collection[str]) -> list[Library]:
        """Takes the libraries that are due for a look, but for those that are looked at; each is to be given to
        `look`.
        """
        claimed = await isolate(self._idle(under_way), self._claim_due, self._defer)
        return [self._known[row.key] for rows in claimed for row in rows if row.key in self._known]

    def _idle(self, under_way: Collection[str]) -> list[str]:
        return self._deferred.without(key for key in self._known if key not in under_way)

    async def _claim_due(self, keys: Sequence[str]) -> list[LibraryRow]:
        async with self._database.begin() as connection:
            return await libraries.claim_due_libraries(connection, keys, _GUARD_SECS, most=16)

    async def _defer(self, key: str, error: Exception) -> None:
        log.error("library %s cannot be looked at", self._known[key].source.origin, exc_info=error)
        self._deferred.add(key)

    async def secs_until_due(self, under_way: Collection[str]) -> float | None:
        """Seconds until the first library is due of those that are not looked at; None when there is none."""
        keys = self._idle(under_way)
        if not keys:
            return None
        async with self._database.read() as connection:
            return await libraries.secs_until_library_due(connection, keys)

    async def poll(self, library: Library) -> None:
        """One round: fetch, parse, validate; a good revision takes the place of the last one."""
        async with library.lock:
            before = (await self._rows([library.key]))[library.key]
            await self._take_over(library, before)
            row = await self._examine(library, before)
            floats = row.floats or row.manifest is None
            pace = library.poll_secs if floats else max(_PINNED_SECS, library.poll_secs)
            async with self._database.begin() as connection:
                await libraries.report_library(connection, row, next_delay(row.failures, pace, random_share))
                if before.manifest is not None and before.manifest != row.manifest:
                    await blob_garbage.drop_manifests(connection, [(before.manifest, row.manifest)])
            await self._take_over(library, row)
        if (row.manifest, row.error) != (before.manifest, before.error):
            await self.on_change(library, before)

    async def announce(self, pushes: Collection[Push]) -> list[Library]:
        """Makes the libraries due that pushes concern, and gives them."""
        found = [one for one in self._known.values() if any(one.source.concerns(push) for push in pushes)]
        if found:
            async with self._database.begin() as connection:
                await libraries.ask_for_libraries(connection, [library.key for library in found])
        return found

    async def _enter_row(self, library: Library) -> None:
        async with self._database.begin() as connection:
            await libraries.add_library(connection, library.key, library.source.origin, library.source.ref)

    async def _examine(self, library: Library, before: LibraryRow) -> LibraryRow:
        texts: Texts = {}
        known = library.snapshot
        try:
            if library.public_host is not None:
                await check_public(library.public_host)
            snapshot = await fetch_and_keep(
                library.source,
                library.snapshot,
                None,
                self._blobs,
                texts,
                kept=library.kept_snapshot,
                limits=library.limits,
            )
        except SourceRejected as error:
            seen = attrs.evolve(before, observed_revision=error.revision, failures=before.failures + 1)
            return attrs.evolve(seen, error=str(error), problems=())
        except SourceUnavailable as error:
            return attrs.evolve(before, error=str(error), problems=(), failures=before.failures + 1)
        except Exception as error:
            level = level_of(error, logging.ERROR)
            log.log(level, "library %s could not be looked at", library.source.origin, exc_info=error)
            said = f"{type(error).__name__} (see the server's log)"
            return attrs.evolve(before, error=said, problems=(), failures=before.failures + 1)
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
        digest = await self._blobs.put(manifest.to_bytes(snapshot.files))
        return attrs.evolve(
            seen,
            revision=snapshot.revision,
            manifest=digest,
            commit=snapshot.commit,
            error=None,
            problems=problems,
        )

    async def _judge(self, library: Library, snapshot: Snapshot, texts: Texts) -> tuple[Problem, ...]:
        wanted = library_workflow_files(snapshot.files)
        library.files = await parse_files(wanted, library.files, texts, self._blobs)
        paths = frozenset(file.path for file in snapshot.files)
        known = Environment(runners=self._runners, files=paths, is_library=True)
        read = reader({path: file.digest for path, file in wanted.items()}, texts, self._blobs)
        found = await asyncio.to_thread(validate, library.files, read, known, library.validation)
        library.validation = found
        links = await asyncio.to_thread(link_problems, snapshot)
        return (*filter(concerns_users, found.problems), *links)

    async def _take_over(self, library: Library, row: LibraryRow) -> None:
        """Has the good state of a row at hand."""
        library.row = row
        if row.manifest is None or row.revision is None:
            library.state = None
            return
        if library.state is not None and library.state.manifest == row.manifest:
            if library.state.revision != row.revision:
                library.state = attrs.evolve(library.state, revision=row.revision)
            return
        try:
            files = manifest.from_bytes(await self._blobs.get(row.manifest))
            parsed = await parse_files(library_workflow_files(files), library.files, {}, self._blobs)
        except (BlobMissing, BlobCorrupt) as error:
            log.warning("library %s is incomplete in the blob store: %s", row.origin, error)
            library.state, library.snapshot = None, None
            return
        library.files = dict(parsed)
        library.state = LibraryState(revision=row.revision, manifest=row.manifest, files=files, parsed=parsed)
        if library.snapshot is None:
            library.snapshot = Snapshot(revision=row.revision, files=files, commit=row.commit)


async def _nothing(_: Library, __: LibraryRow) -> None:
    return None

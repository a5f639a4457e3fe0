"""Files and definitions of kept releases and of the newest revision, for readers."""

import asyncio
import collections
from collections.abc import Iterator, Mapping
from typing import TypeVar

import attrs

from stroem.blobs import manifest
from stroem.definitions.kinds import SECTIONS
from stroem.definitions.library import library_of
from stroem.definitions.task import is_inline
from stroem.definitions.workspace import Definitions
from stroem.errors import BlobCorrupt, BlobMissing, NotFound
from stroem.interfaces.parsed_file import ParsedFile
from stroem.interfaces.source import Snapshot
from stroem.reconciler.diff.comparison import Side
from stroem.reconciler.following.dependencies import Dependencies
from stroem.reconciler.libraries.library import split
from stroem.reconciler.workspaces.operations import release_not_kept
from stroem.reconciler.workspaces.restoring import files_of, parsed_of, parsed_snapshot
from stroem.reconciler.workspaces.rules import read_rules
from stroem.reconciler.workspaces.workspaces import Workspaces
from stroem.records.release import FileEntry, Release
from stroem.redaction.definition_secrets import Secrets
from stroem.redaction.file_mask import FileMask
from stroem.rights.workspace_rules import RulesFile
from stroem.store.workspaces import releases

_MOST_KEPT = 4
_Key = TypeVar("_Key")
_Contents = TypeVar("_Contents", bound="RevisionContents")


@attrs.frozen(kw_only=True, eq=False)
class RevisionContents:
    """The `files` of a revision, sorted by path, its workflow files, and the definitions that are right in them.

    `libraries` are the names of those whose files are among them.
    """

    revision: str
    libraries: frozenset[str]
    files: tuple[FileEntry, ...]
    parsed: Mapping[str, ParsedFile]
    definitions: Definitions

    @property
    def number(self) -> int | None:
        """The number of the release; None for a revision that became none."""
        return None

    @property
    def own(self) -> tuple[FileEntry, ...]:
        """The files without those of libraries."""
        return split(self.files, self.libraries)[0]

    def find(self, path: str) -> FileEntry:
        """A file by its exact path in the list. Raises `NotFound`."""
        found = next((file for file in self.files if file.path == path), None)
        if found is None:
            place = f"revision {self.revision[:12]}" if self.number is None else f"release {self.number}"
            raise NotFound(kind=f"File of {place}", name=path)
        return found

    def defined_in(self, path: str) -> Iterator[tuple[str, str]]:
        """Kind and name of the definitions that a file gives, without those of inline actions."""
        parsed = self.parsed.get(path)
        if parsed is not None and parsed.definitions is not None:
            for kind, section in SECTIONS.items():
                yield from ((kind, name) for name in getattr(parsed.definitions, section) if not is_inline(name))


@attrs.frozen(kw_only=True, eq=False)
class ReleaseContents(RevisionContents):
    """A release with its files, the definitions that it runs, and its rules of rights."""

    release: Release
    rules: RulesFile | None

    @property
    def number(self) -> int | None:
        """The number of the release."""
        return self.release.number

    @property
    def side(self) -> Side:
        """The release as a side of a diff."""
        release = self.release
        return Side(
            revision=release.revision,
            definitions=self.definitions,
            files=self.files,
            libraries=release.libraries,
            release=release.number,
            commit=release.commit,
            rules=self.rules,
        )


class ContentsReader:
    """Reader of releases and newest revisions; those read last are kept in memory. One is read at a time."""

    def __init__(self, deps: Dependencies, workspaces: Workspaces) -> None:
        self._deps = deps
        self._workspaces = workspaces
        self._kept: collections.OrderedDict[int, ReleaseContents] = collections.OrderedDict()
        self._newest: collections.OrderedDict[tuple[str, str], RevisionContents] = collections.OrderedDict()
        self._lock = asyncio.Lock()

    async def get(self, workspace: str, number: int | None) -> ReleaseContents:
        """The contents of a release, the current one without a number.

        Raises `NotFound`, also for files that the blob store has lost.
        """
        release = await self._release(workspace, number)
        async with self._lock:
            try:
                found = await self._read(workspace, release)
            except (BlobMissing, BlobCorrupt):
                raise NotFound(kind="Files of release", name=release.number, hint="They are no longer kept.") from None
            _keep(self._kept, release.id, found)
        return found

    async def newest(self, workspace: str) -> RevisionContents:
        """The contents of the revision last seen at the source, of the current release if that has the same files.

        Raises `NotFound`, also for files that are not kept.
        """
        followed = self._workspaces.get(workspace)
        observed = followed.row.report.observed if followed.row is not None else None
        if observed is None or observed.manifest is None:
            raise _newest_not_kept(workspace)
        current = followed.release
        if current is not None and current.manifest == observed.manifest:
            return await self.get(workspace, None)
        key = observed.revision, observed.manifest
        async with self._lock:
            found = self._newest.get(key)
            if found is None:
                try:
                    files = manifest.from_bytes(await self._deps.blobs.get(observed.manifest))
                    names = (library_of(file.path) for file in files)
                    libraries = frozenset(name for name in names if name is not None)
                    whole = Snapshot(revision=observed.revision, files=files)
                    parsed, definitions = await parsed_snapshot(whole, libraries, self._deps)
                except (BlobMissing, BlobCorrupt):
                    raise _newest_not_kept(workspace) from None
                found = RevisionContents(
                    revision=observed.revision,
                    libraries=libraries,
                    files=files,
                    parsed=parsed,
                    definitions=definitions,
                )
            _keep(self._newest, key, found)
        return found

    def mask(self, workspace: str, *sides: Definitions) -> FileMask:
        """A mask of the texts of a workspace: of the secrets in `sides`, and in what runs now."""
        running = self._workspaces.get(workspace).definitions if workspace in self._workspaces else None
        if running is not None and not any(side is running for side in sides):
            sides = (*sides, running)
        return FileMask(secrets=Secrets(sides=sides))

    async def _release(self, workspace: str, number: int | None) -> Release:
        if number is None:
            current = self._workspaces.get(workspace).release
            if current is None:
                raise NotFound(kind=f"Release of workspace {workspace!r}", name="current", hint="There is none yet.")
            return current
        async with self._deps.database.read() as connection:
            found = await releases.find_by_number(connection, workspace, number)
        if found is None:
            raise release_not_kept(workspace, number)
        return found

    async def _read(self, workspace: str, release: Release) -> ReleaseContents:
        kept = self._kept.get(release.id)
        if kept is not None:
            return kept
        files = await files_of(release, self._deps)
        live = self._workspaces.get(workspace) if workspace in self._workspaces else None
        if live is not None and live.release is not None and live.release.id == release.id and live.definitions:
            parsed, definitions = live.good_files, live.definitions
        else:
            parsed, definitions = await parsed_of(release, self._deps)
        own = Snapshot(revision=release.revision, files=files)
        return ReleaseContents(
            release=release,
            rules=await read_rules(own, {}, self._deps.blobs),
            revision=release.revision,
            libraries=frozenset(library.name for library in release.libraries),
            files=files,
            parsed=parsed,
            definitions=definitions,
        )


def _keep(kept: collections.OrderedDict[_Key, _Contents], key: _Key, contents: _Contents) -> None:
    """Keeps contents as the ones read last, and forgets the oldest."""
    kept[key] = contents
    kept.move_to_end(key)
    while len(kept) > _MOST_KEPT:
        kept.popitem(last=False)


def _newest_not_kept(workspace: str) -> NotFound:
    return NotFound(
        kind=f"Revision of workspace {workspace!r}", name="newest", hint="Its files are not kept on this server."
    )

"""Files and definitions of kept releases, for readers."""

import asyncio
import collections
from collections.abc import Iterator, Mapping

import attrs

from stroem.definitions.kinds import SECTIONS
from stroem.definitions.workspace import Definitions
from stroem.errors import BlobCorrupt, BlobMissing, NotFound
from stroem.interfaces.parsed_file import ParsedFile
from stroem.reconciler.diff.comparison import Side
from stroem.reconciler.following.dependencies import Dependencies
from stroem.reconciler.workspaces.operations import release_not_kept
from stroem.reconciler.workspaces.restoring import files_of, parsed_of
from stroem.reconciler.workspaces.workspaces import Workspaces
from stroem.records.release import FileEntry, Release
from stroem.redaction.definition_secrets import Secrets
from stroem.redaction.file_mask import FileMask
from stroem.store.workspaces import releases

_MOST_KEPT = 4


@attrs.frozen(kw_only=True, eq=False, slots=False)
class ReleaseContents:
    """A release with its `files`, sorted by path, its workflow files, and the definitions that it runs."""

    release: Release
    files: tuple[FileEntry, ...]
    parsed: Mapping[str, ParsedFile]
    definitions: Definitions

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
        )

    def find(self, path: str) -> FileEntry:
        """A file by its exact path in the list. Raises `NotFound`."""
        found = next((file for file in self.files if file.path == path), None)
        if found is None:
            raise NotFound(kind=f"File of release {self.release.number}", name=path)
        return found

    def defined_in(self, path: str) -> Iterator[tuple[str, str]]:
        """Kind and name of the definitions that a file gives."""
        parsed = self.parsed.get(path)
        if parsed is not None and parsed.definitions is not None:
            for kind, section in SECTIONS.items():
                yield from ((kind, name) for name in getattr(parsed.definitions, section))


class ContentsReader:
    """Reader of releases; those read last are kept in memory. One is read at a time."""

    def __init__(self, deps: Dependencies, workspaces: Workspaces) -> None:
        self._deps = deps
        self._workspaces = workspaces
        self._kept: collections.OrderedDict[int, ReleaseContents] = collections.OrderedDict()
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
            self._kept[release.id] = found
            self._kept.move_to_end(release.id)
            while len(self._kept) > _MOST_KEPT:
                self._kept.popitem(last=False)
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
        return ReleaseContents(release=release, files=files, parsed=parsed, definitions=definitions)

"""A library: its source, its good state, and its files as workspaces use them."""

import time
from collections.abc import Iterable, Mapping

import attrs

from stroem.definitions.library import library_of, path_in_library
from stroem.dialects.installed import InstalledDialects
from stroem.interfaces.parsed_file import ParsedFile
from stroem.interfaces.source import Snapshot
from stroem.reconciler.following.followed import Followed
from stroem.reconciler.sources.contents import KEPT_SECS
from stroem.reconciler.sources.workflow_files import workflow_files
from stroem.records.release import FileEntry, LibraryVersion
from stroem.settings.server import SourceLimitSettings
from stroem.store.workspaces.libraries import LibraryRow
from stroem.validation.checker import Validation
from stroem.validation.library import as_library

_PINNED_SECS = 3600.0


@attrs.frozen(kw_only=True, eq=False)
class UsedLibrary:
    """A library as a workspace uses it: its files at their places there, and its workflow files, by path there."""

    version: LibraryVersion
    files: tuple[FileEntry, ...]
    parsed: Mapping[str, ParsedFile]


@attrs.frozen(kw_only=True, eq=False)
class LibraryState:
    """Contents of a library at one good revision: its files, and its workflow files parsed as its own."""

    revision: str
    manifest: str
    files: tuple[FileEntry, ...]
    parsed: Mapping[str, ParsedFile]


@attrs.define(kw_only=True, eq=False)
class Library(Followed):
    """A library, shared by all workspaces whose settings for it are the same.

    `poll_secs` is the poll interval of a library that floats. `public_host` is a host that must be public before the
    source is fetched.
    """

    limits: SourceLimitSettings
    poll_secs: float
    public_host: str | None = None
    row: LibraryRow | None = None
    files: dict[str, ParsedFile] = attrs.Factory(dict)
    validation: Validation | None = None
    state: LibraryState | None = None
    placed: dict[tuple[str, str], tuple[FileEntry, ...]] = attrs.Factory(dict)
    parsed: dict[tuple[str, str], Mapping[str, ParsedFile]] = attrs.Factory(dict)

    def set_interval(self) -> None:
        """Sets the interval: a pinned library is polled hourly at most."""
        floats = self.row is None or self.row.floats or self.row.manifest is None
        self.interval = self.poll_secs if floats else max(_PINNED_SECS, self.poll_secs)

    @property
    def kept_snapshot(self) -> Snapshot | None:
        """The snapshot, if its contents are in the blob store for sure."""
        if self.kept_at is not None and time.monotonic() - self.kept_at < KEPT_SECS:
            return self.snapshot
        good = self.state is not None and self.snapshot is not None and self.state.revision == self.snapshot.revision
        return self.snapshot if good else None

    def version(self, name: str) -> LibraryVersion:
        """The library version that a release records, under a name."""
        assert self.row is not None
        assert self.row.revision is not None
        return LibraryVersion(
            name=name,
            revision=self.row.revision,
            origin=self.row.origin,
            ref=self.row.ref,
            floats=self.row.floats,
        )

    def files_as(self, name: str) -> tuple[FileEntry, ...]:
        """Its files at their places in a workspace that uses it under a name."""
        assert self.state is not None
        key = (name, self.state.manifest)
        if key not in self.placed:
            self.placed = {known: files for known, files in self.placed.items() if known[1] == self.state.manifest}
            self.placed[key] = placed(name, self.state.files)
        return self.placed[key]

    def parsed_as(self, name: str) -> Mapping[str, ParsedFile]:
        """Its workflow files as users see them, by path in their workspace; made once for all of them."""
        assert self.state is not None
        key = (name, self.state.manifest)
        if key not in self.parsed:
            self.parsed = {known: files for known, files in self.parsed.items() if known[1] == self.state.manifest}
            self.parsed[key] = parsed_as(name, self.state.parsed)
        return self.parsed[key]


def placed(name: str, files: tuple[FileEntry, ...]) -> tuple[FileEntry, ...]:
    """Files of a library at their places in a workspace."""
    return tuple(attrs.evolve(file, path=path_in_library(name, file.path)) for file in files)


def parsed_as(name: str, files: Mapping[str, ParsedFile]) -> dict[str, ParsedFile]:
    """Workflow files of a library as its users see them."""
    return {found.path: found for found in (as_library(name, file) for file in files.values())}


def split(
    files: tuple[FileEntry, ...], names: Iterable[str]
) -> tuple[tuple[FileEntry, ...], dict[str, list[FileEntry]]]:
    """The files of a release apart: the workspace's own, and those of its libraries with their own paths."""
    own: list[FileEntry] = []
    libraries: dict[str, list[FileEntry]] = {name: [] for name in names}
    if not libraries:
        return files, {}
    for file in files:
        name = library_of(file.path)
        if name is not None and name in names:
            own_path = file.path.removeprefix(f"{path_in_library(name)}/")
            libraries[name].append(attrs.evolve(file, path=own_path))
        else:
            own.append(file)
    return tuple(own), libraries


def library_workflow_files(files: tuple[FileEntry, ...], dialects: InstalledDialects) -> dict[str, FileEntry]:
    """The workflow files of a library by its own paths."""
    return workflow_files(Snapshot(revision="", files=files), dialects)

"""Interface of sources, which provide the files of a workspace at a revision."""

import asyncio
from collections.abc import AsyncIterator, Iterable, Iterator, Sequence
from pathlib import Path
from typing import ClassVar, Protocol

import attrs

from stroem.records.push import Push
from stroem.records.release import Commit, FileEntry

_BATCH_BYTES = 8 * 1024 * 1024


@attrs.frozen(kw_only=True)
class Snapshot:
    """All files of a workspace at one revision, sorted by path. Paths are relative, with `/`."""

    revision: str
    files: tuple[FileEntry, ...]
    commit: Commit | None = None


@attrs.frozen(kw_only=True)
class FetchLimits:
    """Limits of a snapshot, in files and bytes.

    Every snapshot is checked; a source may check as well, before it reads too much.
    """

    files: int = 100_000
    file_bytes: int = 64 * 1024 * 1024
    total_bytes: int = 2 * 1024 * 1024 * 1024

    def mistake_in_file(self, path: str, size: int) -> str | None:
        """The error in the size of a file; None if it is allowed."""
        if size <= self.file_bytes:
            return None
        return (
            f"{path} has {size} bytes, and {self.file_bytes} are allowed. Make it smaller, take it out, or "
            "raise `limits.file_bytes`"
        )

    def mistake_in_all(self, files: int, size: int) -> str | None:
        """The error in the number or total size of files and links; None if allowed."""
        if files > self.files:
            return (
                f"there are more than {self.files} files, which is the limit. Name a sub-directory with `path`, or "
                "raise `limits.files`"
            )
        if size > self.total_bytes:
            return (
                f"all files together have {size} bytes, and {self.total_bytes} are allowed. Name a sub-directory with "
                "`path`, or raise `limits.total_bytes`"
            )
        return None

    def check(self, snapshot: Snapshot) -> None:
        """Raises `SourceRejected` for a snapshot over the limits."""
        found = (self.mistake_in_file(file.path, file.size) for file in snapshot.files)
        mistake = next(filter(None, found), None)
        mistake = mistake or self.mistake_in_all(len(snapshot.files), sum(file.size for file in snapshot.files))
        if mistake is not None:
            raise SourceRejected(mistake, snapshot.revision)


class Source(Protocol):
    """Source of the files of a workspace or a library.

    An attrs class with this one as its base; its fields are the options beside `type:` in the settings of a workspace.
    `poll_secs` is the default interval between polls.
    """

    name: ClassVar[str]
    poll_secs: ClassVar[float] = 30

    async def fetch(self, previous: Snapshot | None, ref: str | None = None) -> Snapshot:
        """Fetches the current files, at `ref` or else at the configured ref.

        Reads only what may differ from `previous`, and returns that very object when nothing differs. Raises
        `SourceUnavailable`, `RefUnknown` when there is no such ref, `SourceRejected` when the files must not be used.
        """
        ...

    def read(self, snapshot: Snapshot, files: Sequence[FileEntry]) -> AsyncIterator[tuple[FileEntry, bytes]]:
        """Reads the contents of files of a fetched snapshot, one by one; links have none.

        Raises `SourceUnavailable` when a content no longer matches its digest.
        """
        ...

    async def changes(self) -> AsyncIterator[None]:
        """Yields when something may have changed. Optional, and may yield too often: the reconciler polls as well."""
        await asyncio.Future()
        yield

    def prepare(self, folder: Path, limits: FetchLimits) -> None:
        """Prepares the source; called once, before anything else.

        `folder` is for downloads: shared by all sources of this kind in this server, kept between starts, and created
        by the source.
        """
        return

    @property
    def origin(self) -> str:
        """The origin of the files for display, without credentials."""
        return self.name

    @property
    def ref(self) -> str | None:
        """The followed branch, tag or commit; None for sources without refs."""
        return None

    @property
    def warnings(self) -> Sequence[str]:
        """Warnings about the options, such as disabled verification."""
        return ()

    def floats(self, snapshot: Snapshot) -> bool:
        """False if the same settings always give this revision."""
        return True

    @property
    def folder_in_repository(self) -> str:
        """The folder in the repository whose files are the workspace, without slashes around; empty for all of it."""
        return ""

    def page(self, revision: str, path: str | None = None, line: int | None = None) -> str | None:
        """The web page of a revision, or of a file of the workspace in it, at a line; None if there is none."""
        return None

    def concerns(self, push: Push) -> bool:
        """True if a push may have changed the files of this source."""
        return False


class SourceUnavailable(Exception):
    """The files cannot be fetched now. The message gives the reason and the remedy, without credentials."""


class RefUnknown(SourceUnavailable):
    """There is no such branch, tag or commit. The message names it, and similar names."""


class SourceRejected(SourceUnavailable):
    """The files at `revision` break a rule, such as a commit without a trusted signature."""

    def __init__(self, message: str, revision: str) -> None:
        super().__init__(message)
        self.revision = revision


def batches(files: Iterable[FileEntry], most_files: int) -> Iterator[list[FileEntry]]:
    """Groups files for `read`: up to `most_files` and 8 MiB per batch; a larger file is alone. Links are left out."""
    batch: list[FileEntry] = []
    size = 0
    for file in files:
        if file.link is not None:
            continue
        if batch and (len(batch) >= most_files or size + file.size > _BATCH_BYTES):
            yield batch
            batch, size = [], 0
        batch.append(file)
        size += file.size
    if batch:
        yield batch

"""What says which revision a workspace is at and hands over its files."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import ClassVar, Protocol

import attrs

from stroem.records.push import Push
from stroem.records.release import Commit, FileEntry


@attrs.frozen(kw_only=True)
class Snapshot:
    """All files of a workspace at one revision, sorted by path. Paths are relative, with `/`."""

    revision: str
    files: tuple[FileEntry, ...]
    commit: Commit | None = None


@attrs.frozen(kw_only=True)
class FetchLimits:
    """How much a source may hand over; more is `SourceUnavailable`. Sizes are in bytes. All that is handed over is
    checked; a source may ask as well, before it reads what is too much.
    """

    files: int = 100_000
    file_bytes: int = 64 * 1024 * 1024
    total_bytes: int = 2 * 1024 * 1024 * 1024

    def mistake_in_file(self, path: str, size: int) -> str | None:
        """The fault in the size of a file, if any."""
        if size <= self.file_bytes:
            return None
        return (
            f"{path} has {size} bytes, and {self.file_bytes} are allowed. Make it smaller, take it out, or "
            "raise `limits.file_bytes`"
        )

    def mistake_in_all(self, files: int, size: int) -> str | None:
        """The fault in the number of files and links or in their total size, if any."""
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
        """Raises `SourceRejected` for a snapshot that holds more."""
        found = (self.mistake_in_file(file.path, file.size) for file in snapshot.files)
        mistake = next(filter(None, found), None)
        mistake = mistake or self.mistake_in_all(len(snapshot.files), sum(file.size for file in snapshot.files))
        if mistake is not None:
            raise SourceRejected(mistake, snapshot.revision)


class Source(Protocol):
    """Where the files of a workspace or a library come from. A source is an attrs class that names this one as its
    base; its fields are what the operator sets beside `type:` in the settings of a workspace.

    `poll_secs` is how often the source is looked at when the operator does not say.
    """

    name: ClassVar[str]
    poll_secs: ClassVar[float] = 30

    async def fetch(self, previous: Snapshot | None, ref: str | None = None) -> Snapshot:
        """The files as they are now, or at another `ref` than the one that is set. Looks only at what may differ
        from `previous`, and returns that very object when nothing differs.

        Raises `SourceUnavailable` when they cannot be had, `RefUnknown` when there is no such ref, `SourceRejected`
        when they can be had but must not be used.
        """
        ...

    def read(self, snapshot: Snapshot, files: Sequence[FileEntry]) -> AsyncIterator[tuple[FileEntry, bytes]]:
        """The contents of files of a snapshot that this source has handed over, one by one; links have none.
        Raises `SourceUnavailable` when a file no longer has the content that its digest names.
        """
        ...

    async def changes(self) -> AsyncIterator[None]:
        """Yields soon after something may have changed. May yield too often, never must: the reconciler also
        looks by itself at intervals.
        """
        await asyncio.Future()
        yield

    def prepare(self, folder: Path, limits: FetchLimits) -> None:
        """Called once, before anything else. `folder` is where the source may keep what it has downloaded: shared
        by all sources of this kind in this server, kept between starts, perhaps not there yet.
        """
        return

    @property
    def origin(self) -> str:
        """Where the files come from, for people: no credentials."""
        return self.name

    @property
    def ref(self) -> str | None:
        """The branch, tag or commit that is followed; None where there is no such thing."""
        return None

    @property
    def warnings(self) -> Sequence[str]:
        """What people should know about the way this source is set, like a verification that is switched off."""
        return ()

    def floats(self, snapshot: Snapshot) -> bool:
        """Whether the same settings may give another revision later."""
        return True

    def concerns(self, push: Push) -> bool:
        """Whether a push may have changed what this source hands over."""
        return False


class SourceUnavailable(Exception):
    """The files cannot be had now. The message says why and what to do; it holds no credentials."""


class RefUnknown(SourceUnavailable):
    """There is no such branch, tag or commit. The message names it, and names that are alike."""


class SourceRejected(SourceUnavailable):
    """The files are there but break a rule, like a commit without a trusted signature. `revision` is theirs."""

    def __init__(self, message: str, revision: str) -> None:
        super().__init__(message)
        self.revision = revision

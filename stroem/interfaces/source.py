"""What says which revision a workspace is at and hands over its files."""

from collections.abc import AsyncIterator, Sequence
from typing import ClassVar, Protocol

import attrs

from stroem.definitions.release import FileEntry


@attrs.frozen(kw_only=True)
class Snapshot:
    """All files of a workspace at one revision, sorted by path. Paths are relative, with `/`."""

    revision: str
    files: tuple[FileEntry, ...]


class Source(Protocol):
    """Where the files of a workspace come from. A source is an attrs class; its fields are what the operator
    sets beside `type:` in the settings of a workspace.
    """

    name: ClassVar[str]

    async def fetch(self, previous: Snapshot | None) -> Snapshot:
        """The files as they are now. Looks only at what may differ from `previous`.

        Raises `SourceUnavailable` when they cannot be had.
        """
        ...

    def read(self, files: Sequence[FileEntry]) -> AsyncIterator[tuple[FileEntry, bytes]]:
        """The contents of files of the last snapshot, one by one. Raises `SourceUnavailable` when a file
        no longer has the content that its digest names.
        """
        ...

    def changes(self) -> AsyncIterator[None]:
        """Yields soon after something may have changed. May yield too often, never must: the reconciler also
        looks by itself at intervals.
        """
        ...


class SourceUnavailable(Exception):
    """The files cannot be had now. The message says why and what to do; it holds no credentials."""

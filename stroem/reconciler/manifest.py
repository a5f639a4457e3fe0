"""The list of a release's files as bytes; equal lists give equal bytes."""

from collections.abc import Iterable

import orjson

from stroem.definitions.release import FileEntry


def to_bytes(files: Iterable[FileEntry]) -> bytes:
    """Canonical JSON of files that are sorted by path."""
    rows = [(file.path, file.digest, file.size, file.mode, file.link) for file in files]
    return orjson.dumps(rows)


def from_bytes(data: bytes) -> tuple[FileEntry, ...]:
    """The files that `to_bytes` wrote."""
    return tuple(
        FileEntry(path=path, digest=digest, size=size, mode=mode, link=link)
        for path, digest, size, mode, link in orjson.loads(data)
    )

"""The list of a release's files as bytes; equal lists give equal bytes."""

from collections.abc import Iterable

import orjson

from stroem.records.release import FileEntry


class UnsafePath(Exception):
    """A list of files that cannot be unpacked as it is. The message names the path and what is wrong with it."""


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


def digests(data: bytes) -> set[str]:
    """The contents that `to_bytes` wrote of: the digests of all files that are not links."""
    return {digest for _, digest, _, _, link in orjson.loads(data) if link is None}


def check_paths(files: Iterable[FileEntry]) -> None:
    """Raises `UnsafePath` for paths that are absolute, lead upwards, are duplicates, or are below a file or link."""
    folders: set[str] = set()
    leaves: set[str] = set()
    for file in files:
        _check_path(file.path)
        if file.path in leaves:
            raise UnsafePath(f"{file.path!r} stands twice")
        leaves.add(file.path)
        folder = file.path.rpartition("/")[0]
        while folder and folder not in folders:
            folders.add(folder)
            folder = folder.rpartition("/")[0]
    if both := leaves & folders:
        raise UnsafePath(f"{min(both)!r} is a file or a link, and there are files below it")


def _check_path(path: str) -> None:
    if path.startswith("/"):
        raise UnsafePath(f"{path!r} does not start at the workspace's folder")
    if not {"", ".", ".."}.isdisjoint(path.split("/")) or "\0" in path:
        raise UnsafePath(f"{path!r} is not the plain path of a file")

"""Differences of two trees, with sizes and digests of contents, within limits."""

import hashlib
import threading
from typing import Any

import attrs
import pygit2
from cachetools import LRUCache

from stroem.interfaces.source import FetchLimits
from stroem_git.errors import Failure
from stroem_git.requests import FetchRequest
from stroem_git.tree import FOLDER, LINK, SUBMODULE, BadName, Difference, Node, TooMany, Trees

_LFS_START = b"version https://git-lfs.github.com/spec/"
_LFS_BYTES = 1024
_LINK_BYTES = 4096
_KNOWN = 50_000


class Digests:
    """SHA-256 and size of blobs that were read, the newest of them; and which are pointers of LFS."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._known: LRUCache[str, tuple[int, str, bool]] = LRUCache(_KNOWN)

    def of(self, repository: pygit2.Repository, oid: str) -> tuple[int, str, bool]:
        """Size in bytes, SHA-256 in hex, and whether it is a pointer."""
        with self._lock:
            known = self._known.get(oid)
        if known is None:
            _, data = repository.odb.read(pygit2.Oid(hex=oid))
            pointer = len(data) <= _LFS_BYTES and data.startswith(_LFS_START)
            known = len(data), hashlib.sha256(data).hexdigest(), pointer
        with self._lock:
            self._known[oid] = known
        return known


@attrs.frozen(kw_only=True)
class Contents:
    """For a frame: `files` as (path, mode, size, digest), `links` as (path, target)."""

    files: list[tuple[str, int, int, str]] = attrs.Factory(list)
    links: list[tuple[str, str]] = attrs.Factory(list)
    removed: list[str] = attrs.Factory(list)
    submodules: list[str] = attrs.Factory(list)
    pointers: list[str] = attrs.Factory(list)

    def to_dict(self) -> dict[str, Any]:
        """Plain data."""
        return attrs.asdict(self, recurse=False)


def read_contents(
    repository: pygit2.Repository,
    old: str | None,
    new: str | None,
    request: FetchRequest,
    revision: str,
    digests: Digests,
) -> Contents:
    """The entries of the tree `new` that `old` lacks. Raises `Failure` for names that must not be and for limits."""
    trees = Trees(repository, request.files * 4 + 10_000)
    try:
        changes = _within_limits(repository, trees, old, new, request, revision)
    except BadName as error:
        raise Failure(str(error), "rejected", revision) from None
    except TooMany:
        raise Failure(str(_limits(request).mistake_in_all(request.files + 1, 0)), "rejected", revision) from None
    found = Contents()
    for path, _, node in changes:
        _add(repository, found, path, node, revision, digests)
    return found


def _within_limits(
    repository: pygit2.Repository, trees: Trees, old: str | None, new: str | None, request: FetchRequest, revision: str
) -> list[Difference]:
    """All differences, checked against limits on number and size before any content is read."""
    changes: list[Difference] = []
    limits = _limits(request)
    files, total = request.base_files, request.base_bytes
    for change in trees.differences(old, new):
        path, was, now = change
        was_size, now_size = _size(repository, was), _size(repository, now)
        files += _counts(now) - _counts(was)
        total += now_size - was_size
        if len(changes) > 2 * request.files:
            raise TooMany
        if mistake := limits.mistake_in_file(path, now_size):
            raise Failure(mistake, "rejected", revision)
        changes.append(change)
    if mistake := limits.mistake_in_all(files, total):
        raise Failure(mistake, "rejected", revision)
    return sorted(changes, key=lambda change: change[0])


def _limits(request: FetchRequest) -> FetchLimits:
    return FetchLimits(files=request.files, file_bytes=request.file_bytes, total_bytes=request.total_bytes)


def _counts(node: Node | None) -> int:
    return 0 if node is None or node.kind == SUBMODULE else 1


def _size(repository: pygit2.Repository, node: Node | None) -> int:
    if node is None or node.kind in (SUBMODULE, FOLDER, LINK):
        return 0
    size: int = repository.odb.read_header(pygit2.Oid(hex=node.oid))[1]
    return size


def _add(
    repository: pygit2.Repository, found: Contents, path: str, node: Node | None, revision: str, digests: Digests
) -> None:
    if node is None:
        found.removed.append(path)
    elif node.kind == SUBMODULE:
        found.removed.append(path)
        found.submodules.append(path)
    elif node.kind == LINK:
        found.links.append((path, _target(repository, path, node, revision)))
    else:
        size, digest, pointer = digests.of(repository, node.oid)
        found.files.append((path, 0o755 if node.executable else 0o644, size, digest))
        if pointer:
            found.pointers.append(path)


def _target(repository: pygit2.Repository, path: str, node: Node, revision: str) -> str:
    oid = pygit2.Oid(hex=node.oid)
    size = repository.odb.read_header(oid)[1]
    if not 0 < size <= _LINK_BYTES:
        raise Failure(f"the symbolic link {path} has a target of {size} bytes. Make it anew", "rejected", revision)
    data: bytes = repository.odb.read(oid)[1]
    try:
        target = data.decode()
    except UnicodeDecodeError:
        target = "\0"
    if "\0" in target:
        raise Failure(f"the target of the symbolic link {path} is not UTF-8. Make it anew", "rejected", revision)
    return target

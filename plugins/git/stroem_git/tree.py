"""Trees of git, read without trusting them, and how two of them differ."""

from collections.abc import Iterator, Mapping

import attrs
import pygit2
from pygit2.enums import ObjectType

from stroem_git.errors import CloneBroken

FOLDER, LINK, SUBMODULE = 0o040000, 0o120000, 0o160000
_EXECUTABLE = 0o100
_KIND = 0o170000
_FILE = 0o100000
_DEEPEST = 64
_MOST_LOOKED_INTO = 1000
_LONGEST_NAME = 255
_LONGEST_PATH = 4000


class BadName(Exception):
    """A name in a tree that must not get onto a disk."""


class TooMany(Exception):
    """A tree with more entries than are allowed."""


@attrs.frozen
class Node:
    """An entry of a tree; `oid` is 40 hex digits."""

    mode: int
    oid: str

    @property
    def kind(self) -> int:
        """FOLDER, LINK, SUBMODULE, or that of a file."""
        return self.mode & _KIND

    @property
    def executable(self) -> bool:
        return bool(self.mode & _EXECUTABLE)


Difference = tuple[str, Node | None, Node | None]


class Trees:
    """Reads the trees of a repository; at most `most` entries in its life."""

    def __init__(self, repository: pygit2.Repository, most: int) -> None:
        self._odb = repository.odb
        self._left = most
        self._looked_into: dict[str, Mapping[bytes, Node]] = {}

    def below(self, root: str, path: str) -> str | None:
        """The tree at a path, None when there is no folder."""
        found = root
        for name in filter(None, path.split("/")):
            node = self._look_into(found).get(name.encode())
            if node is None or node.kind != FOLDER:
                return None
            found = node.oid
        return found

    def node(self, root: str, path: str) -> Node | None:
        """The entry at a path."""
        folder, _, name = path.rpartition("/")
        tree = self.below(root, folder)
        return self._look_into(tree).get(name.encode()) if tree else None

    def differences(self, old: str | None, new: str | None, above: str = "") -> Iterator[Difference]:
        """All entries but folders that are not the same in two trees, each with its path.

        Raises `BadName` for names in the new tree, and `TooMany`.
        """
        before = self._read(old, "") if old else {}
        after = self._read(new, above) if new else {}
        for raw in before.keys() | after.keys():
            was, now = before.get(raw), after.get(raw)
            if was == now:
                continue
            path = above + raw.decode()
            was_tree, was_leaf = _split(was)
            now_tree, now_leaf = _split(now)
            if was_tree or now_tree:
                yield from self.differences(was_tree, now_tree, path + "/")
            if was_leaf or now_leaf:
                yield path, was_leaf, now_leaf

    def _look_into(self, oid: str) -> Mapping[bytes, Node]:
        """A tree that will be asked for again."""
        known = self._looked_into.get(oid)
        if known is None:
            if len(self._looked_into) >= _MOST_LOOKED_INTO:
                self._looked_into.clear()
            known = self._looked_into[oid] = self._read(oid, "")
        return known

    def _read(self, oid: str, above: str) -> Mapping[bytes, Node]:
        if above.count("/") > _DEEPEST:
            raise BadName(f"{above} is more than {_DEEPEST} folders deep. Move it up")
        kind, data = self._odb.read(oid)
        if kind != ObjectType.TREE:
            raise CloneBroken(f"{oid} is not a tree")
        found: dict[bytes, Node] = {}
        for name, node in tree_entries(data):
            self._left -= 1
            if self._left < 0:
                raise TooMany
            _check(name, node, found, above)
            found[name] = node
        return found


def _split(node: Node | None) -> tuple[str | None, Node | None]:
    if node is None:
        return None, None
    return (node.oid, None) if node.kind == FOLDER else (None, node)


def tree_entries(data: bytes) -> Iterator[tuple[bytes, Node]]:
    """The entries of a raw tree. Raises `CloneBroken`."""
    at = 0
    try:
        while at < len(data):
            space = data.index(b" ", at)
            end = data.index(b"\0", space)
            oid = data[end + 1 : end + 21].hex()
            if len(oid) != 40:
                raise CloneBroken("a tree ends in the middle of an entry")
            yield data[space + 1 : end], Node(int(data[at:space], 8), oid)
            at = end + 21
    except ValueError:
        raise CloneBroken("a tree cannot be read") from None


def _check(name: bytes, node: Node, found: Mapping[bytes, Node], above: str) -> None:
    text = name.decode(errors="backslashreplace")
    where = repr(above + text)
    try:
        name.decode()
    except UnicodeDecodeError:
        raise BadName(f"the name of '{above}{text}' is not UTF-8. Rename it") from None
    if name in (b"", b".", b"..") or b"/" in name:
        raise BadName(f"the name of {where} leads out of its folder. Such a commit is broken or malicious")
    if text.lower() == ".git":
        raise BadName(f"the name of {where} is git's own. Such a commit is broken or malicious")
    if name in found:
        raise BadName(f"{where} is there twice. Such a commit is broken or malicious")
    if len(name) > _LONGEST_NAME or len(above) + len(name) > _LONGEST_PATH:
        raise BadName(f"the name of {where[:80]}… is too long for a disk. Shorten it")
    if node.kind not in (FOLDER, LINK, SUBMODULE, _FILE):
        raise BadName(f"{where} is neither a file, a link nor a folder (mode {node.mode:o})")

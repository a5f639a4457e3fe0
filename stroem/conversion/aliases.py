"""Sizes of aliased values in YAML, counted without following an alias twice."""

from yaml.nodes import Node, ScalarNode

MAX_REPEATED = 100_000

_CHARACTERS = 100


class Repeats(Exception):
    """Aliases repeat too much. `node` is the alias; `endless` if it contains itself."""

    def __init__(self, node: Node, *, endless: bool) -> None:
        why = "an alias of itself" if endless else f"more than {MAX_REPEATED:,} values that aliases repeat"
        super().__init__(why)
        self.node = node
        self.endless = endless


def count_repeated(root: Node) -> int:
    """The number of values that aliases in a document stand for; a long text counts one more for each 100 characters.

    Raises `Repeats` when they are more than 100,000, or without end.
    """
    aliases = _Aliases()
    aliases.size(root)
    return aliases.repeated


class _Aliases:
    def __init__(self) -> None:
        self.repeated = 0
        self._sizes: dict[int, int | None] = {}

    def size(self, node: Node) -> int:
        """The number of values in a node, all aliases followed."""
        if id(node) in self._sizes:
            return self._again(node, self._sizes[id(node)])
        if isinstance(node, ScalarNode):
            size = 1 + len(node.value) // _CHARACTERS
        else:
            self._sizes[id(node)] = None
            size = 1
            for entry in node.value:
                size += sum(map(self.size, entry)) if isinstance(entry, tuple) else self.size(entry)
        self._sizes[id(node)] = size
        return size

    def _again(self, node: Node, size: int | None) -> int:
        if size is None:
            raise Repeats(node, endless=True)
        self.repeated += size
        if self.repeated > MAX_REPEATED:
            raise Repeats(node, endless=False)
        return size

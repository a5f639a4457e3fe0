"""How much all workflow files of a workspace may hold together."""

import attrs
from yaml.nodes import Node, ScalarNode

from stroem.dialects.document import Cost
from stroem.dialects.yaml_reader import Unreadable

MAX_TOTAL_BYTES = 32 * 1024 * 1024
MAX_TOTAL_VALUES = 1_000_000
MAX_REPEATED = 100_000

_CHARACTERS = 100


class OverAllowance(Unreadable):
    """A file that alone could be read, and does not fit beside the others."""


@attrs.define(kw_only=True)
class Allowance:
    """What is left for the files of one workspace. `repeated` are values that aliases stand for, a long text counts
    one more for each 100 characters.
    """

    bytes: int = MAX_TOTAL_BYTES
    values: int = MAX_TOTAL_VALUES
    repeated: int = MAX_REPEATED

    def take(self, cost: Cost) -> None:
        """Counts a file. Raises `OverAllowance`, and counts nothing, when it does not fit."""
        for what, left, most, needed in (
            ("bytes", self.bytes, MAX_TOTAL_BYTES, cost.bytes),
            ("values", self.values, MAX_TOTAL_VALUES, cost.values),
            ("values repeated by aliases", self.repeated, MAX_REPEATED, cost.repeated),
        ):
            if needed > left:
                raise OverAllowance(
                    "too-large",
                    f"all workflow files of the workspace together hold more than {most:,} {what}",
                    hint="make them smaller, or move some into another workspace",
                )
        self.bytes -= cost.bytes
        self.values -= cost.values
        self.repeated -= cost.repeated


def check_aliases(root: Node | None, text: str) -> int:
    """The number of values that aliases in a document stand for. Raises `Unreadable` when they are too many."""
    if root is None or "&" not in text or "*" not in text:
        return 0
    walk = _Aliases()
    walk.size(root)
    return walk.repeated


class _Aliases:
    """Counts what aliases stand for without following any twice."""

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
        place = node.start_mark.line + 1, node.start_mark.column + 1
        if size is None:
            raise Unreadable("too-deep", "the file holds an alias of itself", *place)
        self.repeated += size
        if self.repeated > MAX_REPEATED:
            message = f"the file holds more than {MAX_REPEATED:,} values that aliases repeat"
            raise Unreadable("too-many-values", message, *place, "write what is repeated into an action or a library")
        return size

"""How much all workflow files of a workspace may hold together."""

import attrs
from yaml.nodes import Node

from stroem.conversion.aliases import MAX_REPEATED, Repeats, count_repeated
from stroem.conversion.yaml import Unreadable
from stroem.dialects.parsed_file import Cost

MAX_TOTAL_BYTES = 32 * 1024 * 1024
MAX_TOTAL_VALUES = 1_000_000

_REPEATED_HINT = "write what is repeated into an action or a library"


class OverAllowance(Unreadable):
    """A file that alone could be read, and does not fit beside the others."""


@attrs.define(kw_only=True)
class Allowance:
    """The remaining bounds of one workspace's files. `repeated` are values that aliases stand for, a long text counts
    one more for each 100 characters.
    """

    bytes: int = MAX_TOTAL_BYTES
    values: int = MAX_TOTAL_VALUES
    repeated: int = MAX_REPEATED

    def take(self, cost: Cost) -> None:
        """Counts a file. Raises `OverAllowance`, and counts nothing, when it does not fit."""
        left = self.bytes - cost.bytes, self.values - cost.values, self.repeated - cost.repeated
        if min(left) < 0:
            raise self._over(left)
        self.bytes, self.values, self.repeated = left

    def _over(self, left: tuple[int, ...]) -> OverAllowance:
        limits = (
            ("bytes", MAX_TOTAL_BYTES),
            ("values", MAX_TOTAL_VALUES),
            ("values repeated by aliases", MAX_REPEATED),
        )
        what, most = next(limit for rest, limit in zip(left, limits, strict=True) if rest < 0)
        return OverAllowance(
            "too-large",
            f"all workflow files of the workspace together hold more than {most:,} {what}",
            hint="make them smaller, or move some into another workspace",
        )


def check_aliases(root: Node | None, text: str) -> int:
    """The number of values that aliases in a document stand for. Raises `Unreadable` when they are too many."""
    if root is None or "&" not in text or "*" not in text:
        return 0
    try:
        return count_repeated(root)
    except Repeats as error:
        code, hint = ("too-deep", None) if error.endless else ("too-many-values", _REPEATED_HINT)
        mark = error.node.start_mark
        raise Unreadable(code, f"the file holds {error}", mark.line + 1, mark.column + 1, hint) from None

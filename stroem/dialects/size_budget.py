"""Size budget shared by all workflow files of a workspace."""

import attrs

from stroem.conversion.aliases import MAX_REPEATED
from stroem.conversion.problem_places import unreadable_problem
from stroem.conversion.yaml import Unreadable
from stroem.definitions.kinds import KINDS
from stroem.interfaces.parsed_file import Cost, ParsedFile

MAX_TOTAL_BYTES = 32 * 1024 * 1024
MAX_TOTAL_VALUES = 1_000_000


class OverAllowance(Unreadable):
    """A readable file that does not fit beside the other files."""


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


def crowded(file: ParsedFile, error: OverAllowance) -> ParsedFile:
    """A file that does not fit: without its definitions, which count as broken, and with the reason."""
    names = {(section, name) for section in KINDS for name in getattr(file.definitions, section, ())}
    return attrs.evolve(
        file,
        definitions=None,
        problems=(unreadable_problem(file.path, error),),
        broken=file.broken | names,
        crowded=True,
    )

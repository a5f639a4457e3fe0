"""Parsed workflow files."""

from collections.abc import Mapping, Sequence

import attrs

from stroem.definitions.values import Path
from stroem.definitions.workspace import Definitions
from stroem.records.problem import Problem

GivenScalars = Mapping[tuple[str, str], Mapping[Path, Sequence[tuple[Path, str]]]]
"""Texts of scalars with their paths, by section and name of a definition and path of the giver inside it."""


@attrs.frozen(kw_only=True)
class Cost:
    """The size of a file: bytes, values with all aliases followed, and repeated values alone."""

    bytes: int = 0
    values: int = 0
    repeated: int = 0


@attrs.frozen(kw_only=True, eq=False)
class ParsedFile:
    """The definitions of one file.

    `definitions` holds every valid entry, inline actions hoisted; it is None for a file that cannot be parsed.
    `broken` are the (section, name) pairs with mistakes: references to them are no further mistakes. `scalars` has the
    texts of unquoted numbers, true and false that the file gives to fields declared elsewhere.

    A dialect leaves out `digest`, the SHA-256 (hex) of the file's bytes, the bytes of `cost`, and `crowded`: the file
    was not read because of the size of other files.
    """

    path: str
    digest: str = ""
    definitions: Definitions | None
    problems: tuple[Problem, ...] = ()
    broken: frozenset[tuple[str, str]] = frozenset()
    cost: Cost = Cost()
    crowded: bool = False
    scalars: GivenScalars = attrs.Factory(dict)

    def is_current(self, digest: str) -> bool:
        """Whether it need not be read again for bytes of this digest."""
        return self.digest == digest and not self.crowded

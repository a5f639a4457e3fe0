"""One file of a workspace, read."""

from collections.abc import Mapping, Sequence

import attrs

from stroem.conversion.mistake import Path
from stroem.definitions.workspace import Definitions
from stroem.records.problem import Problem

ENCRYPTED_ENDINGS = (".sops.yaml", ".sops.yml")
GivenScalars = Mapping[tuple[str, str], Mapping[Path, Sequence[tuple[Path, str]]]]
"""By kind and name of a definition, and the way inside it to what gives values: the place and text of each."""


@attrs.frozen(kw_only=True)
class Cost:
    """The size of a file: its bytes, the values in it with all aliases followed, and those that aliases repeat."""

    bytes: int = 0
    values: int = 0
    repeated: int = 0


@attrs.frozen(kw_only=True, eq=False)
class ParsedFile:
    """What one file defines. `digest` is the SHA-256 (hex) of its bytes.

    `definitions` holds every entry that could be understood, inline actions hoisted; it is None when the file
    is no YAML at all. `broken` are the (kind, name) pairs that are there but have mistakes, so that references
    to them are no further mistakes. `crowded` says that it was not read because of the size of other files.
    `scalars` has the text of the unquoted numbers, true and false that the file gives to fields whose type stands
    elsewhere.
    """

    path: str
    digest: str
    definitions: Definitions | None
    problems: tuple[Problem, ...] = ()
    broken: frozenset[tuple[str, str]] = frozenset()
    cost: Cost = Cost()
    crowded: bool = False
    scalars: GivenScalars = attrs.Factory(dict)

    def is_current(self, digest: str) -> bool:
        """Whether it need not be read again for bytes of this digest."""
        return self.digest == digest and not self.crowded

"""One file of a workspace, read."""

import attrs

from stroem.definitions.problem import Problem
from stroem.definitions.workspace import Definitions

ENCRYPTED_ENDINGS = (".sops.yaml", ".sops.yml")


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
    """

    path: str
    digest: str
    definitions: Definitions | None
    problems: tuple[Problem, ...] = ()
    broken: frozenset[tuple[str, str]] = frozenset()
    cost: Cost = Cost()
    crowded: bool = False

    def is_current(self, digest: str) -> bool:
        """Whether it need not be read again for bytes of this digest."""
        return self.digest == digest and not self.crowded

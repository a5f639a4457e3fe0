"""One file of a workspace, read."""

import attrs

from stroem.definitions.problem import Problem
from stroem.definitions.workspace import Definitions

ENCRYPTED_ENDINGS = (".sops.yaml", ".sops.yml")


@attrs.frozen(kw_only=True, eq=False)
class ParsedFile:
    """What one file defines. `digest` is the SHA-256 (hex) of its bytes.

    `definitions` holds every entry that could be understood, inline actions hoisted; it is None when the file
    is no YAML at all. `broken` are the (kind, name) pairs that are there but have mistakes, so that references
    to them are no further mistakes.
    """

    path: str
    digest: str
    definitions: Definitions | None
    problems: tuple[Problem, ...] = ()
    broken: frozenset[tuple[str, str]] = frozenset()

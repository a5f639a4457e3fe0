"""A mistake before it has a place in a file."""

from collections.abc import Collection
from typing import Literal

import attrs

Path = tuple[str | int, ...]


@attrs.frozen(kw_only=True)
class Near:
    """A name that is not there, and where the right one may be: among `names`, or among all of a `kind`."""

    name: str
    names: Collection[str] = ()
    kind: str | None = None


@attrs.frozen(kw_only=True)
class Mistake:
    """What is wrong at a path of a document.

    Its place is that of the value; of the key when `at_key`; of the list's entry that equals `entry`; of what
    the regular expression `needle` finds in the value's text; or of `offset` (1-based line and column in that text).
    """

    code: str
    message: str
    path: Path
    hint: str | None = None
    near: Near | None = None
    at_key: bool = False
    entry: str | None = None
    needle: str | None = None
    offset: tuple[int, int] | None = None
    severity: Literal["error", "warning"] = "error"


def path_text(path: Path) -> str:
    """`tasks.deploy.flow.build.depends_on[0]`."""
    text = ""
    for part in path:
        text += f"[{part}]" if isinstance(part, int) else f".{part}" if text else part
    return text

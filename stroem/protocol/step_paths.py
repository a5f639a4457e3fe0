"""Names of steps on the wire: paths from the top of the job, and attempts in names for older workers.

    build              a written name is its own path, also with dots: `build.x86`
    check~2            the second visit of a node
    deploy[3]          the item 3 of a loop
    deploy[3].test     a step inside
    deploy[3].host[2]  the item 2 of the loop `host`, which is itself the body of the loop `deploy`
    setup~.test        a step inside a block; `~` separates where neither a visit nor an item precedes the dot
    build~a2           the second attempt, as older workers know it

Written step names contain none of `[`, `]` and `~`, so no written name equals another path.
"""

import re
from collections.abc import Sequence

import attrs

_NUMBER = r"[1-9][0-9]+|[2-9]"
_PART = re.compile(rf"(?P<name>[^\[\]~]+)(?:~(?P<visit>{_NUMBER}))?(?:\[(?P<item>0|[1-9][0-9]*)\])?")
_ATTEMPT = re.compile(rf"(?P<path>.*)~a(?P<attempt>{_NUMBER})", re.DOTALL)


@attrs.frozen(kw_only=True)
class PathPart:
    """A node in a path: its written name, the number of the visit from 1, and the item of a loop from 0."""

    name: str
    visit: int = 1
    item: int | None = None

    def __str__(self) -> str:
        visit = "" if self.visit == 1 else f"~{self.visit}"
        return f"{self.name}{visit}" if self.item is None else f"{self.name}{visit}[{self.item}]"

    @property
    def separator(self) -> str:
        """The text between this part and the next."""
        return "~." if self.visit == 1 and self.item is None else "."


def path_of(parts: Sequence[PathPart]) -> str:
    """The path of a step: its parts from the top of the job. Different addresses have different paths."""
    return "".join(f"{part}{part.separator}" for part in parts[:-1]) + str(parts[-1])


def iteration(loop: Sequence[PathPart], name: str, item: int) -> tuple[PathPart, ...]:
    """The path of an iteration of the loop called `name`. `loop` is the path of the loop."""
    if loop[-1].item is None:
        return (*loop[:-1], attrs.evolve(loop[-1], item=item))
    return (*loop, PathPart(name=name, item=item))


def parse(path: str) -> tuple[PathPart, ...]:
    """The parts of a path. Raises `ValueError` for a text that `path_of` does not return."""
    parts: list[PathPart] = []
    at = 0
    while (found := _PART.match(path, at)) is not None:
        item = found["item"]
        part = PathPart(name=found["name"], visit=int(found["visit"] or 1), item=None if item is None else int(item))
        parts.append(part)
        at = found.end()
        if at == len(path):
            return tuple(parts)
        if not path.startswith(part.separator, at):
            break
        at += len(part.separator)
    raise ValueError(f"{path!r} is not the path of a step")


def attempt_name(path: str, attempt: int) -> str:
    """The name of an attempt for an older worker: the first has the path of its step."""
    return path if attempt == 1 else f"{path}~a{attempt}"


def split_attempt(name: str) -> tuple[str, int]:
    """The path and the attempt in a name that an older worker sends."""
    found = _ATTEMPT.fullmatch(name)
    return (name, 1) if found is None else (found["path"], int(found["attempt"]))

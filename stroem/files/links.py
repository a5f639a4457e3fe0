"""Symbolic links among the files of a workspace."""

import enum
from collections.abc import Mapping

from stroem.records.release import FileEntry

_MOST_LINKS = 40


class LinkFault(enum.Enum):
    """The reason why a link leads to no place inside the workspace."""

    OUT = "out of the workspace"
    CIRCLE = "in a circle"


def target(path: str, files: Mapping[str, FileEntry]) -> FileEntry | None:
    """The entry that a path leads to, links followed; None for a link out of the workspace, to nothing, or in a
    circle.
    """
    entry = files[path]
    if entry.link is None:
        return entry
    found = followed(path, files)
    return files.get(found) if isinstance(found, str) else None


def followed(path: str, files: Mapping[str, FileEntry]) -> str | LinkFault:
    """The path that a path leads to, links followed; there may be no file."""
    ahead, behind, links = path.split("/")[::-1], list[str](), 0
    while ahead:
        part = ahead.pop()
        if part == ".." and not behind:
            return LinkFault.OUT
        if part == "..":
            behind.pop()
        elif part not in ("", "."):
            behind.append(part)
            here = files.get("/".join(behind))
            if here is not None and here.link is not None:
                links += 1
                if here.link.startswith("/"):
                    return LinkFault.OUT
                if links > _MOST_LINKS:
                    return LinkFault.CIRCLE
                behind.pop()
                ahead += here.link.split("/")[::-1]
    return "/".join(behind)

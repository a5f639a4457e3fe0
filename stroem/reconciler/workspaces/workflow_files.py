"""Which files of a snapshot hold definitions, and whose content that is."""

import enum
from collections.abc import Mapping

from stroem.dialects.stroem_yaml import dialect
from stroem.interfaces.source import Snapshot
from stroem.records.release import FileEntry

_MOST_LINKS = 40


class LinkFault(enum.Enum):
    """Why a link leads to no place inside the workspace."""

    OUT = "out of the workspace"
    CIRCLE = "in a circle"


def workflow_files(snapshot: Snapshot) -> dict[str, FileEntry]:
    """The workflow files by path, each with the entry of its content: for a link, that of the file which it
    leads to inside the workspace. Links that lead elsewhere are left out.
    """
    files = {file.path: file for file in snapshot.files}
    found = ((path, target(path, files)) for path in dialect.workflow_files(files))
    return {path: entry for path, entry in found if entry is not None}


def target(path: str, files: Mapping[str, FileEntry]) -> FileEntry | None:
    """The file that a path means when links are followed inside the workspace; None when they lead out of it,
    to nothing, or in a circle.
    """
    entry = files[path]
    if entry.link is None:
        return entry
    found = followed(path, files)
    return files.get(found) if isinstance(found, str) else None


def followed(path: str, files: Mapping[str, FileEntry]) -> str | LinkFault:
    """The path to which a path leads when links are followed inside the workspace; perhaps nothing is there."""
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

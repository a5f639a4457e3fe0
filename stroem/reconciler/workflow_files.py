"""Which files of a snapshot hold definitions, and whose content that is."""

from collections.abc import Iterator, Mapping

from stroem.definitions.problem import Problem
from stroem.definitions.release import FileEntry
from stroem.dialects import yaml_dialect
from stroem.interfaces.source import Snapshot

_MOST_LINKS = 40


def workflow_files(snapshot: Snapshot) -> dict[str, FileEntry]:
    """The workflow files by path, each with the entry of its content: for a link, that of the file which it
    leads to inside the workspace. Links that lead elsewhere are left out.
    """
    files = {file.path: file for file in snapshot.files}
    found = ((path, target(path, files)) for path in yaml_dialect.workflow_files(files))
    return {path: entry for path, entry in found if entry is not None}


def link_problems(snapshot: Snapshot) -> Iterator[Problem]:
    """A warning for each workflow file that is a link to nothing inside the workspace."""
    links = [file.path for file in snapshot.files if file.link is not None]
    if not links:
        return
    files = {file.path: file for file in snapshot.files}
    wanted = set(yaml_dialect.workflow_files(files))
    for path in links:
        if path in wanted and target(path, files) is None:
            yield Problem(
                code="link",
                message=f"this link leads to no file of the workspace ({files[path].link})",
                file=path,
                hint="put the file in its place",
                severity="warning",
            )


def target(path: str, files: Mapping[str, FileEntry]) -> FileEntry | None:
    """The file that a path means when links are followed inside the workspace; None when they lead out of it,
    to nothing, or in a circle.
    """
    entry = files[path]
    if entry.link is None:
        return entry
    ahead, behind, links = path.split("/")[::-1], list[str](), 0
    while ahead:
        part = ahead.pop()
        if part == ".." and not behind:
            return None
        if part == "..":
            behind.pop()
        elif part not in ("", "."):
            behind.append(part)
            here = files.get("/".join(behind))
            if here is not None and here.link is not None:
                links += 1
                if here.link.startswith("/") or links > _MOST_LINKS:
                    return None
                behind.pop()
                ahead += here.link.split("/")[::-1]
    return files.get("/".join(behind))

"""Links of a workspace that do not lead to a place inside it, as warnings."""

import itertools
from collections.abc import Iterator, Mapping

from stroem.dialects.installed import InstalledDialects
from stroem.files.links import LinkFault, followed, target
from stroem.interfaces.source import Snapshot
from stroem.records.problem import Problem
from stroem.records.release import FileEntry

_MOST_SHOWN = 100
_LONGEST_TARGET = 200


def link_problems(snapshot: Snapshot, dialects: InstalledDialects) -> tuple[Problem, ...]:
    """A warning for each link that leads out of the workspace, to nothing or in a circle, and for each workflow file
    that is a link to no file; the first hundred, and one that counts the rest.
    """
    links = [file.path for file in snapshot.files if file.link is not None]
    if not links:
        return ()
    files = {file.path: file for file in snapshot.files}
    found = _problems(links, files, dialects)
    shown = tuple(itertools.islice(found, _MOST_SHOWN))
    rest = list(found)
    if not rest:
        return shown
    message = f"{len(rest):,} more links lead to nothing inside the workspace"
    return (*shown, _warning(rest[0].file, message, "put files in their places"))


def _problems(links: list[str], files: Mapping[str, FileEntry], dialects: InstalledDialects) -> Iterator[Problem]:
    folders = {"", *itertools.chain.from_iterable(map(_folders, files))}
    workflows = set(dialects.workflow_files(files))
    for path in links:
        written = str(files[path].link)
        shown = written if len(written) <= _LONGEST_TARGET else f"{written[:_LONGEST_TARGET]}…"
        place = followed(path, files)
        if path in workflows:
            if target(path, files) is None:
                message = f"this link leads to no file of the workspace ({shown})"
                yield _warning(path, message, "put the file in its place")
        elif place is LinkFault.OUT:
            message = f"this link leads out of the workspace ({shown}), so steps do not have it"
            yield _warning(path, message, "put what it leads to in its place")
        elif place is LinkFault.CIRCLE:
            yield _warning(path, f"this link leads in a circle ({shown})", "remove it, or let it lead to a file")
        elif place not in files and place not in folders:
            message = f"this link leads to nothing in the workspace ({shown})"
            yield _warning(path, message, "remove it, or put the file there")


def _folders(path: str) -> Iterator[str]:
    """The folders above a path."""
    while path := path.rpartition("/")[0]:
        yield path


def _warning(path: str, message: str, hint: str) -> Problem:
    return Problem(code="link", message=message, file=path, hint=hint, severity="warning")

"""Walk of a folder that never follows links out of it or into circles."""

import fnmatch
import os
import re
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from stroem.interfaces.source import SourceUnavailable

IGNORED = (
    ".git",
    ".hg",
    ".svn",
    ".stroem",
    "__pycache__",
    ".DS_Store",
    "*~",
    "*.sw[opx]",
    "*.kate-swp",
    ".#*",
    "#*#",
    "4913",
    "*___jb_tmp___",
    "*___jb_old___",
    ".goutputstream-*",
)
"""Names that never belong to a workspace: version control, caches, and what editors leave for a moment."""

DEEPEST = 64

Ignores = Callable[[str], bool]


def ignores(patterns: Sequence[str]) -> Ignores:
    """What tells for a path inside the folder whether it is left out.

    A pattern is the name of a file or folder, or a path from the top if it has a `/`; `*`, `?` and `[…]` work.
    """
    everywhere = [pattern for pattern in (*IGNORED, *patterns) if "/" not in pattern]
    placed = [pattern.strip("/") for pattern in patterns if "/" in pattern]
    names = re.compile("|".join(map(fnmatch.translate, everywhere)))
    paths = re.compile("|".join(map(fnmatch.translate, placed)) or r"(?!)")

    def left_out(path: str) -> bool:
        name = path.rpartition("/")[2]
        return names.match(name) is not None or paths.match(path) is not None

    return left_out


def walk(root: Path, left_out: Ignores) -> Iterator[tuple[str, os.DirEntry[str]]]:
    """Everything below a folder, folders included, each with its path from there; in no order.

    Raises `OSError` when the folder itself cannot be read, `SourceUnavailable` when something in it cannot.
    """
    waiting = [""]
    while waiting:
        above = waiting.pop()
        for path, entry in _list(root, above):
            if left_out(path):
                continue
            if entry.is_dir(follow_symlinks=False):
                if path.count("/") >= DEEPEST:
                    raise SourceUnavailable(f"{path} is more than {DEEPEST} folders deep. Move it up")
                waiting.append(f"{path}/")
            yield path, entry


def _list(root: Path, above: str) -> list[tuple[str, os.DirEntry[str]]]:
    try:
        with os.scandir(root / above) as entries:
            return [(above + entry.name, entry) for entry in entries]
    except (FileNotFoundError, NotADirectoryError):
        if not above:
            raise
        return []  # it went away after its parent was listed
    except OSError as error:
        if not above:
            raise
        raise unreadable(above.rstrip("/"), error) from error


def unreadable(path: str, error: OSError) -> SourceUnavailable:
    """Message and advice for an unreadable entry of the folder."""
    return SourceUnavailable(
        f"{path!r} cannot be read: {error.strerror or error}. "
        f"Give the user that runs Strøm the right to read it, or name it under `ignore`"
    )

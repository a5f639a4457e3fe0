"""Globs of files, matched against paths with slashes."""

import functools
import re
from collections.abc import Iterable, Iterator

_DEEP = "**"
_MOST_CHARACTERS = 255
_MOST_DEEP = 4
_SIGNS = re.compile(r"\[!?\]?[^\]]*\]|.", re.DOTALL)


def glob_problem(glob: str) -> str | None:
    """The mistake in a glob; None for a valid one."""
    parts = glob.rstrip("/").split("/")
    if not glob or glob.startswith("/"):
        return "is absolute; write a path from the folder of the workspace" if glob else "is empty"
    if "\\" in glob or not glob.isprintable():
        return "holds a backslash or a control character; folders are separated with /"
    if ".." in parts or "." in parts or "" in parts:
        return "has an empty part, '.' or '..'; write a plain path"
    if len(glob) > _MOST_CHARACTERS or parts.count(_DEEP) > _MOST_DEEP:
        return f"is too long; a glob has at most {_MOST_CHARACTERS} characters and {_MOST_DEEP} times **"
    if any(_DEEP in part and part != _DEEP for part in parts):
        return "has ** beside other characters; it stands for any folders, as in dist/**/*.js"
    try:
        _pattern(glob)
    except re.error as error:
        return f"cannot be read: {error.msg}"
    return None


def matching(paths: Iterable[str], glob: str) -> Iterator[str]:
    """The paths of files that a glob names, or that lie in a folder that it names."""
    pattern = _pattern(glob)
    return (path for path in paths if pattern.fullmatch(path))


def escaped(path: str) -> str:
    """The glob that matches this path alone."""
    return re.sub(r"([*?[])", r"[\1]", path)


@functools.lru_cache(maxsize=1024)
def _pattern(glob: str) -> re.Pattern[str]:
    """`*` and `?` match within a name, `[…]` one of some characters, `**` any number of folders."""
    parts = glob.rstrip("/").split("/")
    text = "".join(
        ("(?:[^/]+/)*" if at + 1 < len(parts) else ".+") if part == _DEEP else _part(part, is_last=at + 1 == len(parts))
        for at, part in enumerate(parts)
    )
    return re.compile(text, re.DOTALL)


def _part(part: str, *, is_last: bool) -> str:
    """A name. Every `*` but the last takes as little as possible for good, so that matching takes no long time."""
    runs: list[str] = [""]
    for sign in _SIGNS.findall(part):
        if sign == "*":
            runs.append("")
        else:
            runs[-1] += _sign(sign)
    first, *middle = runs
    text = first + "".join(f"(?>[^/]*?{run})" for run in middle[:-1] if run)
    text += "".join(f"[^/]*{run}" for run in middle[-1:])
    return text + ("(?:/.+)?" if is_last else "/")


def _sign(sign: str) -> str:
    if sign == "?":
        return "[^/]"
    if len(sign) == 1:
        return re.escape(sign)
    negation, characters = ("^/", sign[2:-1]) if sign[1] == "!" else ("", sign[1:-1])
    escaped = re.sub(r"([\\^\[\]&~|])", r"\\\1", characters)
    return f"[{negation}{escaped}]"

"""Line diffs of texts, at a bounded cost."""

import difflib
from collections.abc import Sequence

_CONTEXT = 2
_MOST_LINES = 60
_LONGEST_LINE = 240
_COMPARED_LINES = 1_000


def line_diff(old: str, new: str) -> tuple[str, ...] | None:
    """A unified diff without its head, cut after sixty lines; None when the texts differ in too many lines to
    compare them.
    """
    before, after = _lines(old), _lines(new)
    start = 0
    while start < min(len(before), len(after)) and before[start] == after[start]:
        start += 1
    end = 0
    while end < min(len(before), len(after)) - start and before[-1 - end] == after[-1 - end]:
        end += 1
    if max(len(before), len(after)) - start - end > _COMPARED_LINES:
        return None
    first, left = max(start - _CONTEXT, 0), max(end - _CONTEXT, 0)
    before, after = before[first : len(before) - left], after[first : len(after) - left]
    lines = list(difflib.unified_diff(before, after, n=_CONTEXT, lineterm=""))[2:]
    lines = [_renumbered(line, first) if line.startswith("@@") else _cut(line) for line in lines]
    if len(lines) > _MOST_LINES:
        lines = [*lines[:_MOST_LINES], f"… {len(lines) - _MOST_LINES} more lines"]
    return tuple(lines)


def _lines(text: str) -> Sequence[str]:
    return text.removesuffix("\n").split("\n") if text else ()


def _renumbered(head: str, first: int) -> str:
    """The head of a hunk, `@@ -1,2 +1,3 @@`, with line numbers of the whole text."""
    return " ".join(_moved(part, first) if part[0] in "-+" else part for part in head.split())


def _moved(part: str, first: int) -> str:
    line, comma, count = part[1:].partition(",")
    return f"{part[0]}{int(line) + first}{comma}{count}"


def _cut(line: str) -> str:
    return line if len(line) <= _LONGEST_LINE else f"{line[:_LONGEST_LINE]}…"

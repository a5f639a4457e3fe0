"""Edited texts of files: their masked lines filled in again, and their patches."""

import difflib
from collections.abc import Iterator, Sequence

import attrs

from stroem.redaction.redactor import MARKER, Redactor

_CONTEXT = 3
_COMPARED_LINES = 2_000
_NO_NEWLINE = "\n\\ No newline at end of file\n"


class PatchUnsafe(Exception):
    """No patch can be written without a secret in it. The message is the reason."""


@attrs.frozen
class Change:
    """Lines `first` to before `last` of the old text that become lines `start` to before `end` of the new one."""

    first: int
    last: int
    start: int
    end: int


@attrs.frozen(kw_only=True)
class EditedText:
    """The lines of a text before and after an edit, which was made without its secrets.

    `secret` says which of the `old` lines hold one. Added lines are searched with the `redactor`.
    """

    old: Sequence[str]
    secret: Sequence[bool]
    new: Sequence[str]
    changes: Sequence[Change]
    redactor: Redactor

    def text(self) -> str:
        """The edited text with the secrets of the lines that the edit left as they were."""
        parts: list[str] = []
        position = 0
        for change in self.changes:
            parts += [*self.old[position : change.first], *self.new[change.start : change.end]]
            position = change.last
        return "".join([*parts, *self.old[position:]])

    def hunks(self) -> Iterator[str]:
        """The hunks of a unified diff. Raises `PatchUnsafe`.

        Lines with secrets are no context: hunks are shorter there.
        """
        for change in self.changes:
            if any(self.secret[change.first : change.last]):
                raise PatchUnsafe("a line that holds a secret is changed or removed")
            added = "".join(self.new[change.start : change.end])
            if MARKER in added:
                raise PatchUnsafe("an added line has dots in the place of a secret")
            if self.redactor.places(added):
                raise PatchUnsafe("an added line holds a secret")
        for group in self._groups():
            yield self._hunk(group)

    def _groups(self) -> Iterator[list[Change]]:
        """Changes whose contexts meet."""
        group: list[Change] = []
        for change in self.changes:
            if group and self._after(group[-1].last) < self._before(change.first):
                yield group
                group = []
            group.append(change)
        if group:
            yield group

    def _hunk(self, group: Sequence[Change]) -> str:
        first, last = self._before(group[0].first), self._after(group[-1].last)
        if last == group[-1].last < len(self.old):
            raise PatchUnsafe("the line below a change holds a secret")
        lines: list[str] = []
        position, added = first, 0
        for change in group:
            lines += [f" {line}" for line in self.old[position : change.first]]
            lines += [f"-{line}" for line in self.old[change.first : change.last]]
            lines += [f"+{line}" for line in self.new[change.start : change.end]]
            position, added = change.last, added + change.end - change.start - (change.last - change.first)
        lines += [f" {line}" for line in self.old[position:last]]
        count = last - first
        start = group[0].start - (group[0].first - first)
        head = f"@@ -{_range(first, count)} +{_range(start, count + added)} @@\n"
        return head + "".join(line if line.endswith("\n") else line + _NO_NEWLINE for line in lines)

    def _before(self, line: int) -> int:
        start = line
        while start > 0 and line - start < _CONTEXT and not self.secret[start - 1]:
            start -= 1
        return start

    def _after(self, line: int) -> int:
        end = line
        while end < len(self.old) and end - line < _CONTEXT and not self.secret[end]:
            end += 1
        return end


def edited(old: str, masked: str, new: str, redactor: Redactor) -> EditedText:
    """The edit that made `new` from the `masked` text of a file with the content `old`."""
    before, shown, after = _lines(old), _lines(masked), _lines(new)
    if len(before) != len(shown):
        shown = before
        secret = [True] * len(before)
    else:
        secret = [one != other for one, other in zip(before, shown, strict=True)]
    changes = list(_changes(shown, after))
    return EditedText(old=before, secret=secret, new=after, changes=changes, redactor=redactor)


def _lines(text: str) -> list[str]:
    """The lines with their ends; `splitlines` would part them at other characters too."""
    parts = text.split("\n")
    lines = [f"{part}\n" for part in parts[:-1]]
    return [*lines, parts[-1]] if parts[-1] else lines


def _changes(old: Sequence[str], new: Sequence[str]) -> Iterator[Change]:
    start = 0
    while start < min(len(old), len(new)) and old[start] == new[start]:
        start += 1
    end = 0
    while end < min(len(old), len(new)) - start and old[-1 - end] == new[-1 - end]:
        end += 1
    before, after = old[start : len(old) - end], new[start : len(new) - end]
    if max(len(before), len(after)) > _COMPARED_LINES:
        yield Change(start, start + len(before), start, start + len(after))
        return
    matcher = difflib.SequenceMatcher(None, before, after, autojunk=False)
    for tag, first, last, other, until in matcher.get_opcodes():
        if tag != "equal":
            yield Change(start + first, start + last, start + other, start + until)


def _range(start: int, count: int) -> str:
    """A range of lines as heads of hunks have it: an empty one begins at the line before."""
    return f"{start + 1 if count else start},{count}"

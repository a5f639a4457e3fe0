"""Why a text is no template."""

import difflib
from collections.abc import Iterable
from itertools import islice

import attrs


@attrs.frozen(kw_only=True)
class TemplateProblem:
    """Why a text is no template: the line counts from 1, the column too where it is known."""

    line: int
    reason: str
    column: int | None = None
    hint: str | None = None


class Refused(Exception):
    """The template has something that does not exist here."""

    def __init__(self, line: int, reason: str, hint: str | None = None, word: str = "") -> None:
        self.line, self.reason, self.hint, self.word = line, reason, hint, word
        super().__init__(reason)

    def problem(self, text: str) -> TemplateProblem:
        """The mistake as it is told, with its column when the word stands once in its line."""
        lines = text.splitlines()
        line = lines[self.line - 1] if self.word and self.line <= len(lines) else ""
        column = line.index(self.word) + 1 if line.count(self.word) == 1 else None
        return TemplateProblem(line=self.line, column=column, reason=self.reason, hint=self.hint)


def nearest(name: str, names: Iterable[str]) -> str | None:
    """The name that was probably meant, among the first thousand."""
    return next(iter(difflib.get_close_matches(name, list(islice(names, 1_000)), n=1)), None)

"""Errors of templates. Messages name variables and kinds of values, never the values: they reach logs and people."""

from collections.abc import Mapping
from typing import Any, Never

import attrs
from jinja2.runtime import Undefined


@attrs.frozen(kw_only=True)
class TemplateProblem:
    """A syntax error in a template. Line and column count from 1; the column may be unknown."""

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
        """The problem for users; with a column when the word occurs once in its line."""
        lines = text.splitlines()
        line = lines[self.line - 1] if self.word and self.line <= len(lines) else ""
        column = line.index(self.word) + 1 if line.count(self.word) == 1 else None
        return TemplateProblem(line=self.line, column=column, reason=self.reason, hint=self.hint)


class Fault(Exception):
    """A rendering error, with its reason and advice. `line` counts from 1."""

    line: int = 1


class Thrown(Fault):
    """The template itself gave up, with a message of its author."""


class WithheldRead(Fault):
    """A value that cannot be had was read."""


@attrs.frozen
class Withheld:
    """The place of a value that cannot be had, such as a secret of a store that is down. A template that reads it fails
    with the `reason`.
    """

    reason: str


def had(value: Any) -> Any:
    """The value of a part. Raises WithheldRead for one that cannot be had."""
    if isinstance(value, Withheld):
        raise WithheldRead(value.reason)
    return value


class MissingUsed(Fault):
    """Something that is not there was needed."""

    def __init__(self, missing: "Missing") -> None:
        self.missing = missing
        super().__init__("something is not there")


class Missing(Undefined):
    """A name or part that is not there: false in a condition, a reason for `default`, otherwise a fault."""

    __slots__ = ()

    @property
    def holder(self) -> object:
        """The value that lacks the part; `jinja2.utils.missing` for a root name."""
        return self._undefined_obj

    @property
    def name(self) -> str | None:
        """The part as the template spells it; None when it was computed, since it may be a secret."""
        return self._undefined_name

    @property
    def hint(self) -> str | None:
        """Jinja2's own explanation, if any."""
        return self._undefined_hint

    def _fail_with_undefined_error(self, *args: Any, **kwargs: Any) -> Never:
        raise MissingUsed(self)

    __str__ = __len__ = __iter__ = __eq__ = __ne__ = __hash__ = _fail_with_undefined_error


def kind(value: object) -> str:
    """The kind of a value, for messages."""
    match value:
        case bool():
            return "true/false"
        case None:
            return "nothing (null)"
        case str():
            return "a text"
        case int() | float():
            return "a number"
        case list() | tuple():
            return "a list"
        case Mapping():
            return "a map"
    return "something that is not a value"

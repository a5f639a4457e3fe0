"""Detection of an expression or statement that is never closed."""

import re
from collections.abc import Iterable

from jinja2 import TemplateSyntaxError

from stroem.templating.errors import Refused, TemplateProblem
from stroem.templating.language.hyphens import RawToken

_OPENERS = {"variable_begin": "{{", "block_begin": "{%"}
_CLOSERS = {"{{": "}}", "{%": "%}"}
_ENDS = frozenset({"variable_end", "block_end", "raw_end"})
_RAW = "text that only looks like a template goes between `{% raw %}` and `{% endraw %}`."
_OPENER = re.compile(r"\{\{|\{%")


def unclosed(text: str, tokens: Iterable[RawToken]) -> TemplateProblem | None:
    """The delimiter without its end, at its own place; None when all are closed."""
    line, number, opener = _left_open(tokens)
    if not opener:
        return None
    position = _position(text, line, number)
    following = _OPENER.search(text, position + 2)
    if text.find(_CLOSERS[opener], position, following.start() if following else None) >= 0:
        return None
    column = position - text.rfind("\n", 0, position)
    hint = f"Close it with `{_CLOSERS[opener]}`; {_RAW}"
    return TemplateProblem(line=line, column=column, reason=f"`{opener}` is not closed", hint=hint)


def _left_open(tokens: Iterable[RawToken]) -> tuple[int, int, str]:
    """The delimiter in which the tokens end: its line, its number within that line, and itself; else an empty text."""
    found, number, at = "", 0, 0
    try:
        for line, sort, _ in tokens:
            if sort in _OPENERS:
                number = number + 1 if line == at else 0
                found, at = _OPENERS[sort], line
            elif sort in _ENDS:
                found = ""
    except (TemplateSyntaxError, Refused):
        return at, number, found
    return at, number, found


def _position(text: str, line: int, number: int) -> int:
    start = 0
    for _ in range(line - 1):
        start = text.find("\n", start) + 1
    found = [match.start() for match in _OPENER.finditer(text, start, text.find("\n", start) % (len(text) + 1))]
    return found[min(number, len(found) - 1)] if found else start

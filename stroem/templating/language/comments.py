"""Distinguishes template comments from `{#` of shells, awk, LaTeX and other languages."""

import re
from collections.abc import Iterable, Iterator

from stroem.templating.errors import Refused
from stroem.templating.language.hyphens import RawToken

OPENER = r"(?<!\$)\{\#(?=[\s+-]|[^}]{0,200}?\#\})"
"""Opens a comment: `{#` before a blank or sign, or with its `#}` close by and no brace in between; never `${#`."""

_MARK = re.compile(r"(?<!\$)\{#")
_HINT = (
    "A comment has blanks inside its marks: `{# … #}`. Text that only looks like one goes between `{% raw %}` and "
    "`{% endraw %}`."
)


def has_comments(text: str) -> bool:
    """False when nothing opens a comment that is ended: `{#` is text then, as in the shell's `${#array[@]}`."""
    opened = _MARK.search(text)
    return opened is not None and text.find("#}", opened.end()) >= 0


def refuse_doubtful(tokens: Iterable[RawToken]) -> Iterator[RawToken]:
    """The tokens of a text with unambiguous comments.

    Raises Refused for a comment that has a brace in it and ends without a blank (`{# a} … ${b%#}`), and for a `{#`
    that opens none although a `#}` follows.
    """
    raw = False
    doubtful = 0
    body = ""
    for line, sort, value in tokens:
        if sort in ("raw_begin", "raw_end"):
            raw = sort == "raw_begin"
        elif sort == "comment":
            body = value
        elif sort == "comment_end" and "}" in body and value[0] == "#" and not body[-1:].isspace():
            raise Refused(line - body.count("\n"), "it cannot be told where the comment ends", _HINT, "{#")
        elif sort == "data" and not raw:
            opened = _MARK.search(value)
            if doubtful and "#}" in value:
                raise Refused(doubtful, "this may be a comment or text", _HINT, "{#")
            if opened:
                doubtful = line + value.count("\n", 0, opened.start())
                if "#}" in value[opened.end() :]:
                    raise Refused(doubtful, "this may be a comment or text", _HINT, "{#")
        yield line, sort, value

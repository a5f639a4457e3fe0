"""Filters on texts."""

import re
import unicodedata

from stroem.templating.budget import Budget
from stroem.templating.errors import Fault
from stroem.templating.filters.arguments import flag, text, whole

_WORD = re.compile(r"\b([\w'])([\w']*)\b")
_LETTERS = str.maketrans(
    {
        "ß": "ss", "ẞ": "SS", "æ": "ae", "Æ": "AE", "œ": "oe", "Œ": "OE", "ø": "o", "Ø": "O",
        "đ": "d", "Đ": "D", "ð": "d", "Ð": "D", "þ": "th", "Þ": "Th", "ł": "l", "Ł": "L",
    }
)  # fmt: skip


def upper(value: object) -> str:
    """The text in capitals."""
    return text(value).upper()


def lower(value: object) -> str:
    """The text in small letters."""
    return text(value).lower()


def capitalize(value: object) -> str:
    """The first letter a capital, the others small."""
    content = text(value)
    return content[:1].upper() + content[1:].lower()


def title(value: object) -> str:
    """Each word with a capital."""
    return _WORD.sub(lambda match: match[1].upper() + match[2].lower(), text(value))


def trim(value: object) -> str:
    """Without blanks at both ends."""
    return text(value).strip()


def trim_start(value: object) -> str:
    """Without blanks at the start."""
    return text(value).lstrip()


def trim_end(value: object) -> str:
    """Without blanks at the end."""
    return text(value).rstrip()


def trim_start_matches(value: object, pat: object) -> str:
    """Without the pattern at the start, however often it stands there."""
    content, pattern = text(value), text(pat, "pat")
    start = 0
    while pattern and content.startswith(pattern, start):
        start += len(pattern)
    return content[start:]


def trim_end_matches(value: object, pat: object) -> str:
    """Without the pattern at the end, however often it stands there."""
    content, pattern = text(value), text(pat, "pat")
    end = len(content)
    while pattern and content.endswith(pattern, 0, end):
        end -= len(pattern)
    return content[:end]


def truncate(value: object, length: object = 255, end: object = "…") -> str:
    """The first `length` characters, with `end` behind them when something was cut off."""
    content, limit = text(value), whole(length, "length")
    if limit < 0:
        raise Fault("`length` cannot be negative")
    return content if len(content) <= limit else content[:limit] + text(end, "end")


def wordcount(value: object) -> int:
    """The number of words in the text."""
    return len(text(value).split())


def replace(value: object, from_: object, to: object, *, budget: Budget) -> str:
    """The text with every `from` replaced by `to`."""
    content, old, new = text(value), text(from_, "from"), text(to, "to")
    budget.text(len(content) + content.count(old) * (len(new) - len(old)))
    return content.replace(old, new)


def split(value: object, pat: object, *, budget: Budget) -> list[str]:
    """The parts of the text between the patterns; an empty pattern gives the characters."""
    content, pattern = text(value), text(pat, "pat")
    budget.items(content.count(pattern) + 1)
    return content.split(pattern) if pattern else ["", *content, ""]


def addslashes(value: object) -> str:
    """A backslash before each quote and backslash."""
    return text(value).replace("\\", "\\\\").replace('"', '\\"').replace("'", "\\'")


def slugify(value: object) -> str:
    """Small ASCII letters, digits and single hyphens."""
    plain = unicodedata.normalize("NFKD", text(value).translate(_LETTERS))
    ascii_only = plain.encode("ascii", "ignore").decode("ascii").lower()
    return re.sub(r"[^a-z0-9]+", "-", ascii_only).strip("-")


def indent(
    value: object, prefix: object = "    ", first: object = False, blank: object = False, *, budget: Budget
) -> str:
    """Indents lines by `prefix`, a text or a number of blanks; not the first line and blank ones."""
    content = text(value)
    if isinstance(prefix, int) and not isinstance(prefix, bool):
        budget.text(prefix)
        prefix = " " * prefix
    margin, with_first, with_blank = text(prefix, "prefix"), flag(first, "first"), flag(blank, "blank")
    budget.text(len(content) + (content.count("\n") + 1) * len(margin))
    lines = content.removesuffix("\n").split("\n")
    return "\n".join(
        margin + line if (with_first if index == 0 else with_blank or line.strip()) else line
        for index, line in enumerate(lines)
    )

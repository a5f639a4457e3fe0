"""Numbers, dates and words written as text, in exactly the documented forms."""

import datetime
import math
import re
from collections.abc import Mapping

from stroem.conversion.json_value import GREATEST, LEAST

WORDS: Mapping[str, bool | None] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL")),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
}
"""The words of YAML 1.2 that are not text."""

WHOLE_NUMBER = re.compile(r"[-+]?[0-9]{1,30}")
NUMBER = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_TIMESTAMP = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}([Tt ][0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]{1,9})?)?([Zz]|[-+][0-9]{2}:[0-9]{2})?)?"
)


def plain(text: str) -> bool | int | float | str | None:
    """The value of a text without quotes; numbers in decimal only. `on`, `12:30` and `1_000` are text."""
    if text in WORDS:
        return WORDS[text]
    if WHOLE_NUMBER.fullmatch(text):
        return int(text)
    return float(text) if NUMBER.fullmatch(text) else text


def whole_number(value: object) -> int:
    """The whole number in 5, 5.0 or `-12`, within 64 bits. Raises ValueError."""
    if isinstance(value, str) and WHOLE_NUMBER.fullmatch(value):
        found = int(value)
    elif isinstance(value, int) and not isinstance(value, bool):
        found = value
    elif isinstance(value, float) and value.is_integer():
        found = int(value)
    else:
        raise ValueError("expected a whole number")
    if not LEAST <= found <= GREATEST:
        raise ValueError("expected a whole number within 64 bits")
    return found


def number(value: object) -> int | float:
    """The finite number in 5, 2.5 or `-1.5e3`. Raises ValueError."""
    if isinstance(value, int):
        return whole_number(value)
    if isinstance(value, str) and NUMBER.fullmatch(value):
        value = float(value)
    if not isinstance(value, float) or not math.isfinite(value):
        raise ValueError("expected a finite number")
    return value


def date(value: object) -> datetime.date:
    """The day in `2026-01-31`. Raises ValueError."""
    if not isinstance(value, str) or not _DATE.fullmatch(value):
        raise ValueError("expected a date such as 2026-01-31")
    return datetime.date.fromisoformat(value)


def timestamp(value: object) -> datetime.datetime:
    """The date and time in `2026-01-31T12:00:00Z`; seconds, offset and the time may be left out. Raises ValueError."""
    if not isinstance(value, str) or not _TIMESTAMP.fullmatch(value):
        raise ValueError("expected a time such as 2026-01-31T12:00:00Z")
    return datetime.datetime.fromisoformat(value.upper())

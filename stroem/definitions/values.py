"""JSON values, paths to them, and lengths of time."""

import re
import types
import typing
from collections.abc import Mapping, Sequence

Json = None | bool | int | float | str | Sequence["Json"] | Mapping[str, "Json"]

Path = tuple[str | int, ...]
"""The way to a value inside a definition or a document: keys, and positions in lists."""

_JSON_SCALARS = frozenset({bool, int, float, str, types.NoneType})

_DURATION = re.compile(r"(?:(\d+)d)?(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s)?", re.ASCII)


def is_json(annotation: object) -> bool:
    """Whether a type is `Json`. Equality does not work: evaluating its forward references, as
    `typing.get_type_hints` does, makes it unequal to itself.
    """
    return set(typing.get_args(annotation)) >= _JSON_SCALARS


def env_name_problem(name: str) -> str | None:
    """The fault in the name of an environment variable; None for a valid name."""
    if not name:
        return "the name of a variable is empty"
    for sign, title in (("=", "="), ("\0", "NUL")):
        if sign in name:
            return f"the name of a variable holds {title}"
    return None


def parse_duration(text: str) -> int | None:
    """Seconds in `1h30m15s`, `7d`, `90s` or `90`; None when the text is no such length or is zero."""
    if text.isascii() and text.isdigit():
        return int(text) or None
    match = _DURATION.fullmatch(text)
    if match is None or not text:
        return None
    days, hours, minutes, seconds = (int(group or 0) for group in match.groups())
    return days * 86400 + hours * 3600 + minutes * 60 + seconds or None

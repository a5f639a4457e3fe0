"""Plain values to values of one type, noting every mistake."""

import json
import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final

from stroem.conversion.constraints import Range
from stroem.conversion.mistake import Mistake, Mistakes
from stroem.conversion.suggestions import nearest
from stroem.definitions.values import Json, Path, parse_duration

Convert = Callable[[Any, Path, Mistakes], Any]


class Wrong:
    """The result of a converter for an invalid value."""


WRONG: Final = Wrong()
_KINDS = {str: "text", bool: "true or false", int: "an integer", float: "a number", list: "a list", dict: "a mapping"}
BOOLEANS: Final[Mapping[str, str]] = {"yes": "true", "on": "true", "no": "false", "off": "false"}
"""By word that other readers of YAML take for true or false: what is written here."""
_MAX_TEXT = 40
_IN_LIBRARY = re.compile(r"([A-Za-z0-9][A-Za-z0-9_-]*)/(.+)", re.DOTALL)


def wrong_type(expected: str, value: object, path: Path, mistakes: Mistakes, hint: str | None = None) -> Wrong:
    """Notes that the value is of another type than expected."""
    found = "nothing" if value is None else _KINDS.get(type(value), type(value).__name__)
    message = f"expected {expected}, found {found}"
    mistakes.append(Mistake(code="wrong-type", message=message, path=path, hint=hint))
    return WRONG


def text(value: object, path: Path, mistakes: Mistakes) -> str | Wrong:
    """Text. Unquoted numbers, true and false are taken as they are written, where that is known."""
    if type(value) is str:
        return value
    if (written := mistakes.scalars.get(path)) is not None:
        return written
    hint = "put it in quotes" if isinstance(value, bool | int | float) else _only_entry(value)
    return wrong_type("text", value, path, mistakes, hint)


def _only_entry(value: object) -> str | None:
    """Hint for a list of one text."""
    return f"write {shown(value[0])}" if type(value) is list and len(value) == 1 and type(value[0]) is str else None


def texts_within(value: Json, path: Path, mistakes: Mistakes) -> Json:
    """The value, or a list of values, with unquoted scalars as written."""
    if isinstance(value, list | tuple):
        return type(value)(texts_within(entry, (*path, index), mistakes) for index, entry in enumerate(value))
    return mistakes.scalars.get(path, value)


def reference(value: object, path: Path, mistakes: Mistakes) -> str | Wrong:
    """The name of an action, a task or a type. That of a library's may be written `library/name`; it becomes
    `library.name`.
    """
    name = text(value, path, mistakes)
    if isinstance(name, str) and "/" in name and (found := _IN_LIBRARY.fullmatch(name)):
        return f"{found[1]}.{found[2]}"
    return name


def boolean(value: object, path: Path, mistakes: Mistakes) -> bool | Wrong:
    """True or false as YAML 1.2 spells them."""
    if type(value) is bool:
        return value
    hint = f"write {BOOLEANS[value.lower()]}" if isinstance(value, str) and value.lower() in BOOLEANS else None
    return wrong_type("true or false", value, path, mistakes, hint)


def integer(value: object, path: Path, mistakes: Mistakes) -> int | Wrong:
    """An integer."""
    return value if type(value) is int else wrong_type("an integer", value, path, mistakes)


def number(value: object, path: Path, mistakes: Mistakes) -> float | Wrong:
    """An integer or a float, as a float."""
    if type(value) is int or type(value) is float:
        return float(value)
    return wrong_type("a number", value, path, mistakes)


def anything(value: Json, path: Path, mistakes: Mistakes) -> Json:
    """Any value as it is."""
    return value


def json_mapping(value: object, path: Path, mistakes: Mistakes) -> dict[str, Json] | Wrong:
    """A mapping with any values."""
    return value if type(value) is dict else wrong_type("a mapping", value, path, mistakes)


def shown(value: object) -> str:
    """A scalar as YAML writes it, shortened."""
    written = value if isinstance(value, str) else json.dumps(value)
    return written if len(written) <= _MAX_TEXT else written[:_MAX_TEXT] + "…"


def within(bounds: Range, convert: Convert) -> Convert:
    """A converter that also checks bounds. Those of `duration` are in seconds."""

    def convert_within(value: object, path: Path, mistakes: Mistakes) -> Any:
        result = convert(value, path, mistakes)
        if result is WRONG or bounds.mistake(result) is None:
            return result
        least, most = bounds.at_least, bounds.at_most
        expected = f"at least {least}" if most is None else f"{least} to {most}"
        if convert is duration and most is not None:
            expected = f"{least}s to {most // 3600:.0f}h" if most >= 3600 else f"{least}s to {most}s"
        message = f"{shown(value)} is out of range"
        mistakes.append(Mistake(code="out-of-range", message=message, path=path, hint=f"expected {expected}"))
        return WRONG

    return convert_within


def duration(value: object, path: Path, mistakes: Mistakes) -> int | Wrong:
    """Seconds as an integer, or text like `1h30m`."""
    if type(value) is int:
        return value
    if type(value) is str:
        if (seconds := parse_duration(value)) is not None:
            return seconds
        message = f"{shown(value)!r} is no length of time"
        mistakes.append(
            Mistake(code="invalid-duration", message=message, path=path, hint="write seconds, or 1h30m, 90s, 2h")
        )
        return WRONG
    return wrong_type("a length of time", value, path, mistakes, "write seconds, or 1h30m, 90s, 2h")


def choice(
    allowed: Iterable[str], aliases: Mapping[str, str] | None = None, foreign: Mapping[str, str] | None = None
) -> Convert:
    """A converter for one of several words. Aliases are replaced; `foreign` has hints for words of other tools."""
    names = tuple(allowed)
    words = {name: name for name in names} | dict(aliases or {})

    def convert_choice(value: object, path: Path, mistakes: Mistakes) -> str | Wrong:
        if type(value) is not str:
            return wrong_type(f"one of {', '.join(names)}", value, path, mistakes)
        if value in words:
            return words[value]
        message = f"{shown(value)!r} is not one of {', '.join(names)}"
        meant = nearest(value[:_MAX_TEXT], words)
        hint = (foreign or {}).get(value.lower()) or (f"did you mean {meant!r}?" if meant else None)
        mistakes.append(Mistake(code="unknown-value", message=message, path=path, hint=hint))
        return WRONG

    return convert_choice


def listing(convert: Convert) -> Convert:
    """A list as a tuple; entries that are wrong are left out."""

    def convert_listing(value: object, path: Path, mistakes: Mistakes) -> tuple[Any, ...] | Wrong:
        if type(value) is not list:
            hint = f"write [{shown(value)}]" if isinstance(value, str | int) else "begin each entry with `- `"
            return wrong_type("a list", value, path, mistakes, hint)
        entries = [convert(entry, (*path, index), mistakes) for index, entry in enumerate(value)]
        return tuple(entry for entry in entries if entry is not WRONG)

    return convert_listing


def one_or_more(convert: Convert) -> Convert:
    """A list as a tuple; a single text or number is a list of one."""
    convert_list = listing(convert)

    def convert_one_or_more(value: object, path: Path, mistakes: Mistakes) -> Any:
        if isinstance(value, str | bool | int | float):
            entry = convert(value, path, mistakes)
            return () if entry is WRONG else (entry,)
        return convert_list(value, path, mistakes)

    return convert_one_or_more


def _as_pairs(value: object) -> str | None:
    """Hint for a list of `A=1`, of `A: 1`, or of names and values."""
    first = value[0] if type(value) is list and value else None
    if isinstance(first, str) and "=" in first:
        key, _, entry = first.partition("=")
        return f"write `{shown(key)}: {shown(entry)}`, without the list"
    return "write `NAME: VALUE`, without the list" if type(value) is list else None


def mapping(convert: Convert) -> Convert:
    """A mapping; values that are wrong are left out."""

    def convert_mapping(value: object, path: Path, mistakes: Mistakes) -> dict[str, Any] | Wrong:
        if type(value) is not dict:
            return wrong_type("a mapping", value, path, mistakes, _as_pairs(value))
        values = {key: convert(entry, (*path, key), mistakes) for key, entry in value.items()}
        return {key: entry for key, entry in values.items() if entry is not WRONG}

    return convert_mapping

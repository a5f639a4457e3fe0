"""The JSON that is kept: which values PostgreSQL, Python and JavaScript all hold."""

import itertools
import json
import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NoReturn

import orjson

from stroem.conversion.mistake import Mistake, invalid_value
from stroem.definitions.values import Path

DEPTH = 100
"""Greatest depth of nested lists and maps."""

LEAST, GREATEST = -(2**63), 2**63 - 1
"""The range of whole numbers: signed, 64 bits."""

OUTPUT_BYTES = 16 * 1024 * 1024
"""Default of the greatest size of a step's output."""

_MOST_FAULTS = 20
_DIGITS_AND_BRACES = bytes.maketrans(b"123456789{", b"000000000[")
_MANY_DIGITS = b"0" * 19


class NotJson(ValueError):
    """A text that is no JSON. The message has the position."""


class NotKept(ValueError):
    """JSON that is not kept. `faults` are the first of its faults."""

    def __init__(self, faults: Sequence[Mistake]) -> None:
        super().__init__("; ".join(map(str, faults)))
        self.faults = tuple(faults)


def read_json(text: bytes, spared: Sequence[tuple[str, ...]] = ()) -> Any:
    """The value of a JSON text. Raises NotJson or NotKept.

    Faults below a place of `spared` (`("outcomes", "*", "output")`) are left in the value, where `encode` finds them.
    """
    try:
        value = orjson.loads(text)
    except orjson.JSONDecodeError as error:
        value = _read_slowly(text, error)  # numbers and surrogates that orjson does not take
    else:
        if not _is_suspect(text, value):
            return value
        value = _read_slowly(text, None)  # orjson makes floats of numbers beyond 64 bits
    _refuse(_but(faults(value), spared))
    return value


def encode(value: Any) -> bytes:
    """The value as compact JSON text. Raises NotKept."""
    try:
        text = orjson.dumps(value)
    except TypeError:
        _refuse(faults(value))
        raise
    if _is_suspect(text, value):
        _refuse(faults(value))
    return text


def faults(value: Any) -> Iterator[Mistake]:
    """Everything in a value that is not kept."""
    return _faults(value, (), DEPTH)


def too_large(size: int, most: int) -> str:
    """The error of a step with too large an output."""
    return f"The output has {size:,} bytes; at most {most:,} are kept (limits.output)"


def _is_suspect(text: bytes, value: Any) -> bool:
    """Whether the value of a JSON text may have faults: mostly passes of C over the bytes, not one of Python."""
    plain = text.translate(_DIGITS_AND_BRACES)
    if _MANY_DIGITS in plain or b"\\u0000" in text:
        return True
    return plain.count(b"[") > DEPTH and _is_deeper(value, DEPTH)


def _is_deeper(value: Any, levels: int) -> bool:
    if not isinstance(value, dict | list | tuple):
        return False
    items = value.values() if isinstance(value, dict) else value
    return levels == 0 or any(_is_deeper(item, levels - 1) for item in items)


def _read_slowly(text: bytes, error: orjson.JSONDecodeError | None) -> Any:
    """The value with every number as it was written. Raises `error` as NotJson when the text is no JSON."""
    try:
        return json.loads(text, parse_int=_whole, parse_float=_fraction, parse_constant=_refuse_constant)
    except RecursionError:
        raise NotKept([_too_deep(())]) from None
    except ValueError:
        place = f"{error.msg} at line {error.lineno}, column {error.colno}" if error and text else "it is empty"
        raise NotJson(place) from None


def _whole(digits: str) -> int:
    return int(digits) if len(digits) <= 20 else GREATEST + 1  # Python refuses to convert thousands of digits


class _Infinite(float):
    """An infinite number, which orjson does not take for null."""


def _fraction(text: str) -> float:
    number = float(text)
    return number if math.isfinite(number) else _Infinite(number)


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(name)


def _faults(value: Any, path: Path, levels: int) -> Iterator[Mistake]:
    if isinstance(value, str):
        if message := _text_fault(value):
            yield invalid_value(path, message)
    elif isinstance(value, float):
        if not math.isfinite(value):
            yield invalid_value(path, "is not a finite number")
    elif isinstance(value, int):
        if not LEAST <= value <= GREATEST:
            yield invalid_value(path, "is a whole number beyond 64 bits; write it as a text")
    elif isinstance(value, Mapping | list | tuple):
        yield from _inner_faults(value, path, levels) if levels else [_too_deep(path)]


def _inner_faults(value: Mapping[Any, Any] | Sequence[Any], path: Path, levels: int) -> Iterator[Mistake]:
    if not isinstance(value, Mapping):
        for index, item in enumerate(value):
            yield from _faults(item, (*path, index), levels - 1)
        return
    for key, item in value.items():
        if message := _text_fault(str(key)):
            yield invalid_value(path, f"has a key that {message}")
        yield from _faults(item, (*path, str(key)), levels - 1)


def _text_fault(text: str) -> str | None:
    if "\0" in text:
        return "holds the character NUL"
    if text.isascii():
        return None
    try:
        text.encode()
    except UnicodeEncodeError:
        return "holds half of a surrogate pair"
    return None


def _too_deep(path: Path) -> Mistake:
    return invalid_value(path, f"is nested more than {DEPTH} deep")


def _but(found: Iterator[Mistake], spared: Sequence[tuple[str, ...]]) -> Iterator[Mistake]:
    return (fault for fault in found if not any(_is_below(fault.path, place) for place in spared))


def _is_below(path: Path, place: tuple[str, ...]) -> bool:
    return len(path) >= len(place) and all(b in ("*", a) for a, b in zip(path, place, strict=False))


def _refuse(found: Iterator[Mistake]) -> None:
    if first := list(itertools.islice(found, _MOST_FAULTS)):
        raise NotKept(first)

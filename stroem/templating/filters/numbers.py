"""Filters on numbers, and filters that make numbers."""

import math
import re

from stroem.templating.errors import Fault
from stroem.templating.filters.arguments import flag, number, text, whole
from stroem.templating.operators import is_storable

_INTEGER = re.compile(r"[+-]?[0-9a-zA-Z]+", re.ASCII)
_FLOAT = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?", re.ASCII)
_PREFIXES = {2: "0b", 8: "0o", 16: "0x"}
_MAX_DIGITS = 400
_DECIMAL_UNITS = ("B", "kB", "MB", "GB", "TB", "PB", "EB")
_BINARY_UNITS = ("B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB")


def round_number(value: object, precision: object = 0, method: object = "common") -> int | float:
    """The number rounded to `precision` digits: `common` (half away from zero), `ceil` or `floor`."""
    if isinstance(precision, str):
        precision, method = (method if not isinstance(method, str) else 0), precision
    subject, digits = float(number(value)), whole(precision, "precision")
    if abs(digits) > 300:
        raise Fault("`precision` is out of range")
    factor = 10.0**digits
    match text(method, "method"):
        case "common":
            rounded = math.copysign(math.floor(abs(subject) * factor + 0.5), subject)
        case "ceil":
            rounded = math.ceil(subject * factor)
        case "floor":
            rounded = math.floor(subject * factor)
        case _:
            raise Fault("`method` must be common, ceil or floor")
    return int(rounded / factor) if digits <= 0 else rounded / factor


def absolute(value: object) -> int | float:
    """The number without its sign."""
    return abs(number(value))


def to_int(value: object, default: object = 0, base: object = 10) -> object:
    """The whole number that a text or number holds, in `base`; `default` when it holds none."""
    radix = whole(base, "base")
    if not 2 <= radix <= 36:
        raise Fault("`base` must be from 2 to 36")
    if not isinstance(value, str):
        return int(number(value))
    content = value.strip()
    prefix = _PREFIXES.get(radix, "")
    digits = content.removeprefix(prefix) if prefix else content
    if len(digits) <= _MAX_DIGITS and _INTEGER.fullmatch(digits):
        try:
            return _in_range(int(digits, radix), default)
        except ValueError:
            return default
    if "." in content and len(content) <= _MAX_DIGITS and _FLOAT.fullmatch(content):
        fraction = float(content)
        return _in_range(int(fraction), default) if math.isfinite(fraction) else default
    return default


def _in_range(result: int, default: object) -> object:
    return result if is_storable(result) else default


def to_float(value: object, default: object = 0.0) -> object:
    """The number that a text or number holds; `default` when it holds none."""
    if not isinstance(value, str):
        return float(number(value))
    content = value.strip()
    if len(content) > _MAX_DIGITS or not _FLOAT.fullmatch(content):
        return default
    result = float(content)
    return result if math.isfinite(result) else default


def filesizeformat(value: object, binary: object = False) -> str:
    """A number of bytes for people: 117.74 MB; with `binary` 117.74 MiB."""
    size: float = whole(value)
    if size < 0:
        raise Fault("a size cannot be negative")
    units = _BINARY_UNITS if flag(binary, "binary") else _DECIMAL_UNITS
    scale = 0
    while size >= 1024 and scale < len(units) - 1:
        size /= 1024
        scale += 1
    amount = str(int(size)) if float(size).is_integer() else f"{size:.2f}"
    return f"{amount} {units[scale]}"


def pluralize(value: object, singular: object = "", plural: object = "s") -> str:
    """`singular` when the number is 1 or -1, else `plural`."""
    return text(singular, "singular") if abs(number(value)) == 1 else text(plural, "plural")

"""The values that an input field takes, in words."""

from collections.abc import Iterator, Mapping
from typing import Any

from stroem.cli.output.output import one_line
from stroem.conversion.text import visible_json


def field_limits(field: Mapping[str, Any]) -> str:
    """Bounds, lengths, pattern and options of a field as the API describes it; `-` if it has none."""
    return "; ".join(_limits(field)) or "-"


def _limits(field: Mapping[str, Any]) -> Iterator[str]:
    for low, high, what in (
        ("min", "max", ""),
        ("min_length", "max_length", " characters"),
        ("min_items", "max_items", " items"),
    ):
        if text := _range(field.get(low), field.get(high)):
            yield text + what
    if pattern := field.get("pattern"):
        yield f"matches {one_line(str(pattern))}"
    if options := field.get("options"):
        listed = ", ".join(_shown(option) for option in options)
        yield f"{listed}, or another" if field.get("allow_custom") else listed
    if source := field.get("options_from"):
        yield f"options from task {one_line(str(source.get('task')))}"


def _range(low: Any, high: Any) -> str:
    if low is None and high is None:
        return ""
    if high is None:
        return f"at least {_shown(low)}"
    return f"at most {_shown(high)}" if low is None else f"{_shown(low)} to {_shown(high)}"


def _shown(value: Any) -> str:
    return one_line(value) if isinstance(value, str) else visible_json(value)

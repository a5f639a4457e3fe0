"""Text form of values inside templates."""

import json
from collections.abc import Mapping
from decimal import Decimal

from stroem.templating.budget import Budget, refuse


def number_text(number: int | float) -> str:
    """The number without an exponent and without a fraction of zero: 5.0 is `5`."""
    if isinstance(number, float):
        if number.is_integer():
            return str(int(number))
        text = repr(number)
        return format(Decimal(text), "f") if "e" in text else text
    return str(number)


def to_text(value: object, budget: Budget) -> str:
    """Text of a value: texts unchanged, null empty, lists and maps as JSON."""
    if isinstance(value, str):
        budget.text(len(value))
        return value
    if value is True:
        return "true"
    if value is False:
        return "false"
    if value is None:
        return ""
    if isinstance(value, (int, float)):
        return number_text(value)
    if isinstance(value, (list, tuple, Mapping)):
        return to_json(value, budget, separators=(", ", ": "))
    refuse(value)
    raise AssertionError("refuse always raises")


def to_json(
    value: object, budget: Budget, *, separators: tuple[str, str] = (",", ":"), indent: int | None = None
) -> str:
    """The value as JSON text; a Fault when it is too large."""
    budget.weigh(value)
    text = json.dumps(
        value, ensure_ascii=False, separators=separators, indent=indent, default=_plain, check_circular=False
    )
    budget.text(len(text))
    return text


def _plain(value: object) -> object:
    if isinstance(value, Mapping):
        return dict(value)
    refuse(value)
    raise AssertionError("refuse always raises")

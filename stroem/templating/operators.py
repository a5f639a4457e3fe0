"""Operators of templates: Tera's numbers; texts and lists with bounded results."""

import math
from collections.abc import Mapping

from stroem.templating.budget import Budget
from stroem.templating.errors import Fault, Missing, MissingUsed, kind

Number = int | float

_MAX_POWER_BITS = 4_096


def is_number(value: object) -> bool:
    """True for numbers, which true and false are not."""
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def is_storable(number: int) -> bool:
    """True for what JSON readers take: from -2^63 to below 2^64."""
    return -(2**63) <= number < 2**64


def binary(operator: str, left: object, right: object, budget: Budget) -> object:
    """The result of a two-sided operator; a Fault when it does not fit the values."""
    for side in (left, right):
        if isinstance(side, Missing):
            raise MissingUsed(side)
    budget.spend(1)
    if isinstance(left, (int, float)) and isinstance(right, (int, float)) and is_number(left) and is_number(right):
        return _checked(operator, left, right)
    if operator == "+":
        return _join(left, right, budget)
    if operator == "*":
        return _repeat(left, right, budget)
    raise Fault(f"`{operator}` needs numbers on both sides, not {kind(left)} and {kind(right)}")


def unary(operator: str, value: object) -> object:
    """The result of `-x` or `+x`."""
    if isinstance(value, Missing):
        raise MissingUsed(value)
    if isinstance(value, (int, float)) and is_number(value):
        return _checked("-", 0, value) if operator == "-" else value
    raise Fault(f"`{operator}` needs a number, not {kind(value)}")


def _checked(operator: str, left: Number, right: Number) -> Number:
    try:
        result = _calculate(operator, left, right)
    except ZeroDivisionError:
        raise Fault(f"`{operator}` divides by zero") from None
    except OverflowError:
        raise Fault(f"the result of `{operator}` is too large") from None
    if isinstance(result, int) and not is_storable(result):
        raise Fault(f"the result of `{operator}` is too large")
    if isinstance(result, complex) or (isinstance(result, float) and not math.isfinite(result)):
        raise Fault(f"the result of `{operator}` is not a finite number")
    return result


def _calculate(operator: str, left: Number, right: Number) -> Number:
    match operator:
        case "+":
            return left + right
        case "-":
            return left - right
        case "*":
            return left * right
        case "/":
            return _divide(left, right)
        case "//":
            return left // right
        case "%":
            return _remainder(left, right)
    return _power(left, right)


def _divide(left: Number, right: Number) -> Number:
    if isinstance(left, int) and isinstance(right, int) and left % right == 0:
        return left // right
    return left / right


def _remainder(left: Number, right: Number) -> Number:
    """The sign follows the left side, as in Tera."""
    if isinstance(left, int) and isinstance(right, int):
        rest = abs(left) % abs(right)
        return -rest if left < 0 else rest
    if right == 0:
        raise ZeroDivisionError
    return math.fmod(left, right)


def _power(left: Number, right: Number) -> Number:
    if isinstance(left, int) and isinstance(right, int) and left.bit_length() * abs(right) > _MAX_POWER_BITS:
        raise OverflowError
    result: Number = left**right
    return result


def _join(left: object, right: object, budget: Budget) -> object:
    if isinstance(left, str) and isinstance(right, str):
        budget.text(len(left) + len(right))
        return left + right
    if isinstance(left, (list, tuple)) and isinstance(right, (list, tuple)):
        budget.items(len(left) + len(right))
        return [*left, *right]
    raise Fault(f"`+` cannot add {kind(left)} and {kind(right)}; `~` joins values as texts")


def _repeat(left: object, right: object, budget: Budget) -> object:
    if isinstance(left, int) and not isinstance(left, bool):
        left, right = right, left
    if isinstance(right, int) and not isinstance(right, bool):
        if isinstance(left, str):
            budget.text(len(left) * right)
            return left * right
        if isinstance(left, (list, tuple)):
            budget.items(len(left) * right)
            return list(left) * right
    raise Fault(f"`*` needs numbers, not {kind(left)} and {kind(right)}")


def compare(operator: str, left: object, right: object, budget: Budget) -> bool:
    """The result of a comparison; a Fault when the values have no order."""
    for side in (left, right):
        if isinstance(side, Missing):
            raise MissingUsed(side)
    match operator:
        case "eq":
            return equal(left, right, budget)
        case "ne":
            return not equal(left, right, budget)
        case "in":
            return contains(right, left, budget)
        case "notin":
            return not contains(right, left, budget)
    budget.handle(left)
    if isinstance(left, str) and isinstance(right, str):
        return _ordered(operator, (left > right) - (left < right))
    if isinstance(left, (int, float)) and isinstance(right, (int, float)) and is_number(left) and is_number(right):
        return _ordered(operator, (left > right) - (left < right))
    raise Fault(f"{kind(left)} and {kind(right)} have no order; only two numbers or two texts have")


def _ordered(operator: str, sign: int) -> bool:
    match operator:
        case "gt":
            return sign > 0
        case "gteq":
            return sign >= 0
        case "lt":
            return sign < 0
    return sign <= 0


def equal(left: object, right: object, budget: Budget) -> bool:
    """True when both are the same value; true and 1 are not."""
    if isinstance(left, bool) != isinstance(right, bool):
        budget.spend(1)
        return False
    if isinstance(left, (list, tuple, Mapping)) and isinstance(right, (list, tuple, Mapping)):
        budget.weigh(left)
        budget.weigh(right)
        if isinstance(left, (list, tuple)) and isinstance(right, (list, tuple)):
            return list(left) == list(right)
    else:
        budget.handle(left)
    return left == right


def contains(holder: object, item: object, budget: Budget) -> bool:
    """True if a text contains a text, a list an item, or a map a key."""
    budget.handle(holder)
    if isinstance(holder, str):
        if not isinstance(item, str):
            raise Fault(f"a text can only contain a text, not {kind(item)}")
        return item in holder
    if isinstance(holder, Mapping):
        return isinstance(item, str) and item in holder
    if isinstance(holder, (list, tuple)):
        return any(equal(item, other, budget) for other in holder)
    raise Fault(f"{kind(holder)} contains nothing; only texts, lists and maps do")

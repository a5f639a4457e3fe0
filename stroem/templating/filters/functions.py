"""Functions of templates."""

import random
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from stroem.templating.budget import MAX_ITEMS
from stroem.templating.errors import Fault, Thrown
from stroem.templating.filters.arguments import flag, text, whole


def now(timestamp: object = False, utc: object = False) -> object:
    """The current time as RFC 3339, in the server's zone or UTC; with `timestamp` in seconds since 1970."""
    moment = datetime.now(UTC)
    if flag(timestamp, "timestamp"):
        return int(moment.timestamp())
    return (moment if flag(utc, "utc") else moment.astimezone()).isoformat()


def number_range(*bounds: object, start: object = 0, end: object = None, step_by: object = 1) -> list[int]:
    """The whole numbers from `start` to before `end`; `range(5)` and `range(1, 5)` as in Python work too."""
    if len(bounds) == 1:
        end = bounds[0]
    elif bounds:
        start, end = bounds[0], bounds[1]
        step_by = bounds[2] if len(bounds) == 3 else step_by
    if end is None or len(bounds) > 3:
        raise Fault("`end` is needed: range(end=5) or range(start=1, end=5, step_by=2)")
    step = whole(step_by, "step_by")
    if step == 0:
        raise Fault("`step_by` cannot be 0")
    numbers = range(whole(start, "start"), whole(end, "end"), step)
    if len(numbers[: MAX_ITEMS + 1]) > MAX_ITEMS:
        raise Fault(f"the range has more than {MAX_ITEMS:,} numbers")
    return list(numbers)


def throw(message: object) -> object:
    """End the rendering with a message of your own."""
    raise Thrown(text(message, "message"))


def get_random(*bounds: object, start: object = 0, end: object = None) -> int:
    """A random whole number from `start` to before `end`."""
    if bounds:
        start, end = (bounds[0], bounds[1]) if len(bounds) == 2 else (start, bounds[0])
    low, high = whole(start, "start"), whole(end, "end")
    if low >= high:
        raise Fault("`start` must be below `end`")
    return random.randrange(low, high)  # noqa: S311 - for spreading work, not for secrets


FUNCTIONS: dict[str, Callable[..., Any]] = {
    "get_random": get_random,
    "now": now,
    "range": number_range,
    "throw": throw,
}

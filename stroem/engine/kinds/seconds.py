"""Seconds in the input of a step."""

from stroem.definitions.values import Json

MAX_SECS = 366 * 24 * 3600
"""The longest wait, in seconds."""


def seconds_problem(value: Json) -> str | None:
    """The fault of a value that is to be a number of seconds."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return "secs must be a number of seconds"
    if not 0 <= value <= MAX_SECS:
        return f"secs must be between 0 and {MAX_SECS:,}"
    return None

"""Retries of tasks, steps and actions."""

from typing import Annotated, Any

import attrs

from stroem.conversion.constraints import Range
from stroem.conversion.mistake import Mistake, Mistakes
from stroem.conversion.record import Record, converter_for
from stroem.conversion.scalars import WRONG
from stroem.definitions.retry import Retry
from stroem.definitions.values import Path

MOST_ATTEMPTS = 11
_RETRY = Record(Retry)
_ATTEMPTS = converter_for(Annotated[int, Range(at_least=2, at_most=MOST_ATTEMPTS)])


def convert_retry(value: object, path: Path, mistakes: Mistakes) -> Any:
    """A `Retry`. `attempts` counts all attempts, `max_attempts` those after the first."""
    if type(value) is not dict or value.get("attempts") is None:
        return _RETRY(value, path, mistakes)
    attempts = _ATTEMPTS(value["attempts"], (*path, "attempts"), mistakes)
    if value.get("max_attempts") is not None:
        message = "'attempts' and 'max_attempts' exclude each other"
        hint = "keep `attempts`, the number of all attempts, or `max_attempts`, those after the first"
        at = (*path, "attempts")
        mistakes.append(Mistake(code="conflicting-keys", message=message, path=at, hint=hint, at_key=True))
    retry = _RETRY({key: entry for key, entry in value.items() if key != "attempts"}, path, mistakes)
    return WRONG if WRONG in (attempts, retry) else attrs.evolve(retry, max_attempts=attempts - 1)

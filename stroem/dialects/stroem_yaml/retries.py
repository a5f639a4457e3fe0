"""Retries of tasks, steps and actions."""

from typing import Annotated, Any

import attrs

from stroem.conversion import scalars
from stroem.conversion.constraints import Range
from stroem.conversion.mistake import Mistake, Mistakes, Near
from stroem.conversion.record import Record, converter_for
from stroem.conversion.scalars import WRONG
from stroem.definitions.retry import Retry
from stroem.definitions.values import Path
from stroem.interfaces.step_error import MOST_EXIT_CODE, RETRIED_KINDS, exit_codes

MOST_ATTEMPTS = 11
_OF_STEPS = ("on", "when")


def _entry(value: object, path: Path, mistakes: Mistakes) -> Any:
    """A kind of error, an exit code, or a range of them."""
    text = str(value) if type(value) is int else scalars.text(value, path, mistakes)
    if not isinstance(text, str) or text in RETRIED_KINDS or exit_codes(text) is not None:
        return text
    message = f"{scalars.shown(text)!r} is no kind of error and no exit code"
    if text.lstrip("-").replace("-", "").isdigit():
        hint = f'write a code up to {MOST_EXIT_CODE}, or a range like "100-120"'
        mistakes.append(Mistake(code="unknown-value", message=message, path=path, hint=hint))
    else:
        near = Near(name=text, names=RETRIED_KINDS)
        mistakes.append(Mistake(code="unknown-value", message=message, path=path, near=near))
    return WRONG


_RETRY = Record(Retry, on=scalars.one_or_more(_entry))
_ATTEMPTS = converter_for(Annotated[int, Range(at_least=2, at_most=MOST_ATTEMPTS)])


def convert_retry(value: object, path: Path, mistakes: Mistakes) -> Any:
    """A `Retry`. `attempts` counts all attempts, `max_attempts` those after the first."""
    retry = _converted(value, path, mistakes)
    if isinstance(retry, Retry) and retry.max_delay is not None and retry.max_delay < retry.delay:
        message = f"max_delay is {retry.max_delay}s, shorter than the delay of {retry.delay}s"
        hint = "write a longer `max_delay`, or a shorter `delay`"
        mistakes.append(Mistake(code="out-of-range", message=message, path=(*path, "max_delay"), hint=hint))
    return retry


def convert_task_retry(value: object, path: Path, mistakes: Mistakes) -> Any:
    """The `Retry` of a task, which is for every failure of its job."""
    if type(value) is dict:
        for key in _OF_STEPS:
            if value.get(key) is not None:
                message = f"{key!r} is not for the retry of a task, which repeats the whole job"
                hint = f"write `{key}` in the `retry` of the steps whose errors it is about"
                at = (*path, key)
                mistakes.append(Mistake(code="forbidden-key", message=message, path=at, hint=hint, at_key=True))
        value = {key: entry for key, entry in value.items() if key not in _OF_STEPS}
    return convert_retry(value, path, mistakes)


def _converted(value: object, path: Path, mistakes: Mistakes) -> Any:
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

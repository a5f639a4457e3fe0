"""Volumes of tasks: the word `job`, or a mapping with more."""

from typing import Any

from stroem.conversion import scalars
from stroem.conversion.mistake import Mistake, Mistakes
from stroem.conversion.record import Record
from stroem.conversion.scalars import WRONG
from stroem.definitions.values import Path
from stroem.definitions.volume import Volume

OF_A_JOB = "job"
_VOLUME = Record(Volume)


def convert_volume(value: object, path: Path, mistakes: Mistakes) -> Any:
    """A `Volume`."""
    if type(value) is dict:
        return _VOLUME(value, path, mistakes)
    if value == OF_A_JOB:
        return Volume()
    message = f"{scalars.shown(value)!r} is no kind of volume"
    hint = "write `job`, or `{ keep: 2h }` to keep it for re-runs"
    mistakes.append(Mistake(code="invalid-value", message=message, path=path, hint=hint))
    return WRONG

"""Caches of steps and actions."""

from typing import Any

from stroem.conversion import scalars
from stroem.conversion.mistake import Mistakes
from stroem.conversion.record import Record
from stroem.definitions.cache import Cache
from stroem.definitions.values import Path
from stroem.dialects.stroem_yaml.artifacts import convert_globs

_CACHE = Record(Cache, files=convert_globs)


def convert_cache(value: object, path: Path, mistakes: Mistakes) -> Any:
    """A `Cache`."""
    if type(value) is str:
        hint = f"write `cache: {{ key: {scalars.shown(value)!r} }}`"
        return scalars.wrong_type("a mapping", value, path, mistakes, hint)
    return _CACHE(value, path, mistakes)

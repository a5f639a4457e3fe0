"""Artifacts of steps and actions: globs, or a mapping with more."""

from typing import Any

from stroem.conversion import scalars
from stroem.conversion.mistake import Mistake, Mistakes
from stroem.conversion.record import Record
from stroem.conversion.scalars import WRONG
from stroem.definitions.artifacts import Artifacts
from stroem.definitions.globs import glob_problem
from stroem.definitions.values import Path


def convert_globs(value: object, path: Path, mistakes: Mistakes) -> Any:
    """A glob or a list of globs as a tuple; invalid ones are noted and left out."""
    return _GLOBS(value, path, mistakes)


def convert_artifacts(value: object, path: Path, mistakes: Mistakes) -> Any:
    """`Artifacts`, from globs alone or from a mapping."""
    if type(value) is dict:
        return _ARTIFACTS(value, path, mistakes)
    paths = convert_globs(value, path, mistakes)
    return WRONG if paths is WRONG else Artifacts(paths=paths)


def _glob(value: object, path: Path, mistakes: Mistakes) -> Any:
    glob = scalars.text(value, path, mistakes)
    if not isinstance(glob, str):
        return WRONG
    if (problem := glob_problem(glob)) is not None:
        mistakes.append(Mistake(code="invalid-value", message=f"{scalars.shown(glob)!r} {problem}", path=path))
        return WRONG
    return glob


_GLOBS = scalars.one_or_more(_glob)
_ARTIFACTS = Record(Artifacts, paths=convert_globs)

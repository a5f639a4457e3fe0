"""Items of loops."""

import contextlib
import itertools
from collections.abc import Iterable, Mapping, Sequence

from stroem.conversion.json_value import NotJson, NotKept, read_json
from stroem.definitions.values import Json

_LONGEST = 2**62
MATRIX = "matrix"
RANGE = "range"
EXCLUDE = "exclude"
"""Key of a matrix beside its axes: combinations to leave out."""


class NotItems(ValueError):
    """A value that is no list of items. The message is for the user."""


def items_of(value: Json, most: int) -> Sequence[Json]:
    """The items of a rendered `for_each` or matrix. Raises NotItems, also for more than `most` items.

    They are a list; a text with a list as JSON; `{range: …}` with an end, or a list of start, end (exclusive) and step;
    or `{matrix: {axis: values, …, exclude: […]}}`, which gives a map for each combination.
    """
    if isinstance(value, str):
        value = _parsed(value)
    if isinstance(value, Mapping) and value.keys() == {RANGE}:
        found: Sequence[Json] = _range(value[RANGE])
    elif isinstance(value, Mapping) and value.keys() == {MATRIX}:
        found = _combinations(value[MATRIX], most)
    elif isinstance(value, list | tuple):
        found = value
    else:
        raise NotItems("The items of the loop are not a list")
    if isinstance(found, range) and not -_LONGEST < found.stop - found.start < _LONGEST:
        raise NotItems(f"The loop has more than {most} items")
    if len(found) > most:
        raise NotItems(f"The loop has {len(found)} items, more than {most}")
    return found


def _parsed(text: str) -> Json:
    try:
        found: Json = read_json(text.encode())
        return found
    except NotKept as error:
        raise NotItems(f"The items of the loop cannot be kept: {error}") from None
    except (NotJson, UnicodeError):
        raise NotItems("The items of the loop are not a list") from None


def _range(value: Json) -> range:
    numbers = [_whole(one) for one in value] if isinstance(value, list | tuple) else [_whole(value)]
    if not 1 <= len(numbers) <= 3 or numbers[2:] == [0]:
        raise NotItems("A range has an end, or a start, an end and a step other than 0")
    return range(*numbers)


def _whole(value: Json) -> int:
    try:
        if isinstance(value, bool) or not isinstance(value, int | str):
            raise ValueError
        return int(value)
    except ValueError:
        raise NotItems(f"A range has whole numbers, not {value!r:.80}") from None


def _combinations(value: Json, most: int) -> list[Json]:
    if not isinstance(value, Mapping):
        raise NotItems("A matrix is a map of axes with their values")
    axes = {name: _values(name, values) for name, values in value.items() if name != EXCLUDE}
    excluded = _excluded(value.get(EXCLUDE) or [], axes)
    size = 1
    for values in axes.values():
        size *= len(values)
    if size > most:
        raise NotItems(f"The matrix has {size} combinations, more than {most}")
    every: Iterable[tuple[Json, ...]] = itertools.product(*axes.values()) if axes else ()
    made = (dict(zip(axes, combination, strict=True)) for combination in every)
    return [one for one in made if not any(_fits(one, pattern) for pattern in excluded)]


def _values(name: str, given: Json) -> Sequence[Json]:
    value = given
    if isinstance(given, str):
        with contextlib.suppress(NotItems):
            value = _parsed(given)
    if not isinstance(value, list | tuple):
        raise NotItems(f"The axis {name!r} of the matrix is not a list")
    return value


def _excluded(given: Json, axes: Mapping[str, object]) -> list[Mapping[str, Json]]:
    if not isinstance(given, list | tuple):
        raise NotItems("The combinations to exclude are not a list")
    found: list[Mapping[str, Json]] = []
    for one in given:
        if not isinstance(one, Mapping) or not one or not one.keys() <= axes.keys():
            raise NotItems(f"A combination to exclude is a map of axes to values; the axes are {', '.join(axes)}")
        found.append(one)
    return found


def _fits(combination: Mapping[str, Json], pattern: Mapping[str, Json]) -> bool:
    return all(combination[name] == value for name, value in pattern.items())

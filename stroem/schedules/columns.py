"""Order of tuples that take each element from a column of its own, such as hours, minutes and seconds."""

import bisect
from collections.abc import Sequence

Columns = Sequence[Sequence[int]]
"""Sorted values for each element; only the first column may be empty."""


def first_from(columns: Columns, floor: Sequence[int]) -> tuple[int, ...] | None:
    """The least tuple that is not below `floor`; None if there is none."""
    if not columns:
        return ()
    column, rest = columns[0], columns[1:]
    index = bisect.bisect_left(column, floor[0])
    if index < len(column) and column[index] == floor[0]:
        tail = first_from(rest, floor[1:])
        if tail is not None:
            return (floor[0], *tail)
        index += 1
    return (column[index], *(other[0] for other in rest)) if index < len(column) else None


def last_to(columns: Columns, ceiling: Sequence[int]) -> tuple[int, ...] | None:
    """The greatest tuple that is not above `ceiling`; None if there is none."""
    if not columns:
        return ()
    column, rest = columns[0], columns[1:]
    index = bisect.bisect_right(column, ceiling[0]) - 1
    if index >= 0 and column[index] == ceiling[0]:
        tail = last_to(rest, ceiling[1:])
        if tail is not None:
            return (ceiling[0], *tail)
        index -= 1
    return (column[index], *(other[-1] for other in rest)) if index >= 0 else None

"""Batches in which one bad item does not stop the others."""

import logging
from collections.abc import Awaitable, Callable, Sequence
from typing import TypeVar

import psycopg

from stroem.errors import StroemError, Unavailable

T = TypeVar("T")
R = TypeVar("R")

_OUTAGES = frozenset({"08", "40", "42", "53", "55", "57", "58"})
"""Classes of SQLSTATE that no value of an item can cause: connections, deadlocks, rights and missing tables, full disks
and memory, locks, shutdown, system errors."""
_READ_ONLY = "25006"
_REASON_CHARS = 500


def is_outage(error: Exception) -> bool:
    """Whether an error tells of the database or the machine, and not of the data at hand."""
    if isinstance(error, psycopg.Error):
        if error.sqlstate is None:
            return isinstance(error, psycopg.OperationalError | psycopg.InterfaceError)
        return error.sqlstate[:2] in _OUTAGES or error.sqlstate == _READ_ONLY
    return isinstance(error, Unavailable | MemoryError | OSError)


def level_of(error: BaseException, otherwise: int = logging.WARNING) -> int:
    """The level at which a loop logs an error. That the database is away is logged once, where it is found."""
    return logging.DEBUG if isinstance(error, Unavailable) else otherwise


def reason_of(error: Exception) -> str:
    """The reason told to the owner of the item: a message made for people, else the kind of error."""
    if isinstance(error, StroemError):
        said = str(error)
    elif isinstance(error, psycopg.Error) and error.diag.message_primary:
        said = error.diag.message_primary
    else:
        said = f"{type(error).__name__} (see the server's log)"
    return said[:_REASON_CHARS]


async def isolate(
    items: Sequence[T],
    work: Callable[[Sequence[T]], Awaitable[R]],
    poisoned: Callable[[T, Exception], Awaitable[object]],
) -> list[R]:
    """Does `work` on all items at once and, when that fails, on ever smaller parts of them.

    `work` must leave nothing behind when it fails, as a transaction does. An item that fails alone is handed to
    `poisoned` with its error. Raises what `is_outage` says is no item's fault. Returns the results in order.
    """
    if not items:
        return []
    try:
        return [await work(items)]
    except Exception as error:
        if is_outage(error):
            raise
        if len(items) == 1:
            await poisoned(items[0], error)
            return []
    middle = len(items) // 2
    first = await isolate(items[:middle], work, poisoned)
    return [*first, *await isolate(items[middle:], work, poisoned)]


async def remove_all(remove: Callable[[int, int], Awaitable[int]], batch: int) -> int:
    """Removes batch after batch until nothing is left; how many items could not be removed.

    `remove(limit, skip)` removes up to `limit` items behind the first `skip` in a transaction, and says how many.
    Items that fail alone are skipped.
    """
    limit, skip = batch, 0
    while True:
        try:
            count = await remove(limit, skip)
        except Exception as error:
            if is_outage(error):
                raise
            if limit == 1:
                skip += 1
            limit = max(1, limit // 2)
            continue
        if count < limit:
            return skip
        limit = min(batch, limit * 2)

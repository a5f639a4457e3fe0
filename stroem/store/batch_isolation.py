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
    """True if an error is about the database or the machine, not about the data."""
    if isinstance(error, psycopg.Error):
        if error.sqlstate is None:
            return isinstance(error, psycopg.OperationalError | psycopg.InterfaceError)
        return error.sqlstate[:2] in _OUTAGES or error.sqlstate == _READ_ONLY
    return isinstance(error, Unavailable | MemoryError | OSError)


def level_of(error: BaseException, otherwise: int = logging.WARNING) -> int:
    """Log level of a loop's error: outages of the database are logged once, where they are found."""
    return logging.DEBUG if isinstance(error, Unavailable) else otherwise


def reason_of(error: Exception) -> str:
    """Reason to show to the owner of the item: the message of a known error, else its class."""
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
    """Runs `work` on all items and, on failure, on ever smaller parts; returns the results in order.

    `work` must leave nothing behind when it fails, as a transaction does. An item that fails alone is passed to
    `poisoned` with its error. Raises errors that `is_outage` attributes to no item.
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
    """Removes batch after batch until nothing is left; returns the number of items that cannot be removed.

    `remove(limit, skip)` removes up to `limit` items after the first `skip` in a transaction, and returns their number.
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

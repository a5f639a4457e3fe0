"""Waits for conditions that come true from outside, where there is no signal to await."""

import asyncio
import inspect
import time
from collections.abc import Awaitable, Callable
from typing import TypeVar

T = TypeVar("T")

POLL_SECS = 0.01
PATIENCE_SECS = 60.0
"""Bounds a test that fails; long enough for a machine under heavy load."""


async def eventually(
    condition: Callable[[], T | Awaitable[T]], what: str = "the condition", *, within: float = PATIENCE_SECS
) -> T:
    """Polls a condition, a function or a coroutine function, until its value is true, and returns that.

    Raises `AssertionError` with the last value when the time is up.
    """
    found: T | None = None
    try:
        async with asyncio.timeout(within):
            while not (found := await _value(condition)):
                await asyncio.sleep(POLL_SECS)
            return found
    except TimeoutError:
        raise AssertionError(f"not within {within} s: {what} (last: {found!r})") from None


def eventually_blocking(condition: Callable[[], T], what: str = "the condition", *, within: float = PATIENCE_SECS) -> T:
    """Does the same in tests without an event loop."""
    end = time.monotonic() + within
    while not (found := condition()):
        if time.monotonic() > end:
            raise AssertionError(f"not within {within} s: {what} (last: {found!r})")
        time.sleep(POLL_SECS)
    return found


async def _value(condition: Callable[[], T | Awaitable[T]]) -> T:
    found = condition()
    return await found if inspect.isawaitable(found) else found

"""Conditions that come true from outside."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

T = TypeVar("T")

LOOK_SECS = 0.03


async def eventually(condition: Callable[[], Awaitable[T]], what: str, *, within: float = 30) -> T:
    """Waits until the condition answers something true, and returns that. Raises `AssertionError` when time is up."""
    found: T | None = None
    try:
        async with asyncio.timeout(within):
            while not (found := await condition()):
                await asyncio.sleep(LOOK_SECS)
            return found
    except TimeoutError:
        raise AssertionError(f"not within {within} s: {what} (last: {found!r})") from None

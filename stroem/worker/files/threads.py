"""Work in threads that is never abandoned half done."""

import asyncio
from collections.abc import Callable
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")


async def in_thread(work: Callable[P, T], *arguments: P.args, **options: P.kwargs) -> T:
    """Runs `work` in a thread; on cancellation waits for its end, then re-raises."""
    working = asyncio.create_task(asyncio.to_thread(work, *arguments, **options))
    try:
        return await asyncio.shield(working)
    except asyncio.CancelledError:
        await asyncio.gather(working, return_exceptions=True)  # a thread cannot be stopped
        raise

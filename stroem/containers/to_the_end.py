"""Work that a cancellation does not cut short."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

T = TypeVar("T")


async def to_the_end(work: Coroutine[Any, Any, None]) -> None:
    """Waits for the end of the work. Cancellations meanwhile are raised afterwards."""
    task = asyncio.get_running_loop().create_task(work)
    cancelled: asyncio.CancelledError | None = None
    while not task.done():
        try:
            await asyncio.shield(task)
        except asyncio.CancelledError as error:
            cancelled = error
    task.result()
    if cancelled is not None:
        raise cancelled


async def stoppable(work: Coroutine[Any, Any, T], stop: Callable[["asyncio.Task[T]"], Coroutine[Any, Any, None]]) -> T:
    """The result of the work. A cancellation runs `stop` with the task of the work, to its end, and is raised then.

    `stop` asks the work to end and waits for it; afterwards the work is cancelled.
    """
    task = asyncio.get_running_loop().create_task(work)
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        await to_the_end(_stopped(task, stop))
        raise


async def _stopped(task: "asyncio.Task[T]", stop: Callable[["asyncio.Task[T]"], Coroutine[Any, Any, None]]) -> None:
    await stop(task)
    task.cancel()
    await asyncio.wait({task})
    if not task.cancelled():
        task.exception()

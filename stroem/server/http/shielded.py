"""Work that goes on when the client that asked for it is gone."""

import asyncio
import logging
from collections.abc import Coroutine
from typing import Any, TypeVar

from aiohttp import web

from stroem.store.isolation import level_of

T = TypeVar("T")

_PATIENCE_SECS = 10
LOGGER = logging.getLogger(__name__)

Tasks = set[asyncio.Task[Any]]
UNDER_WAY = web.AppKey("under_way", Tasks)


async def to_the_end(app: web.Application, work: Coroutine[Any, Any, T]) -> T:
    """The result of the work, which is done to its end even if whoever waits for it is cancelled."""
    task = asyncio.create_task(work)
    app[UNDER_WAY].add(task)
    task.add_done_callback(app[UNDER_WAY].discard)
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        task.add_done_callback(_tell_failure)
        raise


def _tell_failure(task: asyncio.Task[Any]) -> None:
    if not task.cancelled() and (error := task.exception()) is not None:
        LOGGER.log(level_of(error), "a request whose client is gone failed: %s", error, exc_info=error)


async def wait_for_work(app: web.Application) -> None:
    """Ends when no such work is under way, after ten seconds in any case."""
    if tasks := app[UNDER_WAY].copy():
        await asyncio.wait(tasks, timeout=_PATIENCE_SECS)

"""Work shielded from disconnects of its client."""

import asyncio
import logging
from collections.abc import Coroutine
from typing import Any, TypeVar

from aiohttp import web

from stroem.errors import StroemError
from stroem.store.batch_isolation import level_of

T = TypeVar("T")

_DRAIN_SECS = 10
LOGGER = logging.getLogger(__name__)

Tasks = set[asyncio.Task[Any]]
SHIELDED_TASKS = web.AppKey("shielded_tasks", Tasks)


async def shielded(app: web.Application, work: Coroutine[Any, Any, T]) -> T:
    """The result of the work, which runs to its end even if the caller is cancelled."""
    task = asyncio.create_task(work)
    app[SHIELDED_TASKS].add(task)
    task.add_done_callback(app[SHIELDED_TASKS].discard)
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        task.add_done_callback(_log_failure)
        raise


def _log_failure(task: asyncio.Task[Any]) -> None:
    """Logs errors of the server; what a request itself has wrong concerns only the client that has gone."""
    if task.cancelled() or (error := task.exception()) is None:
        return
    if not (isinstance(error, StroemError | web.HTTPException) and error.status < 500):
        LOGGER.log(level_of(error), "a request failed after its client had disconnected: %s", error, exc_info=error)


async def drain(app: web.Application) -> None:
    """Waits until no shielded work is left, at most ten seconds."""
    if tasks := app[SHIELDED_TASKS].copy():
        await asyncio.wait(tasks, timeout=_DRAIN_SECS)

"""Periodic services: loops that claim due rows."""

import asyncio
import logging
import random
from typing import Protocol

from stroem.orchestrator.notifier import wait_for
from stroem.store.batch_isolation import level_of

LONGEST_PAUSE = 1.2
"""Longest actual pause, as a multiple of the planned one: spreads the servers."""
SPREAD_SECS = 2.0
"""Longest delay that the spread adds."""
_RETRY_SECS = 1.0
_log = logging.getLogger(__name__)


class PeriodicService(Protocol):
    """Work that is repeated. Any server may run it at any time."""

    async def run_once(self) -> bool:
        """Does the due work; True if there may be more."""
        ...

    async def pause_secs(self) -> float:
        """Seconds until work may be due."""
        ...


async def run_periodically(service: PeriodicService, woken: asyncio.Event, *, is_exact: bool = False) -> None:
    """Runs a service when work is due or it is woken. Failures are logged and retried.

    A pause that is not `is_exact` is prolonged at random, which spreads the servers.
    """
    task = asyncio.current_task()
    assert task is not None
    while not task.cancelling():
        try:
            pause = 0.0 if await service.run_once() else await service.pause_secs()
        except Exception as error:
            name = type(service).__name__
            _log.log(level_of(error, logging.ERROR), "%s failed; it is tried again", name, exc_info=error)
            pause = _RETRY_SECS
        if pause and not task.cancelling():  # psycopg's pool may have taken the cancellation for its own
            spread = 0.0 if is_exact else random.random() * min(pause * (LONGEST_PAUSE - 1), SPREAD_SECS)  # noqa: S311
            await wait_for(woken, pause + spread)

"""A loop that looks for rows that are due."""

import asyncio
import logging
import random
from typing import Protocol

from stroem.orchestrator.notifier import wait_for
from stroem.store.isolation import level_of

LONGEST_PAUSE = 1.2
"""How many times as long as a duty said it may be until it runs again: so replicas are spread."""
SPREAD_SECS = 2.0
"""By how much later it may be at most."""
_RETRY_SECS = 1.0
_log = logging.getLogger(__name__)


class PeriodicService(Protocol):
    """Something to be done again and again. Any replica may do it at any time."""

    async def run_once(self) -> bool:
        """Does what is due; True when there may be more of it."""
        ...

    async def pause_secs(self) -> float:
        """How long until something may be due, as far as is known now."""
        ...


async def run_periodically(duty: PeriodicService, woken: asyncio.Event) -> None:
    """Runs a duty when something is due, and whenever it is woken. A failure is logged, and the duty goes on."""
    task = asyncio.current_task()
    assert task is not None
    while not task.cancelling():
        try:
            pause = 0.0 if await duty.run_once() else await duty.pause_secs()
        except Exception as error:
            name = type(duty).__name__
            _log.log(level_of(error, logging.ERROR), "%s failed; it is tried again", name, exc_info=error)
            pause = _RETRY_SECS
        if pause and not task.cancelling():  # psycopg's pool may have taken the cancellation for its own
            await wait_for(woken, pause + random.random() * min(pause * (LONGEST_PAUSE - 1), SPREAD_SECS))  # noqa: S311

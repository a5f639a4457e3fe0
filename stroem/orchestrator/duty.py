"""A loop that looks for rows that are due."""

import asyncio
import logging
import random
from typing import Protocol

from stroem.orchestrator.signals import wait_for

_log = logging.getLogger(__name__)


class Duty(Protocol):
    """Something to be done again and again. Any replica may do it at any time."""

    interval_secs: float

    async def run_once(self) -> bool:
        """Does what is due; True when there may be more of it."""
        ...


async def run_for_ever(duty: Duty, woken: asyncio.Event) -> None:
    """Runs a duty at its interval, and whenever it is woken. A failure is logged, and the duty goes on."""
    while True:
        try:
            more = await duty.run_once()
        except Exception:
            _log.exception("%s failed; it is tried again", type(duty).__name__)
            more = False
        if not more:
            await wait_for(woken, duty.interval_secs * random.uniform(0.8, 1.2))  # noqa: S311 - spreads replicas

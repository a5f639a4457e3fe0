"""Rendering of templates without blocking the event loop."""

import asyncio
from collections.abc import Callable
from typing import TypeVar

from stroem.templating.budget import Budget, QuickBudgetSpent

T = TypeVar("T")

_THREADS = 2


class Renderer:
    """Renders quick templates at once, others again in a thread, at most two at a time."""

    def __init__(self) -> None:
        self._slots = asyncio.Semaphore(_THREADS)

    async def render(self, work: Callable[[Budget], T]) -> T:
        """The result of `work`, which must have no effect but its result: it may be called a second time."""
        try:
            return work(Budget.quick())
        except QuickBudgetSpent:
            async with self._slots:
                return await asyncio.to_thread(lambda: work(Budget.full()))

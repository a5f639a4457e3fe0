"""Batches of claimed rows: worked on together, and apart if that fails."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Generic, TypeVar

from stroem.orchestrator.plans.job_plans import JobPlans
from stroem.orchestrator.triggers.firer import Outdated
from stroem.store.batch_isolation import is_outage, isolate

K = TypeVar("K")

Work = Callable[[Sequence[K] | None], Awaitable[int]]
"""Claims due rows, of all or among some, and works on them in one transaction; returns their number."""


class ClaimedBatch(Generic[K]):
    """Runs the transactions of a loop over due rows. `claimed` are the keys of the last batch, set by the work."""

    def __init__(self, plans: JobPlans, size: int) -> None:
        self._plans = plans
        self._size = size
        self.claimed: list[K] = []

    async def run(self, work: Work[K], refuse: Callable[[K, Exception], Awaitable[object]]) -> bool:
        """Works on a batch; True if there may be more. A row that fails alone is refused. Raises outages."""
        self.claimed = []
        try:
            return await self._plans.run(lambda: work(None)) >= self._size
        except Outdated:
            return False
        except Exception as error:
            if is_outage(error) or not self.claimed:
                raise
        await isolate(self.claimed, lambda some: self._plans.run(lambda: work(some)), refuse)
        return True

"""The slots of a worker: which claimed steps run, which wait for a slot, and which have waited too long."""

import asyncio
from collections import deque
from collections.abc import Callable

from stroem.worker.steps.in_flight_step import InFlightStep
from stroem.worker.steps.pace import Pace
from stroem.worker.steps.resource_pool import ResourcePool

RETURN_SECS = 0.25
"""The time after which a claimed step for which no slot has become free is given back."""


class StepSlots:
    """Gives steps at most `count` slots, and the resources of the `pool`, in the order of their claims.

    `begin` starts a step that has a slot. `give_back` takes one that waits too long; it is removed before by `remove`.
    """

    def __init__(
        self,
        count: int,
        pool: ResourcePool,
        begin: Callable[[InFlightStep], None],
        give_back: Callable[[InFlightStep], None],
    ) -> None:
        self._count = count
        self._pool = pool
        self._begin = begin
        self._give_back = give_back
        self._waiting: deque[InFlightStep] = deque()
        self._clock = asyncio.get_running_loop().time
        self._pace = Pace(self._clock, count)
        self._looking = False
        self._running = 0

    def __contains__(self, step: InFlightStep) -> bool:
        return step in self._waiting

    @property
    def waiting(self) -> tuple[InFlightStep, ...]:
        """The steps that wait for a slot."""
        return tuple(self._waiting)

    @property
    def free(self) -> int:
        """The number of further steps that could run now."""
        return max(0, self._count - self._running - len(self._waiting))

    @property
    def ahead(self) -> int:
        """The number of steps to claim beyond the free slots: those that wait are at most half as many as the slots."""
        if not self._pace.is_short:
            return 0
        most = self._count + max(1, self._count // 2)
        return max(0, most - self._running - len(self._waiting)) - self.free

    def add(self, step: InFlightStep) -> None:
        """Starts a step, or lets it wait for a slot."""
        self._waiting.append(step)
        self.fill()
        self._look_later()

    def add_anyway(self, step: InFlightStep) -> None:
        """Starts a step whatever is free: it runs already."""
        self._pool.take_anyway(step.takes)
        self._start(step)

    def remove(self, step: InFlightStep) -> None:
        """Removes a step that waits."""
        self._waiting.remove(step)

    def ended(self, step: InFlightStep) -> None:
        """Frees the slot of a step, for those that wait."""
        self._running -= 1
        self._pool.give_back(step.takes)
        self._pace.add(self._clock() - step.since)

    def fill(self) -> None:
        """Starts steps that wait, as far as slots and resources last."""
        for step in tuple(self._waiting):
            if self._running < self._count and self._pool.take(step.takes):
                self._waiting.remove(step)
                self._start(step)

    def _start(self, step: InFlightStep) -> None:
        self._running += 1
        step.since = self._clock()
        self._begin(step)

    def _look_later(self) -> None:
        """Looks again for steps that have waited too long, if any wait."""
        if self._waiting and not self._looking:
            self._looking = True
            asyncio.get_running_loop().call_later(RETURN_SECS, self._return_late)

    def _return_late(self) -> None:
        self._looking = False
        late = [step for step in self._waiting if self._clock() - step.since >= RETURN_SECS * 0.9]
        for step in late:
            self._give_back(step)
        if late:
            self._pace.reset()
        self._look_later()

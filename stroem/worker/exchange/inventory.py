"""The schedule of inventories: when a request lists all steps in flight."""

from collections.abc import Callable

INVENTORY_SECS = 20
"""The interval. Steps that the server wrongly believes to be here, or has given up, are found so."""

FIRST_INVENTORY_SECS = 1
"""The first interval after a lost answer; it doubles. The server may hand out steps on that request even later."""


class InventorySchedule:
    """Due at intervals, and at once when an answer may have been lost."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._pause: float = INVENTORY_SECS
        self._at = clock() + INVENTORY_SECS

    @property
    def is_owed(self) -> bool:
        """Whether an answer was lost since the last inventory."""
        return self._at == 0

    @property
    def secs_left(self) -> float:
        """Seconds until an inventory is due; 0 or less when it is."""
        return self._at - self._clock()

    def owe(self) -> None:
        """Makes an inventory due now: an answer that may have brought steps is lost."""
        self._at = 0
        self._pause = FIRST_INVENTORY_SECS

    def take(self) -> bool:
        """True if an inventory is due; calling this marks it as sent."""
        if self.secs_left > 0:
            return False
        self._at = self._clock() + self._pause
        self._pause = min(2 * self._pause, INVENTORY_SECS)
        return True

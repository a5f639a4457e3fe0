"""When the server is to be told of all steps that are here."""

from collections.abc import Callable

RECOUNT_SECS = 20
"""How often it is told: no step stays lost that it believes to be here, and none goes on here that it has given up."""

FIRST_RECOUNT_SECS = 1
"""How soon it is told again when an answer was lost: it may hand out a step on that request even later. Then ever
less often."""


class Recount:
    """Due at intervals, and at once when an answer may have been lost."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._pause: float = RECOUNT_SECS
        self._at = clock() + RECOUNT_SECS

    @property
    def is_owed(self) -> bool:
        """Whether an answer was lost since the last one."""
        return self._at == 0

    @property
    def secs_left(self) -> float:
        """Until it is due; not more than 0 when it is."""
        return self._at - self._clock()

    def owe(self) -> None:
        """An answer that may have brought steps is lost."""
        self._at = 0
        self._pause = FIRST_RECOUNT_SECS

    def take(self) -> bool:
        """Whether it is due; whoever hears that does it."""
        if self.secs_left > 0:
            return False
        self._at = self._clock() + self._pause
        self._pause = min(2 * self._pause, RECOUNT_SECS)
        return True

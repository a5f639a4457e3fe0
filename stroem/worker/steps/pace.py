"""The pace of a worker: whether its steps end so fast that it should have others at hand."""

from collections.abc import Callable

SHORT_SECS = 0.1
"""A step that takes no longer is short."""
RECENT_SECS = 1.0
"""The time after the end of the last step in which the pace is known."""


class Pace:
    """Pace of the steps that end. It is short after `many` short ones in a row."""

    def __init__(self, clock: Callable[[], float], many: int) -> None:
        self._clock = clock
        self._many = many
        self._in_a_row = 0
        self._last = 0.0

    def add(self, secs: float) -> None:
        """Notes the duration of a step that has ended."""
        self._in_a_row = self._in_a_row + 1 if secs <= SHORT_SECS else 0
        self._last = self._clock()

    def reset(self) -> None:
        """Forgets the pace: steps take longer than it lets expect."""
        self._in_a_row = 0

    @property
    def is_short(self) -> bool:
        """True if a slot becomes free within a moment."""
        recent = self._clock() - self._last <= RECENT_SECS
        return recent and self._in_a_row >= self._many

"""How often somebody may ask that a workspace be looked at."""

import contextlib
import math
import time
from collections.abc import Callable, Iterator

from stroem.errors import TooManyRequests

COOLDOWN_SECS = 5.0


class RefreshTurns:
    """Lets one refresh of a workspace through at a time, and the next not before five seconds are over."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._begun: dict[str, float] = {}
        self._under_way: set[str] = set()

    @contextlib.contextmanager
    def turn(self, workspace: str) -> Iterator[None]:
        """The time of one refresh. Raises `TooManyRequests` when it is not one's turn."""
        rest = self._begun.get(workspace, -math.inf) + COOLDOWN_SECS - self._clock()
        if workspace in self._under_way or rest > 0:
            wait = max(math.ceil(rest), 1)
            message = f"Workspace {workspace!r} was refreshed just now; try again in {wait} s"
            raise TooManyRequests(message=message, retry_after=wait)
        self._begun[workspace] = self._clock()
        self._under_way.add(workspace)
        try:
            yield
        finally:
            self._under_way.discard(workspace)

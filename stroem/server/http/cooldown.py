"""Rate limiter for refreshes of a workspace."""

import contextlib
import math
import time
from collections.abc import Callable, Iterator

from stroem.errors import TooManyRequests

COOLDOWN_SECS = 5.0


class RefreshCooldown:
    """Admits one refresh per workspace at a time, and the next after five seconds."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._started: dict[str, float] = {}
        self._running: set[str] = set()

    @contextlib.contextmanager
    def acquire(self, workspace: str) -> Iterator[None]:
        """Marks a refresh as running until the end of the block. Raises `TooManyRequests`."""
        rest = self._started.get(workspace, -math.inf) + COOLDOWN_SECS - self._clock()
        if workspace in self._running or rest > 0:
            wait = max(math.ceil(rest), 1)
            message = f"Workspace {workspace!r} was refreshed just now; try again in {wait} s"
            raise TooManyRequests(message=message, retry_after=wait)
        self._started[workspace] = self._clock()
        self._running.add(workspace)
        try:
            yield
        finally:
            self._running.discard(workspace)

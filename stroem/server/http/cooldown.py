"""Rate limiter for refreshes of a workspace or a library."""

import contextlib
import math
import time
from collections.abc import Callable, Iterator

from stroem.errors import TooManyRequests

COOLDOWN_SECS = 5.0


class RefreshCooldown:
    """Admits one refresh per source at a time, and the next after five seconds."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._started: dict[tuple[str, str], float] = {}
        self._running: set[tuple[str, str]] = set()

    @contextlib.contextmanager
    def acquire(self, name: str, kind: str = "Workspace") -> Iterator[None]:
        """Marks a refresh as running until the end of the block. Raises `TooManyRequests`."""
        key = (kind, name)
        rest = self._started.get(key, -math.inf) + COOLDOWN_SECS - self._clock()
        if key in self._running or rest > 0:
            wait = max(math.ceil(rest), 1)
            message = f"{kind} {name!r} was refreshed just now; try again in {wait} s"
            raise TooManyRequests(message=message, retry_after=wait)
        self._started[key] = self._clock()
        self._running.add(key)
        try:
            yield
        finally:
            self._running.discard(key)

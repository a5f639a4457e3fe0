"""Short-lived cache of remote refs, shared by concurrent requests."""

import threading
import time
from collections.abc import Callable, Hashable, Mapping

from cachetools import LRUCache

_REMEMBERED = 32

Heads = Mapping[str, str]


class RefCache:
    """Shares one listing of refs between sources of a repository, which are often woken together.

    A listing serves only requests made before it began: a push may have come since.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._known: LRUCache[Hashable, tuple[float, Heads]] = LRUCache(_REMEMBERED)

    def heads(self, key: Hashable, since: float, list_refs: Callable[[], Heads]) -> Heads:
        """The refs as they were at `since` (by the monotonic clock) or later."""
        with self._lock:
            began_at, heads = self._known.get(key, (0.0, {}))
        if began_at > since:
            return heads
        began_at = time.monotonic()
        heads = list_refs()
        with self._lock:
            self._known[key] = (began_at, heads)
        return heads

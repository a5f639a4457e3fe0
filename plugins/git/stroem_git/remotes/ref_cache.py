"""What remotes told of their refs, for those who asked before they were looked at."""

import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Hashable, Mapping

_REMEMBERED = 32

Heads = Mapping[str, str]


class Looks:
    """Shares looks: many sources of one repository are often woken together. A look serves whoever asked before it
    began, and nobody who asked later, since there may have been a push meanwhile.
    """

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._known: OrderedDict[Hashable, tuple[float, Heads]] = OrderedDict()

    def heads(self, key: Hashable, since: float, look: Callable[[], Heads]) -> Heads:
        """The refs as they were at `since` (by the monotonic clock) or later."""
        with self._guard:
            began_at, heads = self._known.get(key, (0.0, {}))
        if began_at > since:
            return heads
        began_at = time.monotonic()
        heads = look()
        with self._guard:
            self._known[key] = (began_at, heads)
            self._known.move_to_end(key)
            if len(self._known) > _REMEMBERED:
                self._known.popitem(last=False)
        return heads

"""Whether news that the server does not take are themselves to blame."""

AWAY = frozenset({502, 503, 504})
"""Statuses of a server or proxy that is away or restarts: no news are to blame."""

LONE_FAILURES = 3


def blames_news(status: int | None) -> bool:
    """Whether an answer may be due to what the request carried."""
    return status is not None and status >= 500 and status not in AWAY


class Suspicion:
    """Counts how often the news of one step failed alone, and looks whether other requests succeeded meanwhile.

    A server that takes nothing at all confirms no suspicion.
    """

    def __init__(self) -> None:
        self._failures = 0
        self._kept_at_first = 0

    def confirmed(self, kept: int) -> bool:
        """Notes one more failure, while `kept` requests in all have succeeded; whether that is enough. Then it begins
        anew."""
        if not self._failures:
            self._kept_at_first = kept
        self._failures += 1
        if self._failures < LONE_FAILURES or kept <= self._kept_at_first:
            return False
        self.clear()
        return True

    def clear(self) -> None:
        """Something of the step was taken."""
        self._failures = 0

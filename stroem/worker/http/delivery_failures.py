"""Failed deliveries of one step's log lines or outcome."""

LONE_FAILURES = 3


class DeliveryFailures:
    """Counts failed deliveries of one step, in requests that carried nothing else.

    After three in a row, while other requests succeeded, the content itself is the cause. A server that accepts no
    request at all proves nothing.
    """

    def __init__(self) -> None:
        self._count = 0
        self._successes_at_first = 0

    def add(self, successes: int) -> bool:
        """Counts one more failure; `successes` is the number of requests that succeeded so far, of all kinds.

        True when the content is the cause; the count then begins again.
        """
        if not self._count:
            self._successes_at_first = successes
        self._count += 1
        if self._count < LONE_FAILURES or successes <= self._successes_at_first:
            return False
        self.clear()
        return True

    def clear(self) -> None:
        """Begins again, after a delivery that succeeded."""
        self._count = 0

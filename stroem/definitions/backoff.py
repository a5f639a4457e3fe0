"""Exponential backoff: how long to wait before the next attempt.

Each place that retries has a `Backoff` of its own with the bounds that suit it, counts the failures in a row, and
waits `secs(failures)`; after a success the count begins again:

    _RECONNECT = Backoff(first_secs=0.2, longest_secs=5)

    await asyncio.sleep(_RECONNECT.secs(failures))
"""

import random
from collections.abc import Callable

import attrs

_MOST_DOUBLINGS = 30
_POLL_FIRST_SECS = 1.0
_POLL_LONGEST_SECS = 300.0
_POLL_SPREAD = (0.9, 1.1)


def random_share() -> float:
    """A number from 0 to 1."""
    return random.random()  # noqa: S311 - spreads attempts in time


@attrs.frozen(kw_only=True)
class Backoff:
    """Delays that double with each failure in a row, up to `longest_secs`.

    Each is multiplied with a random factor between the two of `spread`, so that clients with one cause of failure do
    not all try again at the same instant.
    """

    first_secs: float
    longest_secs: float
    spread: tuple[float, float] = (0.5, 1.0)

    def secs(self, failures: int, share: Callable[[], float] = random_share) -> float:
        """Seconds to wait after `failures` (1 or more) failures in a row; `share` gives numbers from 0 to 1."""
        nominal = min(self.first_secs * 2.0 ** min(failures - 1, _MOST_DOUBLINGS), self.longest_secs)
        return _spread(nominal, self.spread, share)


def next_delay(failures: int, poll_interval: float, share: Callable[[], float]) -> float:
    """Seconds until the next poll of a source: its interval, or after failures in a row the backoff.

    The backoff goes up to five minutes, or to the interval where that is longer. `share` gives numbers from 0 to 1.
    """
    if not failures:
        return _spread(poll_interval, _POLL_SPREAD, share)
    longest = max(_POLL_LONGEST_SECS, poll_interval)
    return Backoff(first_secs=_POLL_FIRST_SECS, longest_secs=longest, spread=_POLL_SPREAD).secs(failures, share)


def _spread(secs: float, factors: tuple[float, float], share: Callable[[], float]) -> float:
    lowest, highest = factors
    return secs * (lowest + (highest - lowest) * share())

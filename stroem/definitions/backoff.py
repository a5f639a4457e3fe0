"""When a workspace is looked at again."""

import random
from collections.abc import Callable

_FIRST_SECS = 1.0
_LONGEST_SECS = 300.0


def random_share() -> float:
    """A number from 0 to 1."""
    return random.random()  # noqa: S311 - spreads looks in time


def next_delay(failures: int, poll_interval: float, random: Callable[[], float]) -> float:
    """Seconds until the next look: the poll interval, or after failures in a row twice as long each time.

    `random` gives numbers from 0 to 1; they spread the looks by a fifth, so that many workspaces with one
    cause of failure do not all come at once.
    """
    wait = poll_interval
    if failures:
        wait = min(_FIRST_SECS * 2 ** min(failures - 1, 16), max(_LONGEST_SECS, poll_interval))
    return wait * (0.9 + 0.2 * random())

"""How long to wait before trying again."""

import random

FIRST_SECS = 0.1


def pause_secs(failures: int, longest: float, *, first: float = FIRST_SECS) -> float:
    """Seconds to wait after so many failures in a row: doubling up to `longest`, spread so that many do not
    come back at once."""
    return float(min(first * 2 ** min(failures - 1, 20), longest) * random.uniform(0.5, 1))  # noqa: S311

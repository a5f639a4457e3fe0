"""Limits of what runs at once, and of how often something starts."""

import re
from typing import Literal

import attrs

from stroem.definitions.values import parse_duration

SERVER_PREFIX = "server."
"""Beginning of the names of limits in the settings of the server."""
_RATE = re.compile(r"(\d{1,9}) per (?:(second|minute|hour|day)|(\w{1,20}))", re.ASCII)
_UNITS = {"second": 1, "minute": 60, "hour": 3600, "day": 24 * 3600}
MOST_SLOTS = 1_000_000
"""Most slots of a limit, and most starts of a rate."""


@attrs.frozen(kw_only=True)
class Rate:
    """A bound on starts: at most `starts` in any `secs` seconds."""

    starts: int
    secs: int


@attrs.frozen(kw_only=True)
class Limit:
    """A named limit of jobs and steps: how many run at once, how many start in a time, or both."""

    max: int | None = None
    rate: Rate | None = None


Policy = Literal["queue", "skip", "cancel_previous", "cancel_newest"]


@attrs.frozen(kw_only=True)
class Concurrency:
    """A limit of the jobs of one task with the same `key`, a template over the input.

    At most `limit` run at once. `policy` says what a further job does: it waits (at most `max_queue` do), is skipped,
    has earlier ones cancelled, or is cancelled itself.
    """

    key: str | None = None
    limit: int = 1
    policy: Policy = "queue"
    max_queue: int | None = None


def parse_rate(text: str) -> Rate | None:
    """The rate in `10 per minute` or `10 per 90s`; None if the text is none."""
    match = _RATE.fullmatch(text.strip())
    if match is None:
        return None
    secs = _UNITS[match[2]] if match[2] else parse_duration(match[3])
    starts = int(match[1])
    if secs is None or secs > 366 * _UNITS["day"] or not 1 <= starts <= MOST_SLOTS:
        return None
    return Rate(starts=starts, secs=secs)

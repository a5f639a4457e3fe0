"""Counts of what triggers did."""

from collections.abc import Mapping

import attrs
from aiohttp import web

from stroem.server.keys import SERVICES


@attrs.frozen(kw_only=True)
class TriggerStats:
    """Counts since the start of the server that answers: fires and requests to hooks by verdict.

    `lateness` counts fires of schedules by their lateness: the key is the upper bound of a bucket in seconds.
    `dead_letters` are events of event sources that could not start a job.
    """

    fires: Mapping[str, int]
    deliveries: Mapping[str, int]
    lateness: Mapping[str, int]
    lateness_secs: float
    dead_letters: int


async def get(request: web.Request) -> TriggerStats:
    """Counts of fires, of requests to hooks, and of the lateness of schedules, of this server alone."""
    counters = request.app[SERVICES].triggers.counters
    return TriggerStats(
        fires=dict(counters.fires),
        deliveries=dict(counters.deliveries),
        lateness={f"{bound:g}": count for bound, count in sorted(counters.lateness.items())},
        lateness_secs=counters.lateness_secs,
        dead_letters=counters.dead_letters,
    )

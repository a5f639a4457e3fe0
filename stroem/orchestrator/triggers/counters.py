"""Counters of triggers in this server."""

from collections import Counter

LATENESS_BOUNDS = (0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 60.0)
"""Upper bounds of the buckets of lateness, in seconds."""


class TriggerCounters:
    """Counts since the start of this server.

    Fires by verdict, lateness of schedules, requests to hooks by verdict, dead letters of event sources.
    """

    def __init__(self) -> None:
        self.fires: Counter[str] = Counter()
        self.deliveries: Counter[str] = Counter()
        self.dead_letters = 0
        self.lateness: Counter[float] = Counter()
        self.lateness_secs = 0.0

    def count_fire(self, verdict: str) -> None:
        """Counts a fire."""
        self.fires[verdict] += 1

    def count_delivery(self, verdict: str) -> None:
        """Counts a request to a hook."""
        self.deliveries[verdict] += 1

    def count_lateness(self, secs: float) -> None:
        """Counts a fire of a schedule that was so late, in its bucket; `inf` for the latest."""
        bucket = next((bound for bound in LATENESS_BOUNDS if secs <= bound), float("inf"))
        self.lateness[bucket] += 1
        self.lateness_secs += max(secs, 0.0)

"""Keys of rows that the database refuses, excluded from claims for a while."""

import asyncio
from collections.abc import Hashable, Iterable
from typing import Generic, TypeVar

import attrs

from stroem.definitions.backoff import Backoff

_BACKOFF = Backoff(first_secs=5, longest_secs=600, spread=(1, 1))
_MOST_KEYS = 1000

K = TypeVar("K", bound=Hashable)


@attrs.frozen(kw_only=True)
class _Deferral:
    until: float
    failures: int


class Deferred(Generic[K]):
    """Keys whose rows can be neither changed nor marked as failed, with an exponential backoff for each.

    Without the backoff, a loop that finds them due would retry them at once, for ever. A key is forgotten when it was
    not deferred again for the longest delay.
    """

    def __init__(self, backoff: Backoff = _BACKOFF) -> None:
        self._backoff = backoff
        self._deferrals: dict[K, _Deferral] = {}

    def add(self, key: K) -> float:
        """Defers a key; returns the delay in seconds."""
        last = self._deferrals.pop(key, None)
        failures = 1 if last is None else last.failures + 1
        secs = self._backoff.secs(failures)
        self._deferrals[key] = _Deferral(until=asyncio.get_running_loop().time() + secs, failures=failures)
        while len(self._deferrals) > _MOST_KEYS:
            del self._deferrals[next(iter(self._deferrals))]
        return secs

    def current(self) -> list[K]:
        """The keys that are deferred now."""
        if not self._deferrals:
            return []
        now = asyncio.get_running_loop().time()
        remembered = now - self._backoff.longest_secs
        self._deferrals = {key: one for key, one in self._deferrals.items() if one.until > remembered}
        return [key for key, one in self._deferrals.items() if one.until > now]

    def without(self, keys: Iterable[K]) -> list[K]:
        """The keys that are not deferred now."""
        deferred = frozenset(self.current())
        return [key for key in keys if key not in deferred]

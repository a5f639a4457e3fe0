"""Jobs whose failure could not be recorded, excluded from claims and recovery for a while."""

import asyncio
import uuid

import attrs

from stroem.definitions.backoff import Backoff

_BACKOFF = Backoff(first_secs=5, longest_secs=600, spread=(1, 1))
_MOST_JOBS = 1000


@attrs.frozen(kw_only=True)
class _Deferral:
    until: float
    failures: int


class DeferredJobs:
    """Jobs that cannot even be marked as failed, with an exponential backoff for each.

    Without the backoff, a loop that finds them due would retry them at once, for ever. A job is forgotten when it was
    not deferred again for the longest delay.
    """

    def __init__(self, backoff: Backoff = _BACKOFF) -> None:
        self._backoff = backoff
        self._deferrals: dict[uuid.UUID, _Deferral] = {}

    def add(self, job_id: uuid.UUID) -> float:
        """Defers a job; returns the delay in seconds."""
        last = self._deferrals.pop(job_id, None)
        failures = 1 if last is None else last.failures + 1
        secs = self._backoff.secs(failures)
        self._deferrals[job_id] = _Deferral(until=asyncio.get_running_loop().time() + secs, failures=failures)
        while len(self._deferrals) > _MOST_JOBS:
            del self._deferrals[next(iter(self._deferrals))]
        return secs

    def current(self) -> list[uuid.UUID]:
        """The jobs that are deferred now."""
        if not self._deferrals:
            return []
        now = asyncio.get_running_loop().time()
        remembered = now - self._backoff.longest_secs
        self._deferrals = {job_id: one for job_id, one in self._deferrals.items() if one.until > remembered}
        return [job_id for job_id, one in self._deferrals.items() if one.until > now]

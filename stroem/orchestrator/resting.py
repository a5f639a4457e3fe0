"""Items that failed in every way, left alone for a while."""

import asyncio
import uuid

FIRST_SECS = 5.0
LONGEST_SECS = 600.0
_MOST = 1000


class Resting:
    """Jobs that cannot even be marked as failed: each rests twice as long as the last time, up to ten minutes.

    Without this, a loop that finds them due would try them again at once, for ever.
    """

    def __init__(self, first_secs: float = FIRST_SECS) -> None:
        self._first_secs = first_secs
        self._until: dict[uuid.UUID, tuple[float, float]] = {}

    def add(self, job_id: uuid.UUID) -> float:
        """Defers a job; returns the seconds."""
        _, last = self._until.pop(job_id, (0.0, self._first_secs / 2))
        secs = min(2 * last, LONGEST_SECS)
        self._until[job_id] = (asyncio.get_running_loop().time() + secs, secs)
        while len(self._until) > _MOST:
            del self._until[next(iter(self._until))]
        return secs

    def now(self) -> list[uuid.UUID]:
        """The jobs that rest now."""
        if not self._until:
            return []
        now = asyncio.get_running_loop().time()
        self._until = {key: one for key, one in self._until.items() if one[0] + LONGEST_SECS > now}
        return [job_id for job_id, (until, _) in self._until.items() if until > now]

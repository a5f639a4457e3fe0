"""Names left alone for a while, since the database refuses their rows."""

import time
from collections.abc import Iterable

REST_SECS = 30.0


class Resting:
    """Without this, rows that stay due would be tried again at once, for ever."""

    def __init__(self) -> None:
        self._until: dict[str, float] = {}

    def add(self, name: str) -> None:
        """Defers a name."""
        self._until[name] = time.monotonic() + REST_SECS

    def without(self, names: Iterable[str]) -> list[str]:
        """The names that do not rest now."""
        now = time.monotonic()
        self._until = {name: until for name, until in self._until.items() if until > now}
        return [name for name in names if name not in self._until]

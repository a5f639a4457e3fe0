"""Reconnects to a server that cannot be reached."""

import asyncio
import time

from stroem.cli.output.errors import Unreachable
from stroem.cli.output.output import echo
from stroem.definitions.backoff import Backoff

LIMIT = 600.0
"""Seconds without an answer after which a command gives up."""
_BACKOFF = Backoff(first_secs=0.2, longest_secs=5)


class Reconnect:
    """Exponential backoff between connection attempts; prints the loss and the recovery once each."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.lost_at: float | None = None
        self._failures = 0

    async def lost(self, reason: object) -> None:
        """Waits before the next attempt. Raises `Unreachable` after `LIMIT` seconds without an answer."""
        now = time.monotonic()
        if self.lost_at is None:
            self.lost_at = now
            echo(f"The connection to the server at {self.url} is lost ({reason}); trying again …", err=True)
        if now - self.lost_at > LIMIT:
            raise Unreachable(f"The server at {self.url} has been away for {LIMIT / 60:.0f} minutes: {reason}")
        self._failures += 1
        await asyncio.sleep(_BACKOFF.secs(self._failures))

    def answered(self) -> None:
        """Records an answer of the server; the backoff starts again."""
        if self.lost_at is not None:
            echo("Connected again.", err=True)
        self.lost_at, self._failures = None, 0

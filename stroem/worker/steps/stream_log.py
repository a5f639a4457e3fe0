"""The log of one stream of a step: bytes to lines."""

import asyncio

from stroem.interfaces.runner import Stream
from stroem.worker.steps.line_encoder import LineEncoder
from stroem.worker.steps.log_buffer import LogBuffer

QUIET_SECS = 1.0
"""The silence after which an unfinished line is logged, and the interval at which a progress display is."""


class StreamLog:
    """Adds the lines of a stream to the log; an unfinished line is added when nothing follows for a second."""

    def __init__(self, stream: Stream, step: str, log: LogBuffer) -> None:
        self._loop = asyncio.get_running_loop()
        self._encoder = LineEncoder(stream, step)
        self._log = log
        self._lock = asyncio.Lock()
        self._written = 0.0
        self._timer: asyncio.TimerHandle | None = None
        self._showing: asyncio.Task[None] | None = None

    async def write(self, data: bytes) -> None:
        """Adds bytes, cut anywhere. Waits while the log is full."""
        async with self._lock:
            for piece in self._encoder.feed(data):
                await self._log.append(piece)
        if self._encoder.partial:
            self._written = self._loop.time()
            if self._timer is None:
                self._timer = self._loop.call_later(QUIET_SECS, self._on_time)

    async def finish(self) -> None:
        """Adds a last line that has no line end."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        async with self._lock:
            for piece in self._encoder.finish():
                await self._log.append(piece)

    def _on_time(self) -> None:
        self._timer = None
        if not self._encoder.partial:
            return
        silent = self._loop.time() - self._written
        if self._lock.locked() or (silent < QUIET_SECS and not self._encoder.rewrites):
            wait = QUIET_SECS if self._lock.locked() else QUIET_SECS - silent
            self._timer = self._loop.call_later(wait, self._on_time)
        else:
            self._showing = self._loop.create_task(self._show())

    async def _show(self) -> None:
        async with self._lock:
            for piece in self._encoder.show():
                await self._log.append(piece)

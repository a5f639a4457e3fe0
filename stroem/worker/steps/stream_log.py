"""The log of one stream of a step: bytes to lines."""

import asyncio
from collections.abc import Iterable

import attrs

from stroem.interfaces.runner import Stream
from stroem.worker.steps.line_encoder import LineEncoder, Piece
from stroem.worker.steps.log_buffer import LogBuffer

COUNTED_BYTES = 4096
"""The bytes of a stream that are encoded at once where they are counted: so few that their lines make one piece."""

QUIET_SECS = 1.0
"""The silence after which an unfinished line is logged, and the interval at which a progress display is."""


class StreamLog:
    """Adds the lines of a stream to the log; an unfinished line is added when nothing follows for a second.

    With `known`, so many bytes are in the log already, and all are counted.
    """

    def __init__(self, stream: Stream, step: str, log: LogBuffer, *, known: int | None = None) -> None:
        self._loop = asyncio.get_running_loop()
        self._stream, self._step = stream, step
        self._encoder = LineEncoder(stream, step)
        self._left = known or 0
        self._counts = known is not None
        self._taken = 0
        self._log = log
        self._lock = asyncio.Lock()
        self._written = 0.0
        self._timer: asyncio.TimerHandle | None = None
        self._showing: asyncio.Task[None] | None = None

    async def write(self, data: bytes) -> None:
        """Adds bytes, cut anywhere. Waits while the log is full."""
        if self._left:
            data = self._without_known(data)
        async with self._lock:
            if self._counts:
                for start in range(0, len(data), COUNTED_BYTES):
                    await self._append_counted(data[start : start + COUNTED_BYTES])
            else:
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
            await self._append(self._encoder.finish())

    @property
    def missing(self) -> int:
        """Bytes that are in the log and did not come again."""
        return self._left

    def _without_known(self, data: bytes) -> bytes:
        known, data = data[: self._left], data[self._left :]
        self._left -= len(known)
        self._taken += len(known)
        if not self._left and not known.endswith(b"\n"):
            self._encoder = LineEncoder(self._stream, self._step, within_line=True)
        return data

    async def _append_counted(self, data: bytes) -> None:
        self._taken += len(data)
        await self._append(self._encoder.feed(data))

    async def _append(self, pieces: Iterable[Piece]) -> None:
        """Adds lines; the last ones know how much of the stream is in the log then."""
        found = list(pieces)
        for piece in found[:-1]:
            await self._log.append(piece)
        for piece in found[-1:]:
            if self._counts:
                end = self._taken - self._encoder.pending
                piece = attrs.evolve(piece, streams=(end, 0) if self._stream == "stdout" else (0, end))
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
            await self._append(self._encoder.show())

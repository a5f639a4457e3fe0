"""Log of a container, kept and served as a kubelet does: entries with timestamps, long lines in parts."""

import asyncio
import time
from collections.abc import AsyncIterator

import attrs

PART_BYTES = 16 * 1024


@attrs.frozen
class Entry:
    """A line, or a part of one. `seconds` and `nanos` are its time."""

    nanos: int
    stream: str
    data: bytes
    is_full: bool

    @property
    def stamp(self) -> str:
        """The time as RFC 3339 with nine digits."""
        seconds, rest = divmod(self.nanos, 10**9)
        return f"{time.strftime('%Y-%m-%dT%H:%M:%S', time.gmtime(seconds))}.{rest:09d}Z"


class ContainerLog:
    """All entries so far, of both streams."""

    def __init__(self) -> None:
        self.entries: list[Entry] = []
        self.is_over = False
        self._changed = asyncio.Event()

    async def take(self, stream: str, reader: asyncio.StreamReader) -> None:
        """Keeps what comes from a stream, to its end."""
        rest = b""
        while data := await reader.read(256 * 1024):
            *lines, rest = (rest + data).split(b"\n")
            for line in lines:
                self._add(stream, line, is_full=True)
            while len(rest) >= PART_BYTES:
                self._add(stream, rest[:PART_BYTES], is_full=False)
                rest = rest[PART_BYTES:]
            self._wake()
        if rest:
            self._add(stream, rest, is_full=False)
        self._wake()

    def end(self) -> None:
        """No more entries come."""
        self.is_over = True
        self._wake()

    def tail(self) -> str:
        """The last lines, as a termination message has them."""
        text = b"".join(entry.data + (b"\n" if entry.is_full else b"") for entry in self.entries[-80:])
        return text.decode("utf-8", "replace")[-2048:]

    async def read(self, *, since: int, stream: str, stamps: bool, follow: bool) -> AsyncIterator[bytes]:
        """The entries as a reader gets them, in pieces."""
        position, at_line_start = 0, True
        while True:
            changed = self._changed
            piece = bytearray()
            while position < len(self.entries) and len(piece) < 256 * 1024:
                entry = self.entries[position]
                position += 1
                if entry.nanos < since or stream not in ("All", entry.stream.capitalize()):
                    continue
                if stamps and at_line_start:
                    piece += entry.stamp.encode() + b" "
                piece += entry.data + (b"\n" if entry.is_full else b"")
                at_line_start = entry.is_full
            if piece:
                yield bytes(piece)
            if position < len(self.entries):
                continue
            if self.is_over or not follow:
                return
            await changed.wait()

    def _add(self, stream: str, data: bytes, *, is_full: bool) -> None:
        now = time.time_ns()
        for start in range(0, max(len(data) - 1, 0) // PART_BYTES * PART_BYTES + 1, PART_BYTES):
            part = data[start : start + PART_BYTES]
            self.entries.append(Entry(now, stream, part, is_full and start + PART_BYTES >= len(data)))

    def _wake(self) -> None:
        """Wakes all readers that wait now."""
        changed, self._changed = self._changed, asyncio.Event()
        changed.set()

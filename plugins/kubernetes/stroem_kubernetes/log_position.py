"""The place in a container's log up to which it was read, so that reading can go on after a lost connection."""

from collections.abc import Iterator

import attrs

_SECOND = len("2026-01-01T00:00:00")
_KEPT_SECONDS = 3
_LONGEST_STAMP = 64


@attrs.define
class LogPosition:
    """Takes a log with a timestamp before each line; gives its bytes, each once however often lines come again.

    A log can be asked for from a second on. So the lines of the last seconds are counted: after a lost connection, as
    many are skipped. A line that was cut off goes on where it was cut.
    """

    _counts: dict[str, int] = attrs.field(factory=dict, init=False)
    _last: str = attrs.field(default="", init=False)
    _cut: int | None = attrs.field(default=None, init=False)
    """Bytes given of a line without an end."""
    _skip_lines: int = attrs.field(default=0, init=False)
    _resume: int | None = attrs.field(default=None, init=False)
    _skip_bytes: int = attrs.field(default=0, init=False)
    _stamp: bytes = attrs.field(default=b"", init=False)
    _in_line: bool = attrs.field(default=False, init=False)
    _skipping: bool = attrs.field(default=False, init=False)

    @property
    def since(self) -> str | None:
        """The second from which the log is to be read; None for all."""
        return min(self._counts, default=None)

    def restart(self) -> None:
        """Begins a new reading from `since`."""
        self._resume = self._cut
        self._skip_lines = sum(self._counts.values()) - (self._cut is not None)
        self._skip_bytes, self._stamp, self._in_line, self._skipping = 0, b"", False, False

    def take(self, data: bytes) -> Iterator[bytes]:
        """The new bytes in what comes next."""
        start = 0
        while start < len(data):
            if not self._in_line:
                start = self._take_stamp(data, start)
                continue
            end = data.find(b"\n", start) + 1
            piece = data[start : end or len(data)]
            start += len(piece)
            self._in_line = not end
            if not self._skipping and (new := self._new_part(piece)):
                yield new

    def _take_stamp(self, data: bytes, start: int) -> int:
        end = data.find(b" ", start)
        self._stamp += data[start : end if end >= 0 else len(data)]
        if end < 0:
            return len(data)
        self._begin_line(self._stamp[-_LONGEST_STAMP:].decode("ascii", "replace"))
        self._stamp = b""
        return end + 1

    def _begin_line(self, stamp: str) -> None:
        self._in_line = True
        is_known = stamp <= self._last
        self._skipping = self._skip_lines > 0 and is_known
        if self._skipping:
            self._skip_lines -= 1
        elif self._resume is not None and is_known:
            self._skip_bytes, self._resume = self._resume, None
        else:
            self._skip_lines, self._resume, self._skip_bytes, self._cut = 0, None, 0, 0
            self._count(stamp)

    def _count(self, stamp: str) -> None:
        self._last = max(self._last, stamp)
        second = f"{stamp[:_SECOND]}{'Z' if stamp.endswith('Z') else stamp[-6:]}"
        self._counts[second] = self._counts.get(second, 0) + 1
        while len(self._counts) > _KEPT_SECONDS:
            del self._counts[min(self._counts)]

    def _new_part(self, piece: bytes) -> bytes:
        known = min(self._skip_bytes, len(piece))
        self._skip_bytes -= known
        new = piece[known:]
        self._cut = None if new.endswith(b"\n") else (self._cut or 0) + len(new)
        return new

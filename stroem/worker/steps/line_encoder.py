"""Encoder of a step's output as log lines in JSONL."""

import datetime
from collections.abc import Iterator

import attrs
import orjson

from stroem.interfaces.runner import Stream

LINE_BYTES = 1_000_000
"""A longer line becomes several."""

PIECE_BYTES = 1024 * 1024
"""The most bytes of one piece of encoded lines; a line full of escapes is cut for it."""

PIECE_LINES = 4096

_REPLACEMENT = "\ufffd".encode()


@attrs.frozen
class Piece:
    """Some whole lines of a log, as JSONL.

    They end so many bytes after the begin of the streams, standard output and standard error, where that is counted.
    """

    data: bytes
    lines: int
    streams: tuple[int, int] = (0, 0)


class LineEncoder:
    """Splits a stream of a step into lines and encodes many at a time.

    Bytes that are not UTF-8, and NUL, become replacement characters. Of a line with carriage returns the text after
    the last one stays, as on a terminal. The last line may lack its end until `finish`.
    """

    def __init__(self, stream: Stream, step: str, *, within_line: bool = False) -> None:
        """With `within_line`, the begin of the first line is in the log already."""
        self._middle = b'","stream":%b,"step":%b,"line":' % (orjson.dumps(stream), orjson.dumps(step))
        self._tail = b""
        self._shown = within_line
        self.rewrites = False
        """Whether carriage returns overwrite the unfinished line: a progress display."""

    @property
    def partial(self) -> bool:
        """Whether there is text of an unfinished line."""
        return bool(self._tail) and bool(_last_state(self._tail))

    @property
    def pending(self) -> int:
        """Bytes that have been fed, and are in no line yet."""
        return len(self._tail)

    def feed(self, data: bytes) -> Iterator[Piece]:
        """The lines that `data` completes."""
        end = data.rfind(b"\n")
        if end < 0:
            self._grow(data)
            yield from self._overlong()
            return
        block: bytes | None = self._tail + data[:end]
        if self._shown:
            block = _without_shown_end(self._tail + data[:end])
        self._tail, self._shown, self.rewrites = b"", False, False
        self._grow(data[end + 1 :])
        if block is not None:
            yield from self._encode(block)
        yield from self._overlong()

    def show(self) -> Iterator[Piece]:
        """The unfinished line, as a line of its own; later text begins another."""
        text = _last_state(self._tail)
        cut = _whole_characters(text)
        if cut:
            self._tail, self._shown = text[cut:], True
            yield from self._encode(text[:cut])

    def finish(self) -> Iterator[Piece]:
        """The last line, if it has no line end."""
        block, self._tail = _last_state(self._tail), b""
        if block:
            yield from self._encode(block)

    def _grow(self, data: bytes) -> None:
        self._tail += data
        if b"\r" in data:
            self.rewrites = True
            self._tail = _last_state(self._tail) + (b"\r" if self._tail.endswith(b"\r") else b"")

    def _overlong(self) -> Iterator[Piece]:
        while len(self._tail) > LINE_BYTES:
            cut = _character_start(self._tail, LINE_BYTES)
            block, self._tail = self._tail[:cut], self._tail[cut:]
            yield from self._encode(block)

    def _encode(self, block: bytes) -> Iterator[Piece]:
        if b"\r\n" in block:
            block = block.replace(b"\r\n", b"\n")
        if b"\r" in block:
            block = b"\n".join(map(_last_state, block.split(b"\n")))
        if b"\0" in block:
            block = block.replace(b"\0", _REPLACEMENT)
        lines = block.decode("utf-8", "replace").split("\n")
        now = datetime.datetime.now(datetime.UTC).isoformat(timespec="microseconds")
        head = b'{"ts":"' + now.replace("+00:00", "Z").encode() + self._middle
        for start in range(0, len(lines), PIECE_LINES):
            yield from _pieces(head, lines[start : start + PIECE_LINES])


def _pieces(head: bytes, lines: list[str]) -> Iterator[Piece]:
    """The lines in pieces of bounded size: halves of the list, then halves of a line full of escapes."""
    data = head + (b"}\n" + head).join(map(orjson.dumps, lines)) + b"}\n"
    if len(data) <= PIECE_BYTES:
        yield Piece(data, len(lines))
    elif len(lines) > 1:
        half = len(lines) // 2
        yield from _pieces(head, lines[:half])
        yield from _pieces(head, lines[half:])
    else:
        half = min(len(lines[0]) // 2, LINE_BYTES)
        yield from _pieces(head, [lines[0][:half]])
        yield from _pieces(head, [lines[0][half:]])


def _character_start(data: bytes, at: int) -> int:
    """The nearest position at or before `at` where a UTF-8 character may begin."""
    for position in range(at, at - 4, -1):
        if data[position] & 0xC0 != 0x80:
            return position
    return at


def _last_state(line: bytes) -> bytes:
    """The text that a terminal shows of a line: from the last carriage return that is followed by text."""
    line = line.rstrip(b"\r")
    return line[line.rfind(b"\r") + 1 :]


def _without_shown_end(block: bytes) -> bytes | None:
    """The lines without the rest of a line already logged; None when no line is left."""
    first, newline, rest = block.partition(b"\n")
    if _last_state(first):
        return block
    return rest if newline else None


def _whole_characters(text: bytes) -> int:
    """The length of a text up to an incomplete UTF-8 character at its end."""
    for back in range(1, min(3, len(text)) + 1):
        if text[-back] >= 0xC0:
            needed = 2 if text[-back] < 0xE0 else 3 if text[-back] < 0xF0 else 4
            return len(text) - back if back < needed else len(text)
        if text[-back] < 0x80:
            break
    return len(text)

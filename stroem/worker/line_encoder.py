"""Turns what a step prints into lines of its log."""

import datetime
from collections.abc import Iterator

import attrs
import orjson

from stroem.interfaces.runner import Stream

LINE_BYTES = 1_000_000
"""A longer line becomes several."""

PIECE_BYTES = 1024 * 1024
"""The most that one piece of encoded lines takes; a line full of escapes is cut for it."""

PIECE_LINES = 4096

_REPLACEMENT = "\ufffd".encode()


@attrs.frozen
class Piece:
    """Some whole lines of a log, as JSONL."""

    data: bytes
    lines: int


class LineEncoder:
    """Cuts one stream of one step into lines and encodes them many at a time.

    Bytes that are not UTF-8, and NUL, become replacement characters. The last line may lack its end until `finish`.
    """

    def __init__(self, stream: Stream, step: str) -> None:
        self._middle = b'","stream":%b,"step":%b,"line":' % (orjson.dumps(stream), orjson.dumps(step))
        self._tail = b""

    def feed(self, data: bytes) -> Iterator[Piece]:
        """The lines that `data` completes."""
        end = data.rfind(b"\n")
        if end < 0:
            self._tail += data
            yield from self._overlong()
            return
        block = self._tail + data[:end]
        self._tail = data[end + 1 :]
        yield from self._encode(block)
        yield from self._overlong()

    def finish(self) -> Iterator[Piece]:
        """The last line, if it had no end."""
        block, self._tail = self._tail, b""
        if block:
            yield from self._encode(block)

    def _overlong(self) -> Iterator[Piece]:
        while len(self._tail) > LINE_BYTES:
            cut = _character_start(self._tail, LINE_BYTES)
            block, self._tail = self._tail[:cut], self._tail[cut:]
            yield from self._encode(block)

    def _encode(self, block: bytes) -> Iterator[Piece]:
        if b"\r\n" in block:
            block = block.replace(b"\r\n", b"\n")
        if b"\0" in block:
            block = block.replace(b"\0", _REPLACEMENT)
        lines = block.removesuffix(b"\r").decode("utf-8", "replace").split("\n")
        now = datetime.datetime.now(datetime.UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
        head = b'{"ts":"' + now.encode() + self._middle
        for start in range(0, len(lines), PIECE_LINES):
            yield from _pieces(head, lines[start : start + PIECE_LINES])


def _pieces(head: bytes, lines: list[str]) -> Iterator[Piece]:
    """The lines in pieces that are small enough: by halves, of the list, then of a line full of escapes."""
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
    """The nearest place at or before `at` where a UTF-8 character may begin."""
    for place in range(at, at - 4, -1):
        if data[place] & 0xC0 != 0x80:
            return place
    return at

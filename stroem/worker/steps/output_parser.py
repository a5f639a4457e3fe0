"""Parser of the lines `OUTPUT: {json}`, which set a step's output."""

import json
import re

from stroem.conversion.json_value import NotJson, NotKept, encode, read_json, too_large

PREFIX = b"OUTPUT:"
_MOST_NOTES = 20
_NEAR_BYTES = 256
_BLANK_BYTES = 64 * 1024
"""The number of bytes by which a line may exceed its output as compact JSON."""
_IN_THE_WAY = rb"(?:\xef\xbb\xbf|\x1b\[[0-9;?]*[A-Za-z])*"
_NEAR = re.compile(rb"(?:[^\n]*\r)?" + _IN_THE_WAY + PREFIX)
_PERHAPS_NEAR = re.compile(_IN_THE_WAY + rb"(?:\x1b(?:\[[0-9;?]*)?|\xef\xbb?|O(?:U(?:T(?:P(?:U(?:T:?)?)?)?)?)?)?")
_MEANT_AS_JSON = re.compile(r'[{\["]|[+-]?(?:NaN|Infinity)\b')


class OutputParser:
    """Finds the lines `OUTPUT: {json}` of standard output; the last one with valid JSON counts.

    `fault` is set instead of `value` when that one cannot be kept, or has more than `most` bytes.
    """

    def __init__(self, most: int) -> None:
        self.value: bytes | None = None
        """The output as compact JSON text."""
        self.fault: str | None = None
        self._most = most
        self._tail: list[bytes] = []
        self._tail_bytes = 0
        self._notes_left = _MOST_NOTES
        self._notes: list[str] = []

    def feed(self, data: bytes) -> list[str]:
        """Parses the next bytes. Returns notes on lines that are almost, but not quite, such lines."""
        first, newline, rest = data.partition(b"\n")
        self._grow(first)
        if newline:
            self._take_line(self._cut_tail())
            end = rest.rfind(b"\n")
            if PREFIX in rest:
                self._take_last(rest[: max(end, 0)].split(b"\n"))
            self._grow(rest[end + 1 :])
        return self._noted()

    def finish(self) -> list[str]:
        """Parses a last line that has no line end."""
        self._take_line(self._cut_tail())
        return self._noted()

    def _grow(self, data: bytes) -> None:
        """Adds to the line that has no end yet; of one that cannot set the output, only its beginning is kept."""
        if not self._tail_bytes:
            self._tail = [data]
        elif len(self._tail[0]) < _NEAR_BYTES:
            self._tail = [b"".join(self._tail) + data]
        else:
            self._tail.append(data)
        self._tail_bytes += len(data)
        start = self._tail[0]
        if start.startswith(PREFIX):
            if self._tail_bytes > self._most + _BLANK_BYTES:
                self._tail = [PREFIX]  # too long already: its size is counted on
        elif not PREFIX.startswith(start):
            self._tail = [_near_start(b"".join(self._tail))]

    def _cut_tail(self) -> bytes:
        """The line that ends here; its prefix alone when it is too long."""
        line = b"".join(self._tail)
        if line == PREFIX and self._tail_bytes > self._most + _BLANK_BYTES:
            self._set(None, too_large(self._tail_bytes - len(PREFIX), self._most))
            line = b""
        self._tail, self._tail_bytes = [], 0
        return line

    def _take_last(self, lines: list[bytes]) -> None:
        for line in reversed(lines):
            if PREFIX in line and self._take_line(line):
                return

    def _take_line(self, line: bytes) -> bool:
        """Whether the line sets the output, or fails to."""
        if not line.startswith(PREFIX):
            if _NEAR.match(line):
                self._note(f"{_obstacle(line)} stands before OUTPUT:, which must be the start of the line")
            return False
        text = line[len(PREFIX) :].decode("utf-8", "replace").strip()
        try:
            value = encode(read_json(text.encode()))
        except NotJson as error:
            if _MEANT_AS_JSON.match(text):
                self._note(_reason(text, error))
            return False
        except NotKept as error:
            self._set(None, f"The output cannot be kept: {error}")
            return True
        self._set(value, too_large(len(value), self._most) if len(value) > self._most else None)
        return True

    def _set(self, value: bytes | None, fault: str | None) -> None:
        self.value = None if fault else value
        self.fault = fault

    def _note(self, reason: str) -> None:
        if self._notes_left:
            self._notes_left -= 1
            self._notes.append(f"A line with OUTPUT: was not taken as the step's output: {reason}")

    def _noted(self) -> list[str]:
        notes, self._notes = self._notes, []
        return notes


def _near_start(line: bytes) -> bytes:
    """The beginning of an unfinished line, as far as needed to see whether OUTPUT: follows an obstacle."""
    behind = line.rfind(b"\r") + 1
    rest = line[behind:] if behind else line
    if _NEAR.match(rest) or _PERHAPS_NEAR.fullmatch(rest):
        return (b"\r" if behind else b"") + rest[:_NEAR_BYTES]
    return b"\r" if behind else b"-"


def _obstacle(line: bytes) -> str:
    before = line[: line.rfind(PREFIX)]
    if b"\x1b" in before:
        return "a terminal escape"
    return "a byte order mark" if before.endswith(b"\xef\xbb\xbf") else "a carriage return"


def _reason(text: str, error: NotJson) -> str:
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return f"no valid JSON: {error}"
    return "JSON has no NaN and no Infinity"
